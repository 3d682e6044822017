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

from math import inf
from typing import Any

from minicnn.backend import Array, elementwise, fused_on_gpu, total, xp_of
from minicnn.cuda import elements as kernels
from minicnn.engine import Function
from minicnn.init import constant
from minicnn.layers.channels import in_pieces
from minicnn.module import Module, Parameter, Shape
from minicnn.tensor import Tensor


class ReLUFn(Function):
    def forward(self, x):
        y, self.passed = rectify(x, self.needs_grad[0])
        return y

    def backward(self, dy):
        return pass_on(dy, self.passed)


@fused_on_gpu(kernels.relu)
def rectify(x: Array, remember: bool) -> tuple[Array, Array | None]:
    """y = max(x, 0) and, if it is to be remembered, where y is not 0: one byte for each value."""
    xp = xp_of(x)
    y, passed = xp.empty_like(x), xp.empty_like(x, dtype=bool) if remember else None

    def some(i):
        xp.clip(x[i], 0, inf, out=y[i])            # as maximum(x, 0), in a third of the time, and
        if passed is not None:                     # NaN stays NaN, which x * (x > 0) would not do
            xp.not_equal(y[i], 0, out=passed[i])   # for infinity
    in_pieces(some, x)
    return y, passed


@fused_on_gpu(kernels.pass_on)
def pass_on(dy: Array, passed: Array) -> Array:
    """dy where passed, else 0."""
    dx = xp_of(dy).empty_like(dy)

    def some(i):
        q = dx[i]
        q[...] = passed[i]                         # 0 and 1; dy * passed would change the type of
        q *= dy[i]                                 # `passed` in small portions, at half the speed
    in_pieces(some, dy)
    return dx


class LeakyReLUFn(Function):
    def __init__(self, negative_slope: float):
        self.a = negative_slope

    def forward(self, x):
        self.positive = x > 0                              # one byte for each value
        return leaky(x, self.a)

    def backward(self, dy):
        return dy * slopes(self.positive, self.a, dy.dtype)


class PReLUFn(Function):
    def forward(self, x, a):                               # (N, C, ...), (C,) or (1,)
        self.x, self.a = x, a.reshape(-1, *[1] * (x.ndim - 2))       # (C, 1, 1) for images
        return leaky(x, self.a)

    def backward(self, dy):
        x, a = self.x, self.a
        others = tuple(axis for axis in range(x.ndim) if axis != 1 or a.size == 1)
        da = total(dy * x.clip(-inf, 0), axis=others).reshape(a.size)
        return dy * slopes(x > 0, a, dy.dtype), da


def leaky(x: Array, a: Any) -> Array:
    y = x.clip(-inf, 0)
    y *= a
    y += x.clip(0, inf)
    return y


def slopes(positive: Array, a: Any, dtype: Any) -> Array:
    """1 where positive, else a; np.where takes 4 times as long."""
    slope = (~positive).astype(dtype)
    slope *= a
    slope += positive
    return slope


class SigmoidFn(Function):
    @elementwise
    def forward(self, x):
        xp = xp_of(x)
        small = xp.exp(-abs(x))                            # e^-|x| never overflows
        self.y = xp.maximum(small, x >= 0)                 # above the line: 1 or, below 0, e^x
        small += 1
        self.y /= small
        return self.y

    @elementwise
    def backward(self, dy):
        dx = 1 - self.y
        dx *= self.y
        dx *= dy
        return dx


class TanhFn(Function):
    def __init__(self, scale: float = 1.0, slope: float = 1.0):
        self.scale, self.slope = scale, slope              # A and S

    @elementwise
    def forward(self, x):
        y = xp_of(x).tanh(x if self.slope == 1 else self.slope * x)
        self.y = y if self.scale == 1 else self.scale * y
        return self.y

    @elementwise
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
