"""Gradient-check cases of the normalisation layers."""

import numpy as np

from minicnn.autograd.tensor import Tensor
from minicnn.gradcheck.cases.case import Case, normal, positive
from minicnn.layers.batchnorm import BatchNorm1d, BatchNorm2d, ChannelNorm
from minicnn.layers.contrast import ContrastNorm
from minicnn.layers.groupnorm import GroupNorm, InstanceNorm2d
from minicnn.layers.layernorm import LayerNorm
from minicnn.layers.lrn import LocalResponseNorm, LocalResponseNormWithin
from minicnn.layers.sync_batchnorm import SyncBatchNormFn

IMAGES = (normal(2, 4, 3, 5),)


def trained(layer: ChannelNorm) -> ChannelNorm:
    """In eval(), with running averages that are not 0 and 1."""
    C = layer.num_features
    layer.running_mean.data = np.linspace(-1, 1, C, dtype=np.float32)
    layer.running_var.data = np.linspace(0.5, 2, C, dtype=np.float32)
    return layer.eval()


def with_a_twin(*inputs: Tensor) -> Tensor:
    """As one of two processes, of which the other has the same pictures."""
    return SyncBatchNormFn(1e-5, lambda array: 2 * array, 0.5)(*inputs)


CASES = [
    Case("SyncBatchNorm", "one of two alike", lambda: with_a_twin,
         (*IMAGES, positive(4), normal(4))),
    Case("SyncBatchNorm", "not affine", lambda: with_a_twin, IMAGES),
    Case("LocalResponseNorm", "AlexNet's: size 5, k 2", lambda: LocalResponseNorm(5, 5e-4, k=2.0),
         (normal(2, 7, 3, 2),)),
    Case("LocalResponseNorm", "strong", lambda: LocalResponseNorm(3, 2.0, 0.6, 0.5), IMAGES),
    Case("LocalResponseNorm", "even size", lambda: LocalResponseNorm(4, 2.0),
         (normal(2, 6, 3, 2),)),
    Case("LocalResponseNorm", "more than the channels", lambda: LocalResponseNorm(9, 2.0), IMAGES),
    Case("LocalResponseNorm", "size 1, beta 1", lambda: LocalResponseNorm(1, 2.0, 1.0), IMAGES),
    Case("LocalResponseNormWithin", "size 3", lambda: LocalResponseNormWithin(3, 2.0), IMAGES),
    Case("LocalResponseNormWithin", "even size", lambda: LocalResponseNormWithin(2, 2.0), IMAGES),
    Case("LocalResponseNormWithin", "more than the image", lambda: LocalResponseNormWithin(7, 2.0),
         IMAGES),
    Case("ContrastNorm", "size 3", lambda: ContrastNorm(3), IMAGES),
    Case("ContrastNorm", "size 9, more than the image", ContrastNorm, IMAGES),
    Case("ContrastNorm", "size 1, images of one pixel", lambda: ContrastNorm(1),
         (normal(2, 3, 1, 1),)),
    Case("ContrastNorm", "eps between contrasts", lambda: ContrastNorm(3, 2.0, 0.9), IMAGES),
    Case("ContrastNorm", "eps above all contrasts", lambda: ContrastNorm(3, eps=9.0), IMAGES),
    Case("BatchNorm2d", "training", lambda: BatchNorm2d(4), IMAGES),
    Case("BatchNorm2d", "eval", lambda: trained(BatchNorm2d(4)), IMAGES),
    Case("BatchNorm2d", "not affine", lambda: BatchNorm2d(4, affine=False), IMAGES),
    Case("BatchNorm2d", "not affine, eval", lambda: trained(BatchNorm2d(4, affine=False)), IMAGES),
    Case("BatchNorm2d", "momentum None", lambda: BatchNorm2d(4, momentum=None), IMAGES),
    Case("BatchNorm2d", "eval by the batch, large eps",
         lambda: BatchNorm2d(4, 0.5, track_running_stats=False).eval(), IMAGES),
    Case("BatchNorm1d", "(N, C), training", lambda: BatchNorm1d(3), (normal(5, 3),)),
    Case("BatchNorm1d", "(N, C), eval", lambda: trained(BatchNorm1d(3)), (normal(5, 3),)),
    Case("BatchNorm1d", "(N, C, L)", lambda: BatchNorm1d(3), (normal(2, 3, 4),)),
    Case("LayerNorm", "vectors", lambda: LayerNorm(5), (normal(4, 5),)),
    Case("LayerNorm", "images", lambda: LayerNorm((4, 3, 5)), IMAGES),
    Case("LayerNorm", "last axis of images", lambda: LayerNorm(5), IMAGES),
    Case("LayerNorm", "no bias", lambda: LayerNorm(5, bias=False), (normal(4, 5),)),
    Case("LayerNorm", "not affine", lambda: LayerNorm(5, 0.5, False), (normal(4, 5),)),
    Case("GroupNorm", "2 groups", lambda: GroupNorm(2, 4), IMAGES),
    Case("GroupNorm", "1 group", lambda: GroupNorm(1, 4), IMAGES),
    Case("GroupNorm", "a group for each channel, not affine", lambda: GroupNorm(4, 4, 0.5, False),
         IMAGES),
    Case("GroupNorm", "vectors", lambda: GroupNorm(2, 6), (normal(3, 6),)),
    Case("InstanceNorm2d", "default", lambda: InstanceNorm2d(4), IMAGES),
    Case("InstanceNorm2d", "affine", lambda: InstanceNorm2d(4, affine=True), IMAGES),
    Case("InstanceNorm2d", "running averages, training",
         lambda: InstanceNorm2d(4, affine=True, track_running_stats=True), IMAGES),
    Case("InstanceNorm2d", "running averages, eval",
         lambda: trained(InstanceNorm2d(4, affine=True, track_running_stats=True)), IMAGES),
]
