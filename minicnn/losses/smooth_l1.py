"""Smooth L1 loss: squared for small errors, plain for large ones, so that no box pulls too hard.

    d  = a - b
    L  = d^2 / (2 beta)    where |d| < beta,    else |d| - beta / 2
    da = d / beta          where |d| < beta,    else sign(d);    db = -da

Both parts meet at |d| = beta with one slope.  beta = 0 is the plain absolute error, L1.

Source: Girshick 2015 (Fast R-CNN), equation 3, with beta = 1; Ren et al. 2015 use 1/9.
"""

from typing import Any

from minicnn.autograd.engine import Function
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import xp_of
from minicnn.backend.versions import in_float32
from minicnn.layers.module import Module
from minicnn.losses.checks import check_answers, check_average, check_reduction, reduced
from minicnn.losses.squared_error import as_target


@in_float32
class SmoothL1Fn(Function):
    def __init__(self, beta: float):
        self.beta = beta

    def forward(self, a, b):                               # any shape, the same for both
        xp, beta, self.d = xp_of(a), self.beta, a - b
        far = abs(self.d)
        return far if beta == 0 else xp.where(far < beta, far * far / (2 * beta), far - beta / 2)

    def backward(self, dy):
        xp = xp_of(dy)
        da = dy * (xp.clip(self.d / self.beta, -1, 1) if self.beta else xp.sign(self.d))
        return da, -da


def smooth_l1_loss(prediction: Tensor, target: Any, reduction: str = "mean", beta: float = 1.0
                   ) -> Tensor:
    """Smooth L1 loss of a prediction, a Tensor, and a target of its shape, as PyTorch's.

    reduction : "mean", "sum" or "none"    "none" keeps the loss of each element
    beta : float >= 0                      where the square ends; 0 is the mean absolute error

    Shapes that differ raise ValueError, also where NumPy would broadcast.

    >>> smooth_l1_loss(Tensor([-2.0, -0.5]), [0.0, 0.0], reduction="none").numpy().tolist()
    [1.5, 0.125]
    """
    check_answers("smooth_l1_loss", "prediction", prediction)
    check_average("smooth_l1_loss", reduction, prediction)
    if not 0 <= beta < float("inf"):
        raise ValueError(f"smooth_l1_loss: beta must be a number >= 0, got {beta}")
    target = as_target(prediction, target, "smooth_l1_loss")
    if prediction.shape != target.shape:
        raise ValueError(f"smooth_l1_loss: prediction is {prediction.shape}, target "
                         f"{target.shape}; they must be equal, give one of them the other's shape: "
                         "x.reshape(...)")
    return reduced(SmoothL1Fn(float(beta))(prediction, target), reduction)


class SmoothL1Loss(Module):
    """smooth_l1_loss as a layer: criterion(prediction, target)."""

    def __init__(self, *, reduction: str = "mean", beta: float = 1.0) -> None:
        check_reduction("SmoothL1Loss", reduction)
        self.reduction, self.beta = reduction, beta

    def forward(self, prediction: Tensor, target: Any) -> Tensor:
        return smooth_l1_loss(prediction, target, self.reduction, self.beta)

    def extra_repr(self) -> str:
        return f"{self.reduction}, beta {self.beta:g}"
