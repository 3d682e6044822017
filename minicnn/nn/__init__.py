"""PyTorch's torch.nn: the layers, the losses as layers, nn.functional and nn.init.

    import minicnn.nn as nn
    import minicnn.nn.functional as F

Layers live in layers/, losses in losses/, starting values in init.py; this room hands them on under
the names that a student knows.  docs/from_pytorch.md has the whole list.
"""

from typing import NoReturn

from minicnn import layers
from minicnn.layers import *  # noqa: F403
from minicnn.layers.elsewhere import refuse
from minicnn.losses.binary_cross_entropy import BCEWithLogitsLoss
from minicnn.losses.cross_entropy import CrossEntropyLoss
from minicnn.losses.smooth_l1 import SmoothL1Loss
from minicnn.losses.squared_error import MSELoss
from minicnn.nn import functional, init

__all__ = [*layers.__all__, "BCEWithLogitsLoss", "CrossEntropyLoss", "MSELoss", "SmoothL1Loss",
           "functional", "init"]


def __getattr__(name: str) -> NoReturn:
    """A name that is not here: an error with what to write."""
    refuse(name, __all__, "minicnn.nn")
