"""From boxes to maps of one size, read from the map of the pyramid that suits each box.

    level = 4 + log2(sqrt(box area) / 224), rounded down and held within the levels there are

A box of 224 x 224 pixels, an image that a classifier sees, is read from the map at 1/16, of which a
ResNet's last stage but one makes it; one half as large from the map at 1/8.  With a single map all
boxes are read from it.

Source: Lin et al. 2017, "Feature pyramid networks for object detection", equation 1.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from minicnn.autograd.functions import cat
from minicnn.autograd.shapes import BATCH
from minicnn.autograd.tensor import Tensor
from minicnn.layers.module import Module, Shape
from minicnn.layers.roi import RoIAlign, RoIPool

WHOLE, MIDDLE = 224, 4                           # side of a box, and its level: at 1 / 2**4


def level_of(boxes: np.ndarray, strides: Sequence[int]) -> np.ndarray:
    """Which map each box is read from, counted from 0:  (n, 4) -> (n,).

    >>> level_of(np.array([[0, 0, 224, 224], [0, 0, 112, 112], [0, 0, 9, 9.]]), (4, 8, 16, 32))
    array([2, 1, 0])
    """
    sides = boxes[:, 2:] - boxes[:, :2]
    size = np.sqrt(np.maximum(sides[:, 0] * sides[:, 1], 1e-12))
    # 1e-6, as in Detectron: a box of exactly 224 pixels is not to fall below its level
    level = np.floor(MIDDLE + np.log2(size / WHOLE) + 1e-6)
    finest = round(np.log2(strides[0]))
    return np.clip(level - finest, 0, len(strides) - 1).astype(np.int64)


def enlarged(boxes: np.ndarray, scale: float) -> np.ndarray:
    """Boxes (n, 4) with the same middles and sides so many times as long."""
    middle, half = (boxes[:, :2] + boxes[:, 2:]) / 2, (boxes[:, 2:] - boxes[:, :2]) / 2
    return np.concatenate([middle - scale * half, middle + scale * half], axis=1)


class RegionPool(Module):
    """A map of size x size for each box, of one map or of several:  -> (K, C, size, size).

    size    : of what comes out
    strides : of the maps, in pixels of the image
    kind    : "align" or "pool"
    points  : RoIAlign's in each bin and direction;  aligned : see minicnn/layers/roi.py
    scale   : each box is made so much larger about its middle first

    Called with the maps and boxes=[(n, 4), ...], one array for each image; where shapes are
    followed, boxes is how many an image has.
    """

    def __init__(self, size: int, strides: Sequence[int], kind: str = "align", points: int = 2,
                 aligned: bool = True, scale: float = 1.0) -> None:
        self.size, self.strides, self.kind, self.scale = size, tuple(strides), kind, scale
        self.points, self.aligned = points, aligned

    def forward(self, *maps: Tensor, boxes: Any) -> Tensor:
        if maps[0].is_shape:
            return maps[0].of((BATCH * boxes, maps[0].shape[1], self.size, self.size))
        numbers = np.repeat(np.arange(len(boxes)), [len(one) for one in boxes])
        together = np.concatenate([np.zeros((0, 4)), *boxes])                  # (K, 4)
        levels = level_of(together, self.strides) if len(self.strides) > 1 else 0 * numbers
        if self.scale != 1:
            together = enlarged(together, self.scale)
        regions = np.concatenate([numbers[:, None], together], axis=1)         # (K, 5)
        pooled, order = [], []
        for level, (x, stride) in enumerate(zip(maps, self.strides, strict=False)):
            own = np.flatnonzero(levels == level)
            if len(own) or not len(levels):
                pooled.append(self.reading(stride)(x, regions[own]))
                order.append(own)
        if len(pooled) == 1:
            return pooled[0]
        return cat(pooled)[np.argsort(np.concatenate(order), kind="stable")]

    def reading(self, stride: int) -> Module:
        if self.kind == "pool":
            return RoIPool(self.size, 1 / stride)
        return RoIAlign(self.size, 1 / stride, self.points, self.aligned)

    def receptive_field(self, in_shape: Shape) -> tuple[tuple[int, int], tuple[int, int]]:
        _, H, W = in_shape
        return (H, W), (0, 0)                              # a box may be the whole image

    def extra_repr(self) -> str:
        words = f"aligned, {self.points} points a bin" if self.kind == "align" else "maximum"
        return f"to {self.size}x{self.size}, {words}"
