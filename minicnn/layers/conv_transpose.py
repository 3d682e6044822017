"""Transposed convolution: every pixel lays down the filter, times its value; what overlaps adds up.

    y_pad[n, f, i SH + u DH, j SW + v DW] += sum_c  w[c, f, u, v] x[n, c, i, j]        and + b[f]

That is the gradient of a convolution with respect to its input, run forwards, so the image grows by
the stride where the convolution shrinks it.  With the same im2col and col2im:

    y  = col2im(w^T @ x)       (F KH KW, C) @ (C, H W N)
    dx = w @ im2col(dy)        an ordinary convolution of dy
    dw = x @ im2col(dy)^T      each weight met one pixel of x in every window of dy
    db = sum of dy over n, i, j

OH = (H - 1) SH - 2 PH + DH (KH - 1) + output_padding + 1.  Several sizes of y shrink to the same
x: output_padding says which one is meant.  It makes y larger below and to the right, where filters
may still reach, and adds no zeros.

The rest is as in conv.py.  "Deconvolution" is another name; it does not undo a convolution.

Source: Zeiler et al. 2010, "Deconvolutional networks"; Long et al. 2015, "Fully convolutional
networks", section 3.3.  Lecture: memphis, the list of segmentation networks.
"""

from fractions import Fraction
from typing import Any

from minicnn import init
from minicnn.autograd.engine import Function
from minicnn.autograd.tensor import Tensor
from minicnn.backend.cpu.transposed_convolution import conv_transpose2d
from minicnn.backend.layout import batch_first, batch_last
from minicnn.backend.versions import faster, in_float32
from minicnn.backend.windows import Window, pair, times, wanted_size, whole
from minicnn.layers.channels import refuse_channels
from minicnn.layers.im2col import col2im, im2col
from minicnn.layers.module import Parameter, Shape
from minicnn.layers.windowed import Windowed


