"""Paper to draw on: figures that need no display, and pictures that files and notebooks show.

Every picture of the package is drawn inside `drawing()` and leaves as a `Picture`.  A command that
draws in the end calls `check_picture(path)` at the start: whatever would stop the drawing or the
writing is said before the work, not after it.
"""

import io
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from minicnn.data.files import check_writable, written_whole

DPI = 150
FORMATS = (".png", ".jpg", ".jpeg", ".pdf", ".svg")


class Picture:
    """A figure: a notebook shows it, save(path) writes it.

    path : where it was written; None if it was not
    """

    def __init__(self, figure: Any, path: str | os.PathLike | None = None) -> None:
        self.figure = figure
        self.path = None if path is None else self.save(path)

    def save(self, path: str | os.PathLike) -> Path:
        """Write it; the end of the path says the format, as in a.png or a.pdf."""
        path = Path(path)
        check_format(path)
        with drawing(), written_whole(path) as file:
            self.figure.savefig(file, format=path.suffix.lower()[1:])
        return path

    def _repr_png_(self) -> bytes:
        """For a notebook."""
        with drawing():
            self.figure.savefig(page := io.BytesIO(), format="png")
        return page.getvalue()

    def __repr__(self) -> str:
        width, height = self.figure.get_size_inches()
        where = f", written to {self.path}" if self.path else "; save(path) writes it"
        return f"<Picture of {width:.0f} x {height:.0f} inches{where}>"


@contextmanager
def drawing() -> Iterator[None]:
    """All pictures look alike: no setting of the user's counts, no "$" in a name is mathematics,
    and a sign that the font lacks becomes a box without a word.

    Also a decorator: `@drawing()`.
    """
    load_matplotlib()
    import matplotlib
    with matplotlib.rc_context(), warnings.catch_warnings():
        matplotlib.rcdefaults()
        matplotlib.rcParams["text.parse_math"] = False
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        yield


def load_matplotlib() -> None:
    """Import it whatever MPLBACKEND says: ImportError alone remains, with its cure.

    A notebook leaves its own backend's name there, which other Pythons do not have; matplotlib then
    refuses to be imported.  Where they do have it, pyplot finds it as it should.
    """
    if "matplotlib" in sys.modules:
        return
    chosen = os.environ.pop("MPLBACKEND", None)
    try:
        import matplotlib
        if chosen:
            with suppress(ValueError):
                matplotlib.rcParams["backend"] = chosen
    except ImportError as problem:
        raise ImportError(f"pictures need matplotlib, which cannot be loaded ({problem}); "
                          "pip install matplotlib") from None
    finally:
        if chosen is not None:
            os.environ["MPLBACKEND"] = chosen


def figure(width: float, height: float, layout: Any = "constrained") -> Any:
    """An empty white figure of that many inches, with a canvas of its own that needs no display."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    drawn = Figure(figsize=(width, height), dpi=DPI, facecolor="white", layout=layout)
    FigureCanvasAgg(drawn)
    return drawn


def check_picture(path: str | os.PathLike, name: str = "picture") -> None:
    """Before the work begins: an error at once if Picture.save(path) could not succeed.

    name : of the argument or option, for the message.  The folder need not be there yet.
    """
    check_format(path, name)
    check_drawing(Path(path).suffix.lower())
    check_writable(Path(path), f"{name} is {str(path)!r}")


def check_format(path: str | os.PathLike, name: str = "picture") -> None:
    if Path(path).suffix.lower() not in FORMATS:
        raise ValueError(f"{name} is {str(path)!r}, expected the name of a picture, one that ends "
                         f"in {', '.join(FORMATS)}")


def check_drawing(suffix: str = ".png") -> None:
    """Draw a letter, in memory: matplotlib is there, its fonts, and what writes the format."""
    draw_a_letter(suffix)


@cache
def draw_a_letter(suffix: str) -> None:
    with drawing():
        page = figure(1, 1)
        page.text(0.5, 0.5, "a")
        page.savefig(io.BytesIO(), format=suffix[1:])
