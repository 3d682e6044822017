"""What batch norm and instance norm share: weight, bias, running averages, and test time.

Training moves the running averages towards the mean and variance of each batch,

    running_mean <- (1 - momentum) running_mean + momentum mu
    running_var  <- (1 - momentum) running_var  + momentum var n / (n - 1)

n - 1, because squares measured from the batch's own mean come out too small, by (n - 1) / n on
average; x_hat keeps n.  At test time they take the place of mu and var.  They are constants, so the
layer is a linear map (and fold.py lets the layer before it do that):

    x_hat = (x - running_mean) / s,              s = sqrt(running_var + eps)
    y     = gamma_c x_hat + beta_c
    dx    = gamma_c dy / s,   dgamma_c = sum of dy x_hat,   dbeta_c = sum of dy

Source: Ioffe and Szegedy 2015, section 3.1 and algorithm 2.  Lecture: stanford, "Batch
Normalization: Test-Time".
"""

from typing import Any

import numpy as np

from minicnn.autograd.engine import Function
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import Array, xp_of
from minicnn.backend.cpu.batch_norm import batch_norm_eval
from minicnn.backend.together import state as together
from minicnn.backend.versions import faster, in_float32
from minicnn.layers.channels import refuse_channels
from minicnn.layers.module import Buffer, Module, Parameter, Shape, ones


@faster(batch_norm_eval)
@in_float32
class BatchNormEvalFn(Function):
    def __init__(self, eps: float):
        self.eps = eps

    def forward(self, x, mu, var, gamma=None, beta=None):  # (N, C, H, W), (C,), (C,), (C,), (C,)
        self.gamma, self.axes = per_channel(gamma, x, default=1.0), (0, *range(2, x.ndim))
        self.s = xp_of(x).sqrt(per_channel(var, x) + self.eps)            # (C, 1, 1)
        self.x_hat = (x - per_channel(mu, x)) / self.s                    # (N, C, H, W)
        return self.gamma * self.x_hat + per_channel(beta, x, default=0.0)

    def backward(self, dy):                                # (N, C, H, W)
        dbeta, dgamma = dy.sum(self.axes), (dy * self.x_hat).sum(self.axes)    # (C,)
        dx = self.gamma / self.s * dy                      # (N, C, H, W)
        return (dx, None, None, dgamma, dbeta)[:len(self.needs_grad)]          # mu, var: constants


def per_channel(q: Array | None, x: Array, default: float = 0.0) -> Any:
    """(C,) -> (C, 1, 1), to stand beside x (N, C, H, W)."""
    return default if q is None else q.reshape(-1, *[1] * (x.ndim - 2))


def averaged(mean, var, n, running_mean, running_var, batches, momentum, counted):
    """The running averages after one more batch, as above, and the number of batches."""
    batches, share = xp_of(mean).asarray(batches + counted), momentum
    if share is None:                                      # the mean of all batches so far
        share = 1 / batches.astype(mean.dtype)
    running_mean_then = (1 - share) * running_mean + share * mean
    running_var_then = (1 - share) * running_var + share * (var * (n / (n - 1)))
    return (running_mean_then.astype(running_mean.dtype, copy=False),
            running_var_then.astype(running_var.dtype, copy=False), batches)


def counter() -> Buffer:
    """A Buffer with the whole number 0: unlike the others it stays one when the dtype changes."""
    return Buffer(np.zeros((), np.int64))


class ChannelNorm(Module):
    """What batch norm and instance norm share: a weight, bias and running averages per channel."""

    counted = 1                                                # per batch, by num_batches_tracked

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1,
                 affine: bool = True, track_running_stats: bool = True, *,
                 bias: bool = True) -> None:
        name, C = type(self).__name__, num_features
        if C < 1:
            raise ValueError(f"{name}: num_features must be at least 1, got {C}")
        if not eps > 0:
            raise ValueError(f"{name}: eps must be above 0, got {eps}; a channel whose values are "
                             "all equal has variance 0 and would be divided by 0")
        if momentum is not None and not 0 <= momentum <= 1:
            raise ValueError(f"{name}: momentum must lie in 0..1 or be None, got {momentum}; it is "
                             "the share of the new batch: 0.1 here is what others call 0.9")
        self.num_features, self.eps, self.momentum = C, float(eps), momentum
        self.weight = Parameter((C,), ones) if affine else None
        self.bias = Parameter((C,)) if affine and bias else None
        self.running_mean: Any = Buffer((C,)) if track_running_stats else None
        self.running_var: Any = Buffer((C,), ones) if track_running_stats else None
        self.num_batches_tracked: Any = counter() if track_running_stats else None

    def forward(self, x: Tensor) -> Tensor:
        self.out_shape(x.shape[1:])                        # checks x
        affine: Any = self.weight, self.bias
        affine = self.affine(x) if affine[0] is None or affine[1] is None else affine
        if not self.training and self.running_mean is not None:
            return BatchNormEvalFn(self.eps)(x, self.running_mean, self.running_var, *affine)
        if self.count(x) == 1 and not together.norms:      # of its own; see sync_batchnorm.py
            raise ValueError(f"{self.located()}: the input {x.shape} has one value for each mean, "
                             f"so the variance is 0, the output the bias; {self.cure(x.shape)}")
        return self.by_batch(x, *affine)

    def affine(self, x: Tensor) -> tuple[Tensor, ...]:
        """gamma and beta, 1 or 0 where one is not learnt, or nothing where neither is."""
        if self.weight is None and self.bias is None:
            return ()
        xp, C = xp_of(x.data), self.num_features
        return (Tensor(xp.ones(C, x.dtype)) if self.weight is None else self.weight,
                Tensor(xp.zeros(C, x.dtype)) if self.bias is None else self.bias)

    def count(self, x: Tensor) -> int:
        """n: how many values share one mean."""
        return x.data.size // x.shape[1]

    def by_batch(self, x: Tensor, *affine: Tensor) -> Tensor:
        """y with the batch's own mean and variance, which training also keeps."""
        raise TypeError(f"{type(self).__name__} has no by_batch")

    def averages(self) -> tuple | None:
        """What `averaged` moves: the running mean and variance, the number of batches, and how."""
        if self.running_mean is None:
            return None
        return (self.running_mean.data, self.running_var.data, self.num_batches_tracked.data,
                self.momentum, self.counted)

    def track(self, mean: Array, var: Array, n: int, moved: tuple | None = None) -> None:
        """Move the running averages towards this batch's, or to `moved`, where that has been done.

        They are replaced, not written into; nothing here waits for a GPU.
        """
        before = self.averages()
        if before is None or n == 0:                           # an empty batch has nothing to say
            return
        (self.running_mean.data, self.running_var.data, self.num_batches_tracked.data
         ) = moved or averaged(mean, var, n, *before)

    def cure(self, x_shape: Shape) -> str:
        raise TypeError(f"{type(self).__name__} has no cure")

    def check_channels(self, in_shape: Shape) -> Shape:
        if self.num_features != in_shape[0]:
            refuse_channels(self, in_shape, self.num_features,
                            f"{type(self).__name__}({in_shape[0]})")
        return in_shape

    def extra_repr(self) -> str:
        return f"{self.num_features}{affine_words(self)}"


def affine_words(norm: Any) -> str:
    """What repr says of a norm that does not learn both weight and bias."""
    if norm.weight is None:
        return ", not affine" if norm.bias is None else ", no weight"
    return ", no bias" if norm.bias is None else ""
