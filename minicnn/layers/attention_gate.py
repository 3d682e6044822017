"""Attention gate: the coarse decoder says which pixels of a skip connection come through.

    q = relu(BN(w_g * g) + BN(w_x * x))                    1 x 1 convolutions to K maps
    a = sigmoid(BN(w_a * q))                               one map, between 0 and 1
    y[n, c, i, j] = a[n, i, j] x[n, c, i, j]

g comes up from the layer below, where the network has seen more of the image; x are the maps of the
encoder, which know better where an edge is.  The gradients follow from those of the parts; x
receives one along each of its two ways.

In the paper g is the coarser image, x is brought to its size for q, and a is enlarged again.  Here,
as in the much used PyTorch port, g is enlarged before it comes, so both have one size.

Source: Oktay et al. 2018, "Attention U-Net", section 2.1 and figure 2.  Lecture: memphis, the list
with U-Net.
"""

from minicnn.autograd.tensor import Tensor
from minicnn.backend.windows import times
from minicnn.layers.activations import ReLU, Sigmoid
from minicnn.layers.batchnorm import BatchNorm2d
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d
from minicnn.layers.module import Module
from minicnn.layers.residual import Add


def projected(in_channels: int, out_channels: int) -> Sequential:
    return Sequential(conv=Conv2d(in_channels, out_channels, 1), norm=BatchNorm2d(out_channels))


class AttentionGate(Module):
    """x times one share for each pixel:  g (N, G, H, W), x (N, C, H, W) -> (N, C, H, W).

    gate_channels, skip_channels : int     G and C
    middle : int                           K, the maps in which the two meet

    >>> AttentionGate(512, 512, 256).shape((512, 32, 32), (512, 32, 32))
    (512, 32, 32)
    """

    def __init__(self, gate_channels: int, skip_channels: int, middle: int) -> None:
        self.gate = projected(gate_channels, middle)
        self.skip = projected(skip_channels, middle)
        self.add, self.relu = Add(), ReLU()
        self.share = projected(middle, 1)
        self.sigmoid = Sigmoid()

    def forward(self, g: Tensor, x: Tensor) -> Tensor:
        if g.shape[2:] != x.shape[2:]:
            raise ValueError(f"{self.located()}: the gate's images are {times(g.shape[2:])}, those "
                             f"that it gates {times(x.shape[2:])}; enlarge the first: Upsample, "
                             "ConvTranspose2d")
        q = self.relu(self.add(self.gate(g), self.skip(x)))          # (N, K, H, W)
        return x * self.sigmoid(self.share(q))                       # (N, C, H, W)

    def extra_repr(self) -> str:
        G, C, K = (part.conv.in_channels for part in (self.gate, self.skip, self.share))
        return f"{G} -> {K} <- {C}"
