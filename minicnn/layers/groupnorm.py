"""Group normalisation: every sample gets mean 0 and variance 1 within each group of channels.

    mu    = mean of x                            over the C/G channels of a group, h and w
    var   = mean of (x - mu)^2                   one of each for a sample n and a group
    x_hat = (x - mu) / s,                        s = sqrt(var + eps)
    y     = gamma_c x_hat + beta_c               weight and bias, one of each for a channel

    dgamma_c = sum of dy x_hat,   dbeta_c = sum of dy            over n, h, w
    dx         as in standardise.py, from gamma_c dy

Between the two extremes lies the number of groups: G = 1 is layer norm's mean over (C, H, W), and
G = C is instance norm, a mean for each channel of each image, over (H, W).  No sample looks at
another, so a batch of one is as good as any.

Source: Wu and He 2018, section 3.1; Ulyanov et al. 2017 (instance norm).  Lecture: stanford,
"Group Normalization", "Instance Normalization", "Comparison of Normalization Layers".
"""

from math import prod

from minicnn.autograd.checks import check_inputs
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import average
from minicnn.backend.messages import plural
from minicnn.layers.channelnorm import ChannelNorm, affine_words
from minicnn.layers.channels import refuse_channels
from minicnn.layers.module import Module, Parameter, Shape, ones
from minicnn.layers.standardise import StandardiseFn


class GroupNorm(Module):
    """Group normalisation:  (N, C, H, W) -> (N, C, H, W); (N, C) and (N, C, L) as well.

    Parameters
    ----------
    num_groups : int               G
    num_channels : int             C, a multiple of G
    eps : float, default 1e-5      added to the variance, above 0
    affine : bool, default True    learn `weight` (gamma, from 1), `bias` (beta, from 0), each (C,)
    bias : bool, default True      by name; False leaves out beta alone

    Raises ValueError where a group has one value: its output would be the bias whatever the input.

    >>> import numpy as np
    >>> x = np.array([[0, 2, 10, 30]], np.float32)
    >>> GroupNorm(2, 4)(Tensor(x)).numpy().round(3).tolist()
    [[-1.0, 1.0, -1.0, 1.0]]
    """

    def __init__(self, num_groups: int, num_channels: int, eps: float = 1e-5,
                 affine: bool = True, *, bias: bool = True) -> None:
        G, C = num_groups, num_channels
        if min(G, C) < 1 or C % G:
            raise ValueError(f"GroupNorm: {C} channels do not divide into {G} groups; both must be "
                             "at least 1")
        if not eps > 0:
            raise ValueError(f"GroupNorm: eps must be above 0, got {eps}; a group whose values are "
                             "all equal has variance 0 and would be divided by 0")
        self.num_groups, self.num_channels, self.eps = G, C, float(eps)
        self.weight = Parameter((C,), ones) if affine else None
        self.bias = Parameter((C,)) if affine and bias else None

    def forward(self, x: Tensor) -> Tensor:
        (C, *sides), G, N = self.out_shape(x.shape[1:]), self.num_groups, x.shape[0]
        groups = x.reshape(N, G, C // G, *sides)           # (N, G, C/G, H, W)
        x_hat = StandardiseFn(tuple(range(2, groups.ndim)), self.eps)(groups).reshape(x.shape)
        along = (C,) + (1,) * len(sides)                   # one value per channel, beside x
        y = x_hat if self.weight is None else x_hat * self.weight.reshape(along)
        return y if self.bias is None else y + self.bias.reshape(along)

    def out_shape(self, in_shape: Shape) -> Shape:
        G, came = self.num_groups, ", ".join(map(str, in_shape))
        C = in_shape[0] if in_shape else 0
        if self.num_channels != C:
            refuse_channels(self, in_shape or (0,), self.num_channels, f"GroupNorm({G}, {C})")
        if prod(in_shape) == G:
            raise ValueError(f"{self.located()}: the input (N, {came}) has one value in each of "
                             f"the {G} groups, so the variance is 0, the output the bias; "
                             "use fewer groups")
        return in_shape

    def extra_repr(self) -> str:
        return f"{self.num_channels}, {plural(self.num_groups, 'group')}{affine_words(self)}"


class InstanceNorm2d(ChannelNorm):
    """Instance normalisation:  (N, C, H, W) -> (N, C, H, W), a mean for each image and channel.

    Parameters
    ----------
    num_features : int                          C
    eps : float, default 1e-5                   added to the variance, above 0
    momentum : float, default 0.1               share of the new batch in the running averages
    affine : bool, default False                learn `weight` and `bias`, each (C,)
    track_running_stats : bool, default False   keep the averages over images and batches, and use
                                                them in eval(); else training and test are the same
    bias : bool, default True                   by name; False leaves out `bias` alone

    `num_batches_tracked` stays 0, as PyTorch's: batches are not counted, so momentum None, their
    plain mean, is refused (PyTorch's averages would stay where they start).
    Raises ValueError for images of one pixel: their output would be the bias whatever the input.
    """

    counted = 0

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1,
                 affine: bool = False, track_running_stats: bool = False, *,
                 bias: bool = True) -> None:
        if track_running_stats and momentum is None:
            raise ValueError("InstanceNorm2d: momentum must lie in 0..1, got None; batches are not "
                             "counted here, so their plain mean is not known; give a number")
        super().__init__(num_features, eps, momentum, affine, track_running_stats, bias=bias)

    def count(self, x: Tensor) -> int:
        return prod(x.shape[2:])

    def by_batch(self, x: Tensor, *affine: Tensor) -> Tensor:
        image = StandardiseFn((2, 3), self.eps)            # one mean for each image and channel
        if self.running_mean is not None:
            check_inputs(image, (x, self.running_mean))
        y = image(x)                                       # (N, C, H, W)
        if affine:
            weight, bias = (q.reshape(-1, 1, 1) for q in affine)
            y = y * weight + bias
        if x.numel():                                      # averages over the images, (C,)
            self.track(average(image.mean, (0, 2, 3)), average(image.var, (0, 2, 3)), self.count(x))
        return y

    def out_shape(self, in_shape: Shape) -> Shape:
        return self.check_channels(self.image(in_shape))

    def extra_repr(self) -> str:
        nothing = self.weight is None and self.bias is None
        return f"{self.num_features}" if nothing else f"{super().extra_repr()}, affine"

    def cure(self, x_shape: Shape) -> str:
        return "normalise while the images are larger than one pixel, or use BatchNorm2d"
