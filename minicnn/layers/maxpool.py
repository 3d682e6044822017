"""Max pooling: every window is replaced by its largest value.

    y[n, c, i, j] = max_{u, v}  x_pad[n, c, i SH + u DH, j SW + v DW]

Only the cell (u', v') that won had any influence, so it receives all of dy:

    dx_pad[n, c, i SH + u' DH, j SW + v' DW] += dy[n, c, i, j]

The padding is minus infinity: with zeros, a border of negative values would come out as 0.  It
never wins where a window sees any pixel, not even if that is minus infinity too.  Where several
cells are equally large, the first in row order wins; a NaN wins over every number.

Source: Krizhevsky et al. 2012, section 3.4 (overlapping windows: 3 x 3 at stride 2).  Lectures:
stanford "Review: Pooling" (its 4 x 4 example is in MaxPool2d below), unicamp "Pooling Layer".
"""

from math import inf
from typing import Any

from minicnn.autograd.engine import Function
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import Array, xp_of
from minicnn.backend.cpu.max_pooling import max_pool
from minicnn.backend.cuda import windows as cuda
from minicnn.backend.layout import batch_first, batch_last
from minicnn.backend.versions import faster
from minicnn.backend.windows import Window, truth
from minicnn.layers.module import Shape
from minicnn.layers.windowed import Windowed


@faster(cpu=max_pool, cuda=cuda.max_pool)
class MaxPool2dFn(Function):
    def __init__(self, window: Window, return_indices: bool = False):
        self.window, self.return_indices = window, return_indices

    def under_each_cell(self, x_pad, OH, OW):
        """What lies under each cell of the window, at all positions:  (KH KW, N, C, OH, OW)."""
        return xp_of(x_pad).stack([self.window.shifted(x_pad, u, v, OH, OW)
                                   for u, v in self.window.cells()])

    def forward(self, x):                                  # (N, C, H, W)
        xp, self.x_shape = xp_of(x), x.shape
        OH, OW = self.window.out(*x.shape[2:])
        values = self.under_each_cell(self.window.pad(x, -inf), OH, OW)        # (KH KW, N, C, ...)
        is_image = self.window.pad(xp.ones_like(x, dtype=bool), False)         # and not padding
        y = values.max(axis=0)                             # (N, C, OH, OW)
        won = ((values == y) | xp.isnan(values)) & self.under_each_cell(is_image, OH, OW)
        self.winner = won.argmax(axis=0)                   # the first: its number u' KW + v'
        return y

    def backward(self, dy):                                # (N, C, OH, OW)
        (N, C, H, W), xp = self.x_shape, xp_of(dy)
        dx_pad = xp.zeros((N, C, *self.window.padded_size(H, W)), dy.dtype)
        for k, (u, v) in enumerate(self.window.cells()):
            under_cell = self.window.shifted(dx_pad, u, v, *dy.shape[2:])      # (N, C, OH, OW)
            under_cell += xp.where(self.winner == k, dy, 0)
        return self.window.crop(dx_pad, H, W)              # (N, C, H, W)


def pixels(winner: Array, window: Window, H: int, W: int) -> Array:
    """The number h W + w of the pixel that won, from that of the cell:  both (N, C, OH, OW)."""
    xp, (OH, OW), (SH, SW) = xp_of(winner), winner.shape[2:], window.stride
    (top, _), (left, _) = window.borders(H, W)
    start = (xp.arange(OH)[:, None] * SH - top) * W + xp.arange(OW) * SW - left        # (OH, OW)
    cell = xp.asarray([h * W + w for h, w in window.corners()], "int64")               # (KH KW,)
    return batch_first(cell[batch_last(winner)] + start[..., None])            # (N, C, OH, OW)


class MaxPool2d(Windowed):
    """Largest value of every window:  (N, C, H, W) -> (N, C, OH, OW).

    Parameters
    ----------
    kernel_size : int or (int, int)            KH, KW in pixels
    stride : int or (int, int), optional       the kernel size if not given
    padding : int, (int, int), "same" or "valid", default 0
                                               minus infinity around it, at most half the kernel
    dilation : int or (int, int), default 1    distance between the cells of a window; 1: they touch
    return_indices : bool, default False       give (y, indices), for MaxUnpool2d: the number
                                               h W + w of the pixel that won each window
    ceil_mode : bool, default False            let a last window hang over the far edge

    >>> x = Tensor([[[[1, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]]]])
    >>> MaxPool2d(2)(x).numpy().tolist()
    [[[[6.0, 8.0], [3.0, 4.0]]]]
    """

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
                 return_indices: bool = False, ceil_mode: bool = False) -> None:
        self.return_indices = truth(return_indices, "MaxPool2d: return_indices")
        self.window = Window.pooling(kernel_size, stride, padding, dilation, ceil_mode)

    def forward(self, x: Tensor) -> Any:
        super().out_shape(x.shape[1:])                     # checks x
        return self.with_indices(x) if self.return_indices else MaxPool2dFn(self.window)(x)

    def with_indices(self, x: Tensor) -> tuple[Tensor, Tensor]:
        pool = MaxPool2dFn(self.window, return_indices=True)
        y, size = pool(x), x.shape[2:]
        indices: Any = Tensor(pixels(pool.winner, self.window, *size))
        indices.pooled = self.window, size                 # MaxUnpool2d need not look at them then
        return y, indices

    def out_shape(self, in_shape: Shape) -> Any:
        shape = super().out_shape(in_shape)
        return [shape, shape] if self.return_indices else shape
