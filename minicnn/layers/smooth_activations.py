"""Swish and GELU: smooth relatives of ReLU, x times a number between 0 and 1.

    swish (SiLU)   y = x s(x),     s(x) = 1 / (1 + e^-x)
                                   dx = dy (s + x s (1 - s))
    GELU           y = x Phi(x),   Phi(x) = the part of the normal distribution below x
                                   dx = dy (Phi + x e^(-x^2/2) / sqrt(2 pi))

NumPy has no Phi; backend/special.py computes it.  GPT-2 and its relatives approximate:

    GELU, tanh     y = x (1 + t) / 2,       t = tanh(sqrt(2 / pi) (x + 0.044715 x^3))
                   dx = dy (1 + t + x t') / 2
                   t' = (1 - t^2) sqrt(2 / pi) (1 + 3 * 0.044715 x^2)        the slope of t

Sources: Hendrycks and Gimpel 2016, "Gaussian error linear units", section 2 (GELU, SiLU);
Ramachandran et al. 2017, "Searching for activation functions" (swish).  Lectures: stanford,
"EfficientNet"; memphis, the list with ConvNeXt and ViT.
"""

from math import pi, sqrt

from minicnn.autograd.engine import Function
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import xp_of
from minicnn.backend.cpu import smooth_activations as cpu
from minicnn.backend.cuda import elements
from minicnn.backend.special import normal_cdf
from minicnn.backend.versions import elementwise, faster, in_float32
from minicnn.backend.windows import truth
from minicnn.layers.module import Module

ROOT, CUBE = sqrt(2 / pi), 0.044715                        # of the approximation by tanh


@elementwise
@faster(cpu=cpu.gelu, cuda=elements.gelu, within=cpu.WITHIN)
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
@faster(cpu=cpu.tanh_gelu, within=cpu.WITHIN)
@in_float32
class TanhGELUFn(Function):
    def forward(self, x):
        xp, self.x = xp_of(x), x.clip(-40, 40)             # beyond, tanh is -1 or 1
        self.t = xp.tanh(ROOT * (self.x + CUBE * self.x ** 3))
        return xp.maximum(x, -40) * (0.5 * (1 + self.t))   # -inf * 0 would be NaN; the limit is 0

    def backward(self, dy):
        x, t = self.x, self.t
        slope = ROOT * (1 + 3 * CUBE * x ** 2) * (1 - t ** 2)
        return dy * (0.5 * (1 + t) + 0.5 * x * slope)


@elementwise
@faster(cpu=cpu.silu, cuda=elements.silu, within=cpu.WITHIN)
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

    inplace : without effect, as in ReLU

    >>> SiLU()(Tensor([0, 20])).numpy().tolist()
    [0.0, 20.0]
    """

    def __init__(self, inplace: bool = False) -> None:
        truth(inplace, "SiLU: inplace")                    # without effect, as in ReLU

    def forward(self, x: Tensor) -> Tensor:
        return SiLUFn()(x)


class GELU(Module):
    """x Phi(x).

    approximate : "none", the exact normal distribution, or "tanh"

    >>> [round(y, 4) for y in GELU()(Tensor([-1, 0, 1])).numpy().tolist()]
    [-0.1587, 0.0, 0.8413]
    """

    def __init__(self, approximate: str = "none") -> None:
        if approximate not in ("none", "tanh"):
            raise ValueError(f'GELU: approximate must be "none" or "tanh", got {approximate!r}')
        self.approximate = approximate

    def forward(self, x: Tensor) -> Tensor:
        return TanhGELUFn()(x) if self.approximate == "tanh" else GELUFn()(x)

    def extra_repr(self) -> str:
        return "by tanh" if self.approximate == "tanh" else ""
