"""The index: from a slide of the five decks to the file, the test, the chapter, the command.

    entry.py                                                   what an entry and a slide are
    of_layers.py, of_models.py, of_maps.py, of_the_rest.py     the entries
    virginia.py, unicamp.py, memphis.py, stanford.py, iitk.py  the slides, in each deck's order

`python -m minicnn slide inception` searches it; the book's index page and the page for lecturers
are made from it.
"""

import re

from minicnn.backend.messages import did_you_mean
from minicnn.slides.index.entry import Entry, Slide, bare, command
from minicnn.slides.index.iitk import IITK
from minicnn.slides.index.memphis import MEMPHIS
from minicnn.slides.index.of_layers import LAYERS
from minicnn.slides.index.of_maps import MAPS
from minicnn.slides.index.of_models import MODELS
from minicnn.slides.index.of_the_rest import THE_REST
from minicnn.slides.index.stanford import STANFORD
from minicnn.slides.index.unicamp import UNICAMP
from minicnn.slides.index.virginia import VIRGINIA

__all__ = ["ENTRIES", "INDEX", "Entry", "Slide", "bare", "command", "find", "slides_of"]

INDEX = {"virginia": VIRGINIA, "unicamp": UNICAMP, "memphis": MEMPHIS, "stanford": STANFORD,
         "iitk": IITK}
ENTRIES = {entry.key: entry for entry in (*LAYERS, *MODELS, *MAPS, *THE_REST)}


ENDING = re.compile(r"(?<=\w{5})(ings?|e[ds]?|s)$")        # delete and deleting are one word


def slides_of(key: str, deck: str | None = None) -> dict[str, list[str]]:
    """deck -> the titles that name an entry, each once, in the deck's order."""
    named = {name: [slide.title for slide in slides if key in slide.keys]
             for name, slides in INDEX.items() if deck in (None, name)}
    return {name: list(dict.fromkeys(titles)) for name, titles in named.items() if titles}


def find(words: str, deck: str | None = None) -> tuple[list[Entry], list[tuple[str, Slide]]]:
    """Entries and slides (deck, slide) that all the words are in, in capitals or not.

    What is meant most comes first: the entry that is called so, then those with more of the slides.
    Where only slides have the words, the entries behind these.

    deck : only its slides, and the entries that they name
    Raises ValueError where there are none; it names what is nearest.
    """
    wanted = [ENDING.sub("", word) for word in words.lower().split()]

    def meant(text: str) -> bool:
        return all(word in text.lower() or word in bare(text) for word in wanted)

    slides = list({(name, slide.title, slide.entries, slide.run): (name, slide)
                   for name, all_slides in INDEX.items() if deck in (None, name)
                   for slide in all_slides if meant(f"{name} {slide.title}")}.values())
    entries = [entry for entry in ENTRIES.values()
               if meant(f"{entry.topic} {entry.key} {entry.names} {entry.file}")
               and (deck is None or slides_of(entry.key, deck))]
    entries = entries or [ENTRIES[key] for key in dict.fromkeys(
        key for _, slide in slides for key in slide.keys)]
    if not entries and not slides:
        known = [*ENTRIES, *(slide.title for all_slides in INDEX.values() for slide in all_slides)]
        hint = did_you_mean(words, known) or "try one word of the title"
        raise ValueError(f"nothing in the index {'' if deck is None else f'of {deck} '}speaks of "
                         f"{words!r}; {hint if deck is None else 'try it without --deck'}")
    first = [slide.keys[0] for _, slide in slides if slide.keys]
    return sorted(entries, key=lambda entry: (not called(entry, words),
                                              -first.count(entry.key))), slides


def called(entry: Entry, words: str) -> bool:
    """Whether the words are its key, its topic or one of its names."""
    return bare(words) in map(bare, (entry.key, entry.topic, *entry.names.split()))
