"""Local response normalisation: a strong response damps the responses around it.

    s = k + a * (sum of x^2 over the window around the value)
    y = x s^-beta

The window lies along the channels at one pixel (the lecture's second approach, AlexNet's, with
a = alpha / size), or is a square of pixels within one channel (its first approach, with
a = alpha / size^2).  Zeros stand beyond the ends.  A value acts on its own output, and through s on
all outputs whose window it lies in:

    dx = dy s^-beta - 2 a beta x * (sum of dy x s^(-beta - 1) over those outputs)

alpha is divided by the size of the window, as in PyTorch and Caffe.  The paper does not divide: its
constants n = 5, k = 2, alpha = 1e-4, beta = 0.75 are LocalResponseNorm(5, alpha=5e-4, k=2) here.

Source: Krizhevsky et al. 2012, section 3.3.  Lectures: memphis "Local Response Normalization
(LRN)"; unicamp, the rows NORM1 and NORM2 of AlexNet.
"""

from minicnn.backend import Array, fused_on_gpu, sum_dtype, xp_of
from minicnn.cuda import channels as kernels
from minicnn.engine import Function
from minicnn.layers.pooling import over_channels
from minicnn.module import Module, Shape
from minicnn.tensor import Tensor

ACROSS, WITHIN = (0,), (1, 2)              # the axes of a window in images stored as (C, H, W, N)


@fused_on_gpu(kernels.respond)
def respond(x: Array, size: int, a: float, beta: float, k: float, axes: tuple[int, ...] = ACROSS,
            ) -> tuple[Array, Array, Array]:
    """y, s and s^-beta of x (N, C, H, W)."""
    xp, before, after = xp_of(x), size // 2, (size - 1) // 2
    x = x.transpose(1, 2, 3, 0)                            # (C, H, W, N)
    y, s, damping = (xp.empty_like(x, dtype) for dtype in (x.dtype, *2 * [sum_dtype(x.dtype)]))

    def some(part: slice) -> None:
        near, here = neighbours(part, before, after, axes)
        squares = xp.square(x[near].astype(s.dtype, copy=False))     # 256^2: infinite in float16
        xp.multiply(window_sum(squares, axes, before, after)[here], a, out=s[part])
        s[part] += k
        negative_power(s[part], beta, damping[part])
        xp.multiply(x[part], damping[part], out=y[part])

    over_channels(some, x)
    return y.transpose(3, 0, 1, 2), s.transpose(3, 0, 1, 2), damping.transpose(3, 0, 1, 2)


@fused_on_gpu(kernels.respond_back)
def respond_back(dy: Array, x: Array, s: Array, damping: Array, size: int, a: float, beta: float,
                 axes: tuple[int, ...] = ACROSS) -> Array:
    """The gradient of `respond` with respect to x:  (N, C, H, W) -> (N, C, H, W)."""
    xp, before, after = xp_of(dy), (size - 1) // 2, size // 2        # who sees me: it is mirrored
    dy, x, s, damping = (array.transpose(1, 2, 3, 0) for array in (dy, x, s, damping))
    dx = xp.empty_like(dy)                                 # (C, H, W, N)

    def some(part: slice) -> None:
        near, here = neighbours(part, before, after, axes)
        direct = dy[near] * damping[near]
        others = direct * x[near]
        others /= s[near]
        others = window_sum(others, axes, before, after)[here]
        others *= x[part]
        others *= 2 * a * beta
        xp.subtract(direct[here], others, out=dx[part])

    over_channels(some, dx)
    return dx.transpose(3, 0, 1, 2)


def neighbours(part: slice, before: int, after: int, axes: tuple[int, ...]) -> tuple[slice, slice]:
    """The channels that the windows of these channels reach, and where among them these lie."""
    if axes == WITHIN:
        return part, slice(None)
    first = max(part.start - before, 0)
    return slice(first, part.stop + after), slice(part.start - first, part.stop - first)


