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

from minicnn.backend import average, sum_dtype, xp_of
from minicnn.engine import Function, check_inputs
from minicnn.layers.standardise import StandardiseFn
from minicnn.module import Buffer, Module, Parameter, Shape, ones
from minicnn.tensor import Tensor


class GivenStatisticsFn(Function):
    """x_hat with a mean and a variance that do not depend on x."""

    def __init__(self, eps: float):
        self.eps = eps

    def forward(self, x, mean, var):                       # (N, C, ...), (C, 1, ...), (C, 1, ...)
        wide_var = var.astype(sum_dtype(var.dtype), copy=False)
        self.inv_s = 1 / xp_of(x).sqrt(wide_var + self.eps)
        return ((x - mean) * self.inv_s).astype(x.dtype, copy=False)

    def backward(self, dy):
        return (dy * self.inv_s).astype(dy.dtype, copy=False), None, None


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
        along = (self.num_features,) + (1,) * (x.ndim - 2)     # one value per channel, beside x
        if self.training or self.running_mean is None:
            x_hat = self.standardise(x)
        else:
            x_hat = GivenStatisticsFn(self.eps)(x, self.running_mean.reshape(along),
                                                self.running_var.reshape(along))
        if self.weight is None or self.bias is None:
            return x_hat
        return x_hat * self.weight.reshape(along) + self.bias.reshape(along)

    def axes(self, ndim: int) -> tuple[int, ...]:
        """The axes that share one mean."""
        return 0, *range(2, ndim)

    def standardise(self, x: Tensor) -> Tensor:
        """x_hat with the batch's own mean and variance, which training also keeps."""
        standardise = StandardiseFn(self.axes(x.ndim), self.eps)
        if prod(x.shape[axis] for axis in standardise.axes) == 1:
            raise ValueError(f"{self.located()}: the input {x.shape} has one value for each mean, "
                             f"so the variance is 0, the output the bias; {self.cure(x.shape)}")
        if self.running_mean is None:
            return standardise(x)
        check_inputs(standardise, (x, self.running_mean))
        x_hat = standardise(x)
        if x.size:                                             # an empty batch has nothing to say
            self.track(standardise)
        return x_hat

    def track(self, batch: StandardiseFn) -> None:
        """Move the running averages towards this batch's; nothing here waits for a GPU."""
        C, n = self.num_features, batch.n
        mean = average(batch.mean.reshape(-1, C), axis=0)      # over images, if each has its own
        var = average(batch.var.reshape(-1, C), axis=0) * (n / (n - 1))
        self.num_batches_tracked.data += 1
        momentum = self.momentum
        if momentum is None:                                   # the mean of all batches so far
            momentum = 1 / self.num_batches_tracked.data.astype(mean.dtype)
        for running, new in (self.running_mean, mean), (self.running_var, var):
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
