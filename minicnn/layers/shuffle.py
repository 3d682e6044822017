"""Channel shuffle: channels of all groups are dealt out anew, so that groups learn of each other.

    y[n, k G + g] = x[n, g C/G + k]        g < G groups, k < C/G channels of a group

The channels are seen as (G, C/G), the two axes change places, and they become one again.  The
gradient is dealt back: the same with C/G groups.

Stacked grouped convolutions would otherwise be G separate networks side by side.

Source: Zhang et al. 2018, "ShuffleNet", section 3.1 and figure 1.  Lecture: stanford, "MobileNets:
Efficient Convolutional Neural Networks" (ShuffleNet).
"""

from minicnn.autograd.engine import Function
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import Array
from minicnn.backend.layout import batch_first, batch_last
from minicnn.backend.windows import whole
from minicnn.layers.module import Module, Shape


class ChannelShuffleFn(Function):
    def __init__(self, groups: int):
        self.groups = groups

    def forward(self, x):                                  # (N, C, H, W)
        return deal_out(x, self.groups)

    def backward(self, dy):
        return deal_out(dy, dy.shape[1] // self.groups)


def deal_out(x: Array, G: int) -> Array:
    """One channel of each group in turn."""
    N, C, H, W = x.shape
    groups = batch_last(x).reshape(G, C // G, H, W, N)
    return batch_first(groups.swapaxes(0, 1).reshape(C, H, W, N))              # (N, C, H, W)


class ChannelShuffle(Module):
    """One channel of each group in turn:  (N, C, H, W) -> (N, C, H, W).

    groups : int    G, which divides C

    >>> x = Tensor([[[[1]], [[2]], [[3]], [[10]], [[20]], [[30]]]])
    >>> ChannelShuffle(2)(x).numpy().ravel().tolist()
    [1.0, 10.0, 2.0, 20.0, 3.0, 30.0]
    """

    def __init__(self, groups: int) -> None:
        self.groups = whole(groups, "ChannelShuffle: groups")

    def forward(self, x: Tensor) -> Tensor:
        self.out_shape(x.shape[1:])                        # checks x
        return ChannelShuffleFn(self.groups)(x)

    def out_shape(self, in_shape: Shape) -> Shape:
        C = self.image(in_shape)[0]
        if C % self.groups:
            raise ValueError(f"{self.located()}: {C} channels do not divide into {self.groups} "
                             "groups; take the number of groups of the convolution before it")
        return in_shape

    def extra_repr(self) -> str:
        return f"{self.groups} groups"
