"""The index in words: what `python -m minicnn slide WORDS` prints."""

import ast
import textwrap
from collections.abc import Mapping, Sequence

from minicnn.slides.index import ENTRIES, INDEX, bare, find, slides_of
from minicnn.slides.index.entry import PACKAGE, Entry, Slide, command

Experiments = Mapping[str, str]        # name -> 'deck "title"; deck "title"'
MOST = 6                               # entries with all their lines; the others with one
WIDTH = 96


def answer(words: str, experiments: Experiments) -> list[str]:
    """Lines: the entries that the words mean, and the slides.

    Where the words are those of slides only, the entries behind the first of these.
    """
    entries, slides = find(words)
    if not entries:
        keys = dict.fromkeys(key for _, slide in slides for key in slide.keys)
        entries = [ENTRIES[key] for key in keys]
    lines: list[str] = []
    for entry in entries[:MOST]:
        lines += [*block(entry, experiments), ""]
    if len(entries) > MOST:
        lines += [folded("also", ", ".join(f"{one.topic} (minicnn/{one.file})"
                                           for one in entries[MOST:])), ""]
    if slides:
        lines += ["slides with these words, in the order of the decks:",
                  *(f"  {deck} {quoted(slide.title)}: {shown_by(slide) or 'nothing to compute'}"
                    for deck, slide in slides)]
    return lines if lines[-1] else lines[:-1]


def block(entry: Entry, experiments: Experiments) -> list[str]:
    """All that the index has of one entry."""
    lines = [entry.topic, folded("slides", slides_in_words(entry.key) or entry.paper),
             folded("source", ", ".join(sources(entry))), folded("test", f"tests/{entry.test}"),
             folded("book", f"chapter {entry.chapter}"
                    + (f"; docs/{entry.page}.md" if entry.page else ""))]
    names = experiments_of(entry.key, experiments)
    if names:
        lines.append(folded("experiment", ", ".join(f"python -m minicnn experiment {name}"
                                                    for name in names)))
    return lines + ([folded("run", entry.command)] if entry.run else [])


def slides_in_words(key: str, most: int = 99) -> str:
    """'virginia "LeNet-5"; iitk "LeNet-5", ...': of each deck at most so many."""
    return "; ".join(f"{deck} {', '.join(map(quoted, titles[:most]))}"
                     + (f" and {len(titles) - most} more" if len(titles) > most else "")
                     for deck, titles in slides_of(key).items())


def quoted(title: str) -> str:
    """In double quotes; those that it has become single ones."""
    return f'"{title.replace(chr(34), chr(39))}"'


def folded(head: str, text: str) -> str:
    return textwrap.fill(text, WIDTH, initial_indent=f"  {head:11}", subsequent_indent=" " * 13,
                         break_on_hyphens=False, break_long_words=False)


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
    """Names of those whose slide has this entry first."""
    at = {(deck, bare(slide.title)) for deck, slides in INDEX.items() for slide in slides
          if slide.keys[:1] == [key]}
    return [name for name, slides in experiments.items()
            if any((deck, bare(title)) in at for deck, title in titles_of(slides))]


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
