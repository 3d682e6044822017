"""Networks that answer every pixel with a class: images (N, C, H, W) to scores (N, classes, H, W).

One file is one family.  What they share is in segmenter.py (rows whose paths cross, layers of a
given size) and trunks.py (VGG-16 and ResNet without their last layers).
"""

from collections.abc import Callable
from types import ModuleType

from minicnn.layers.module import Module
from minicnn.models.segmentation import (
    deeplab,
    deeplab_v3,
    dilated,
    farabet,
    fcn,
    fcn_resnet,
    nabla,
    pspnet,
    r2unet,
    refinenet,
    sam_toy,
    segnet,
    unet,
)

__all__ = ["SEGMENTERS"]

FAMILIES: tuple[ModuleType, ...] = (fcn, fcn_resnet, segnet, unet, r2unet, nabla, dilated, deeplab,
                                    deeplab_v3, pspnet, refinenet, sam_toy, farabet)

SEGMENTERS: dict[str, Callable[..., Module]] = {
    name: constructor for family in FAMILIES for name, constructor in family.NETWORKS.items()}
