"""Layer normalisation of images over their channels: every pixel gets mean 0 and variance 1.

    mu    = mean of x                            over c: one for each sample n and pixel h, w
    var   = mean of (x - mu)^2
    x_hat = (x - mu) / s,                        s = sqrt(var + eps)
    y     = gamma_c x_hat + beta_c

    dgamma_c = sum of dy x_hat,   dbeta_c = sum of dy            over n, h, w
    dx         as in standardise.py, from gamma_c dy

LayerNorm's formula for one pixel's C values, as a transformer has it for one token: no pixel looks
at another, and no image at another.

Source: Liu et al. 2022, "A ConvNet for the 2020s", section 2.6; Ba, Kiros and Hinton 2016, section
3.  Lecture: memphis, the list with ConvNeXt; stanford, "Layer Normalization".
"""

from minicnn.autograd.tensor import Tensor
from minicnn.backend.windows import whole
from minicnn.layers.channels import refuse_channels
from minicnn.layers.module import Module, Parameter, Shape, ones
from minicnn.layers.standardise import StandardiseFn


class LayerNorm2d(Module):
    """Normalisation over the channels of each pixel:  (N, C, H, W) -> (N, C, H, W).

    num_channels : int             C
    eps : float, default 1e-6      added to the variance, above 0

    weight (gamma, from 1) and bias (beta, from 0) are (C,).

    >>> LayerNorm2d(2)(Tensor([[[[1, 10]], [[3, 30]]]])).numpy().round(3).tolist()
    [[[[-1.0, -1.0]], [[1.0, 1.0]]]]
    """

    def __init__(self, num_channels: int, eps: float = 1e-6) -> None:
        self.num_channels = whole(num_channels, "LayerNorm2d: num_channels")
        if not eps > 0:
            raise ValueError(f"LayerNorm2d: eps must be above 0, got {eps}; a pixel whose values "
                             "are all equal has variance 0 and would be divided by 0")
        self.eps = float(eps)
        self.weight, self.bias = Parameter((num_channels,), ones), Parameter((num_channels,))

    def forward(self, x: Tensor) -> Tensor:
        self.out_shape(x.shape[1:])                        # checks x
        x_hat = StandardiseFn((1,), self.eps)(x)           # (N, C, H, W)
        return x_hat * self.weight.reshape(-1, 1, 1) + self.bias.reshape(-1, 1, 1)

    def out_shape(self, in_shape: Shape) -> Shape:
        if self.image(in_shape)[0] != self.num_channels:
            refuse_channels(self, in_shape, self.num_channels, f"LayerNorm2d({in_shape[0]})")
        return in_shape

    def extra_repr(self) -> str:
        return f"{self.num_channels} channels"
