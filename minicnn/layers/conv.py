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
from minicnn.backend.cpu import convolution as cpu
from minicnn.backend.cuda import convolution as cuda
from minicnn.backend.layout import batch_first, batch_last
from minicnn.backend.versions import faster, in_float32
from minicnn.backend.windows import Window, whole
from minicnn.layers.channels import refuse_channels
from minicnn.layers.im2col import col2im, im2col
from minicnn.layers.module import Parameter, Shape
from minicnn.layers.padding import MODES, check_borders, padded
from minicnn.layers.windowed import Windowed


@faster(cpu=cpu.conv2d, cuda=cuda.conv2d, within=cpu.winograd.WITHIN)
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
    dilation : int or (int, int), default 1   distance between the cells of a window; 1: they touch
    groups : int, default 1                   in_channels makes it a depthwise convolution
    bias : bool, default True                 False leaves b out
    padding_mode : "zeros", "reflect", "replicate" or "circular"
                                              what stands in the border: padding.py

    weight is (F, C/groups, KH, KW), bias (F,), both drawn as PyTorch draws them: uniform within
    1 / sqrt(C/groups KH KW).  OH = floor((H + 2 padding - dilation (KH - 1) - 1) / stride) + 1.

    >>> Conv2d(1, 6, kernel_size=5).shape((1, 32, 32))
    (6, 28, 28)
    """

    def __init__(self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1,
                 padding: Any = 0, dilation: Any = 1, groups: int = 1, bias: bool = True,
                 padding_mode: str = "zeros") -> None:
        self.in_channels = whole(in_channels, "Conv2d: in_channels")
        self.out_channels = whole(out_channels, "Conv2d: out_channels")
        self.groups = whole(groups, "Conv2d: groups")
        if in_channels % groups or out_channels % groups:
            raise ValueError(f"Conv2d: {in_channels} channels in and {out_channels} out do not "
                             f"divide into {groups} groups")
        self.window = Window.of(kernel_size, stride, padding, dilation)
        if padding_mode not in MODES:
            raise ValueError(f"Conv2d: padding_mode must be one of {', '.join(MODES)}, got "
                             f"{padding_mode!r}")
        self.padding_mode = padding_mode
        fan_in = in_channels // groups * self.window.kernel[0] * self.window.kernel[1]
        draw = init.uniform(fan_in ** -0.5)
        self.weight = Parameter((out_channels, in_channels // groups, *self.window.kernel), draw)
        self.bias = Parameter((out_channels,), draw) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        self.out_shape(x.shape[1:])                        # checks x
        parameters = [self.weight] if self.bias is None else [self.weight, self.bias]
        window = self.window
        if self.padding_mode != "zeros":
            x, window = padded(x, window, self.padding_mode)
        return Conv2dFn(window, self.groups)(x, *parameters)

    def out_shape(self, in_shape: Shape) -> Shape:
        C, H, W = self.image(in_shape)
        if self.in_channels != C:
            refuse_channels(self, in_shape, self.in_channels, f"Conv2d({C}, ...)")
        _, OH, OW = super().out_shape(in_shape)
        if self.padding_mode != "zeros":
            self.check_padding(H, W)
        return self.out_channels, OH, OW

    def check_padding(self, H: int, W: int) -> None:
        try:
            check_borders(self.window, H, W, self.padding_mode)
        except ValueError as problem:
            raise ValueError(f"{self.located()}: {problem}") from None

    def macs(self, in_shape: Shape, y_shape: Shape) -> int:
        return self.weight.numel() * y_shape[1] * y_shape[2]    # each weight once at each position

    def extra_repr(self) -> str:
        groups = f", {self.groups} groups" if self.groups > 1 else ""
        mode = f", {self.padding_mode}" if self.padding_mode != "zeros" else ""
        bias = ", no bias" if self.bias is None else ""
        return f"{self.in_channels} -> {self.out_channels}, {self.window}{mode}{groups}{bias}"
