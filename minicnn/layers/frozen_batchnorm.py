"""Frozen batch norm: the means and scales that training has left, as constants.

    y = weight_c (x - running_mean_c) / sqrt(running_var_c + eps) + bias_c
    dx = weight_c / sqrt(running_var_c + eps) dy

A detector trains on one or two large images at a time, too few for a batch's own statistics.  So it
keeps those of the classifier that it starts from.  All four are buffers: they are saved and loaded,
and nothing learns them or moves them, in training or not.  Before such values are loaded the layer
does nothing, which is no normalisation: do not train a network from nothing with it.

Source: torchvision's FrozenBatchNorm2d; He et al. 2017, "Mask R-CNN", whose networks have it.
Lecture: memphis, the list with Faster and Mask R-CNN.
"""

from minicnn.autograd.tensor import Tensor
from minicnn.backend.windows import whole
from minicnn.layers.channelnorm import BatchNormEvalFn
from minicnn.layers.channels import refuse_channels
from minicnn.layers.module import Buffer, Module, Shape, ones


class FrozenBatchNorm2d(Module):
    """A batch norm that has stopped learning:  (N, C, H, W) -> (N, C, H, W).

    num_features : int              C
    eps : float, default 1e-5       added to the variance; torchvision's detectors of 2019 had 0

    `weight`, `bias`, `running_mean` and `running_var`, (C,), are buffers; BatchNorm2d's values
    load into them by name, without its num_batches_tracked.

    >>> FrozenBatchNorm2d(64).num_parameters(), len(FrozenBatchNorm2d(64).state_dict())
    (0, 4)
    """

    def __init__(self, num_features: int, eps: float = 1e-5) -> None:
        C = self.num_features = whole(num_features, "FrozenBatchNorm2d: num_features")
        if not eps >= 0:
            raise ValueError(f"FrozenBatchNorm2d: eps must be 0 or more, got {eps}")
        self.eps = eps
        self.weight, self.bias = Buffer((C,), ones), Buffer((C,))
        self.running_mean, self.running_var = Buffer((C,)), Buffer((C,), ones)

    def forward(self, x: Tensor) -> Tensor:
        self.out_shape(x.shape[1:])                        # checks x
        return BatchNormEvalFn(self.eps)(x, self.running_mean, self.running_var, self.weight,
                                         self.bias)

    def out_shape(self, in_shape: Shape) -> Shape:
        if self.image(in_shape)[0] != self.num_features:
            refuse_channels(self, in_shape, self.num_features,
                            f"FrozenBatchNorm2d({in_shape[0]})")
        return in_shape

    def extra_repr(self) -> str:
        return f"{self.num_features}"
