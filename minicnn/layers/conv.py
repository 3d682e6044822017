"""Convolution: every filter slides over the image and takes a dot product at each position.

    y[n, f, i, j] = b[f] + sum_{c, u, v}  w[f, c, u, v] * x_pad[n, c, i SH + u DH, j SW + v DW]

Written as one matrix product: the windows become the columns of a matrix (im2col), the filters are
the rows of another.

    y  = w @ cols + b          (F, C KH KW) @ (C KH KW, OH OW N)
    dw = dy @ cols^T           each weight met one value in every window
    dx = col2im(w^T @ dy)      each pixel lay in several windows: their gradients add up
    db = sum of dy over n, i, j

Where the windows lie, and with it the indices of the first formula, is the matter of geometry.py;
im2col and col2im, which copy them, are in columns.py.  The images of the batch come last in cols,
for the speed of copying.  Two more files compute the same numbers, which a test holds to these:
tiled_conv.py where the columns of all images would not fit into the processor's cache,
pointwise_conv.py for filters of 1 x 1, which need no columns.

With G groups, filter f sees only the C / G channels of its own group (AlexNet's two GPUs,
ResNeXt; G = C is a depthwise convolution): G products of that kind side by side.

Source: LeCun et al. 1998, section II.A; Krizhevsky et al. 2012, section 3.5 (groups).  Lectures:
virginia "Convolutional layer", unicamp "Convolutional Layer", stanford "Review: Convolution".
"""

from math import prod
from typing import Any

from minicnn import init
from minicnn.backend import matmul, times_transposed, total, xp_of
from minicnn.columns import col2im, im2col
from minicnn.engine import Function
from minicnn.geometry import Window, whole
from minicnn.layers.pointwise_conv import PointwiseConv2dFn
from minicnn.layers.tiled_conv import TiledConv2dFn
from minicnn.module import Parameter, Shape, Windowed
from minicnn.tensor import Tensor
from minicnn.threads import in_one_go


class Conv2dFn(Function):
    def __init__(self, window: Window, groups: int = 1):
        self.window, self.groups = window, groups

    def forward(self, x, w, b=None):                       # (N, C, H, W), (F, C/G, KH, KW), (F,)
        G, F, N = self.groups, w.shape[0], x.shape[0]
        OH, OW = self.window.out(*x.shape[2:])
        cols = im2col(x, self.window)                      # (C, KH, KW, OH, OW, N)
        cols = cols.reshape(G, w[0].size, OH * OW * N)     # (G, C/G KH KW, OH OW N)
        y = matmul(w.reshape(G, F // G, -1), cols)         # (G, F/G, OH OW N)
        if b is not None:
            y += b.reshape(G, F // G, 1)
        self.x_shape, self.w, self.cols = x.shape, w, cols
        return y.reshape(F, OH, OW, N).transpose(3, 0, 1, 2)         # (N, F, OH, OW)

    def backward(self, dy):                                # (N, F, OH, OW)
        G, (N, F, OH, OW), w = self.groups, dy.shape, self.w
        (KH, KW), C = self.window.kernel, self.x_shape[1]
        dy = dy.transpose(1, 2, 3, 0).reshape(G, F // G, -1)         # (G, F/G, OH OW N)
        dw = xp_of(dy).empty_like(w)                       # an array of its own, not a view
        dw.reshape(G, F // G, -1)[...] = times_transposed(dy, self.cols)
        dx = None
        if self.needs_grad[0]:                             # a first layer's image needs none
            dcols = matmul(w.reshape(G, F // G, -1).swapaxes(1, 2), dy)        # like cols
            dx = col2im(dcols.reshape(C, KH, KW, OH, OW, N), self.x_shape, self.window)
        return (dx, dw, total(dy, axis=2).reshape(F))[:len(self.needs_grad)]


class Conv2d(Windowed):
    """Convolution layer:  (N, C, H, W) -> (N, F, OH, OW).

    Parameters
    ----------
    in_channels, out_channels : int           C and F; both divide by `groups`
    kernel_size : int or (int, int)           KH, KW in pixels
    stride : int or (int, int), default 1     pixels from one window to the next
    padding : int, (int, int), "same" or "valid"
                                              zeros on each side; "same" keeps ceil(size / stride)
    dilation : int or (int, int), default 1   pixels between the cells of a window (1: none between)
    groups : int, default 1                   in_channels makes it a depthwise convolution
    bias : bool, default True

    weight is (F, C/groups, KH, KW), bias (F,), both drawn as PyTorch draws them: uniform within
    1 / sqrt(C/groups KH KW).  OH = floor((H + 2 padding - dilation (KH - 1) - 1) / stride) + 1.

    >>> Conv2d(1, 6, kernel_size=5).shape((1, 32, 32))
    (6, 28, 28)
    """

    def __init__(self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1,
                 padding: Any = 0, dilation: Any = 1, groups: int = 1, bias: bool = True) -> None:
        self.in_channels = whole(in_channels, "Conv2d: in_channels")
        self.out_channels = whole(out_channels, "Conv2d: out_channels")
        self.groups = whole(groups, "Conv2d: groups")
        if in_channels % groups or out_channels % groups:
            raise ValueError(f"Conv2d: {in_channels} channels in and {out_channels} out do not "
                             f"divide into {groups} groups")
        self.window = Window.of(kernel_size, stride, padding, dilation)
        fan_in = in_channels // groups * self.window.kernel[0] * self.window.kernel[1]
        draw = init.uniform(fan_in ** -0.5)
        self.weight = Parameter((out_channels, in_channels // groups, *self.window.kernel), draw)
        self.bias = Parameter((out_channels,), draw) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        self.out_shape(x.shape[1:])
        return self.function(x)(x, self.weight, *([] if self.bias is None else [self.bias]))

    def function(self, x: Tensor) -> Function:
        """The fastest way to the same numbers."""
        window, (OH, OW) = self.window, self.window.out(*x.shape[2:])
        if window.kernel == (1, 1) and window.padding in ((0, 0), "same", "valid") \
                and self.groups == 1:
            return PointwiseConv2dFn(window.stride)
        columns = x.shape[1] * prod(window.kernel) * OH * OW * len(x) * x.dtype.itemsize
        kind = Conv2dFn if in_one_go(columns) else TiledConv2dFn
        return kind(window, self.groups)

    def out_shape(self, in_shape: Shape) -> Shape:
        C = self.image(in_shape)[0]
        if self.in_channels != C:
            cure = ("grey images need Conv2d(1, ...)" if C == 1
                    else "channels come before height and width: x.transpose(0, 3, 1, 2)"
                    if in_shape[-1] == self.in_channels
                    else f"feed {self.in_channels} channels, or build it with Conv2d({C}, ...)")
            came = ", ".join(map(str, in_shape))
            raise ValueError(f"{self.located()}: the input (N, {came}) has {C} "
                             f"channel{'s' * (C != 1)}, the layer was built for "
                             f"{self.in_channels}; {cure}")
        return self.out_channels, *super().out_shape(in_shape)[1:]

    def macs(self, in_shape: Shape, y_shape: Shape) -> int:
        return self.weight.size * y_shape[1] * y_shape[2]       # each weight once at each position

    def detail(self) -> str:
        groups = f", {self.groups} groups" if self.groups > 1 else ""
        return f"{self.in_channels} -> {self.out_channels}, {self.window}{groups}"
