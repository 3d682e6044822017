"""Residual connection: a block adds its input to its output, so it need only learn the difference.

    y = f(x) + s(x)                          the layers of the block f, and the shortcut s
    df = dy,   ds = dy                       each receives all of dy
    dx = (dy through f) + (dy through s)     the engine adds the two where they meet, at x

With s(x) = x that is dx = dy + (dy through f): however small the second is, the first arrives, and
f learns only the difference y - x.  (The slides' F(x) is f(x), their H(x) is y.  The 2015 block has
a ReLU behind the sum.  A whole block is `Residual` in models/network.py.)

s is the identity where the shapes agree.  Where a block halves the image and doubles the channels,
the paper compares three shortcuts:

    A   every stride-th pixel, and zeros for the channels that are new: no parameters; "A on both
        sides" has half of the zeros before the others, as a much used program for CIFAR-10
    B   a 1 x 1 convolution (projection) where the shape changes, else the identity
    C   a projection in every block

Source: He et al. 2016, "Deep residual learning", sections 3.2, 3.3 and 4.1, table 3 (A, B, C).
Lectures: virginia and memphis "ResNet", iitk "Shortcut connections" and its table of ResNet-34
A, B, C.
"""

from collections.abc import Callable

from minicnn.autograd.engine import Function
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import xp_of
from minicnn.backend.layout import batch_first, batch_last
from minicnn.backend.versions import elementwise
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d
from minicnn.layers.module import Module, Shape


@elementwise
class ResidualFn(Function):
    def forward(self, f, s):                               # f(x) and s(x), of one shape
        return f + s

    def backward(self, dy):
        return dy, dy


class Add(Module):
    """f(x) + s(x), of equal shapes: nothing is broadcast, which would hide a mistake.

    >>> Add()(Tensor([[1, 2]]), Tensor([[10, 20]])).numpy().tolist()
    [[11.0, 22.0]]
    """

    def forward(self, block: Tensor, shortcut: Tensor) -> Tensor:
        self.out_shape(block.shape[1:], shortcut.shape[1:])        # checks both
        if len(block) != len(shortcut):
            raise ValueError(f"{self.located()}: {len(block)} samples in the block, "
                             f"{len(shortcut)} in the shortcut; both must see the same batch")
        return ResidualFn()(block, shortcut)

    def out_shape(self, block_shape: Shape, shortcut_shape: Shape) -> Shape:
        if block_shape != shortcut_shape:
            raise ValueError(f"{self.located()}: the block gives {block_shape}, the shortcut "
                             f"{shortcut_shape}; a block that changes the shape needs such a "
                             "shortcut: Shortcut(in_channels, out_channels, stride, option), with "
                             "option A (zero channels), B or C (1x1 convolution)")
        return block_shape


class PadChannelsFn(Function):
    """Option A: every stride-th pixel, and channels of zeros, up to F = out_channels in all.

    before : so many of the zero channels stand before the others; the rest behind
    """

    def __init__(self, out_channels: int, stride: int, before: int = 0):
        self.F, self.stride, self.before = out_channels, stride, before

    def forward(self, x):                                  # (N, C, H, W)
        S, self.x_shape = self.stride, x.shape
        thin = x[:, :, ::S, ::S]                           # (N, C, OH, OW)
        N, C, OH, OW = thin.shape
        y = xp_of(x).zeros((self.F, OH, OW, N), x.dtype)
        y[self.before:self.before + C] = batch_last(thin)
        return batch_first(y)                              # (N, F, OH, OW)

    def backward(self, dy):                                # (N, F, OH, OW)
        S, (N, C, H, W) = self.stride, self.x_shape
        dx = xp_of(dy).zeros((C, H, W, N), dy.dtype)
        dx[:, ::S, ::S] = batch_last(dy[:, self.before:self.before + C])
        return batch_first(dx)                             # (N, C, H, W)


ZEROS = ("A", "A on both sides")
OPTIONS = (*ZEROS, "B", "C")


class Shortcut(Module):
    """The path around a residual block:  (N, C, H, W) -> (N, F, ceil(H/stride), ceil(W/stride)).

    Parameters
    ----------
    in_channels, out_channels : int     C and F
    stride : int, default 1             that of the block, in pixels
    option : str, default "B"           see above; published ResNets are B
    norm : callable, optional           norm(F) -> a Module behind the projection, such as
                                        BatchNorm2d, as published ResNets have; or None

    >>> Shortcut(64, 128, 2, option="A").shape((64, 56, 56))
    (128, 28, 28)
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1, option: str = "B",
                 norm: Callable[[int], Module] | None = None) -> None:
        if option not in OPTIONS:
            raise ValueError('Shortcut: option must be "A", "A on both sides", "B" or "C", got '
                             f"{option!r}")
        if min(in_channels, out_channels, stride) < 1:
            raise ValueError(f"Shortcut: channels and stride must be at least 1, got "
                             f"{in_channels}, {out_channels} and {stride}")
        if option in ZEROS and out_channels < in_channels:
            raise ValueError(f"Shortcut: option A only adds channels, it cannot go from "
                             f"{in_channels} to {out_channels}; use option B")
        self.in_channels, self.out_channels = in_channels, out_channels
        self.stride, self.option = stride, option
        self.identity = option != "C" and stride == 1 and in_channels == out_channels
        self.projection = None
        if option not in ZEROS and not self.identity:
            conv = Conv2d(in_channels, out_channels, 1, stride, bias=False)
            self.projection = Sequential(conv, *([] if norm is None else [norm(out_channels)]))

    def forward(self, x: Tensor) -> Tensor:
        self.check_channels(x.shape[1:])
        if self.identity:
            return x
        if self.projection is not None:
            return self.projection(x)
        new = self.out_channels - self.in_channels
        before = 0 if self.option == "A" else new // 2
        return PadChannelsFn(self.out_channels, self.stride, before)(x)

    def out_shape(self, in_shape: Shape) -> Shape:
        _, H, W = self.check_channels(in_shape)
        if self.projection is not None:
            return self.projection.shape(in_shape)
        return self.out_channels, -(-H // self.stride), -(-W // self.stride)

    def receptive_field(self, in_shape: Shape) -> tuple[tuple[int, int], tuple[int, int]]:
        return (1, 1), (self.stride, self.stride)

    def check_channels(self, in_shape: Shape) -> Shape:
        if self.image(in_shape)[0] != self.in_channels:
            raise ValueError(f"{self.located()}: the input has {in_shape[0]} channels, the layer "
                             f"was built for {self.in_channels}; is it given the block's input?")
        return in_shape

    def extra_repr(self) -> str:
        stride = f", stride {self.stride}" if self.stride > 1 else ""
        return f"{self.option} {self.in_channels} -> {self.out_channels}{stride}"