def window_sum(q: Array, axes: tuple[int, ...], before: int, after: int) -> Array:
    """At each position, the sum of q from `before` places earlier to `after` later.

    Over a square: along one side, then the other.
    """
    for axis in axes:
        y = q.copy(order="K")
        lines, sums = q.swapaxes(0, axis), y.swapaxes(0, axis)       # views, the axis in front
        for shift in range(1, after + 1):
            sums[:-shift] += lines[shift:]
        for shift in range(1, before + 1):
            sums[shift:] += lines[:-shift]
        q = y
    return q


def negative_power(s: Array, beta: float, y: Array) -> None:
    """y = s^-beta.  The papers' beta of 0.75 is 1 / (sqrt(s) sqrt(sqrt(s))).

    Measured on 65,536 float32: 62 us in place of 76, or of 278 on a processor without AVX-512.
    """
    xp = xp_of(s)
    if beta == 0.75:
        root = xp.sqrt(s)
        xp.sqrt(root, out=y)
        y *= root
        xp.divide(1.0, y, out=y)
    else:
        xp.power(s, -beta, out=y)


class LocalResponseFn(Function):
    def __init__(self, axes: tuple[int, ...], size: int, alpha: float, beta: float, k: float):
        self.axes, self.size, self.beta, self.k = axes, size, beta, k
        self.a = alpha / size ** len(axes)

    def forward(self, x):                                            # (N, C, H, W)
        self.x = x
        y, self.s, self.damping = respond(x, self.size, self.a, self.beta, self.k, self.axes)
        return y

    def backward(self, dy):                                          # (N, C, H, W)
        return respond_back(dy, self.x, self.s, self.damping, self.size, self.a, self.beta,
                            self.axes)


class LocalResponseNorm(Module):
    """Normalisation across channels:  (N, C, H, W) -> (N, C, H, W).

    Parameters
    ----------
    size : int                       channels in a window; of an even size, one more lies before
    alpha : float, default 1e-4      strength, at least 0; it is divided by `size`
    beta : float, default 0.75       exponent
    k : float, default 1.0           above 0: with k = 0 a window of zeros would be 0 * 0^-beta, NaN

    Raises ValueError for size < 1, alpha < 0 or k <= 0.

    >>> import numpy as np
    >>> layer = LocalResponseNorm(3, alpha=9.0, beta=1.0)          # x / (1 + 3 * sum of squares)
    >>> layer(Tensor(np.array([1.0, 0.0, 1.0, 3.0]).reshape(1, 4, 1, 1))).numpy().ravel().tolist()
    [0.25, 0.0, 0.03225806451612903, 0.0967741935483871]
    """

    axes: tuple[int, ...] = ACROSS

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        name = type(self).__name__
        if not isinstance(size, int) or size < 1:
            raise ValueError(f"{name}: size must be a whole number of at least 1, got {size!r}")
        if not alpha >= 0:
            raise ValueError(f"{name}: alpha must be at least 0, got {alpha}; below it the sum "
                             "could become negative and its power NaN")
        if not k > 0:
            raise ValueError(f"{name}: k must be above 0, got {k}; with k = 0 a window of zeros "
                             "gives 0 * 0^-beta, which is NaN; the AlexNet paper has k = 2")
        self.size, self.alpha, self.beta, self.k = size, float(alpha), float(beta), float(k)

    def forward(self, x: Tensor) -> Tensor:
        self.out_shape(x.shape[1:])
        return LocalResponseFn(self.axes, self.size, self.alpha, self.beta, self.k)(x)

    def out_shape(self, in_shape: Shape) -> Shape:
        return self.image(in_shape)

    def detail(self) -> str:
        return f"size {self.size}, alpha {self.alpha:g}, beta {self.beta:g}, k {self.k:g}"


class LocalResponseNormWithin(LocalResponseNorm):
    """The same over a square of size x size pixels of one channel; alpha is divided by size^2.

    At the border the window reaches over zeros, which count in size^2.  Of an even size, one more
    row lies above and one more column to the left.
    """

    axes = WITHIN

    def field(self, in_shape: Shape) -> tuple[tuple[int, int], tuple[int, int]]:
        return (self.size, self.size), (1, 1)
