"""Squeeze-and-excitation: the whole image decides how much each feature map counts.

    z[n, c] = mean of x[n, c] over all pixels                    squeeze
    s = sigmoid(w2 relu(w1 z + b1) + b2)                         excitation: C -> C / r -> C
    y[n, c, i, j] = s[n, c] x[n, c, i, j]                        scale

The gradients follow from those of its parts; x receives one along each of its two ways.

Source: Hu et al. 2018, "Squeeze-and-excitation networks", section 3; r = 16 is the paper's choice.
Lecture: stanford "Squeeze-and-Excitation Networks (SENet)".
"""

from minicnn.autograd.tensor import Tensor
from minicnn.layers.activations import ReLU, Sigmoid
from minicnn.layers.adaptive import GlobalAvgPool2d
from minicnn.layers.channels import refuse_channels
from minicnn.layers.containers import Sequential
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.module import Module, Shape


class ScaleChannels(Module):
    """x times one number for each image and channel:  (N, C, H, W), (N, C) -> (N, C, H, W)."""

    def forward(self, x: Tensor, s: Tensor) -> Tensor:
        self.out_shape(x.shape[1:], s.shape[1:])
        if len(x) != len(s):
            raise ValueError(f"{self.located()}: {len(s)} sets of scales for {len(x)} images")
        return x * s.reshape(*s.shape, 1, 1)

    def out_shape(self, x_shape: Shape, s_shape: Shape) -> Shape:
        if s_shape != x_shape[:1]:
            raise ValueError(f"{self.located()}: {s_shape} scales for maps {x_shape}; each channel "
                             "needs one")
        return x_shape


class SqueezeExcite(Module):
    """Channel weights from global averages:  (N, C, H, W) -> (N, C, H, W).

    channels : int                  C
    reduction : int, default 16     r; the layer in the middle has max(C // r, 1) units

    >>> SqueezeExcite(64).num_parameters()                 # 64 * 4 + 4 + 4 * 64 + 64
    580
    """

    def __init__(self, channels: int, reduction: int = 16) -> None:
        if min(channels, reduction) < 1:
            raise ValueError(f"SqueezeExcite: channels and reduction must be at least 1, got "
                             f"{channels} and {reduction}")
        middle = max(channels // reduction, 1)
        self.channels = channels
        self.weights = Sequential(squeeze=GlobalAvgPool2d(), flatten=Flatten(),
                                  reduce=Linear(channels, middle), relu=ReLU(),
                                  expand=Linear(middle, channels), sigmoid=Sigmoid())
        self.scale = ScaleChannels()

    def forward(self, x: Tensor) -> Tensor:
        self.check_channels(x.shape[1:])
        return self.scale(x, self.weights(x))              # (N, C, H, W)

    def check_channels(self, in_shape: Shape) -> None:
        if self.image(in_shape)[0] != self.channels:
            refuse_channels(self, in_shape, self.channels, f"SqueezeExcite({in_shape[0]})")

    def extra_repr(self) -> str:
        return f"{self.channels} channels"
