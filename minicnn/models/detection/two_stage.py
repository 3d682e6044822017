"""Detectors in two stages: a trunk, proposals, and a second look at each proposal.

    maps      = backbone(images)
    proposals = rpn(maps)                        Faster and Mask R-CNN; in Fast R-CNN they are given
    boxes     = roi_heads(maps, proposals)
    masks     = mask_branch(maps, boxes)         Mask R-CNN

In training both stages learn at once from the same maps, and every random draw comes from the
package's generator (minicnn/backend/seeds.py): one seed gives one run, and a resumed run goes on as
if nothing had happened.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import to_cpu
from minicnn.backend.messages import type_name
from minicnn.layers.module import Module, Shape
from minicnn.models.detection.batching import AsGiven, Batch, ResizeAndNormalise
from minicnn.models.detection.detector import Detections, Detector, Target
from minicnn.models.detection.masks import MaskBranch
from minicnn.models.detection.roi_heads import RoIHeads
from minicnn.models.detection.rpn import RegionProposals

CERTAIN = 0.5                                    # probability from which a pixel is the object's


class TwoStage(Detector):
    """backbone, rpn, roi_heads and, if there is one, mask_branch."""

    def __init__(self, backbone: Module, rpn: RegionProposals, roi_heads: RoIHeads,
                 mask_branch: MaskBranch | None, classes: int, input_shape: Shape,
                 batching: AsGiven | ResizeAndNormalise) -> None:
        self.backbone, self.rpn, self.roi_heads = backbone, rpn, roi_heads
        self.mask_branch, self.masks = mask_branch, mask_branch is not None
        self.classes, self.input_shape, self.batching = classes, input_shape, batching

    def outputs(self, x: Tensor) -> tuple[Tensor, ...]:
        """Everything before boxes are computed of it: z and t of each map, the scores and moves of
        each region, and where there is a mask branch the masks of the boxes found.
        """
        maps = self.backbone(x)
        z, t = self.rpn(*maps)
        if x.is_shape:
            heads = self.roi_heads(maps, self.rpn.rule.after[1])
            masks = [self.mask_branch(maps, self.roi_heads.rule.most)] if self.mask_branch else []
            return *z, *t, *heads, *masks
        images = list(x)
        proposals = self.proposals(images, maps, z, t, Batch(x, [one.shape[1:] for one in images]))
        return *z, *t, *self.roi_heads(maps, proposals)

    def proposals(self, images: list[Tensor], maps: Sequence[Tensor], z: Sequence[Tensor],
                  t: Sequence[Tensor], batch: Batch) -> list[np.ndarray]:
        # Read once, for both: a GPU is waited for.
        z, t = ([Tensor(to_cpu(answer.data)) for answer in answers] for answers in (z, t))
        refuse_nan(self, images, *z, *t)
        return self.rpn.proposals(z, t, self.rpn.anchors(maps, batch.size), batch)

    def losses(self, images: list[Tensor], targets: list[Target]) -> dict[str, Tensor]:
        if self.mask_branch is not None:
            targets = [check_masks(type(self).__name__, number, target, x.shape[1:])
                       for number, (target, x) in enumerate(zip(targets, images, strict=True))]
        batch, targets = self.batching(images, targets)
        maps = self.backbone(batch.x)
        z, t = self.rpn(*maps)
        terms = self.rpn.losses(z, t, self.rpn.anchors(maps, batch.size), batch, targets)
        self.total(terms, images)                          # a NaN is named before it is proposed
        drawn = [self.roi_heads.draw(boxes, target) for boxes, target
                 in zip(self.proposals(images, maps, z, t, batch), targets, strict=True)]
        terms |= self.roi_heads.losses(maps, drawn)
        if self.mask_branch is not None:
            terms |= self.mask_branch.losses(maps, drawn, targets)
        return terms

    @no_grad()
    def detections(self, images: list[Tensor]) -> Detections:
        batch, _ = self.batching(images)
        maps = self.backbone(batch.x)
        z, t = self.rpn(*maps)
        proposals = self.proposals(images, maps, z, t, batch)
        scores, moves = self.roi_heads(maps, proposals)
        refuse_nan(self, images, scores, moves)
        found = self.roi_heads.found(scores, moves, proposals, batch)
        sizes = [x.shape[1:] for x in images]
        if self.mask_branch is None:
            return self.batching.back(found, batch, sizes)
        masks = self.mask_branch.found(maps, found)
        return [{**one, "masks": self.mask_branch.pasting(cells, one["boxes"], size) >= CERTAIN}
                for one, cells, size
                in zip(self.batching.back(found, batch, sizes), masks, sizes, strict=True)]


def refuse_nan(detector: Detector, images: list[Tensor], *answers: Tensor) -> None:
    """ValueError if an answer is NaN: every comparison would drop its box without a word."""
    if any(np.isnan(to_cpu(answer.data)).any() for answer in answers):
        raise ValueError(f"{type_name(detector)}: a score or a move is NaN"
                         f"{detector.cause(images)}")


def check_masks(name: str, number: int, target: Target, size: tuple[int, int]) -> Target:
    """The target of a picture of that size, with masks (n, H, W) bool."""
    where, n = f"{name}: picture {number}", len(target["boxes"])
    if "masks" not in target:
        raise TypeError(f"{where}: its target has no masks; expected masks ({n}, {size[0]}, "
                        f"{size[1]}), the pixels of each object; boxes alone train Faster R-CNN")
    masks: Any = target["masks"]
    masks = np.asarray(masks.data if isinstance(masks, Tensor) else masks)
    if masks.shape != (n, *size):
        raise ValueError(f"{where}: masks of shape {masks.shape}; expected {(n, *size)}, one of "
                         "the picture's size for each box")
    if masks.dtype != bool and not ((masks == 0) | (masks == 1)).all():
        raise ValueError(f"{where}: masks must be 0 and 1, or booleans; got values from "
                         f"{masks.min()} to {masks.max()}; of a picture of numbered objects: "
                         "[picture == number for number in ...]")
    return {**target, "masks": masks.astype(bool)}
