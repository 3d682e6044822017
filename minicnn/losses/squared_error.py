"""Mean squared error: the squared distance from the answer to the target.

    L  = sum (a - b)^2 / size
    da = 2 (a - b) / size,   db = -da

Source: LeCun et al. 1998, equation 8.  Lecture: virginia "LeNet-5".
"""

from typing import Any

import numpy as np

from minicnn.autograd.engine import Function
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import is_array
from minicnn.backend.messages import type_name
from minicnn.backend.versions import in_float32
from minicnn.layers.module import Module
from minicnn.losses.checks import check_reduction


@in_float32
class SquaredErrorFn(Function):
    def __init__(self, reduction: str):
        self.reduction = reduction

    def forward(self, a, b):                               # any shape, the same for both
        self.difference = a - b
        y = self.difference ** 2
        return y if self.reduction == "none" else y.sum() if self.reduction == "sum" else y.mean()

    def backward(self, dy):
        size = self.difference.size if self.reduction == "mean" else 1
        da = 2 / size * self.difference * dy
        return da, -da


def as_target(prediction: Tensor, target: Any, name: str = "mse_loss") -> Tensor:
    if hasattr(target, "__array__") and not isinstance(target, Tensor) and not is_array(target):
        target = np.asarray(target).tolist()               # a table's column, as a list of numbers
    try:
        return prediction.lift(target)
    except (TypeError, ValueError) as problem:
        raise TypeError(f"{name}: the target: {problem}") from None


def mse_loss(prediction: Tensor, target: Any, reduction: str = "mean") -> Tensor:
    """Mean squared error of a Tensor and a target of its shape: a Tensor, array, list or column.

    reduction : "mean", "sum" or "none"    "none" keeps the square of each element

    Shapes that differ raise ValueError, also where NumPy would broadcast: (N, 1) against (N,)
    compares every prediction with every target.  The mean of an empty batch raises ValueError.

    >>> mse_loss(Tensor([1.0, 2.0]), [1.0, 4.0]).item()
    2.0
    """
    if not isinstance(prediction, Tensor):
        raise TypeError(f"mse_loss: prediction must be a Tensor, got {type_name(prediction)}; "
                        "wrap it: Tensor(x)")
    check_reduction("mse_loss", reduction)
    target = as_target(prediction, target)
    if prediction.shape != target.shape:
        raise ValueError(f"mse_loss: prediction is {prediction.shape}, target {target.shape}; they "
                         "must be equal, give one of them the other's shape: x.reshape(...)")
    if prediction.numel() == 0 and reduction == "mean":
        raise ValueError("mse_loss: nothing to average, the batch is empty")
    return SquaredErrorFn(reduction)(prediction, target)


class MSELoss(Module):
    """mse_loss as a layer: criterion(prediction, target)."""

    def __init__(self, *, reduction: str = "mean") -> None:
        check_reduction("MSELoss", reduction)
        self.reduction = reduction

    def forward(self, prediction: Tensor, target: Any) -> Tensor:
        return mse_loss(prediction, target, self.reduction)

    def extra_repr(self) -> str:
        return self.reduction
