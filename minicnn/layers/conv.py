"""Convolution: every filter slides over the image and takes a dot product at each position.

    y[n, f, i, j] = b[f] + sum_{c, u, v}  w[f, c, u, v] * x_pad[n, c, i SH + u DH, j SW + v DW]

Written as one matrix product: the windows become the columns of a matrix (im2col), the filters are
the rows of another.

    y  = w @ cols + b          (F, C KH KW) @ (C KH KW, OH OW N)
    dw = dy @ cols^T           each weight met one value in every window
    dx = col2im(w^T @ dy)      each pixel lay in several windows: their gradients add up
    db = sum of dy over n, i, j

Where the windows lie, and with it the indices of the first formula, is the matter of im2col in
geometry.py.  The images of the batch come last in cols, for the speed of copying.

With G groups, filter f sees only the C / G channels of its own group (AlexNet's two GPUs,
ResNeXt; G = C is a depthwise convolution): G products of that kind side by side.

Source: LeCun et al. 1998, section II.A; Krizhevsky et al. 2012, section 3.5 (groups).  Lectures:
virginia "Convolutional layer", unicamp "Convolutional Layer", stanford "Review: Convolution".
"""

from typing import Any

from minicnn import init
from minicnn.backend import Array, matmul, total, xp_of
from minicnn.engine import Function
from minicnn.geometry import Window, col2im, im2col, whole
from minicnn.module import Parameter, Shape, Windowed
from minicnn.tensor import Tensor


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
        # (cols @ dy^T)^T, not dy @ cols^T: with few filters the same numbers in half the time.
        dw = matmul(self.cols, dy.swapaxes(1, 2)).swapaxes(1, 2).reshape(w.shape)
        dx = None
        if self.needs_grad[0]:                             # a first layer's image needs none
            dcols = matmul(w.reshape(G, F // G, -1).swapaxes(1, 2), dy)
            dx = col2im(dcols.reshape(C, KH, KW, OH, OW, N), self.x_shape, self.window)
        return (dx, dw, total(dy, axis=2).reshape(F))[:len(self.needs_grad)]


class Conv1x1Fn(Function):
    """The case of a 1 x 1 filter at stride 1: the same small matrix at every pixel, no columns.

        y = w @ x,   dw = dy @ x^T,   dx = w^T @ dy          summed over the images for dw

    x is not copied: it is a matrix already, for each image or for all, as it lies in memory.
    """

    def forward(self, x, w, b=None):                       # (N, C, H, W), (F, C, 1, 1), (F,)
        N, C, H, W = x.shape
        self.innermost = x.transpose(1, 2, 3, 0).flags.c_contiguous
        self.x, self.w = matrices(x, self.innermost), w.reshape(-1, C)
        y = matmul(self.w, self.x)                         # (N, F, H W) or (1, F, H W N)
        if b is not None:
            y += b[:, None]
        return images(y, (N, H, W), self.innermost)        # (N, F, H, W)

    def backward(self, dy):                                # (N, F, H, W)
        (N, F, H, W), C = dy.shape, self.w.shape[1]
        dy = matrices(dy, self.innermost)
        dw = total(matmul(dy, self.x.swapaxes(1, 2)), axis=0).reshape(F, C, 1, 1)
        dx = None
        if self.needs_grad[0]:
            dx = images(matmul(self.w.T, dy), (N, H, W), self.innermost)
        return (dx, dw, total(dy, axis=(0, 2)))[:len(self.needs_grad)]


def matrices(x: Array, innermost: bool) -> Array:
    """(N, C, H, W) -> one matrix for all images (1, C, H W N), or one for each (N, C, H W).

    innermost : whether the images of the batch lie innermost in memory, as im2col leaves them
    """
    N, C, H, W = x.shape
    if innermost:
        return x.transpose(1, 2, 3, 0).reshape(1, C, H * W * N)
    return xp_of(x).ascontiguousarray(x).reshape(N, C, H * W)


def images(y: Array, sizes: tuple[int, int, int], innermost: bool) -> Array:
    """The way back: (1, F, H W N) or (N, F, H W) -> (N, F, H, W); sizes is (N, H, W)."""
    (N, H, W), F = sizes, y.shape[1]
    if innermost:
        return y.reshape(F, H, W, N).transpose(3, 0, 1, 2)
    return y.reshape(N, F, H, W)


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
        alone = self.window == Window.of(1) and self.groups == 1
        function = Conv1x1Fn() if alone else Conv2dFn(self.window, self.groups)
        return function(x, self.weight, *([] if self.bias is None else [self.bias]))

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
