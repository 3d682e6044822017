"""R2U-Net's unit: one convolution, applied again and again to its input plus its own output.

    f(x) = relu(BN(w * x + b))           one w, one b, one BN for all steps
    h_0  = f(x)
    h_t  = f(x + h_t-1)                  t = 1 ... T

    unit:   x' = 1x1 convolution of x to the width of the unit
            y  = x' + h(h(x'))           two such recurrent layers, and a residual connection

dw is the sum of its gradients at all T + 1 steps.  recurrent_conv.py is the older form, with one
weight for the image and another for the feedback, twice the parameters.

Source: Alom et al. 2018, "Recurrent residual convolutional neural network based on U-Net (R2U-Net)
for medical image segmentation", section III and figure 3d.  The paper gives no counts; h_0 before
the T steps, and BN's place, are those of the much used PyTorch port.  Lecture: memphis, the lists
with R2U-Net.
"""

from minicnn.autograd.tensor import Tensor
from minicnn.backend.windows import whole
from minicnn.layers.activations import ReLU
from minicnn.layers.batchnorm import BatchNorm2d
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d
from minicnn.layers.module import Module
from minicnn.layers.residual import Add


class SharedRecurrentConv2d(Module):
    """h_T above:  (N, C, H, W) -> (N, C, H, W).

    channels : int                 C
    steps : int, default 2         T, how often the output is fed back

    >>> SharedRecurrentConv2d(8).num_parameters()          # 8*8*9 + 8, and 8 + 8 of BN
    600
    """

    def __init__(self, channels: int, steps: int = 2) -> None:
        self.steps = whole(steps, "SharedRecurrentConv2d: steps")
        self.conv = Conv2d(channels, channels, 3, padding=1)
        self.norm, self.relu, self.add = BatchNorm2d(channels), ReLU(), Add()

    def forward(self, x: Tensor) -> Tensor:
        h = self.relu(self.norm(self.conv(x)))             # (N, C, H, W)
        for _ in range(self.steps):
            h = self.relu(self.norm(self.conv(self.add(x, h))))
        return h

    def extra_repr(self) -> str:
        return f"{self.conv.in_channels} channels, {self.steps} steps"


class RecurrentUnit2d(Module):
    """Two shared recurrent layers with a residual connection:  (N, C, H, W) -> (N, F, H, W).

    in_channels, out_channels : int       C and F
    steps : int, default 2                T of both layers

    >>> RecurrentUnit2d(3, 64).shape((3, 256, 256))
    (64, 256, 256)
    """

    def __init__(self, in_channels: int, out_channels: int, steps: int = 2) -> None:
        self.project = Conv2d(in_channels, out_channels, 1)
        self.layers = Sequential(SharedRecurrentConv2d(out_channels, steps),
                                 SharedRecurrentConv2d(out_channels, steps))
        self.add = Add()

    def forward(self, x: Tensor) -> Tensor:
        x = self.project(x)                                # (N, F, H, W)
        return self.add(self.layers(x), x)
