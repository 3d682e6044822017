"""Channel split: some of the channels, for a block that works on a part of its input.

    y[n, c] = x[n, start + c]              the other channels receive a gradient of 0

Source: Ma et al. 2018, "ShuffleNet V2", section 3 (channel split); Gao et al. 2019, "Res2Net",
section 3.  Lectures: stanford, "MobileNets" (ShuffleNet); memphis, "Res2Net in 2019".
"""

from minicnn.autograd.engine import Function
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import xp_of
from minicnn.backend.layout import batch_first, batch_last
from minicnn.layers.module import Module, Shape


class ChannelSliceFn(Function):
    def __init__(self, start: int, stop: int):
        self.start, self.stop = start, stop

    def forward(self, x):                                  # (N, C, H, W)
        self.x_shape = x.shape
        return x[:, self.start:self.stop]                  # (N, stop - start, H, W)

    def backward(self, dy):
        N, C, H, W = self.x_shape
        dx = xp_of(dy).zeros((C, H, W, N), dy.dtype)
        dx[self.start:self.stop] = batch_last(dy)
        return batch_first(dx)                             # (N, C, H, W)


class ChannelSlice(Module):
    """The channels from start to stop - 1:  (N, C, H, W) -> (N, stop - start, H, W).

    >>> ChannelSlice(58, 116).shape((116, 28, 28))
    (58, 28, 28)
    """

    def __init__(self, start: int, stop: int) -> None:
        if not 0 <= start < stop:
            raise ValueError(f"ChannelSlice: start must be at least 0 and below stop, got {start} "
                             f"and {stop}")
        self.start, self.stop = start, stop

    def forward(self, x: Tensor) -> Tensor:
        self.out_shape(x.shape[1:])                        # checks x
        return ChannelSliceFn(self.start, self.stop)(x)

    def out_shape(self, in_shape: Shape) -> Shape:
        C, H, W = self.image(in_shape)
        if self.stop > C:
            raise ValueError(f"{self.located()}: the input has {C} channels, fewer than "
                             f"{self.stop}")
        return self.stop - self.start, H, W

    def extra_repr(self) -> str:
        return f"{self.start} to {self.stop - 1}"
