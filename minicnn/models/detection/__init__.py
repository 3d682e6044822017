"""Networks that answer with boxes: what stands where in a picture.

One file is one family.
"""

from collections.abc import Callable
from types import ModuleType

from minicnn.layers.module import Module

__all__ = ["DETECTORS"]

FAMILIES: tuple[ModuleType, ...] = ()

DETECTORS: dict[str, Callable[..., Module]] = {
    name: constructor for family in FAMILIES for name, constructor in family.NETWORKS.items()}
