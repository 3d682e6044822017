"""Batch normalisation: every channel gets mean 0 and variance 1 over the batch.

    mu_j    = 1/n sum_i x_ij                     over the n values of channel j: (N) or (N, H, W)
    var_j   = 1/n sum_i (x_ij - mu_j)^2
    x_hat   = (x - mu) / sqrt(var + eps)
    y       = gamma x_hat + beta                 weight and bias, one of each for a channel

    dgamma_j = sum_i dy_ij x_hat_ij,   dbeta_j = sum_i dy_ij,   dx: standardise.py with gamma dy

At test time the estimates must not depend on the batch, so mu and var are the running averages of
training, constants, and the layer is a linear map: dx = dy gamma / sqrt(var + eps).  (fold.py lets
the layer before it do that.)

    running_mean <- (1 - momentum) running_mean + momentum mu
    running_var  <- (1 - momentum) running_var  + momentum var n / (n - 1)

n - 1 because the squares are measured from the batch's own mean, which lies too near to its values;
x_hat keeps n.  gamma = sqrt(var + eps), beta = mu gives x back: the layer can learn to do nothing.

Source: Ioffe and Szegedy 2015, algorithms 1 and 2.  Lecture: stanford, "Batch Normalization",
"Batch Normalization: Test-Time", "Batch Normalization for ConvNets".
"""

from math import prod
from typing import Any

import numpy as np

from minicnn.backend import Array, fused_on_gpu, sum_dtype, total, xp_of
from minicnn.cuda import channels as kernels
from minicnn.engine import Function, check_inputs
from minicnn.layers.channels import (
    as_images,
    by_channel,
    for_channels,
    images_innermost,
    products,
    sums,
)
from minicnn.module import Buffer, Module, Parameter, Shape, ones
from minicnn.tensor import Tensor


class BatchNormFn(Function):
    """gamma x_hat + beta.  After the call `mean`, `var` and `n`, the values of each, can be read.

    Kept is x, not x_hat: backward computes it anew, a few channels at a time, in the cache.
    """

    def __init__(self, eps: float):
        self.eps = eps

    def forward(self, x, gamma=None, beta=None):           # (N, C, ...), (C,), (C,)
        xp, C = xp_of(x), x.shape[1]
        self.innermost = images_innermost(x)
        self.x = by_channel(x, self.innermost)             # (C, A, B)
        self.n = max(self.x[0].size, 1)                    # an empty batch divides by 1
        self.gamma = (xp.ones(C, x.dtype) if gamma is None else gamma).reshape(C, 1, 1)
        shift = (xp.zeros(C, x.dtype) if beta is None else beta).reshape(C, 1, 1)
        y, self.mean, self.var = normalise(self.x, self.gamma, shift, self.eps)
        return as_images(y, x.shape, self.innermost)

    def backward(self, dy):                                # (N, C, ...)
        rows = by_channel(dy, self.innermost)
        dx, dgamma, dbeta = normalise_back(rows, self.x, self.mean, self.var, self.gamma, self.eps)
        dx = as_images(dx, dy.shape, self.innermost)
        return (dx, dgamma.reshape(-1), dbeta.reshape(-1))[:len(self.needs_grad)]


@fused_on_gpu(kernels.normalise)
def normalise(x: Array, gamma: Array, beta: Array, eps: float) -> tuple[Array, Array, Array]:
    """(C, A, B), (C, 1, 1), (C, 1, 1) -> y (C, A, B); mean, var (C, 1, 1) in at least float32."""
    xp, C, n, wide = xp_of(x), len(x), max(x[0].size, 1), sum_dtype(x.dtype)
    y = xp.empty_like(x, dtype=wide)                       # in float16, 256 * 256 is infinite
    mean, var = xp.empty((C, 1, 1), wide), xp.empty((C, 1, 1), wide)

    def some(c):                                           # a few channels, through all the steps
        mean[c] = sums(x[c].astype(wide, copy=False)) * (1 / n)
        q = xp.subtract(x[c], mean[c], out=y[c])
        var[c] = products(q, q) * (1 / n)                  # E[x^2] - mu^2 would cancel
        q *= gamma[c] / xp.sqrt(var[c] + eps)
        q += beta[c]
    for_channels(some, x)
    return y.astype(x.dtype, copy=False), mean, var


