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
from minicnn.backend.versions import in_float32
from minicnn.backend.windows import Padding, Window

MODES = ("zeros", "reflect", "replicate", "circular")


def source(position: int, size: int, mode: str) -> int:
    """The pixel 0..size-1 that stands at a position before, on or behind the image."""
    if mode == "reflect":
        position = abs(position)
        return min(position, 2 * (size - 1) - position)
    if mode == "replicate":
        return min(max(position, 0), size - 1)
    return position % size


@in_float32
class PadFn(Function):
    def __init__(self, borders: Padding, mode: str):
        self.borders, self.mode = borders, mode

    def origins(self) -> list[list[int]]:
        """The row of x for each row of y, and the column for each column."""
        return [[source(i, size, self.mode) for i in range(-before, size + after)]
                for size, (before, after) in zip(self.x_shape[2:], self.borders, strict=True)]

    def forward(self, x):                                  # (N, C, H, W)
        self.x_shape = x.shape
        rows, columns = self.origins()
        return x[:, :, rows][..., columns]                 # (N, C, H', W')

    def backward(self, dy):                                # (N, C, H', W')
        xp, (N, C, _, W) = xp_of(dy), self.x_shape
        rows, columns = self.origins()
        dt = xp.zeros_like(dy, shape=(N, C, len(rows), W))
        for j, w in enumerate(columns):
            dt[..., w] += dy[..., j]
        dx = xp.zeros_like(dy, shape=self.x_shape)
        for i, h in enumerate(rows):
            dx[:, :, h] += dt[:, :, i]
        return dx                                          # (N, C, H, W)


def padded(x: Tensor, window: Window, mode: str) -> tuple[Tensor, Window]:
    """x with the border that `window` asks for, and the same window without it."""
    return PadFn(window.borders(*x.shape[2:]), mode)(x), replace(window, padding=(0, 0))


def check_borders(window: Window, H: int, W: int, mode: str) -> None:
    """Raise ValueError where the image is too small to be mirrored or repeated that far."""
    for size, borders in zip((H, W), window.borders(H, W), strict=True):
        most = {"reflect": size - 1, "circular": size, "replicate": max(borders)}[mode]
        if max(borders) > most:
            raise ValueError(f'padding of {max(borders)} pixels in mode "{mode}" asks for more '
                             f"than an image of {H}x{W} has; at most {most}")
