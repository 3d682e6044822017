"""Regions for the detectors that do not propose their own: R-CNN and Fast R-CNN.

The papers take 2,000 regions of each picture from selective search, a program that joins pixels of
similar colour into larger and larger regions.  It is not built here.  In its place

    in training   boxes near the truths (each moved and stretched a little), and boxes anywhere
    in test       a grid of windows of several sizes and shapes, the same for every picture

so that both networks train and find things; a real program's regions are handed in as
model(images, targets, proposals).
"""

from collections.abc import Sequence
from itertools import product
from math import ceil, sqrt
from typing import Any, NamedTuple

import numpy as np

from minicnn.autograd.tensor import Tensor
from minicnn.backend.messages import plural
from minicnn.backend.seeds import generator
from minicnn.data.boxes.clip import clip_boxes_to_image, remove_small_boxes
from minicnn.models.detection.detector import Detections, Detector, Target, on_the_host

Size = tuple[int, int]
SMALLEST = 4                                     # pixels: of the sides of a window

Regions = list[np.ndarray]                       # (n, 4) for each picture


class Grid(NamedTuple):
    """Windows: sides in pixels, ratios (height / width), the most to the next one in sides."""

    sides: Sequence[float]
    ratios: Sequence[float]
    step: float


class GivenRegions(Detector):
    """A detector of regions that come from elsewhere, model(images, targets, proposals), or drawn.

    A family writes region_losses and region_detections.

    count : regions of a picture in training, where they are drawn
    grid  : the windows in test
    """

    count: int
    grid: Grid

    def forward(self, images: Any, targets: Any = None, proposals: Any = None) -> Any:
        if isinstance(images, Tensor) and images.is_shape:
            return self.outputs(images)
        pictures = self.check_images(images)
        sizes = [x.shape[1:] for x in pictures]
        given = None if proposals is None else check_proposals(type(self).__name__, proposals,
                                                               sizes)
        if not self.training:
            return self.region_detections(
                pictures, given or [window_grid(size, self.grid) for size in sizes])
        checked = self.check_targets(targets, sizes)
        regions = given or [drawn_windows(target["boxes"], size, self.count, generator())
                            for target, size in zip(checked, sizes, strict=True)]
        return self.total(self.region_losses(pictures, checked, regions), pictures)

    def region_losses(self, images: list[Tensor], targets: list[Target], regions: Regions
                      ) -> dict[str, Tensor]:
        raise TypeError(f"{type(self).__name__} writes no region_losses")

    def region_detections(self, images: list[Tensor], regions: Regions) -> Detections:
        raise TypeError(f"{type(self).__name__} writes no region_detections")


def drawn_windows(truth: np.ndarray, size: Size, count: int, rng: np.random.Generator
                  ) -> np.ndarray:
    """About `count` boxes (n, 4) in a picture of size (H, W): half of them near the truths (m, 4).

    Near is: moved by up to a third of its sides, sides between 2/3 and 3/2 of what they were.
    """
    H, W = size
    near = truth[rng.integers(len(truth), size=count // 2)] if len(truth) else np.zeros((0, 4))
    sides = near[:, 2:] - near[:, :2]                                          # (n, 2)
    middles = (near[:, :2] + near[:, 2:]) / 2 + sides * rng.uniform(-1 / 3, 1 / 3, sides.shape)
    sides = sides * 1.5 ** rng.uniform(-1, 1, sides.shape)
    others = count - len(near)
    long = min(H, W) * 8 ** rng.uniform(-1, 0, (others, 1))                    # 1/8 to all of it
    turn = 2 ** rng.uniform(-0.5, 0.5, (others, 1))
    middles = np.concatenate([middles, rng.uniform(0, 1, (others, 2)) * (W, H)])
    sides = np.concatenate([sides, np.concatenate([long * turn, long / turn], axis=1)])
    return inside(np.concatenate([middles - sides / 2, middles + sides / 2], axis=1), size)


def window_grid(size: Size, grid: Grid) -> np.ndarray:
    """Boxes (n, 4) of every side and ratio all over a picture of size (H, W)."""
    H, W = size
    found = [np.zeros((0, 4))]
    for side, ratio in product(grid.sides, grid.ratios):
        h, w = side * sqrt(ratio), side / sqrt(ratio)
        y, x = np.meshgrid(places(H, h, grid.step), places(W, w, grid.step), indexing="ij")
        found.append(np.stack([x, y, x + w, y + h], axis=-1).reshape(-1, 4))
    return inside(np.concatenate(found), size)


def places(room: float, side: float, step: float) -> np.ndarray:
    """Where windows begin: the first and the last at a border, no more than `step` sides apart."""
    spare = max(room - side, 0)
    return np.linspace(0, spare, ceil(spare / (step * side)) + 1)


def inside(boxes: np.ndarray, size: Size) -> np.ndarray:
    """The parts of the boxes in the picture, without those that are too small."""
    boxes = clip_boxes_to_image(boxes, size)
    return boxes[remove_small_boxes(boxes, min(SMALLEST, *size))].astype(np.float32)


def check_proposals(name: str, proposals: Any, sizes: Sequence[Size]) -> list[np.ndarray]:
    """Regions that were handed in: a list of (n, 4), cut at the borders of pictures of these sizes.
    """
    if not isinstance(proposals, (list, tuple)) or len(proposals) != len(sizes):
        raise ValueError(f"{name}: there are {plural(len(sizes), 'picture')}; expected proposals "
                         "as a list of as many arrays (n, 4)")
    found = []
    for number, (boxes, size) in enumerate(zip(proposals, sizes, strict=True)):
        boxes = on_the_host(boxes).reshape(-1, 4).astype(np.float64)
        if not np.isfinite(boxes).all() or not (boxes[:, :2] <= boxes[:, 2:]).all():
            raise ValueError(f"{name}: picture {number}: proposals must be (x1, y1, x2, y2) in "
                             "pixels, with x1 <= x2 and y1 <= y2, without NaN")
        found.append(inside(boxes, size))
    return found