@faster(conv_transpose2d)
@in_float32
class ConvTranspose2dFn(Function):
    """`window` lies on y, and `output_size` is (OH, OW)."""

    def __init__(self, window: Window, output_size: tuple[int, int], groups: int = 1):
        self.window, self.output_size, self.G = window, output_size, groups

    def forward(self, x, w, b=None):                       # (N, C, H, W), (C, F/G, KH, KW), (F,)
        (N, C, H, W), G, (KH, KW) = x.shape, self.G, self.window.kernel
        F = w.shape[1] * G
        self.x = batch_last(x).reshape(G, C // G, H * W * N)
        self.w = w.reshape(G, C // G, F // G * KH * KW)
        cols = self.w.swapaxes(1, 2) @ self.x              # w^T @ x, (G, F/G KH KW, H W N)
        y = col2im(cols.reshape(F, KH, KW, H, W, N), (N, F, *self.output_size), self.window)
        if b is not None:
            y += b.reshape(F, 1, 1)
        self.x_shape, self.w_shape = x.shape, w.shape
        return y                                           # (N, F, OH, OW)

    def backward(self, dy):                                # (N, F, OH, OW)
        (N, C, H, W), G, (KH, KW) = self.x_shape, self.G, self.window.kernel
        F = dy.shape[1]
        dcols = im2col(dy, self.window)[..., :H, :W, :]    # (F, KH, KW, H, W, N)
        dcols = dcols.reshape(G, F // G * KH * KW, H * W * N)
        dx = (self.w @ dcols).reshape(C, H, W, N)
        dw = self.x @ dcols.swapaxes(1, 2)                 # x @ dcols^T, (G, C/G, F/G KH KW)
        dxs = batch_first(dx), dw.reshape(self.w_shape), dy.sum(axis=(0, 2, 3))
        return dxs[:len(self.needs_grad)]                  # without b, no db


def window_on_output(kernel_size: Any, stride: Any, padding: Any, dilation: Any) -> Window:
    if isinstance(padding, str):
        raise TypeError(f"ConvTranspose2d: padding must be numbers, got {padding!r}; it is cut off "
                        "the output")
    return Window.of(kernel_size, stride, padding, dilation)


def room(window: Window) -> tuple[int, int]:
    """How many sizes of y belong to one of x; output_padding stays below."""
    (SH, SW), (DH, DW) = window.stride, window.dilation
    return max(SH, DH), max(SW, DW)


def checked_padding(output_padding: Any, window: Window) -> tuple[int, int]:
    both = pair(output_padding, "output_padding", least=0)
    if any(more >= below for more, below in zip(both, room(window), strict=True)):
        raise ValueError(f"ConvTranspose2d: output_padding {times(both)} must be below the stride "
                         f"or the dilation, {times(room(window))} here")
    return both


def enlarged(window: Window, H: int, W: int, more: tuple[int, int] = (0, 0)) -> tuple[int, int]:
    """(OH, OW), with `more` as output padding."""
    (SH, SW), (PH, PW), (RH, RW) = window.stride, pair(window.padding, least=0), window.reach
    size = (H - 1) * SH - 2 * PH + RH + more[0], (W - 1) * SW - 2 * PW + RW + more[1]
    if min(H, W, *size) < 1:
        raise ValueError(f"an image of {H}x{W} would become {size[0]}x{size[1]}; pad less, or use "
                         "a larger kernel")
    return size


class ConvTranspose2d(Windowed):
    """Transposed convolution:  (N, C, H, W) -> (N, F, OH, OW).

    Parameters
    ----------
    in_channels, out_channels : int           C and F; both divide by `groups`
    kernel_size : int or (int, int)           KH, KW in pixels
    stride : int or (int, int), default 1     pixels of y from one filter to the next
    padding : int or (int, int), default 0    rows and columns cut off y on each side
    output_padding : int or (int, int), default 0
                                              rows and columns more, below and to the right; less
                                              than the stride, or than the dilation
    groups : int, default 1                   as in Conv2d
    bias : bool, default True                 False leaves b out
    dilation : int or (int, int), default 1   distance between the cells of a filter

    weight is (C, F/groups, KH, KW), bias (F,), both drawn as PyTorch draws them: uniform within
    1 / sqrt(F/groups KH KW).  FCN starts as a bilinear enlargement instead:
    layer.weight.draw_again(init.bilinear()).

    layer(x, output_size=(OH, OW)) chooses the output padding for one call, as PyTorch does.

    >>> ConvTranspose2d(64, 32, kernel_size=2, stride=2).shape((64, 28, 28))
    (32, 56, 56)
    """

    def __init__(self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1,
                 padding: Any = 0, output_padding: Any = 0, groups: int = 1, bias: bool = True,
                 dilation: Any = 1) -> None:
        C = self.in_channels = whole(in_channels, "ConvTranspose2d: in_channels")
        F = self.out_channels = whole(out_channels, "ConvTranspose2d: out_channels")
        G = self.groups = whole(groups, "ConvTranspose2d: groups")
        if C % G or F % G:
            raise ValueError(f"ConvTranspose2d: {C} channels in and {F} out do not divide into "
                             f"{G} groups")
        self.window = window_on_output(kernel_size, stride, padding, dilation)
        self.output_padding = checked_padding(output_padding, self.window)
        draw = init.uniform((F // G * self.window.kernel[0] * self.window.kernel[1]) ** -0.5)
        self.weight = Parameter((C, F // G, *self.window.kernel), draw)
        self.bias = Parameter((F,), draw) if bias else None

    def forward(self, x: Tensor, output_size: Any = None) -> Tensor:
        _, OH, OW = self.out_shape(x.shape[1:], output_size)         # checks x
        parameters = [self.weight] if self.bias is None else [self.weight, self.bias]
        return ConvTranspose2dFn(self.window, (OH, OW), self.groups)(x, *parameters)

    def out_shape(self, in_shape: Shape, output_size: Any = None) -> Shape:
        C, H, W = self.image(in_shape)
        if self.in_channels != C:
            refuse_channels(self, in_shape, self.in_channels, f"ConvTranspose2d({C}, ...)")
        try:
            if output_size is None:
                return self.out_channels, *enlarged(self.window, H, W, self.output_padding)
            return self.out_channels, *self.wanted(output_size, H, W)
        except ValueError as problem:
            raise ValueError(f"{self.located()}: {problem}") from None

    def wanted(self, output_size: Any, H: int, W: int) -> tuple[int, int]:
        """output_size, (OH, OW) or a shape that ends so, if the layer can give it."""
        size = wanted_size(output_size)
        least = enlarged(self.window, H, W)
        most = tuple(a + b - 1 for a, b in zip(least, room(self.window), strict=True))
        if any(not a <= b <= c for a, b, c in zip(least, size, most, strict=True)):
            raise ValueError(f"an image of {H}x{W} becomes {times(least)} to {times(most)}, not "
                             f"output_size {times(size)}")
        return size

    def receptive_field(self, in_shape: Shape) -> Any:
        (RH, RW), (SH, SW) = self.window.reach, self.window.stride
        return ((RH - 1) // SH + 1, (RW - 1) // SW + 1), (Fraction(1, SH), Fraction(1, SW))

    def macs(self, in_shape: Shape, y_shape: Shape) -> int:
        return self.weight.numel() * in_shape[1] * in_shape[2]  # each weight once for each pixel

    def extra_repr(self) -> str:
        more = f", output padding {times(self.output_padding)}" if any(self.output_padding) else ""
        groups = f", {self.groups} groups" if self.groups > 1 else ""
        bias = ", no bias" if self.bias is None else ""
        return f"{self.in_channels} -> {self.out_channels}, {self.window}{more}{groups}{bias}"
