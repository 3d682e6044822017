"""Batch normalisation over the pictures of all processes that train together.

    n     = sum of m_r                           values of a channel in each process r
    mu    = 1/n sum of x                         sums over n, h, w and over all processes
    var   = 1/n sum of (x - mu)^2
    x_hat, y                                     as in batchnorm.py
    dx    = gamma / s (dy - 1/n sum of dy - x_hat / n sum of (dy x_hat))

Why: with two pictures on each process, a mean over two is poor, and many processes do not learn
what one would learn from all their pictures.  It is paid for with three exchanges of a few numbers
per channel: sums of x, of (x - mu)^2 and, going back, of dy and dy x_hat.  dgamma and dbeta stay
sums over the own pictures: they are added up with all other gradients.

A process's dy is that of its own mean loss; with its weight n_r / N, its share of the N pictures
(backend/together.py), it is that of the loss of the whole batch.  So the sums on the way back are
taken of n_r / N dy, and what comes out is divided by it again.

Source: Zhang et al. 2018, "Context encoding for semantic segmentation", section 3.2; Peng et al.
2018, "MegDet", section 3.2.
"""

from collections.abc import Callable
from typing import Any

from minicnn.autograd.engine import Function
from minicnn.backend.arrays import Array, xp_of
from minicnn.backend.together import state as together
from minicnn.backend.versions import in_float32
from minicnn.layers.channelnorm import per_channel


@in_float32
class SyncBatchNormFn(Function):
    """`total(array)` adds an array (2, C) or (C,) up over all processes; `weight` is n_r / N.

    After the call `mu` and `var`, (C,), and `count`, n, can be read.
    """

    def __init__(self, eps: float, total: Callable[[Array], Array], weight: float):
        self.eps, self.total, self.weight = eps, total, weight

    def forward(self, x, gamma=None, beta=None):           # (N, C, H, W), (C,), (C,)
        xp, C, self.axes = xp_of(x), x.shape[1], (0, *range(2, x.ndim))
        self.gamma = per_channel(gamma, x, default=1.0)    # (C, 1, 1)
        own = xp.full(C, x.size // C, x.dtype)
        sums, counts = self.total(xp.stack([x.sum(self.axes), own]))          # (2, C)
        self.count = max(int(counts[0]), 1) if C else 1
        self.mu = sums / float(self.count)                 # (C,)
        centred = x - per_channel(self.mu, x)
        self.var = self.total((centred ** 2).sum(self.axes)) / float(self.count)
        self.s = xp.sqrt(per_channel(self.var, x) + self.eps)
        self.x_hat = centred / self.s                      # (N, C, H, W)
        return self.gamma * self.x_hat + per_channel(beta, x, default=0.0)

    def backward(self, dy):                                # (N, C, H, W)
        x_hat = self.x_hat
        dbeta, dgamma = dy.sum(self.axes), (dy * x_hat).sum(self.axes)        # (C,)
        every = self.total(xp_of(dy).stack([dbeta, dgamma]) * self.weight)    # (2, C)
        mean_dy, mean_dy_x_hat = every / (self.count * self.weight)
        dx = self.gamma / self.s * (dy - per_channel(mean_dy, dy)
                                    - x_hat * per_channel(mean_dy_x_hat, dy))
        return (dx, dgamma, dbeta)[:len(self.needs_grad)]


def over_all(eps: float) -> SyncBatchNormFn:
    """With one mean for all processes that train together."""
    rows: Any = together.rows
    total: Any = together.sum
    return SyncBatchNormFn(eps, total, rows.count / rows.total)
