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

from minicnn.backend import xp_of
from minicnn.engine import Function
from minicnn.geometry import Window
from minicnn.module import Windowed
from minicnn.tensor import Tensor


class AvgPool2dFn(Function):
    def __init__(self, window: Window, count_include_pad: bool = True):
        self.window, self.count_include_pad = window, count_include_pad

    def forward(self, x):                                  # (N, C, H, W)
        H, W = x.shape[2:]
        OH, OW = self.window.out(H, W)
        self.x_shape = x.shape
        x_pad = self.window.pad(x)                         # (N, C, H', W')
        y = sum(self.window.shifted(x_pad, u, v, OH, OW) for u, v in self.window.cells())
        self.share = self.shares(xp_of(x), x.dtype, H, W)
        return y * self.share                              # (N, C, OH, OW)

    def shares(self, xp, dtype, H, W):
        """1/K: one number, or (OH, OW) of them where windows hang over the edge."""
        OH, OW = self.window.out(H, W)
        (top, bottom), (left, right) = self.window.borders(H, W)
        KH, KW = self.window.kernel
        H_pad, W_pad = self.window.padded_size(H, W)
        if (H_pad, W_pad) == (H, W) or (self.count_include_pad and H_pad <= H + top + bottom
                                        and W_pad <= W + left + right):
            return 1 / (KH * KW)
        counted = xp.zeros((H_pad, W_pad), dtype)
        if self.count_include_pad:
            counted[:H + top + bottom, :W + left + right] = 1
        else:
            counted[top:top + H, left:left + W] = 1
        return 1 / sum(self.window.shifted(counted, u, v, OH, OW) for u, v in self.window.cells())

    def backward(self, dy):                                # (N, C, OH, OW)
        (N, C, H, W), (OH, OW) = self.x_shape, dy.shape[2:]
        dy = dy * self.share
        dx_pad = xp_of(dy).zeros((N, C, *self.window.padded_size(H, W)), dtype=dy.dtype)
        for u, v in self.window.cells():
            view = self.window.shifted(dx_pad, u, v, OH, OW)
            view += dy                                     # where windows overlap, shares add up
        return self.window.crop(dx_pad, H, W)              # (N, C, H, W)


class AvgPool2d(Windowed):
    """Mean of every window:  (N, C, H, W) -> (N, C, OH, OW).

    Parameters
    ----------
    kernel_size : int or (int, int)            KH, KW in pixels
    stride : int or (int, int), optional       the kernel size if not given
    padding : int or (int, int), default 0     zeros on each side, at most half the kernel
    ceil_mode : bool, default False            let a last window hang over the far edge
    count_include_pad : bool, default True     whether the zeros of the padding count in the mean
    """

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0,
                 ceil_mode: bool = False, count_include_pad: bool = True) -> None:
        self.window = Window.of(kernel_size, kernel_size if stride is None else stride, padding,
                                ceil_mode=ceil_mode)
        self.count_include_pad = count_include_pad

    def forward(self, x: Tensor) -> Tensor:
        self.out_shape(x.shape[1:])
        return AvgPool2dFn(self.window, self.count_include_pad)(x)
