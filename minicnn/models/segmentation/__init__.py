"""Networks that answer every pixel with a class: images (N, C, H, W) to scores (N, classes, H, W).

One file is one family.
"""

from collections.abc import Callable
from types import ModuleType

from minicnn.layers.module import Module

__all__ = ["SEGMENTERS"]

FAMILIES: tuple[ModuleType, ...] = ()

SEGMENTERS: dict[str, Callable[..., Module]] = {
    name: constructor for family in FAMILIES for name, constructor in family.NETWORKS.items()}
