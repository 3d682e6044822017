"""A drawing into a file: SVG as it is written by hand, other pictures through matplotlib."""

import os
from pathlib import Path

from minicnn.analysis.drawing.compose import Drawing
from minicnn.analysis.drawing.png import as_picture
from minicnn.analysis.drawing.svg import as_svg
from minicnn.data.canvas import check_format, check_picture
from minicnn.data.files import check_writable, written_whole


def save(drawing: Drawing, path: str | os.PathLike) -> Path:
    """The end of the path says the format: .svg, .png, .pdf or .jpg."""
    path = Path(path)
    check_format(path, "drawing")
    if path.suffix.lower() != ".svg":
        return as_picture(drawing).save(path)
    with written_whole(path) as file:
        file.write(as_svg(drawing).encode())
    return path


def check_drawing_file(path: str | os.PathLike, name: str = "drawing") -> None:
    """Before the work begins: an error at once if save(drawing, path) could not succeed.

    name : of the argument or option, for the message
    """
    path = Path(path)
    if path.suffix.lower() == ".svg":                      # it needs no matplotlib
        check_writable(path, f"{name} is {str(path)!r}")
    else:
        check_picture(path, name)
