"""Mean squared error: the squared distance from the answer to the target.

    L  = 1/size sum (a - b)^2
    da = 2/size (a - b),   db = -da

Source: LeCun et al. 1998, equation 8.  Lecture: virginia "LeNet-5".
"""

from typing import Any

from minicnn.autograd.engine import Function
from minicnn.autograd.tensor import Tensor
from minicnn.backend.versions import in_float32
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


def mse_loss(prediction: Tensor, target: Any, reduction: str = "mean") -> Tensor:
    """Mean squared error of two Tensors (or a Tensor and an array) of one shape.

    Shapes that differ raise ValueError, also where NumPy would broadcast: (N, 1) against (N,)
    compares every prediction with every target.  The mean of an empty batch raises ValueError.

    >>> mse_loss(Tensor([1.0, 2.0]), [1.0, 4.0]).item()
    2.0
    """
    if not isinstance(prediction, Tensor):
        raise TypeError(f"mse_loss: prediction must be a Tensor, got {type(prediction).__name__}; "
                        "wrap it: Tensor(x)")
    check_reduction("mse_loss", reduction)
    target = prediction.lift(target)
    if prediction.shape != target.shape:
        raise ValueError(f"mse_loss: prediction is {prediction.shape}, target {target.shape}; they "
                         "must be equal, give one of them the other's shape: x.reshape(...)")
    if prediction.size == 0 and reduction == "mean":
        raise ValueError("mse_loss: nothing to average, the batch is empty")
    return SquaredErrorFn(reduction)(prediction, target)
