"""The index in words: what `python -m minicnn slide WORDS` prints."""

import ast
import textwrap
from collections.abc import Mapping, Sequence

from minicnn.slides import chosen
from minicnn.slides.index import ENTRIES, INDEX, bare, find, slides_of
from minicnn.slides.index.entry import PACKAGE, Entry, Slide, command

Experiments = Mapping[str, str]        # name -> 'deck "title"; deck "title"'
MOST = 12                              # other entries, and commands at slides
NOTHING = "nothing to compute"
FEW = 6                                # titles of slides
WIDTH = 96


def answer(words: str, experiments: Experiments, deck: str | None = None) -> list[str]:
    """Lines: the entry that is meant most, the others by name, and what to type at the slides.

    deck : only its slides; its beginning will do.  ValueError for an unknown one
    """
    deck = None if deck is None else chosen("deck", deck, tuple(INDEX))
    entries, slides = find(words, deck)
    lines = block(entries[0], experiments, deck,
                  bare(words) != bare(entries[0].key)) if entries else []
    if others := entries[1:]:
        lines += ["", "others with these words, or behind these slides:",
                  *(f"  python -m minicnn slide {one.key:20} {one.topic}" for one in others[:MOST]),
                  *rest(len(others), "a second word finds fewer")]
    at: dict[str, list[tuple[str, str]]] = {}
    for name, slide in slides:
        for shown in shown_at(name, slide, experiments) or [NOTHING]:
            at.setdefault(shown, []).append((name, slide.title))
    if at:
        lines += ["", "at the slides with these words:"]
    for shown, titles in sorted(at.items(), key=lambda item: item[0] == NOTHING)[:MOST]:
        lines += [f"  {shown}", folded("", in_words(by_deck(titles)), 6)]
    return lines[not entries:] + rest(len(at), "--deck or a second word finds fewer")


def rest(count: int, cure: str) -> list[str]:
    return [f"  and {count - MOST} more; {cure}"] if count > MOST else []


def block(entry: Entry, experiments: Experiments, deck: str | None, brief: bool) -> list[str]:
    """All that the index has of one entry; brief: without the titles of its slides, if many."""
    titles = sum(map(len, slides_of(entry.key, deck).values()))
    asked = command(f"slide {entry.key}" + (f" --deck {deck}" if deck else ""))
    slides = f"{titles}: {asked}" if brief and titles > FEW else slides_in_words(entry.key, deck)
    lines = [entry.topic, folded("slides", slides or entry.paper),
             folded("source", ", ".join(sources(entry))), folded("test", f"tests/{entry.test}"),
             folded("book", f"chapter {entry.chapter}"
                    + (f"; docs/{entry.page}.md" if entry.page else ""))]
    names = [name for name in experiments_of(entry.key, experiments)
             if entry.run != f"experiment {name}"]
    if names:
        lines.append(folded("experiment", f"{command(f'experiment {names[0]}')}"
                            + (f", or {', '.join(names[1:])}" if names[1:] else "")))
    return lines + ([folded("run", entry.command)] if entry.run else [])


def shown_at(deck: str, slide: Slide, experiments: Experiments) -> list[str]:
    """What to type at this slide: its command, and the experiments that belong to it."""
    shown = shown_by(slide)
    commands = [shown] if shown else []
    commands += [command(f"experiment {name}")
                 for name in experiments_at(deck, slide, experiments)]
    return list(dict.fromkeys(commands))


def slides_in_words(key: str, deck: str | None = None) -> str:
    """'virginia "LeNet-5"; iitk "LeNet-5", ...': all that name an entry."""
    return in_words(slides_of(key, deck))


def in_words(titles_of_decks: Mapping[str, Sequence[str]]) -> str:
    return "; ".join(f"{deck} {', '.join(map(quoted, titles))}"
                     for deck, titles in titles_of_decks.items())


def by_deck(places: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    """[(deck, title), ...] -> deck: its titles, each once."""
    return {deck: list(dict.fromkeys(title for name, title in places if name == deck))
            for deck, _ in places}


def quoted(title: str) -> str:
    """In double quotes; those that it has become single ones."""
    return f'"{title.replace(chr(34), chr(39))}"'


def folded(head: str, text: str, indent: int = 13) -> str:
    return textwrap.fill(text, WIDTH, initial_indent=f"  {head:{indent - 2}}",
                         subsequent_indent=" " * indent, break_on_hyphens=False,
                         break_long_words=False)


def sources(entry: Entry) -> list[str]:
    """"minicnn/layers/conv.py:84-140 (Conv2d)", for each name; the file, if there is none."""
    if not entry.names:
        return [f"minicnn/{entry.file}"]
    where = places(entry)
    return [f"minicnn/{entry.file}:{where[name]} ({name})" for name in entry.names.split()]


def places(entry: Entry) -> dict[str, str]:
    """name -> "84-140", the lines of what is defined in its file."""
    tree = ast.parse((PACKAGE / entry.file).read_text(encoding="utf-8"))
    return {node.name: f"{node.lineno}-{node.end_lineno}" for node in tree.body
            if isinstance(node, (ast.ClassDef, ast.FunctionDef))}


def shown_by(slide: Slide) -> str:
    """What to type at this slide; "" if nothing is computed there."""
    if slide.run or not slide.keys:
        return command(slide.run)
    first = next((ENTRIES[key] for key in slide.keys if ENTRIES[key].run), None)
    return first.command if first else f"tests/{ENTRIES[slide.keys[0]].test}"


def experiments_of(key: str, experiments: Experiments) -> list[str]:
    """Names of those that the entry has; and of those that none has, whose slide has it first."""
    at = {(deck, bare(slide.title)) for deck, slides in INDEX.items() for slide in slides
          if slide.keys[:1] == [key]}
    owners = {name: [entry.key for entry in ENTRIES.values()
                     if f"experiment {name}" == entry.run or name in entry.experiments.split()]
              for name in experiments}
    return [name for name, slides in experiments.items() if key in owners[name]
            or not owners[name]
            and any((deck, bare(title)) in at for deck, title in titles_of(slides))]


def experiments_at(deck: str, slide: Slide, experiments: Experiments) -> list[str]:
    """Names of those that belong to a slide."""
    return [name for name, slides in experiments.items()
            if (deck, bare(slide.title)) in [(d, bare(title)) for d, title in titles_of(slides)]]


def titles_of(places: str) -> Sequence[tuple[str, str]]:
    """'iitk "Deleting a Layer"; memphis "ResNet"' -> (deck, the title as the deck's list has it).

    The beginning of a title will do, and more than the list has of it.  A slide that is in no deck
    is left out.
    """
    found = []
    for place in places.split("; "):
        deck, _, rest = place.partition(" ")
        wanted = bare(rest.partition('"')[2].rpartition('"')[0])     # what is behind is a remark
        titles = [slide.title for slide in INDEX.get(deck, ())]
        meant = [title for title in titles if bare(title) == wanted] or [
            title for title in titles
            if bare(title).startswith(wanted) or wanted.startswith(bare(title) or "-")]
        found += [(deck, title) for title in dict.fromkeys(meant if wanted else ())]
    return found
