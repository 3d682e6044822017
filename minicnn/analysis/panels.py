"""What the pictures of boxes and of maps have in common: colours of classes, and panels to draw on.

A panel has a picture's own coordinates: pixel (x, y) covers x to x + 1 and y to y + 1, so that a
box (x1, y1, x2, y2), half open, lies where it says.
"""

from collections.abc import Sequence
from colorsys import hls_to_rgb
from math import ceil
from typing import Any

import numpy as np

from minicnn.analysis.pictures import INK, bare, class_names, headed
from minicnn.data.canvas import figure
from minicnn.data.door import as_uint8

# Dark enough for white words on them, and none is the red of what is wrong.
OWN = ("#1f5fa8", "#b45309", "#8024a8", "#1e7d32", "#c2185b", "#00707a", "#6b6b00", "#5d4037",
       "#4a4ae0", "#37474f")
SIDE = 4.2                     # inches of a panel
LETTERS = 26                   # of a class's name
MOST = 12                      # pictures in one drawing


def class_colour(label: int) -> str:
    """Of the classes from 1 on; after ten, hues a golden section of the circle apart."""
    if label <= len(OWN):
        return OWN[label - 1]
    red, green, blue = hls_to_rgb((0.58 + label * 0.618034) % 1, 0.24, 0.9)
    return f"#{round(255 * red):02x}{round(255 * green):02x}{round(255 * blue):02x}"


def as_picture(image: Any, name: str) -> np.ndarray:
    """Pixels as stored, (1, H, W) or (3, H, W) uint8."""
    pixels = as_uint8(image, name)
    if pixels.ndim == 2:
        pixels = pixels[None]
    if pixels.ndim != 3 or len(pixels) not in (1, 3) or 0 in pixels.shape:
        cure = "; the channels come first: image.transpose(2, 0, 1)" * (
            pixels.ndim == 3 and pixels.shape[2] in (1, 3))
        raise ValueError(f"{name}: a picture is {pixels.shape}, expected (1, H, W) or (3, H, W)"
                         f"{cure}")
    return pixels


def as_pictures(images: Any, name: str, *others: Sequence[Any]) -> list[np.ndarray]:
    """Each of them, as many as there are in the other sequences."""
    found = [as_picture(image, name) for image in images]
    for other in others:
        if len(other) != len(found):
            raise ValueError(f"{name}: {len(found)} pictures and {len(other)} answers or truths; "
                             "each picture needs one")
    if not found:
        raise ValueError(f"{name}: no picture")
    return found


def panels(rows: int, columns: int, shape: Sequence[int], title: str, below: float = 0.0
           ) -> tuple[Any, np.ndarray]:
    """(figure, axes (rows, columns)) for pictures (C, H, W) of about that shape.

    below : inches for a key under them
    """
    _, H, W = shape
    wide = SIDE * min(1.0, W / H, 13 / (SIDE * columns))   # inches of a picture
    tall = wide * H / W
    least = 6.2 if title else 3.0
    drawn = figure(max(columns * (wide + 0.25) + 0.2, least),
                   rows * (tall + 0.45) + 0.2 + below + (0.55 if title else 0))
    headed(drawn, title)
    return drawn, drawn.subplots(rows, columns, squeeze=False)


def grid(count: int) -> tuple[int, int]:
    """(rows, columns) for that many pictures."""
    columns = min(count, 4 if count > 6 else 3)
    return ceil(count / columns), columns


def show(axes: Any, image: np.ndarray, title: str = "", dim: float = 1.0) -> None:
    """A picture in its own coordinates.  dim: how much of it is left, the rest is white"""
    _, H, W = image.shape
    pixels = np.broadcast_to(image, (3, H, W)).transpose(1, 2, 0)      # (H, W, 3)
    faded = (255 - dim * (255.0 - pixels)).round().astype(np.uint8)
    axes.imshow(faded, extent=(0, W, H, 0), interpolation="nearest")
    axes.set(xlim=(0, W), ylim=(H, 0))
    bare(axes, title)


def outline(axes: Any, box: np.ndarray, colour: str, width: float = 2.0, dashed: bool = False,
            rim: bool = True) -> None:
    """A box with a white rim, which is seen on dark pictures and on light ones."""
    from matplotlib.patches import Rectangle
    from matplotlib.patheffects import Normal, withStroke
    x1, y1, x2, y2 = map(float, box)
    effects = [withStroke(linewidth=width + 1.6, foreground="white"), Normal()] if rim else []
    axes.add_patch(Rectangle((x1, y1), x2 - x1, y2 - y1, fill=False, edgecolor=colour,
                             linewidth=width, linestyle=(0, (4, 2)) if dashed else "-",
                             path_effects=effects))


def tag(axes: Any, box: np.ndarray, words: str, colour: str) -> None:
    """White words on the colour, above the box, or inside it where it touches the upper edge."""
    W, H = axes.get_xlim()[1], axes.get_ylim()[0]
    x1, y1, x2 = float(max(box[0], 0)), float(max(box[1], 0)), float(min(box[2], W))
    inside, at_right = y1 < 0.07 * H, x1 > 0.6 * W
    axes.annotate(words, (x2 if at_right else x1, y1), xytext=(-1 if at_right else 1,
                                                             -2 if inside else 2),
                  textcoords="offset points", va="top" if inside else "bottom",
                  ha="right" if at_right else "left", fontsize=9, color="white",
                  annotation_clip=False,
                  bbox={"facecolor": colour, "edgecolor": "none", "pad": 1.2, "alpha": 0.92})


def key(drawn: Any, entries: Sequence[tuple[str, str]], columns: int = 6) -> None:
    """Colours and what they mean, below all panels.  entries: (colour, words)."""
    from matplotlib.patches import Patch
    if entries:
        drawn.legend(handles=[Patch(facecolor=colour, edgecolor=INK, linewidth=0.5, label=words)
                              for colour, words in entries],
                     loc="outside lower center", ncols=min(len(entries), columns), frameon=False,
                     fontsize=10, labelcolor=INK)


def shown_names(classes: Sequence[str]) -> list[str]:
    return class_names(classes, LETTERS)
