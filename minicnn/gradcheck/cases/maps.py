"""Gradient-check cases of layers for networks whose answer is a map or boxes.

Blocks with batch norm are in test mode: in training the gradient of a bias before it is 0, and what
is left is rounding.
"""

from functools import partial

from minicnn.autograd.tensor import Tensor
from minicnn.gradcheck.cases.case import Case, apart, normal
from minicnn.layers.attention_gate import AttentionGate
from minicnn.layers.conv_transpose import ConvTranspose2d
from minicnn.layers.frozen_batchnorm import FrozenBatchNorm2d
from minicnn.layers.interpolate import Upsample
from minicnn.layers.l2norm import L2Norm
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.maxunpool import MaxUnpool2d
from minicnn.layers.module import Module
from minicnn.layers.recurrent_unit import RecurrentUnit2d, SharedRecurrentConv2d


class ThereAndBack(Module):
    """Unpooling of what has been pooled: an image with its largest values alone."""

    def __init__(self, kernel_size: int, stride: int | None = None, padding: int = 0) -> None:
        self.pool = MaxPool2d(kernel_size, stride, padding, return_indices=True)
        self.unpool = MaxUnpool2d(kernel_size, stride, padding)

    def forward(self, x: Tensor) -> Tensor:
        y, indices = self.pool(x)
        return self.unpool(y, indices, output_size=x.shape)


CASES = [
    Case("ConvTranspose2d", "3x3", lambda: ConvTranspose2d(2, 3, 3), (normal(2, 2, 3, 4),)),
    Case("ConvTranspose2d", "no bias", lambda: ConvTranspose2d(2, 3, 2, bias=False),
         (normal(2, 2, 3, 4),)),
    Case("ConvTranspose2d", "2x2 stride 2", lambda: ConvTranspose2d(3, 2, 2, 2),
         (normal(2, 3, 2, 3),)),
    Case("ConvTranspose2d", "4x4 stride 2 padding 1", lambda: ConvTranspose2d(2, 2, 4, 2, 1),
         (normal(2, 2, 3, 2),)),
    Case("ConvTranspose2d", "kernel 2x3, stride 3x2, padding 0x1, output padding 2x1",
         lambda: ConvTranspose2d(2, 3, (2, 3), (3, 2), (0, 1), (2, 1)), (normal(2, 2, 3, 2),)),
    Case("ConvTranspose2d", "dilation 3, output padding 2",
         lambda: ConvTranspose2d(2, 2, 2, 2, 1, 2, dilation=3), (normal(2, 2, 3, 2),)),
    Case("ConvTranspose2d", "2 groups", lambda: ConvTranspose2d(4, 6, 3, 2, groups=2),
         (normal(2, 4, 2, 3),)),
    Case("ConvTranspose2d", "each map by itself", lambda: ConvTranspose2d(3, 3, 4, 2, 1, groups=3),
         (normal(2, 3, 2, 3),)),
    *(Case("Upsample", f"{settings}".strip("{}").replace("'", ""), partial(Upsample, **settings),
           (normal(2, 2, 3, 4),)) for settings in (
        {"scale_factor": 2}, {"size": (7, 3)}, {"scale_factor": (0.5, 1.5)},
        {"scale_factor": 2, "mode": "bilinear"}, {"size": (2, 7), "mode": "bilinear"},
        {"scale_factor": (1.5, 0.5), "mode": "bilinear"},
        {"size": (5, 2), "mode": "bilinear", "align_corners": True},
        {"size": 1, "mode": "bilinear", "align_corners": True})),
    Case("MaxUnpool2d", "2x2", lambda: ThereAndBack(2), (apart(2, 2, 4, 6),)),
    Case("MaxUnpool2d", "2x2, odd image", lambda: ThereAndBack(2), (apart(2, 2, 5, 3),)),
    Case("MaxUnpool2d", "kernel 2, stride 3, padding 1", lambda: ThereAndBack(2, 3, 1),
         (apart(2, 2, 5, 4),)),
    Case("L2Norm", "scale 20", lambda: L2Norm(3), (normal(2, 3, 2, 3),)),
    Case("L2Norm", "most lengths below eps", lambda: L2Norm(2, 1.0, eps=1.5),
         (normal(2, 2, 3, 2),)),
    Case("FrozenBatchNorm2d", "", lambda: FrozenBatchNorm2d(3), (normal(2, 3, 2, 3),)),
    Case("AttentionGate", "test mode", lambda: AttentionGate(1, 2, 2).eval(),
         (normal(2, 1, 2, 2), normal(2, 2, 2, 2, seed=2))),
    Case("SharedRecurrentConv2d", "2 steps, test mode", lambda: SharedRecurrentConv2d(1).eval(),
         (normal(2, 1, 3, 2),)),
    Case("RecurrentUnit2d", "1 step, test mode", lambda: RecurrentUnit2d(2, 1, 1).eval(),
         (normal(1, 2, 3, 2),)),
]