@fused_on_gpu(kernels.normalise_back)
def normalise_back(dy: Array, x: Array, mean: Array, var: Array, gamma: Array, eps: float
                   ) -> tuple[Array, Array, Array]:
    """(C, A, B), (C, 1, 1) -> dx (C, A, B); dgamma, dbeta (C, 1, 1)."""
    xp, C, n, wide = xp_of(x), len(x), max(x[0].size, 1), mean.dtype
    dx = xp.empty_like(x, dtype=wide)
    dgamma, dbeta = xp.empty((C, 1, 1), wide), xp.empty((C, 1, 1), wide)

    def some(c):
        inv_s, dy_wide = 1 / xp.sqrt(var[c] + eps), dy[c].astype(wide, copy=False)
        dbeta[c] = sums(dy_wide)
        q = xp.subtract(x[c], mean[c], out=dx[c])          # x_hat = q / s
        dgamma[c] = products(dy_wide, q) * inv_s
        q *= dgamma[c] * inv_s * (-1 / n)                  # dx = gamma / s (dy - 1/n dbeta
        q += dy_wide                                       #                 - x_hat 1/n dgamma)
        q -= dbeta[c] * (1 / n)
        q *= gamma[c] * inv_s
    for_channels(some, x)
    return (dx.astype(x.dtype, copy=False), dgamma.astype(x.dtype, copy=False),
            dbeta.astype(x.dtype, copy=False))


class GivenStatisticsFn(Function):
    """gamma x_hat + beta with a mean and a variance that do not depend on x: y = a x + b."""

    def __init__(self, eps: float):
        self.eps = eps

    def forward(self, x, mean, var, gamma=None, beta=None):          # (N, C, ...), (C,), ...
        wide, along = sum_dtype(x.dtype), (-1,) + (1,) * (x.ndim - 2)
        self.x, self.mean = x, mean.astype(wide, copy=False).reshape(along)
        self.inv_s = 1 / xp_of(x).sqrt(var.astype(wide, copy=False) + self.eps).reshape(along)
        self.a = self.inv_s if gamma is None else gamma.reshape(along) * self.inv_s
        b = self.mean * -self.a if beta is None else beta.reshape(along) - self.mean * self.a
        return scale_and_shift(x, self.a, b)

    def backward(self, dy):
        dx, axes = (dy * self.a).astype(dy.dtype, copy=False), (0, *range(2, dy.ndim))
        if len(self.needs_grad) == 3:                      # not affine
            return dx, None, None
        x_hat = ((self.x - self.mean) * self.inv_s).astype(dy.dtype, copy=False)
        return dx, None, None, total(dy * x_hat, axes), total(dy, axes)


@fused_on_gpu(kernels.scale_and_shift)
def scale_and_shift(x: Array, a: Array, b: Array) -> Array:
    """a x + b, one a and b for each channel:  (N, C, ...), (C, 1, ...), (C, 1, ...)."""
    xp = xp_of(x)
    y = xp.empty_like(x, dtype=a.dtype)
    x_rows, y_rows = x.swapaxes(0, 1), y.swapaxes(0, 1)    # (C, N, ...)

    def some(c):
        q = xp.multiply(x_rows[c], a[c, None], out=y_rows[c])
        q += b[c, None]
    for_channels(some, x_rows)
    return y.astype(x.dtype, copy=False)


def counter() -> Buffer:
    """A Buffer with the whole number 0: unlike the others it stays one when the dtype changes."""
    buffer = Buffer(())
    buffer.data = np.zeros((), np.int64)
    return buffer


