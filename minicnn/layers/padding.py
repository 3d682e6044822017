"""Padding with pixels of the image itself, in place of zeros.

    y[n, c, i, j] = x[n, c, row(i - top), column(j - left)]        (N, C, H, W) -> (N, C, H', W')

    pixel beyond the edge      -3 -2 -1 | 0 1 2 3 | 4 5 6        of a row of size 4
    reflect     mirrored        3  2  1 | 0 1 2 3 | 2 1 0
    replicate   the edge        0  0  0 | 0 1 2 3 | 3 3 3
    circular    the other side  1  2  3 | 0 1 2 3 | 0 1 2

Each y is a copy of one x, so the gradient of a pixel is the sum over its copies.  A constant border
of zeros darkens the edges; these three do not.  The names and the pixels are PyTorch's.
"""

from dataclasses import replace

from minicnn.autograd.engine import Function
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import xp_of
from minicnn.backend.cuda import resample
from minicnn.backend.versions import faster, in_float32
from minicnn.backend.windows import Window

MODES = ("zeros", "reflect", "replicate", "circular")


def source(position: int, size: int, mode: str) -> int:
    """The pixel 0..size-1 that stands at a position before, on or behind the image."""
    if mode == "reflect":
        position = abs(position)
        return min(position, 2 * (size - 1) - position)
    if mode == "replicate":
        return min(max(position, 0), size - 1)
    return position % size


def origins(size: int, border: tuple[int, int], mode: str) -> list[int]:
    """The row of x for each row of y, or the column for each column."""
    return [source(i, size, mode) for i in range(-border[0], size + border[1])]


@faster(cuda=resample.copies)
@in_float32
class PadFn(Function):
    """rows, columns : of x, for each row and each column of y"""

    def __init__(self, rows: list[int], columns: list[int]):
        self.rows, self.columns = rows, columns

    def forward(self, x):                                  # (N, C, H, W)
        self.x_shape = x.shape
        return x[:, :, self.rows][..., self.columns]       # (N, C, H', W')

    def backward(self, dy):                                # (N, C, H', W')
        xp, (N, C, _, W) = xp_of(dy), self.x_shape
        dt = xp.zeros_like(dy, shape=(N, C, len(self.rows), W))
        for j, w in enumerate(self.columns):
            dt[..., w] += dy[..., j]
        dx = xp.zeros_like(dy, shape=self.x_shape)
        for i, h in enumerate(self.rows):
            dx[:, :, h] += dt[:, :, i]
        return dx                                          # (N, C, H, W)


def padded(x: Tensor, window: Window, mode: str) -> tuple[Tensor, Window]:
    """x with the border that `window` asks for, and the same window without it."""
    sides = zip(x.shape[2:], window.borders(*x.shape[2:]), strict=True)
    rows, columns = (origins(size, border, mode) for size, border in sides)
    return PadFn(rows, columns)(x), replace(window, padding=(0, 0))


def check_borders(window: Window, H: int, W: int, mode: str) -> None:
    """Raise ValueError where the image is too small to be mirrored or repeated that far."""
    for size, borders in zip((H, W), window.borders(H, W), strict=True):
        most = {"reflect": size - 1, "circular": size, "replicate": max(borders)}[mode]
        if max(borders) > most:
            raise ValueError(f'padding of {max(borders)} pixels in mode "{mode}" asks for more '
                             f"than an image of {H}x{W} has; at most {most}")
