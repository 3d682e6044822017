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

from minicnn.backend import Array, fused_on_gpu, sum_dtype, xp_of
from minicnn.cuda import windows
from minicnn.engine import Function
from minicnn.geometry import Window
from minicnn.layers.pooling import over_channels, pool, pool_back, sort_columns
from minicnn.module import Windowed
from minicnn.tensor import Tensor


@fused_on_gpu(windows.average_pool)
def average_pool(x: Array, window: Window, count_include_pad: bool = True) -> Array:
    """(N, C, H, W) -> (N, C, OH, OW)"""
    xp, (N, C, H, W), SW = xp_of(x), x.shape, window.stride[1]
    x = x.transpose(1, 2, 3, 0)                            # (C, H, W, N)
    y = xp.empty_like(x, shape=(C, *window.out(H, W), N))
    count = counted(x, window, count_include_pad)

    def some(part: slice) -> None:
        wide = x[part].astype(sum_dtype(x.dtype), copy=False)
        sums = xp.empty_like(y[part], wide.dtype)
        pool(sort_columns(wide, SW), window, xp.add, 0.0, sums)
        xp.divide(sums, count, out=y[part])

    over_channels(some, x)
    return y.transpose(3, 0, 1, 2)


@fused_on_gpu(windows.average_pool_back)
def average_pool_back(dy: Array, x_shape: tuple[int, ...], window: Window,
                      count_include_pad: bool = True) -> Array:
    """(N, C, OH, OW) -> (N, C, H, W)"""
    xp, (N, C, H, W) = xp_of(dy), x_shape
    dy = dy.transpose(1, 2, 3, 0)                          # (C, OH, OW, N)
    dx = xp.empty((C, H, W, N), dy.dtype)
    count = counted(dx, window, count_include_pad)

    def some(part: slice) -> None:
        pool_back(xp.ascontiguousarray(dy[part]) / count, window, dx[part])

    over_channels(some, dx)
    return dx.transpose(3, 0, 1, 2)


def counted(x: Array, window: Window, count_include_pad: bool) -> Any:
    """K of the windows on x (C, H, W, N): one number if all have the same, or else (OH, OW, N)."""
    (_, H, W, N), xp, sides = x.shape, xp_of(x), []
    for size, (before, after), positions, kernel, stride in zip(
            (H, W), window.borders(H, W), window.out(H, W), window.kernel, window.stride,
            strict=True):
        first, last = (0, before + size + after) if count_include_pad else (before, before + size)
        sides.append([min(start + kernel, last) - max(start, first)
                      for start in range(0, positions * stride, stride)])
    rows, columns = sides
    if len(set(rows)) == len(set(columns)) == 1:
        return float(rows[0] * columns[0])
    ones = xp.ones(N, sum_dtype(x.dtype))
    return xp.asarray(rows)[:, None, None] * xp.asarray(columns)[:, None] * ones


class AvgPool2dFn(Function):
    def __init__(self, window: Window, count_include_pad: bool = True):
        self.window, self.count_include_pad = window, count_include_pad

    def forward(self, x):                                  # (N, C, H, W)
        self.x_shape = x.shape
        return average_pool(x, self.window, self.count_include_pad)  # (N, C, OH, OW)

    def backward(self, dy):                                # (N, C, OH, OW)
        return average_pool_back(dy, self.x_shape, self.window, self.count_include_pad)


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
