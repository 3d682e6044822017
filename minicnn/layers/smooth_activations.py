"""Swish and GELU: smooth relatives of ReLU, x times a number between 0 and 1.

    swish (SiLU)   y = x s(x),     s(x) = 1 / (1 + e^-x)
                                   dx = dy (s + x s (1 - s))
    GELU           y = x Phi(x),   Phi(x) = the part of the normal distribution below x
                                   dx = dy (Phi + x e^(-x^2/2) / sqrt(2 pi))

NumPy has no Phi; backend/special.py computes it.

Sources: Hendrycks and Gimpel 2016, "Gaussian error linear units", section 2 (GELU, SiLU);
Ramachandran et al. 2017, "Searching for activation functions" (swish).  Lectures: stanford,
"EfficientNet"; memphis, the list with ConvNeXt and ViT.
"""

from math import pi, sqrt

from minicnn.autograd.engine import Function
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import xp_of
from minicnn.backend.cpu import smooth_activations as cpu
from minicnn.backend.special import normal_cdf
from minicnn.backend.versions import elementwise, faster, in_float32
from minicnn.layers.module import Module


@elementwise
@faster(cpu.gelu)
@in_float32
class GELUFn(Function):
    def forward(self, x):
        self.x = x.clip(-40, 40)                           # beyond, Phi is 0 or 1 to the last digit
        self.phi = normal_cdf(self.x)
        return xp_of(x).maximum(x, -40) * self.phi         # -inf * 0 would be NaN; the limit is 0

    def backward(self, dy):
        density = xp_of(dy).exp(-0.5 * self.x ** 2) / sqrt(2 * pi)
        return dy * (self.phi + self.x * density)


@elementwise
@faster(cpu.silu)
class SiLUFn(Function):
    def forward(self, x):
        xp = xp_of(x)
        self.x = x.clip(-1e4, 1e4)                         # beyond, s is 0 or 1, and inf * 0 NaN
        small = xp.exp(-abs(x))                            # e^-|x| never overflows
        self.s = xp.where(x < 0, small, 1) / (1 + small)
        return xp.maximum(x, -1e4) * self.s

    def backward(self, dy):
        x, s = self.x, self.s
        return dy * (s + x * s * (1 - s))


class SiLU(Module):
    """x / (1 + e^-x), called swish in EfficientNet; least at x = -1.28, where it is -0.28.

    >>> SiLU()(Tensor([0, 20])).numpy().tolist()
    [0.0, 20.0]
    """

    def forward(self, x: Tensor) -> Tensor:
        return SiLUFn()(x)


class GELU(Module):
    """x Phi(x), with the exact normal distribution and not its tanh approximation.

    >>> [round(y, 4) for y in GELU()(Tensor([-1, 0, 1])).numpy().tolist()]
    [-0.1587, 0.0, 0.8413]
    """

    def forward(self, x: Tensor) -> Tensor:
        return GELUFn()(x)
