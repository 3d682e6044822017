"""The index: from a slide of the five decks to the file, the test, the chapter, the command.

    entry.py                                                   what an entry and a slide are
    of_layers.py, of_models.py, of_maps.py, of_the_rest.py     the entries
    virginia.py, unicamp.py, memphis.py, stanford.py, iitk.py  the slides, in each deck's order

`python -m minicnn slide inception` searches it; the book's index page and the page for lecturers
are made from it.
"""

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


def slides_of(key: str) -> dict[str, list[str]]:
    """deck -> the titles that name an entry, each once, in the deck's order."""
    named = {deck: [slide.title for slide in slides if key in slide.keys]
             for deck, slides in INDEX.items()}
    return {deck: list(dict.fromkeys(titles)) for deck, titles in named.items() if titles}


def find(words: str) -> tuple[list[Entry], list[tuple[str, Slide]]]:
    """Entries and slides (deck, slide) that all the words are in, in capitals or not.

    Raises ValueError where there are none; it names what is nearest.
    """
    wanted = words.lower().split()

    def meant(text: str) -> bool:
        return all(word in text.lower() or word in bare(text) for word in wanted)

    entries = [entry for entry in ENTRIES.values()
               if meant(f"{entry.topic} {entry.key} {entry.names} {entry.file}")]
    slides = list({(deck, slide.title, slide.entries): (deck, slide)
                   for deck, all_slides in INDEX.items() for slide in all_slides
                   if meant(f"{deck} {slide.title}")}.values())
    if not entries and not slides:
        known = [*ENTRIES, *(slide.title for all_slides in INDEX.values() for slide in all_slides)]
        raise ValueError(f"nothing in the index speaks of {words!r}; "
                         f"{did_you_mean(words, known) or 'try one word of the title'}")
    return entries, slides
