"""Activations: what makes a stack of layers more than one linear map.  All work element by element.

    ReLU          y = max(x, 0)                     dx = dy where x > 0
    leaky ReLU    y = max(x, 0) + a min(x, 0)       dx = dy where x > 0, else a dy
    PReLU         the same, and a is learnt         da = sum of dy x where x < 0
    sigmoid       y = 1 / (1 + e^-x)                dx = dy y (1 - y)
    tanh          y = tanh x                        dx = dy (1 - y^2)
    scaled tanh   y = A tanh(S x)                   dx = dy S (A - y^2 / A)

Sources: Krizhevsky et al. 2012, section 3.1 (ReLU); He et al. 2015, "Delving deep into rectifiers",
section 2.1 (PReLU); LeCun et al. 1998, appendix A: A = 1.7159, S = 2/3, so that f(+-1) = +-1.
ReLU, sigmoid and tanh are methods of a Tensor, too: autograd/activations.py has their Functions.
Lectures: virginia "LeNet-5" (tanh), "AlexNet Architecture" (first use of ReLU), memphis "LeNet-5".
"""

from minicnn.autograd.activations import ReLUFn, SigmoidFn, TanhFn
from minicnn.autograd.engine import Function
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import xp_of
from minicnn.backend.cpu import activations as cpu
from minicnn.backend.versions import elementwise, faster, in_float32
from minicnn.backend.windows import truth
from minicnn.init import constant
from minicnn.layers.module import Module, Parameter, Shape


@elementwise
@faster(cpu=cpu.leaky_relu)
class LeakyReLUFn(Function):
    def __init__(self, a: float):
        self.a = a

    def forward(self, x):
        xp, self.positive = xp_of(x), x > 0
        return xp.maximum(x, 0) + self.a * xp.minimum(x, 0)

    def backward(self, dy):
        return xp_of(dy).where(self.positive, dy, self.a * dy)


@faster(cpu.prelu)
@in_float32
class PReLUFn(Function):
    def forward(self, x, a):                               # (N, C, H, W), (C,) or (1,)
        xp, self.x, self.a_shape = xp_of(x), x, a.shape
        self.a = a.reshape((-1, *[1] * (x.ndim - 2))[:x.ndim])       # (C, 1, 1) for images
        return xp.maximum(x, 0) + self.a * xp.minimum(x, 0)

    def backward(self, dy):                                # (N, C, H, W)
        xp, x = xp_of(dy), self.x
        others = tuple(axis for axis in range(x.ndim) if axis != 1 or self.a.size == 1)
        da = xp.where(x > 0, 0, dy * x).sum(others)        # (C,), or one number for all channels
        return xp.where(x > 0, dy, self.a * dy), da.reshape(self.a_shape)


class ReLU(Module):
    """max(x, 0); NaN stays NaN, and the gradient at 0 is 0.

    inplace : as PyTorch's, and without effect: no layer here changes its input
    """

    def __init__(self, inplace: bool = False) -> None:
        truth(inplace, "ReLU: inplace")

    def forward(self, x: Tensor) -> Tensor:
        return ReLUFn()(x)


class LeakyReLU(Module):
    """x where it is positive, else negative_slope * x: a unit never goes quite dead.

    inplace : without effect, as in ReLU

    >>> LeakyReLU(0.5)(Tensor([-4, 0, 4])).numpy().tolist()
    [-2.0, 0.0, 4.0]
    """

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        truth(inplace, "LeakyReLU: inplace")               # without effect, as in ReLU
        self.negative_slope = float(negative_slope)

    def forward(self, x: Tensor) -> Tensor:
        return LeakyReLUFn(self.negative_slope)(x)

    def extra_repr(self) -> str:
        return f"slope {self.negative_slope:g}"


class PReLU(Module):
    """Leaky ReLU whose slope is learnt:  (N, C, ...) -> the same shape.

    num_parameters : int, default 1    1, one slope for all channels, or C, one for each
    init : float, default 0.25         the slope at the start

    Weight decay pulls the slope towards 0, a plain ReLU; the paper leaves it off `weight`.
    """

    def __init__(self, num_parameters: int = 1, init: float = 0.25) -> None:
        if num_parameters < 1:
            raise ValueError(f"PReLU: num_parameters must be 1 or the number of channels, got "
                             f"{num_parameters}")
        self.weight = Parameter((num_parameters,), constant(init))

    def forward(self, x: Tensor) -> Tensor:
        self.out_shape(x.shape[1:])                        # checks x
        return PReLUFn()(x, self.weight)

    def out_shape(self, in_shape: Shape) -> Shape:
        slopes = self.weight.numel()
        if slopes > 1 and (not in_shape or in_shape[0] != slopes):
            raise ValueError(f"{self.located()}: the input has {in_shape[0] if in_shape else 'no'} "
                             f"channels, the layer {slopes} slopes; give it 1, or one per channel")
        return in_shape

    def extra_repr(self) -> str:
        return f"{self.weight.numel()} slope{'s' * (self.weight.numel() > 1)}"


class Sigmoid(Module):
    """1 / (1 + e^-x), between 0 and 1; exact to the last digit for large |x| too."""

    def forward(self, x: Tensor) -> Tensor:
        return SigmoidFn()(x)


class Tanh(Module):
    """tanh x, between -1 and 1."""

    def forward(self, x: Tensor) -> Tensor:
        return TanhFn()(x)


class ScaledTanh(Module):
    """LeNet-5's 1.7159 tanh(2/3 x): f(1) = 1, f(-1) = -1, and it bends most at these two points."""

    def forward(self, x: Tensor) -> Tensor:
        return TanhFn(1.7159, 2 / 3)(x)
