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

import numpy as np

from minicnn.autograd.engine import Function
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import Array, sum_dtype, xp_of
from minicnn.backend.cpu.average_pooling import average_pool
from minicnn.backend.cuda import windows as cuda
from minicnn.backend.versions import faster
from minicnn.backend.windows import Window, whole
from minicnn.layers.windowed import Windowed


@faster(cpu=average_pool, cuda=cuda.average_pool)
class AvgPool2dFn(Function):
    def __init__(self, window: Window, count_include_pad: bool = True):
        self.window, self.count_include_pad = window, count_include_pad

    def counts(self, x: Array) -> Array:
        """K of each window: how many of its cells lie on pixels that count, (OH, OW)."""
        H, W = x.shape[2:]
        (top, bottom), (left, right) = self.window.borders(H, W)
        counted = np.zeros(self.window.padded_size(H, W))            # (H', W')
        counted[top:top + H, left:left + W] = 1
        if self.count_include_pad:
            counted[:top + H + bottom, :left + W + right] = 1
        K = sum(self.window.shifted(counted, u, v, *self.window.out(H, W))
                for u, v in self.window.cells())
        return xp_of(x).asarray(K, sum_dtype(x.dtype))

    def forward(self, x):                                  # (N, C, H, W)
        OH, OW = self.window.out(*x.shape[2:])
        self.x_shape, self.K = x.shape, self.counts(x)
        x_pad = self.window.pad(x).astype(sum_dtype(x.dtype))        # (N, C, H', W')
        y = sum(self.window.shifted(x_pad, u, v, OH, OW) for u, v in self.window.cells())
        return (y / self.K).astype(x.dtype)                # (N, C, OH, OW)

    def backward(self, dy):                                # (N, C, OH, OW)
        N, C, H, W = self.x_shape
        dx_pad = xp_of(dy).zeros((N, C, *self.window.padded_size(H, W)), dy.dtype)
        for u, v in self.window.cells():
            under_cell = self.window.shifted(dx_pad, u, v, *dy.shape[2:])      # (N, C, OH, OW)
            under_cell += dy / self.K
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
    divisor_override : int, optional           divide each sum by this number, whatever its cells

    >>> x = Tensor([[[[1, 2, 3, 4], [5, 6, 7, 8]]]])
    >>> AvgPool2d(2)(x).numpy().tolist()
    [[[[3.5, 5.5]]]]
    """

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0,
                 ceil_mode: bool = False, count_include_pad: bool = True,
                 divisor_override: int | None = None) -> None:
        if divisor_override is not None:
            whole(divisor_override, "AvgPool2d: divisor_override")
        self.divisor_override = divisor_override
        self.window = Window.pooling(kernel_size, stride, padding, ceil_mode=ceil_mode)
        self.count_include_pad = count_include_pad

    def forward(self, x: Tensor) -> Tensor:
        self.out_shape(x.shape[1:])                        # checks x
        pool = AvgPool2dFn(self.window, self.count_include_pad)
        y = pool(x)
        if self.divisor_override is None:
            return y
        K = pool.counts(x.data).astype(y.dtype)            # the sum is the mean times K
        return y * (K / self.divisor_override)

    def extra_repr(self) -> str:
        return str(self.window) + (
            "" if self.count_include_pad else ", padding not counted") + (
            f", divisor {self.divisor_override}" if self.divisor_override else "")
