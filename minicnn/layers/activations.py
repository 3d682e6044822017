"""Activations: what makes a stack of layers more than one linear map.  All work element by element.

    ReLU          y = max(x, 0)                     dx = dy where x > 0
    leaky ReLU    y = max(x, 0) + a min(x, 0)       dx = dy where x > 0, else a dy
    PReLU         the same, and a is learnt         da = sum of dy x where x < 0
    sigmoid       y = 1 / (1 + e^-x)                dx = dy y (1 - y)
    tanh          y = tanh x                        dx = dy (1 - y^2)
    scaled tanh   y = A tanh(S x)                   dx = dy S (A - y^2 / A)

Sources: Krizhevsky et al. 2012, section 3.1 (ReLU); He et al. 2015, "Delving deep into rectifiers",
section 2.1 (PReLU); LeCun et al. 1998, appendix A: A = 1.7159, S = 2/3, so that f(+-1) = +-1.
Lectures: virginia "LeNet-5" (tanh), "AlexNet Architecture" (first use of ReLU), memphis "LeNet-5".
"""

from minicnn.backend import total, xp_of
from minicnn.engine import Function
from minicnn.init import constant
from minicnn.module import Module, Parameter, Shape
from minicnn.tensor import Tensor


class ReLUFn(Function):
    def forward(self, x):
        y = xp_of(x).maximum(x, 0)                         # not x * (x > 0): NaN must stay NaN
        if self.needs_grad[0]:
            self.passed = ~(y <= 0)                        # one byte for each value
        return y

    def backward(self, dy):
        return dy * self.passed


class LeakyReLUFn(Function):
    def __init__(self, negative_slope: float):
        self.a = negative_slope

    def forward(self, x):
        xp, self.positive = xp_of(x), x > 0                # one byte for each value
        return xp.maximum(x, 0) + self.a * xp.minimum(x, 0)

    def backward(self, dy):
        return xp_of(dy).where(self.positive, dy, self.a * dy)


class PReLUFn(Function):
    def forward(self, x, a):                               # (N, C, ...), (C,) or (1,)
        a = a.reshape(-1, *[1] * (x.ndim - 2))             # (C, 1, 1) for images
        xp, self.x, self.a = xp_of(x), x, a
        return xp.maximum(x, 0) + a * xp.minimum(x, 0)

    def backward(self, dy):
        xp, x, a = xp_of(dy), self.x, self.a
        dx = xp.where(x > 0, dy, a * dy)
        others = tuple(axis for axis in range(x.ndim) if axis != 1 or a.size == 1)
        return dx, total(dy * xp.minimum(x, 0), axis=others).reshape(a.size)


class SigmoidFn(Function):
    def forward(self, x):
        xp = xp_of(x)
        small = xp.exp(-abs(x))                            # e^-|x| never overflows
        self.y = xp.where(x >= 0, 1, small) / (1 + small)  # e^x / (1 + e^x) for negative x
        return self.y

    def backward(self, dy):
        return dy * self.y * (1 - self.y)


class TanhFn(Function):
    def __init__(self, scale: float = 1.0, slope: float = 1.0):
        self.scale, self.slope = scale, slope              # A and S

    def forward(self, x):
        y = xp_of(x).tanh(x if self.slope == 1 else self.slope * x)
        self.y = y if self.scale == 1 else self.scale * y
        return self.y

    def backward(self, dy):
        A, S = self.scale, self.slope
        dx = self.y * self.y                               # in place: 4 new arrays cost more than
        dx *= -S / A                                       # the arithmetic
        dx += A * S
        dx *= dy
        return dx


class ReLU(Module):
    """max(x, 0); NaN stays NaN, and the gradient at 0 is 0."""

    def forward(self, x: Tensor) -> Tensor:
        return ReLUFn()(x)


class LeakyReLU(Module):
    """x where it is positive, else negative_slope * x: a unit never goes quite dead.

    >>> LeakyReLU(0.5)(Tensor([-4, 0, 4])).numpy().tolist()
    [-2.0, 0.0, 4.0]
    """

    def __init__(self, negative_slope: float = 0.01) -> None:
        self.negative_slope = float(negative_slope)

    def forward(self, x: Tensor) -> Tensor:
        return LeakyReLUFn(self.negative_slope)(x)

    def detail(self) -> str:
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
        self.out_shape(x.shape[1:])
        return PReLUFn()(x, self.weight)

    def out_shape(self, in_shape: Shape) -> Shape:
        slopes = self.weight.size
        if slopes > 1 and (not in_shape or in_shape[0] != slopes):
            raise ValueError(f"{self.located()}: the input has {in_shape[0] if in_shape else 'no'} "
                             f"channels, the layer {slopes} slopes; give it 1, or one per channel")
        return in_shape

    def detail(self) -> str:
        return f"{self.weight.size} slope{'s' * (self.weight.size > 1)}"


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
