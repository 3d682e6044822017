"""Local response normalisation: a strong response damps the responses around it.

    s = k + a * (sum of x^2 over the window around the value)
    y = x s^-beta

    across channels   the window lies along the channels at one pixel; a = alpha / size
                      (the lecture's second approach, AlexNet's)
    within channels   it is a square of pixels of one channel; a = alpha / size^2
                      (its first; the slide's N is `size` here)

Beyond the ends x counts as 0.  A value acts on its own output, and through s on all outputs whose
window it lies in:

    dx = dy s^-beta - 2 a beta x * (sum of dy x s^(-beta - 1) over those outputs)

alpha is divided by the size of the window, as in PyTorch and Caffe.  The paper does not divide: its
constants n = 5, k = 2, alpha = 1e-4, beta = 0.75 are LocalResponseNorm(5, alpha=5e-4, k=2) here.

Source: Krizhevsky et al. 2012, section 3.3.  Lectures: memphis "Local Response Normalization
(LRN)"; unicamp, the rows NORM1 and NORM2 of AlexNet.
"""

from minicnn.autograd.engine import Function
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import xp_of
from minicnn.backend.cpu.local_response import local_response
from minicnn.backend.cuda import channels
from minicnn.backend.versions import faster, in_float32
from minicnn.layers.module import Module, Shape

ACROSS, WITHIN = (1,), (2, 3)              # the axes of a window on images (N, C, H, W)


@faster(cpu=local_response, cuda=channels.local_response)
@in_float32
class LocalResponseFn(Function):
    def __init__(self, axes: tuple[int, ...], size: int, a: float, beta: float, k: float):
        self.axes, self.size, self.a, self.beta, self.k = axes, size, a, beta, k

    def forward(self, x):                                  # (N, C, H, W)
        before, after = self.size // 2, (self.size - 1) // 2         # an even size: one more before
        s = self.k + self.a * window_sum(x * x, self.axes, before, after)
        self.x, self.s = x, s
        return x * s ** -self.beta

    def backward(self, dy):                                # (N, C, H, W)
        x, s, a, beta = self.x, self.s, self.a, self.beta
        after, before = self.size // 2, (self.size - 1) // 2         # mirrored: who sees x
        seen_by = window_sum(dy * x * s ** (-beta - 1), self.axes, before, after)
        return dy * s ** -beta - 2 * a * beta * x * seen_by


def window_sum(q, axes, before, after):
    """At each place the sum of q over `before` places earlier to `after` later, 0 beyond the ends.

    Over a square of pixels: down the columns (axis 2), then along the rows (axis 3).
    """
    for axis in axes:
        widths = [(before, after) if other == axis else (0, 0) for other in range(4)]
        lines = xp_of(q).pad(q, widths).swapaxes(0, axis)  # (before + length + after, ...)
        length = q.shape[axis]
        q = sum(lines[u:u + length] for u in range(before + after + 1)).swapaxes(0, axis)
    return q


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
        self.out_shape(x.shape[1:])                        # checks x
        a = self.alpha / self.size ** len(self.axes)
        return LocalResponseFn(self.axes, self.size, a, self.beta, self.k)(x)

    def out_shape(self, in_shape: Shape) -> Shape:
        return self.image(in_shape)

    def extra_repr(self) -> str:
        return f"size {self.size}, alpha {self.alpha:g}, beta {self.beta:g}, k {self.k:g}"


class LocalResponseNormWithin(LocalResponseNorm):
    """The same over a square of size x size pixels of one channel; alpha is divided by size^2.

    At the border the window reaches over zeros, which count in size^2.  Of an even size, one more
    row lies above and one more column to the left.
    """

    axes = WITHIN

    def receptive_field(self, in_shape: Shape) -> tuple[tuple[int, int], tuple[int, int]]:
        return (self.size, self.size), (1, 1)
