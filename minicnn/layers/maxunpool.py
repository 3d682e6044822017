"""Max unpooling: values go back to the pixels that won a max pooling; all others are 0.

    y[n, c, p[n, c, i, j]] = x[n, c, i, j]         pixel h W + w of y has the number p
    dx[n, c, i, j] = dy[n, c, p[n, c, i, j]]

p comes from MaxPool2d(..., return_indices=True).  What the pooling forgets is where in its window
the largest value was; with p a decoder puts its values on the edges where the encoder found them,
and learns nothing for it.

A pixel has room for one value, so p may name it once: where pooling windows overlap, one pixel can
win several times, and which of its values stays would be chance.  And p counts in the image that
was pooled: 45 rows and 44 are both pooled to 22, and in an image of another width each number is
another pixel.  Both are refused.

Source: Zeiler and Fergus 2014, section 2.1; Badrinarayanan et al. 2015, "SegNet", section 3.
Lecture: memphis, the list with SegNet.
"""

from fractions import Fraction
from typing import Any

import numpy as np

from minicnn.autograd.engine import Function
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import Array, to_cpu, xp_of
from minicnn.backend.layout import batch_first, batch_last, packed
from minicnn.backend.messages import type_name
from minicnn.backend.windows import Window, times, wanted_size
from minicnn.layers.module import Shape
from minicnn.layers.windowed import Windowed


class MaxUnpool2dFn(Function):
    """`indices` is p, (N, C, H, W), whole numbers below OH OW."""

    def __init__(self, indices: Array, output_size: tuple[int, int]):
        self.indices, self.output_size = indices, output_size

    def forward(self, x):                                  # (N, C, H, W)
        xp, (N, C, H, W), (OH, OW) = xp_of(x), x.shape, self.output_size
        p = packed(batch_last(self.indices)).reshape(C, H * W, N)
        self.pixels = xp.arange(C)[:, None, None], p, xp.arange(N)
        self.x_shape = x.shape
        y = xp.zeros((C, OH * OW, N), x.dtype)
        y[self.pixels] = batch_last(x).reshape(C, H * W, N)
        return batch_first(y.reshape(C, OH, OW, N))        # (N, C, OH, OW)

    def backward(self, dy):                                # (N, C, OH, OW)
        (N, C, H, W), (OH, OW) = self.x_shape, dy.shape[2:]
        dx = batch_last(dy).reshape(C, OH * OW, N)[self.pixels]
        return batch_first(dx.reshape(C, H, W, N))         # (N, C, H, W)


class MaxUnpool2d(Windowed):
    """Values at the pixels that had won:  (N, C, H, W), indices like it -> (N, C, OH, OW).

    kernel_size : int or (int, int)           KH, KW of the pooling
    stride : int or (int, int), optional      its stride, the kernel size if not given; not less,
                                              or windows would overlap
    padding : int or (int, int), default 0    its padding

    unpool(x, indices, output_size=None); output_size is (OH, OW), or a shape that ends so, such as
    that of the pooling's input.  Without it OH = (H - 1) stride - 2 padding + kernel: not so where
    the pooling left out an odd row.  ValueError for an index outside its window.

    >>> from minicnn.layers.maxpool import MaxPool2d
    >>> pool, unpool = MaxPool2d(2, return_indices=True), MaxUnpool2d(2)
    >>> y, indices = pool(Tensor([[[[1, 2], [4, 3]]]]))
    >>> indices.numpy().tolist(), unpool(y, indices).numpy().tolist()
    ([[[[2]]]], [[[[0.0, 0.0], [4.0, 0.0]]]])
    """

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0) -> None:
        self.window = Window.pooling(kernel_size, stride, padding)
        if isinstance(padding, str):
            raise TypeError(f"MaxUnpool2d: padding must be numbers, got {padding!r}")
        if any(a < b for a, b in zip(self.window.stride, self.window.kernel, strict=True)):
            raise ValueError(f"MaxUnpool2d: windows of {times(self.window.kernel)} at stride "
                             f"{times(self.window.stride)} overlap, and one pixel could win twice; "
                             "take a stride of at least the kernel")

    def forward(self, x: Tensor, indices: Tensor, output_size: Any = None) -> Tensor:
        if not isinstance(indices, Tensor):
            raise TypeError(f"{self.located()}: indices must be the Tensor that MaxPool2d(..., "
                            f"return_indices=True) gives, got {type_name(indices)}")
        _, OH, OW = self.out_shape(x.shape[1:], indices.shape[1:], output_size)
        self.check_indices(x, indices, OH, OW)
        return MaxUnpool2dFn(indices.data, (OH, OW))(x)

    def out_shape(self, in_shape: Shape, indices_shape: Shape, output_size: Any = None) -> Shape:
        C, H, W = self.image(in_shape)
        if tuple(indices_shape) != tuple(in_shape):
            raise ValueError(f"{self.located()}: indices {tuple(indices_shape)} for values "
                             f"{tuple(in_shape)}; each value needs one")
        (SH, SW), (PH, PW), (KH, KW) = self.stride, self.padding, self.kernel_size
        size = (H - 1) * SH - 2 * PH + KH, (W - 1) * SW - 2 * PW + KW
        if output_size is None:
            return C, *size
        wanted = wanted_size(output_size)
        if any(abs(a - b) >= stride for a, b, stride in zip(wanted, size, self.stride,
                                                            strict=True)):
            raise ValueError(f"{self.located()}: {H}x{W} values come from an image of about "
                             f"{times(size)}, not of output_size {times(wanted)}; it differs by "
                             "less than a stride")
        return C, *wanted

    def receptive_field(self, in_shape: Shape) -> Any:
        (SH, SW) = self.window.stride
        return (1, 1), (Fraction(1, SH), Fraction(1, SW))

    def check_indices(self, x: Tensor, indices: Tensor, OH: int, OW: int) -> None:
        """Raise an error unless each is a pixel of its own window: so none is named twice."""
        p, xp, (H, W), (KH, KW) = indices.data, xp_of(indices.data), x.shape[2:], self.kernel_size
        if p.dtype.kind not in "iu":
            raise TypeError(f"{self.located()}: indices must be whole numbers, got {p.dtype}; "
                            "they come second, after the values")
        if len(p) != len(x):
            raise ValueError(f"{self.located()}: indices of {len(p)} images for {len(x)}")
        window, size = getattr(indices, "pooled", (None, None))
        if (window, size) == (self.window, (OH, OW)) and indices.written < 0:
            return                                         # as the pooling made them; to look at
        p = p.astype("int64", copy=False)                  # values, a GPU must stop
        h, w = p // OW, p % OW
        top = xp.arange(H)[:, None] * self.stride[0] - self.padding[0]
        left = xp.arange(W) * self.stride[1] - self.padding[1]
        fits = (h >= top) & (h < top + KH) & (w >= left) & (w < left + KW) & (p >= 0) & (h < OH)
        if not bool(fits.all()):
            n, c, i, j = np.argwhere(to_cpu(~fits))[0].tolist()
            raise ValueError(f"{self.located()}: index {int(p[n, c, i, j])}, in an image of "
                             f"{OH}x{OW}, is no pixel of its window ({i}, {j}); output_size is the "
                             "size of the image that was pooled")
