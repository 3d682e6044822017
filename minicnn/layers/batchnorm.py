"""Batch normalisation: every channel gets mean 0 and variance 1 over the batch.

    mu    = mean of x                            over n, h, w: one for each channel c
    var   = mean of (x - mu)^2
    x_hat = (x - mu) / s,                        s = sqrt(var + eps)
    y     = gamma_c x_hat + beta_c               weight and bias of the layer

    dbeta_c  = sum of dy,   dgamma_c = sum of dy x_hat           over n, h, w
    dx       = gamma_c / s (dy - mean of dy - x_hat mean of (dy x_hat))      (from standardise.py)

At test time mu and var must not depend on the batch: then they are the running averages of training
(channelnorm.py).  gamma = s, beta = mu gives x back: the layer can learn to do nothing.

Source: Ioffe and Szegedy 2015, algorithms 1 and 2.  Lecture: stanford, "Batch Normalization",
"Batch Normalization: Test-Time", "Batch Normalization for ConvNets".
"""

from typing import Any

from minicnn.autograd.checks import check_inputs
from minicnn.autograd.engine import Function
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import xp_of
from minicnn.backend.cpu.batch_norm import batch_norm
from minicnn.backend.together import state as together
from minicnn.backend.versions import faster, in_float32
from minicnn.layers.channelnorm import ChannelNorm, per_channel
from minicnn.layers.module import Shape
from minicnn.layers.standardise import mean_over
from minicnn.layers.sync_batchnorm import over_all


@faster(batch_norm)
@in_float32
class BatchNormFn(Function):
    """After the call `mu` and `var`, (C,), can be read.

    eps : added to the variance
    averages : the layer's running averages, for a version that moves them on its way; it leaves
               what they become in `moved`
    """

    moved: tuple | None = None

    def __init__(self, eps: float, averages: tuple | None = None):
        self.eps, self.averages = eps, averages

    def forward(self, x, gamma=None, beta=None):           # (N, C, H, W), (C,), (C,)
        self.axes = (0, *range(2, x.ndim))                 # all but the channels
        self.gamma = per_channel(gamma, x, default=1.0)    # (C, 1, 1)
        mu = mean_over(x, self.axes)                       # (1, C, 1, 1)
        var = mean_over((x - mu) ** 2, self.axes)
        self.s = xp_of(x).sqrt(var + self.eps)
        self.x_hat = (x - mu) / self.s                     # (N, C, H, W)
        self.mu, self.var = mu.reshape(-1), var.reshape(-1)
        return self.gamma * self.x_hat + per_channel(beta, x, default=0.0)

    def backward(self, dy):                                # (N, C, H, W)
        x_hat, s, gamma, axes = self.x_hat, self.s, self.gamma, self.axes
        dbeta, dgamma = dy.sum(axes), (dy * x_hat).sum(axes)         # (C,)
        dx = gamma / s * (dy - mean_over(dy, axes) - x_hat * mean_over(dy * x_hat, axes))
        return (dx, dgamma, dbeta)[:len(self.needs_grad)]  # without gamma and beta, dx alone


class BatchNorm(ChannelNorm):
    """What BatchNorm1d and BatchNorm2d share."""

    def by_batch(self, x: Tensor, *affine: Tensor) -> Tensor:
        batch: Any = (over_all(self.eps) if together.norms else
                      BatchNormFn(self.eps, self.averages()))
        if self.running_mean is not None:                  # whose dtype and device must be x's
            check_inputs(batch, (x, self.running_mean))
        y = batch(x, *affine)
        self.track(batch.mu, batch.var, getattr(batch, "count", self.count(x)),
                   getattr(batch, "moved", None))
        return y

    def cure(self, x_shape: Shape) -> str:
        last = "" if self.running_mean is None else ", or eval(), which has running averages"
        return (f"the batch size is {x_shape[0]}: use 2 or more, drop_last=True where the last "
                f"batch of an epoch is that small{last}")


class BatchNorm2d(BatchNorm):
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
    bias : bool, default True                  by name; False leaves out `bias` alone

    Raises ValueError in training where a channel has one value (a batch of one 1x1 image).
    An empty batch comes out empty and leaves the running averages alone.

    >>> import numpy as np
    >>> bn = BatchNorm2d(1, momentum=0.5)
    >>> y = bn(Tensor(np.array([[[[0, 2]]]], np.float32)))     # mean 1, variance 2 with n - 1
    >>> bn.running_mean.numpy().tolist(), bn.running_var.numpy().tolist()
    ([0.5], [1.5])
    """

    def out_shape(self, in_shape: Shape) -> Shape:
        return self.check_channels(self.image(in_shape))


class BatchNorm1d(BatchNorm):
    """Batch normalisation of vectors (N, C), a mean over N; of sequences (N, C, L), over N and L.

    Parameters and errors as for BatchNorm2d.
    """

    def out_shape(self, in_shape: Shape) -> Shape:
        if len(in_shape) not in (1, 2):
            raise ValueError(f"{self.located()}: expected (N, C) or (N, C, L), got "
                             f"(N, {', '.join(map(str, in_shape))}); images need BatchNorm2d")
        return self.check_channels(in_shape)
