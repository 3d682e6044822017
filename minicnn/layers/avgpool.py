"""Average pooling: every window is replaced by its mean.

    y[n, c, i, j] = 1/K  sum_{u, v}  x_pad[n, c, i SH + u, j SW + v]

K is the number of cells.  Each of them had weight 1/K, so each receives that share of dy:

    dx_pad[n, c, i SH + u, j SW + v] += dy[n, c, i, j] / K

With `count_include_pad` (the default, as in PyTorch) the zeros of the padding count in K; without
it, K is the number of cells inside the image.  Cells beyond the padding, where ceil_mode lets the
last window hang over, never count.  Source: LeCun et al. 1998, section II.B, without its trainable
scale (subsample.py has it).  Lectures: virginia "LeNet-5" (S2, S4), stanford "GoogLeNet" (last).
"""

from typing import Any

from minicnn.backend import sum_dtype, xp_of
from minicnn.engine import Function
from minicnn.geometry import Window
from minicnn.module import Windowed
from minicnn.tensor import Tensor


class AvgPool2dFn(Function):
    def __init__(self, window: Window, count_include_pad: bool = True):
        self.window, self.count_include_pad = window, count_include_pad

    def counted(self, xp, size, positions, axis):
        """How many rows (axis 0) or columns (axis 1) of each window count in its mean: (OH,)."""
        before, after = self.window.borders(size, size)[axis]
        if not self.count_include_pad:
            first, last = before, before + size            # the image within its padding
        else:
            first, last = 0, before + size + after
        starts = xp.arange(positions) * self.window.stride[axis]
        ends = starts + self.window.kernel[axis]
        return xp.minimum(ends, last) - xp.maximum(starts, first)

    def forward(self, x):                                  # (N, C, H, W)
        xp, (H, W), (OH, OW) = xp_of(x), x.shape[2:], self.window.out(*x.shape[2:])
        x_pad = self.window.pad(x)                         # (N, C, H', W')
        y = xp.zeros_like(x, sum_dtype(x.dtype), shape=(*x.shape[:2], OH, OW))
        for u, v in self.window.cells():
            y += self.window.shifted(x_pad, u, v, OH, OW)
        rows, columns = self.counted(xp, H, OH, axis=0), self.counted(xp, W, OW, axis=1)
        self.x_shape, self.count = x.shape, (rows[:, None] * columns).astype(y.dtype)
        return (y / self.count).astype(x.dtype, copy=False)    # (N, C, OH, OW)

    def backward(self, dy):                                # (N, C, OH, OW)
        (N, C, H, W), (OH, OW) = self.x_shape, dy.shape[2:]
        share = (dy / self.count).astype(dy.dtype, copy=False)
        dx_pad = xp_of(dy).zeros_like(dy, shape=(N, C, *self.window.padded_size(H, W)))
        for u, v in self.window.cells():
            view = self.window.shifted(dx_pad, u, v, OH, OW)
            view += share                                  # where windows overlap, shares add up
        return self.window.crop(dx_pad, H, W)              # (N, C, H, W)


class AvgPool2d(Windowed):
    """Mean of every window:  (N, C, H, W) -> (N, C, OH, OW).

    Parameters
    ----------
    kernel_size : int or (int, int)            KH, KW in pixels
    stride : int or (int, int), optional       the kernel size if not given
    padding : int, (int, int), "same" or "valid", default 0
                                               zeros on each side, at most half the kernel
    ceil_mode : bool, default False            let a last window hang over the far edge
    count_include_pad : bool, default True     whether the zeros of the padding count in the mean

    >>> x = Tensor([[[[1, 2, 3, 4], [5, 6, 7, 8]]]])
    >>> AvgPool2d(2)(x).numpy().tolist()
    [[[[3.5, 5.5]]]]
    """

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0,
                 ceil_mode: bool = False, count_include_pad: bool = True) -> None:
        self.window = Window.pooling(kernel_size, stride, padding, ceil_mode=ceil_mode)
        self.count_include_pad = count_include_pad

    def forward(self, x: Tensor) -> Tensor:
        self.out_shape(x.shape[1:])
        return AvgPool2dFn(self.window, self.count_include_pad)(x)

    def detail(self) -> str:
        return str(self.window) + ("" if self.count_include_pad else ", padding not counted")