class ChannelNorm(Module):
    """What batch norm and instance norm share: a weight, bias and running averages per channel."""

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1,
                 affine: bool = True, track_running_stats: bool = True) -> None:
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
        self.bias = Parameter((C,)) if affine else None
        self.running_mean: Any = Buffer((C,)) if track_running_stats else None
        self.running_var: Any = Buffer((C,), ones) if track_running_stats else None
        self.num_batches_tracked: Any = counter() if track_running_stats else None

    def forward(self, x: Tensor) -> Tensor:
        self.out_shape(x.shape[1:])
        affine = () if self.weight is None or self.bias is None else (self.weight, self.bias)
        if not self.training and self.running_mean is not None:
            return GivenStatisticsFn(self.eps)(x, self.running_mean, self.running_var, *affine)
        if prod(x.shape[axis] for axis in self.axes(x.ndim)) == 1:
            raise ValueError(f"{self.located()}: the input {x.shape} has one value for each mean, "
                             f"so the variance is 0, the output the bias; {self.cure(x.shape)}")
        return self.by_batch(x, *affine)

    def axes(self, ndim: int) -> tuple[int, ...]:
        """The axes that share one mean."""
        return 0, *range(2, ndim)

    def by_batch(self, x: Tensor, *affine: Tensor) -> Tensor:
        """y with the batch's own mean and variance, which training also keeps."""
        batch = BatchNormFn(self.eps)
        if self.running_mean is not None:
            check_inputs(batch, (x, self.running_mean))
        y = batch(x, *affine)
        self.track(batch.mean.reshape(-1), batch.var.reshape(-1), batch.n)
        return y

    def track(self, mean: Array, var: Array, n: int) -> None:
        """Move the running averages towards this batch's; nothing here waits for a GPU."""
        if self.running_mean is None or n == 1:                # an empty batch has nothing to say
            return
        self.num_batches_tracked.data += 1
        momentum = self.momentum
        if momentum is None:                                   # the mean of all batches so far
            momentum = 1 / self.num_batches_tracked.data.astype(mean.dtype)
        for running, new in (self.running_mean, mean), (self.running_var, var * (n / (n - 1))):
            moved = (1 - momentum) * running.data + momentum * new
            running.data = moved.astype(running.dtype, copy=False)

    def cure(self, x_shape: Shape) -> str:
        return (f"the batch size is {x_shape[0]}: use 2 or more, drop_last=True where the last "
                "batch of an epoch is that small, or eval()")

    def check_channels(self, in_shape: Shape) -> Shape:
        C, came = in_shape[0], ", ".join(map(str, in_shape))
        if self.num_features != C:
            raise ValueError(f"{self.located()}: the input (N, {came}) has {C} "
                             f"channel{'s' * (C != 1)}, the layer was built for "
                             f"{self.num_features}; build it with {type(self).__name__}({C})")
        return in_shape

    def detail(self) -> str:
        return str(self.num_features)


class BatchNorm2d(ChannelNorm):
    """Batch normalisation of images:  (N, C, H, W) -> (N, C, H, W), a mean over N, H and W.

    Parameters
    ----------
    num_features : int                         C
    eps : float, default 1e-5                  added to the variance, above 0
    momentum : float or None, default 0.1      share of the new batch in the running averages, 0..1;
                                               None: the plain mean over all batches so far
    affine : bool, default True                learn `weight` (gamma, from 1), `bias` (beta, from 0)
    track_running_stats : bool, default True   keep `running_mean`, `running_var` and
                                               `num_batches_tracked`; else eval() uses the batch too

    Raises ValueError in training where a channel has one value (a batch of one 1x1 image).
    An empty batch comes out empty and leaves the running averages alone.

    >>> import numpy as np
    >>> bn = BatchNorm2d(1, momentum=0.5)
    >>> y = bn(Tensor(np.array([[[[0, 2]]]], np.float32)))     # mean 1, sum of squares / (n - 1) 2
    >>> bn.running_mean.numpy().tolist(), bn.running_var.numpy().tolist()
    ([0.5], [1.5])
    """

    def out_shape(self, in_shape: Shape) -> Shape:
        return self.check_channels(self.image(in_shape))


class BatchNorm1d(ChannelNorm):
    """Batch normalisation of vectors (N, C), a mean over N; of sequences (N, C, L), over N and L.

    Parameters and errors as for BatchNorm2d.
    """

    def out_shape(self, in_shape: Shape) -> Shape:
        if len(in_shape) not in (1, 2):
            raise ValueError(f"{self.located()}: expected (N, C) or (N, C, L), got "
                             f"(N, {', '.join(map(str, in_shape))}); images need BatchNorm2d")
        return self.check_channels(in_shape)
