"""Average pooling to a given size, whatever the size of the image: adaptive and global.

    y[n, c, i, j] = mean of x[n, c, h, w] over  floor(i H / OH) <= h < ceil((i + 1) H / OH)
                                           and  floor(j W / OW) <= w < ceil((j + 1) W / OW)

Each of the K pixels of a window receives dy / K; neighbouring windows share a row or column of
pixels where the size does not divide, and their shares add up there.  An output of 1 x 1 is the
mean of the whole map, global average pooling: it replaces VGG's large fully connected layers.

Source: Lin et al. 2014, "Network in network", section 3.2 (global).  The windows are PyTorch's.
Lectures: stanford "GoogLeNet" (before the final FC layer), memphis "ResNet" (last row of its
table).
"""

from typing import Any

from minicnn.autograd.engine import Function
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import xp_of
from minicnn.backend.cpu import squeeze
from minicnn.backend.cuda import resample
from minicnn.backend.versions import faster, in_float32
from minicnn.layers.module import Module, Shape


def spans(size: int, parts: int) -> list[slice]:
    """`parts` stretches that cover 0..size; they overlap by one where it does not divide.

    >>> spans(5, 2)
    [slice(0, 3, None), slice(2, 5, None)]
    """
    return [slice(i * size // parts, -(-(i + 1) * size // parts)) for i in range(parts)]


@faster(cpu=squeeze.global_average, cuda=resample.adaptive_average)
@in_float32
class AdaptiveAvgPool2dFn(Function):
    def __init__(self, output_size: Shape):
        self.output_size = output_size

    def windows(self):
        """(i, rows of pixels) for each row of windows, (j, columns) for each column of them."""
        (H, W), (OH, OW) = self.x_shape[2:], self.output_size
        return list(enumerate(spans(H, OH))), list(enumerate(spans(W, OW)))

    def forward(self, x):                                  # (N, C, H, W)
        xp, (N, C, _, W), (OH, OW) = xp_of(x), x.shape, self.output_size
        self.x_shape = x.shape
        rows, columns = self.windows()
        t = xp.empty_like(x, shape=(N, C, OH, W))
        for i, h in rows:                                  # the mean of each column of a window
            t[:, :, i] = x[:, :, h].mean(axis=2)
        y = xp.empty_like(x, shape=(N, C, OH, OW))
        for j, w in columns:                               # the mean of these means
            y[..., j] = t[..., w].mean(axis=3)
        return y                                           # (N, C, OH, OW)

    def backward(self, dy):                                # (N, C, OH, OW)
        (N, C, _, W), OH, xp = self.x_shape, dy.shape[2], xp_of(dy)
        rows, columns = self.windows()
        dt = xp.zeros_like(dy, shape=(N, C, OH, W))
        for j, w in columns:
            dt[..., w] += dy[..., j, None] / (w.stop - w.start)
        dx = xp.zeros_like(dy, shape=self.x_shape)
        for i, h in rows:
            dx[:, :, h] += dt[:, :, i, None] / (h.stop - h.start)
        return dx                                          # (N, C, H, W)


class AdaptiveAvgPool2d(Module):
    """Means over a fixed number of windows:  (N, C, H, W) -> (N, C, OH, OW).

    output_size : int or (int, int)    OH, OW; None in either place keeps the size of the image

    >>> AdaptiveAvgPool2d((7, None)).shape((512, 10, 13))
    (512, 7, 13)
    """

    def __init__(self, output_size: Any) -> None:
        both = tuple(output_size) if isinstance(output_size, (tuple, list)) else (output_size,) * 2
        if len(both) != 2 or not all(size is None or (type(size) is int and size > 0)
                                     for size in both):
            raise ValueError(f"{type(self).__name__}: output_size must be one or two whole numbers "
                             f"of at least 1 (None keeps a size), got {output_size!r}")
        self.output_size = both

    def forward(self, x: Tensor) -> Tensor:
        return AdaptiveAvgPool2dFn(self.out_shape(x.shape[1:])[1:])(x)

    def out_shape(self, in_shape: Shape) -> Shape:
        C, H, W = self.image(in_shape)
        if min(H, W) < 1:
            raise ValueError(f"{self.located()}: an image of {H}x{W} has no pixels to average")
        OH, OW = self.output_size
        return C, OH or H, OW or W

    def receptive_field(self, in_shape: Shape) -> tuple[tuple[int, int], tuple[int, int]]:
        sides = list(zip(in_shape[1:], self.out_shape(in_shape)[1:], strict=True))
        (h, w), (down, right) = zip(*[(max(span.stop - span.start for span in spans(size, parts)),
                                       size // parts if parts > 1 else 1) for size, parts in sides],
                                    strict=True)
        return (h, w), (down, right)

    def extra_repr(self) -> str:
        return "to " + "x".join(str(size or "any") for size in self.output_size)


class GlobalAvgPool2d(AdaptiveAvgPool2d):
    """Mean of each feature map:  (N, C, H, W) -> (N, C, 1, 1).

    >>> GlobalAvgPool2d()(Tensor([[[[1, 2], [3, 6]]]])).numpy().tolist()
    [[[[3.0]]]]
    """

    def __init__(self) -> None:
        super().__init__(1)
