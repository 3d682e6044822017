"""Recurrent convolution: a layer that looks at its own output again, a few times over.

    u    = w_f * x + b                  what the image says, once
    h_0  = max(u, 0)
    h_t  = max(u + w_r * h_t-1, 0)      t = 1 ... T, always the same weights w_r

dw_r is the sum of its gradients at all steps: w_r was used T times.

Unrolled, it is T + 1 convolutions deep with the parameters of two, and with every step a pixel sees
farther around itself.

Source: Liang and Hu 2015, "Recurrent convolutional neural network for object recognition", section
3.1, equations 1 and 2, without its local response norm; Alom et al. (IRCNN 2017, IRRCNN 2018,
R2U-Net 2018).  Lecture: memphis, the lists with IRRCNN, DCRN and R2U-Net.
"""

from typing import Any

from minicnn.autograd.tensor import Tensor
from minicnn.backend.windows import whole
from minicnn.layers.activations import ReLU
from minicnn.layers.conv import Conv2d
from minicnn.layers.module import Module
from minicnn.layers.residual import Add


class RecurrentConv2d(Module):
    """Convolution with feedback:  (N, C, H, W) -> (N, F, H, W).

    Parameters
    ----------
    in_channels, out_channels : int           C and F
    kernel_size : int or (int, int), odd      of both convolutions; the image keeps its size
    steps : int, default 2                    T, how often the output is fed back

    >>> layer = RecurrentConv2d(3, 8, 3)
    >>> layer.shape((3, 32, 32)), layer.num_parameters()   # 3*8*9 + 8 and 8*8*9
    ((8, 32, 32), 800)
    """

    def __init__(self, in_channels: int, out_channels: int, kernel_size: Any = 3,
                 steps: int = 2) -> None:
        self.steps = whole(steps, "RecurrentConv2d: steps")
        self.feed = Conv2d(in_channels, out_channels, kernel_size, padding="same")
        self.recurrent = Conv2d(out_channels, out_channels, kernel_size, padding="same",
                                bias=False)
        if any(side % 2 == 0 for side in self.feed.kernel_size):
            raise ValueError(f"RecurrentConv2d: kernel_size must be odd, got {kernel_size}; an "
                             "even window would move the image at every step")
        self.add, self.relu = Add(), ReLU()

    def forward(self, x: Tensor) -> Tensor:
        u = self.feed(x)                                   # (N, F, H, W)
        h = self.relu(u)
        for _ in range(self.steps):
            h = self.relu(self.add(u, self.recurrent(h)))
        return h

    def extra_repr(self) -> str:
        return f"{self.feed.in_channels} -> {self.feed.out_channels}, {self.steps} steps"
