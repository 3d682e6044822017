"""Activations: what makes a stack of layers more than one linear map.  All work element by element.

    ReLU          y = max(x, 0)                     dx = dy where x > 0
    leaky ReLU    y = x where x > 0, else a x       dx = dy where x > 0, else a dy
    PReLU         the same, and a is learnt         da = sum of dy x where x < 0
    sigmoid       y = 1 / (1 + e^-x)                dx = dy y (1 - y)
    tanh          y = tanh x                        dx = dy (1 - y^2)
    scaled tanh   y = A tanh(S x)                   dx = dy S (A - y^2 / A)

Sources: Krizhevsky et al. 2012, section 3.1 (ReLU); He et al. 2015, "Delving deep into rectifiers",
section 2.1 (PReLU); LeCun et al. 1998, appendix A: A = 1.7159, S = 2/3, so that f(1) = 1, f(-1) = -1.
Lectures: virginia "LeNet-5" (tanh), "AlexNet Architecture" (first use of ReLU), memphis "LeNet-5".
"""

from minicnn import init
from minicnn.backend import total, xp_of
from minicnn.engine import Function
from minicnn.module import Module, Parameter, Shape
from minicnn.tensor import Tensor


class ReLUFn(Function):
    def forward(self, x):
        y = xp_of(x).maximum(x, 0)                         # not x * (x > 0): NaN must stay NaN
        self.y = y
        return y

    def backward(self, dy):
        return dy * ~(self.y <= 0)


class TanhFn(Function):
    def __init__(self, scale: float = 1.0, slope: float = 1.0):
        self.scale, self.slope = scale, slope              # A and S

    def forward(self, x):
        y = xp_of(x).tanh(x if self.slope == 1 else self.slope * x)
        self.y = y if self.scale == 1 else self.scale * y
        return self.y

    def backward(self, dy):
        A, S = self.scale, self.slope
        return dy * (A * S - self.y * self.y * (S / A))


class ReLU(Module):
    """max(x, 0); NaN stays NaN, and the gradient at 0 is 0."""

    def forward(self, x: Tensor) -> Tensor:
        return ReLUFn()(x)


class Tanh(Module):
    """tanh x, between -1 and 1."""

    def forward(self, x: Tensor) -> Tensor:
        return TanhFn()(x)
