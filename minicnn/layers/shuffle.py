"""Channel shuffle: channels of all groups are dealt out anew, so that groups learn of each other.

    y[n, k G + g] = x[n, g C/G + k]        g < G groups, k < C/G channels of a group

(N, C, H, W) is seen as (N, G, C/G, H, W), the two middle axes change places, and they become one
again.  The gradient is dealt back: the same with C/G groups.

Stacked grouped convolutions would otherwise be G separate networks side by side.

Source: Zhang et al. 2018, "ShuffleNet", section 3.1 and figure 1.  Lecture: stanford, "MobileNets:
Efficient Convolutional Neural Networks" (ShuffleNet).
"""

from minicnn.backend import Array
from minicnn.columns import innermost
from minicnn.engine import Function
from minicnn.geometry import whole
from minicnn.module import Module, Shape
from minicnn.tensor import Tensor


class ChannelShuffleFn(Function):
    def __init__(self, groups: int):
        self.groups = groups

    def forward(self, x):                                  # (N, C, H, W)
        return dealt(x, self.groups)

    def backward(self, dy):
        return dealt(dy, dy.shape[1] // self.groups)


def dealt(x: Array, G: int) -> Array:
    """One channel of each group in turn."""
    (N, C, H, W), image = x.shape, innermost(x)            # (C, H, W, N)
    y = image.reshape(G, C // G, H, W, N).swapaxes(0, 1).reshape(C, H, W, N)
    return y.transpose(3, 0, 1, 2)                         # (N, C, H, W)


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
        self.out_shape(x.shape[1:])
        return ChannelShuffleFn(self.groups)(x)

    def out_shape(self, in_shape: Shape) -> Shape:
        C = self.image(in_shape)[0]
        if C % self.groups:
            raise ValueError(f"{self.located()}: {C} channels do not divide into {self.groups} "
                             "groups; take the number of groups of the convolution before it")
        return in_shape

    def detail(self) -> str:
        return f"{self.groups} groups"
