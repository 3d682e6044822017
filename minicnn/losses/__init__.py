"""One number that says how wrong the network's answers are; training makes it small.

The losses, one file each; here they are handed on: minicnn.losses.cross_entropy.
"""

from typing import NoReturn

from minicnn.layers.elsewhere import refuse
from minicnn.losses.binary_cross_entropy import BCEWithLogitsLoss, binary_cross_entropy_with_logits
from minicnn.losses.cross_entropy import CrossEntropyLoss, cross_entropy
from minicnn.losses.dice import dice_loss
from minicnn.losses.focal import sigmoid_focal_loss
from minicnn.losses.l2_penalty import l2_penalty
from minicnn.losses.rbf import rbf_loss
from minicnn.losses.smooth_l1 import SmoothL1Loss, smooth_l1_loss
from minicnn.losses.squared_error import MSELoss, mse_loss
from minicnn.losses.style import gram, total_variation

__all__ = ["BCEWithLogitsLoss", "CrossEntropyLoss", "MSELoss", "SmoothL1Loss",
           "binary_cross_entropy_with_logits", "cross_entropy", "dice_loss", "gram",
           "l2_penalty", "mse_loss", "rbf_loss", "sigmoid_focal_loss", "smooth_l1_loss",
           "total_variation"]


def __getattr__(name: str) -> NoReturn:
    """A name that is not here: an error with what to write."""
    refuse(name, __all__, "minicnn.losses")
