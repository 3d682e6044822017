"""Convolution: every filter slides over the image and takes a dot product at each position.

    y[n, f, i, j] = b[f] + sum_{c, u, v}  w[f, c, u, v] * x_pad[n, c, i SH + u DH, j SW + v DW]

Written as one matrix product: the windows become the columns of a matrix (im2col), the filters are
the rows of another.

    y  = w @ cols + b          (F, C KH KW) @ (C KH KW, OH OW N),    cols = im2col(x)
    dw = dy @ cols^T           each weight met one value in every window
    dx = col2im(w^T @ dy)      each pixel lay in several windows: their gradients add up
    db = sum of dy over n, i, j

cols comes from im2col.py, where the indices of the first formula are.  The images of a batch lie
side by side in memory, N last: batch_last(x) and batch_first(y) turn there and back (notation.md).

With G groups, filter f sees only the C / G channels of its own group (AlexNet's two GPUs, ResNeXt;
G = C is a depthwise convolution): there are G smaller products, one for each group.  G is 1 else.

Source: LeCun et al. 1998, section II.A; Krizhevsky et al. 2012, section 3.5 (groups).  Lectures:
virginia "Convolution Layers learn local patterns", unicamp "Convolutional Layer", stanford "Review:
Convolution".
"""

from typing import Any

from minicnn import init
from minicnn.autograd.engine import Function
from minicnn.autograd.tensor import Tensor
from minicnn.backend.cpu.convolution import conv2d
from minicnn.backend.layout import batch_first, batch_last
from minicnn.backend.versions import faster, in_float32
from minicnn.backend.windows import Window, whole
from minicnn.layers.im2col import col2im, im2col
from minicnn.layers.module import Parameter, Shape
from minicnn.layers.windowed import Windowed


@faster(conv2d)
@in_float32
class Conv2dFn(Function):
    def __init__(self, window: Window, groups: int = 1):
        self.window, self.G = window, groups

    def forward(self, x, w, b=None):                       # (N, C, H, W), (F, C/G, KH, KW), (F,)
        N, C, H, W = self.x_shape = x.shape
        G, (F, _, KH, KW) = self.G, w.shape
        OH, OW = self.window.out(H, W)
        cols = im2col(x, self.window)                      # (C, KH, KW, OH, OW, N)
        self.cols = cols.reshape(G, C // G * KH * KW, OH * OW * N)
        self.w = w.reshape(G, F // G, C // G * KH * KW)
        y = self.w @ self.cols                             # (G, F/G, OH OW N)
        y = y.reshape(F, OH, OW, N)
        if b is not None:
            y += b.reshape(F, 1, 1, 1)
        return batch_first(y)                              # (N, F, OH, OW)

    def backward(self, dy):                                # (N, F, OH, OW)
        (N, C, _, _), (_, F, OH, OW) = self.x_shape, dy.shape
        G, (KH, KW) = self.G, self.window.kernel
        dy = batch_last(dy).reshape(G, F // G, OH * OW * N)
        dw = dy @ self.cols.swapaxes(1, 2)                 # dy @ cols^T, (G, F/G, C/G KH KW)
        db = dy.sum(axis=2)                                # (G, F/G)
        dcols = self.w.swapaxes(1, 2) @ dy                 # w^T @ dy, (G, C/G KH KW, OH OW N)
        dx = col2im(dcols.reshape(C, KH, KW, OH, OW, N), self.x_shape, self.window)
        dxs = dx, dw.reshape(F, C // G, KH, KW), db.reshape(F)
        return dxs[:len(self.needs_grad)]                  # without b, no db


class Conv2d(Windowed):
    """Convolution layer:  (N, C, H, W) -> (N, F, OH, OW).

    Parameters
    ----------
    in_channels, out_channels : int           C and F; both divide by `groups`
    kernel_size : int or (int, int)           KH, KW in pixels
    stride : int or (int, int), default 1     pixels from one window to the next
    padding : int, (int, int), "same" or "valid"
                                              zeros on each side; "same" keeps ceil(size / stride)
    dilation : int or (int, int), default 1   pixels from one cell of a window to the next
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
        self.out_shape(x.shape[1:])                        # checks x
        parameters = [self.weight] if self.bias is None else [self.weight, self.bias]
        return Conv2dFn(self.window, self.groups)(x, *parameters)

    def out_shape(self, in_shape: Shape) -> Shape:
        C = self.image(in_shape)[0]
        if self.in_channels != C:
            cure = ("grey images need Conv2d(1, ...)" if C == 1
                    else "channels come before height and width: x.transpose(0, 3, 1, 2)"
                    if in_shape[-1] == self.in_channels
                    else f"feed it {self.in_channels}, or build it with Conv2d({C}, ...)")
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
