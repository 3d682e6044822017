"""Mask R-CNN: Faster R-CNN with a third branch, which says of each box which pixels are its object.

    name                    variant         trunk            image        parameters
    mask_rcnn               "paper"         ResNet-50, FPN   3x800x1344   44,400,436
    maskrcnn_resnet50_fpn   "torchvision"   the same         3x800x1344   44,454,513
    mask_rcnn               "small"         7 convolutions   3x64x64         386,258

They are for 81, 91 and 4 classes; torchvision's has 44,077,773 for 21, and with frozen_norms 53,120
fewer.  MACs of an image with 100 boxes: 268,921,609,472 and 269,193,583,872; of one with 16 boxes
in "small" 87,136,256.

Source: He, Gkioxari, Dollar, Girshick, "Mask R-CNN", ICCV 2017, section 3 and figure 4 (right); its
network with ResNet-50-FPN.  The paper's image has 800 pixels at its shorter side.  Lecture:
memphis, the list "Detection".

Departures from the paper
-------------------------
1. Weights start at random, batch norms learn; the paper starts from ImageNet and keeps them as
   constants: frozen_norms=True, once such weights are loaded.
2. The first stage and the second learn with the rules of Faster R-CNN here: both losses of the
   first are divided by its drawn anchors, the moves bend at 1/9 in the first stage, at 1 in the
   second, anchors stand in the middle of their cells.
3. The target of a mask is a yes or no: whether half of the cell is covered.

Further departures of the other variants
----------------------------------------
4. "torchvision" as in faster_rcnn.py; its masks have a map for the background, which nothing
   trains; the target is the share of the cell, read half a pixel askew; masks are drawn into the
   picture with whole pixels.  Where it gives probabilities (n, 1, H, W), ours are those of at least
   1/2, (n, H, W).
5. "small" has two convolutions of 32 maps with batch norm, and masks of 14 x 14 from 7 x 7.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from minicnn.layers.module import Module
from minicnn.models.detection.faster_rcnn import (
    PUBLISHED,
    check_norms,
    pyramid_parts,
    small_parts,
)
from minicnn.models.detection.fpn import STRIDES
from minicnn.models.detection.masks import MaskBranch
from minicnn.models.detection.pasting import paste, paste_as_torchvision
from minicnn.models.detection.regions import RegionPool
from minicnn.models.detection.two_stage import TwoStage
from minicnn.models.network import check_choice, check_classes

CLASSES = {"paper": 81, "torchvision": 91, "small": 4}


def pyramid_masks(classes: int, as_torchvision: bool) -> MaskBranch:
    """Four 3x3 convolutions of 256 maps on 14 x 14, and masks of 28 x 28."""
    return MaskBranch(RegionPool(14, STRIDES[:4], aligned=not as_torchvision), 256, (256,) * 4,
                      classes, classes if as_torchvision else classes - 1, soft=as_torchvision,
                      pasting=paste_as_torchvision if as_torchvision else paste)


def small_masks(classes: int) -> MaskBranch:
    return MaskBranch(RegionPool(7, (4,)), 64, (32, 32), classes, classes - 1, norm=True)


class MaskRCNN(TwoStage):
    """Mask R-CNN: targets also have `masks` (n, H, W), and so has what it finds.

    Parameters
    ----------
    variant : "paper", "torchvision" or "small"    see the head of this file
    classes : int, optional                        the background counted; 81, 91 or 4
    gated : bool, default False                    GBD-Net's messages in the head: see gated.py
    frozen_norms : bool, default False             the ResNet's batch norms are constants
    norm_eps : float, default 1e-5                 which the frozen ones add to the variance

    >>> MaskRCNN("torchvision").num_parameters()
    44454513
    """

    def __init__(self, variant: str = "paper", classes: int | None = None, gated: bool = False,
                 frozen_norms: bool = False, norm_eps: float = 1e-5) -> None:
        check_choice("MaskRCNN", "variant", variant, CLASSES)
        classes = check_classes("MaskRCNN", CLASSES[variant] if classes is None else classes)
        check_norms("MaskRCNN", variant != "small", frozen_norms, norm_eps)
        theirs = variant == "torchvision"
        parts: dict[str, Any] = small_parts(classes, gated) if variant == "small" else \
            pyramid_parts(classes, gated, frozen_norms, norm_eps, theirs)
        masks = small_masks(classes) if variant == "small" else pyramid_masks(classes, theirs)
        super().__init__(mask_branch=masks, classes=classes, **parts)
        self.variant = variant
        self.published = PUBLISHED if theirs and not gated else {}


NETWORKS: dict[str, Callable[..., Module]] = {
    "mask_rcnn": MaskRCNN,
    "maskrcnn_resnet50_fpn": partial(MaskRCNN, variant="torchvision"),
}
