"""The page, and what it may ask: one row for each address."""

import io
import warnings
from typing import Any

import numpy as np

from minicnn.data.pictures import LARGEST_PICTURE, colours
from minicnn.data.shapes import COLOURS
from minicnn.data.shapes_forms import FORMS
from minicnn.demo.document import document, drawn, piece
from minicnn.demo.lesson import HIGHEST, LOWEST, Lesson
from minicnn.demo.packing import asked, listed, packed, real, whole
from minicnn.demo.reading import Reader
from minicnn.demo.scene import GROUNDS, LARGEST, MOST, SIZE, SMALLEST, START, Scene
from minicnn.demo.server import Page, Query, Route
from minicnn.explain.pocket import pocket_digit

SCRIPTS = ("tools.js", "ask.js", "colours.js", "pad.js", "maps.js", "reading.js", "lesson.js",
           "scene.js", "start.js", "tabs.js")
PAD = 112                              # pixels a side of the drawing that comes in
PHOTO = 4_000_000                      # bytes of a photograph; the page makes it smaller first
COLUMNS = 20, 300


class Site:
    """What stands behind the addresses.

    big : a lecturer's page, in large type
    """

    def __init__(self, reader: Reader, lesson: Lesson, scene: Scene, big: bool = False) -> None:
        self.reader, self.lesson, self.scene, self.big = reader, lesson, scene, big
        self.drawing = drawn(reader.model, reader.asked.partition(" ")[0])

    @property
    def routes(self) -> dict[tuple[str, str], Route]:
        return {
            ("GET", "/"): Route(self.page),
            ("POST", "/drawing"): Route(self.digit, PAD * PAD),
            ("POST", "/photo"): Route(self.photo, PHOTO),
            ("POST", "/maps"): Route(self.maps),
            ("POST", "/explain"): Route(self.explain),
            ("POST", "/gradient"): Route(self.gradient),
            ("POST", "/scene"): Route(lambda _, body: self.scene.look(asked(body))),
            ("GET", "/train"): Route(lambda *_: self.lesson.events()),
            ("POST", "/train/state"): Route(lambda *_: self.lesson.state()),
            ("POST", "/train/step"): Route(lambda *_: self.lesson.one_step()),
            ("POST", "/train/pause"): Route(lambda *_: self.lesson.pause()),
            ("POST", "/train/reset"): Route(lambda *_: self.lesson.restart()),
            ("POST", "/train/rate"): Route(
                lambda _, body: self.lesson.rate(real(asked(body), "lr", LOWEST, HIGHEST))),
        }

    def page(self, query: Query, _: bytes) -> Page:
        """One document, so that it is there at once."""
        return document("tabs.html", self.drawing, self.facts(), [piece(name) for name in SCRIPTS],
                        self.big or "big" in query)

    def facts(self) -> dict[str, Any]:
        """What the page has to know at its start."""
        few = self.reader.classes[:1000]
        return {"words": self.reader.words, "classes": list(map(str, few)), "pad": PAD,
                "digits": packed(np.stack([pocket_digit(k) for k in range(10)])),
                "rates": [LOWEST, HIGHEST], "lr": self.lesson.lr,
                "tab": "scene" if self.scene.chosen else "reading",
                "scene": {"words": self.scene.words, "maps": self.scene.draws_maps,
                          "size": SIZE, "most": MOST,
                          "radius": [SMALLEST, LARGEST], "grounds": GROUNDS, "kinds": list(FORMS),
                          "colours": list(COLOURS), "start": [one._asdict() for one in START]}}

    # --- the first tab -------------------------------------------------------------------------

    def digit(self, query: Query, body: bytes) -> dict[str, Any]:
        """body: the pad, one byte a pixel, 255 is ink."""
        from PIL import Image
        if len(body) != PAD * PAD:
            raise ValueError(f"a drawing has {PAD} x {PAD} bytes, one a pixel")
        ink = np.frombuffer(body, np.uint8).reshape(PAD, PAD)
        image = Image.fromarray(ink).convert("RGB")
        return self.reader.read(image, *view(query))

    def photo(self, query: Query, body: bytes) -> dict[str, Any]:
        """body: a PNG or JPEG file."""
        return self.reader.read(picture(body), *view(query))

    def maps(self, _: Query, body: bytes) -> dict[str, Any]:
        """Other maps of the picture that is shown."""
        found = asked(body)
        first = whole(found, "first", 0, 10**6)
        return self.reader.more(number(found), word(found, "layer"), first)

    def explain(self, _: Query, body: bytes) -> dict[str, Any]:
        found = asked(body)
        at = None if found.get("at") is None else tuple(
            whole({"at": k}, "at", 0, 10**6) for k in listed(found, "at", 4))
        label = None if found.get("label") is None else whole(found, "label", 0, 10**6)
        return self.reader.explain(number(found), word(found, "layer"), at, label,
                                   whole(found, "columns", *COLUMNS))

    def gradient(self, _: Query, body: bytes) -> dict[str, Any]:
        found = asked(body)
        return self.reader.gradient(number(found), whole(found, "label", 0, 10**6))


def view(query: Query) -> tuple[str | None, int]:
    """Which layer of a large network is shown, and from which map on."""
    first = query.get("first", "0")
    if len(first) > 6 or not first.isascii() or not first.isdigit():
        raise ValueError("first is the number of a map")
    return query.get("layer"), int(first)


def number(found: dict[str, Any]) -> int:
    return whole(found, "picture", 1, 2**53)


def word(found: dict[str, Any], name: str) -> str:
    value = found.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= 200:
        raise ValueError(f"{name} is a name")
    return value


def picture(body: bytes) -> Any:
    """The Pillow image, in RGB."""
    from PIL import Image
    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(body), formats=("PNG", "JPEG")) as it:
            warnings.simplefilter("ignore")                # odd but readable headers
            if it.width * it.height > LARGEST_PICTURE:
                raise ValueError("too many pixels")
            return colours(it)
    except Exception:                  # what a damaged picture raises is listed nowhere
        raise ValueError("that is no PNG or JPEG picture") from None
