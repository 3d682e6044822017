"""Which pixels lie under which cells of a window: what the backward of a convolution goes by.

Row h lies under cell u of window i where  h + top = i SH + u DH.  At stride 2 an even row meets one
half of the cells, an odd row the other: pixels that meet the same cells are one phase.
"""

from collections.abc import Iterator
from itertools import product
from math import gcd
from typing import NamedTuple

from minicnn.backend.windows import Corners, Padding, Window


class Phase(NamedTuple):
    """Pixels that lie under the same cells: see `phases`."""

    rows: slice                # of the image
    columns: slice
    us: slice                  # cells (u, v) of the window
    vs: slice
    windows: Corners           # for each cell, the window in which it lies over the first pixel


def phases(window: Window, H: int, W: int) -> Iterator[Phase]:
    """The pixels of an image of H x W, sorted by the cells that they ever lie under."""
    (top, _), (left, _) = window.borders(H, W)
    (KH, KW), (SH, SW), (DH, DW) = window.kernel, window.stride, window.dilation
    for rows, us, i in phases_along(H, KH, SH, DH, top):
        for columns, vs, j in phases_along(W, KW, SW, DW, left):
            yield Phase(rows, columns, us, vs, list(product(i, j)))


def margins(window: Window, H: int, W: int) -> Padding:
    """Rows and columns of zeros that dy needs around it so that all of `phases` lies within."""
    (OH, OW), borders = window.out(H, W), window.borders(H, W)
    sides = []
    for size, count, reach, stride, (before, _) in zip(
            (H, W), (OH, OW), window.reach, window.stride, borders, strict=True):
        sides.append((max(-((before - reach + 1) // stride), 0),
                      max((size - 1 + before) // stride - count + 1, 0)))
    return sides[0], sides[1]


def phases_along(size: int, kernel: int, stride: int, dilation: int, before: int
                 ) -> Iterator[tuple[slice, slice, list[int]]]:
    """Along one axis: (pixels, the cells they meet, for each cell the first pixel's window)."""
    step = stride // gcd(stride, dilation)
    for first in range(min(stride, size)):
        cells = [u for u in range(kernel) if (first + before - u * dilation) % stride == 0]
        windows = [(first + before - u * dilation) // stride for u in cells]
        met = slice(cells[0], None, step) if cells else slice(0)
        yield slice(first, size, stride), met, windows
