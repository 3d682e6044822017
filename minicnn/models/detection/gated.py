"""GBD-Net's head: a region and its surroundings tell each other what they see, through gates.

    outwards   a_1 = relu(w_1 * x_1)        a_2 = relu(w_2 * x_2 + g * (m * a_1))
    inwards    b_2 = relu(v_2 * x_2)        b_1 = relu(v_1 * x_1 + k * (n * b_2))
    together   y_i = relu(u_i * [a_i; b_i])

x_1 is the region's own map, x_2 that of a box 1.7 times as large around it; * is a 3x3 convolution,
for u_i a 1x1.  The gates g = sigmoid(w_g * a_1) and k = sigmoid(w_k * b_2) lie between 0 and 1 and
close where the neighbour has nothing to say: grass around a rabbit helps, grass around a car does
not.

This is our reading, with 2 scales: the paper has 4 (0.8, 1.2, 1.7 and 2.7 times the region) and
names no number of parameters.  GBD-Net won ImageNet's detection task of 2016; virginia's summary
gives it the classification result, "< 3% top-5", which is Trimps-Soushen's (2.99 %).

Source: Zeng et al. 2016, "Gated bi-directional CNN for object detection", section 3.2.
"""

from minicnn.autograd.tensor import Tensor
from minicnn.init import apply_init, he_normal, zeros
from minicnn.layers.activations import ReLU, Sigmoid
from minicnn.layers.concat import Concat
from minicnn.layers.conv import Conv2d
from minicnn.layers.module import Module

SCALES = (1.0, 1.7)                              # of the boxes that x_1 and x_2 are read from


class Messages(Module):
    """One direction: (sender, receiver) -> (sender's features, receiver's with the message)."""

    def __init__(self, channels: int) -> None:
        self.sender, self.receiver, self.message, self.gate = (
            Conv2d(channels, channels, 3, padding=1) for _ in range(4))
        self.relu, self.sigmoid = ReLU(), Sigmoid()

    def forward(self, sender: Tensor, receiver: Tensor) -> tuple[Tensor, Tensor]:
        a = self.relu(self.sender(sender))
        told = self.sigmoid(self.gate(a)) * self.message(a)
        return a, self.relu(self.receiver(receiver) + told)


class GatedHead(Module):
    """Two maps of each region, (R, C, P, P) both -> head of (R, 2 C, P, P)."""

    def __init__(self, channels: int, head: Module) -> None:
        self.outwards, self.inwards = Messages(channels), Messages(channels)
        self.concat, self.relu = Concat(), ReLU()
        self.join_1, self.join_2 = (Conv2d(2 * channels, channels, 1) for _ in range(2))
        apply_init(self, he_normal(), zeros)
        self.head = head

    def forward(self, own: Tensor, around: Tensor) -> Tensor:
        a_1, a_2 = self.outwards(own, around)
        b_2, b_1 = self.inwards(around, own)
        y_1 = self.relu(self.join_1(self.concat(a_1, b_1)))                    # (R, C, P, P)
        y_2 = self.relu(self.join_2(self.concat(a_2, b_2)))
        return self.head(self.concat(y_1, y_2))
