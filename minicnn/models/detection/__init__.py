"""Networks that answer with boxes: what stands where in a picture.

One file is one family.
"""

from collections.abc import Callable
from types import ModuleType

from minicnn.layers.module import Module
from minicnn.models.detection import fast_rcnn, faster_rcnn, mask_rcnn, rcnn, ssd, udnet, yolo

__all__ = ["DETECTORS"]

FAMILIES: tuple[ModuleType, ...] = (ssd, yolo, udnet, rcnn, fast_rcnn, faster_rcnn, mask_rcnn)

DETECTORS: dict[str, Callable[..., Module]] = {
    name: constructor for family in FAMILIES for name, constructor in family.NETWORKS.items()}
