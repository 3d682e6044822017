"""Binary cross-entropy: each answer is a yes or no by itself, from the score z before the sigmoid.

    p  = 1 / (1 + e^-z)
    L  = -(q t log p + (1 - t) log(1 - p))               t: the target, 0 ... 1;  q: pos_weight
       = (1 - t) z + (1 + (q - 1) t) log(1 + e^-z)
    dz = (1 - t) p - q t (1 - p)                          so p - t where q = 1

The logarithm is taken of 1 + e^-z, never of p, which rounds to 0 or 1; and so that e does not
overflow, log(1 + e^-z) = max(-z, 0) + log(1 + e^-|z|).

Source: Goodfellow, Bengio, Courville 2016, "Deep learning", section 6.2.2.2.  Lecture: memphis
"Detection" (is there an object?), "Segmentation" (masks).
"""

from typing import Any

from minicnn.autograd.engine import Function
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import Array, xp_of
from minicnn.backend.versions import in_float32
from minicnn.layers.module import Module
from minicnn.losses.checks import check_answers, check_average, check_reduction, constant, reduced


def softplus(z: Array) -> Array:
    """log(1 + e^z), without overflow."""
    xp = xp_of(z)
    return xp.maximum(z, 0) + xp.log1p(xp.exp(-abs(z)))


def sigmoid_of(z: Array) -> Array:
    """1 / (1 + e^-z), without overflow."""
    xp = xp_of(z)
    e = xp.exp(-abs(z))
    return xp.where(z >= 0, 1, e) / (1 + e)


@in_float32
class BinaryCrossEntropyFn(Function):
    """t, weight, q : arrays that broadcast to z;  weight may be None, q a number."""

    def __init__(self, t: Array, weight: Array | None, q: Any):
        self.t, self.weight, self.q = t, weight, q

    def weighed(self, values):
        """What has the weight 0 is 0, though it be NaN: it counts for nothing."""
        w = self.weight
        return values if w is None else w * xp_of(w).where(w == 0, 0, values)

    def forward(self, z):                                  # any shape
        t, self.z = self.t, z
        return self.weighed((1 - t) * z + (1 + (self.q - 1) * t) * softplus(-z))

    def backward(self, dy):
        p, t = sigmoid_of(self.z), self.t
        return self.weighed(dy * ((1 - t) * p - self.q * t * (1 - p)))


def binary_cross_entropy_with_logits(logits: Tensor, target: Any, weight: Any = None,
                                     reduction: str = "mean", pos_weight: Any = None) -> Tensor:
    """Binary cross-entropy of scores and targets of the same shape, as PyTorch's.

    Parameters
    ----------
    logits : Tensor                  scores before the sigmoid, of any shape
    target : array of that shape     0 ... 1, numbers or booleans; it has no gradient
    weight : number or array, optional
                                     importance of each answer; an array that broadcasts to logits.
                                     What has the weight 0 counts for nothing, not even as NaN
    reduction : "mean", "sum" or "none"
                                     "mean" divides by the number of answers, weighted or not
    pos_weight : number or array, optional
                                     how much more a yes counts: for maps (N, C, H, W) one number
                                     for each channel has the shape (C, 1, 1)

    >>> binary_cross_entropy_with_logits(Tensor([0.0, 1e4]), [1, 1]).item()     # log(2) / 2
    0.3465735912322998
    """
    name = "binary_cross_entropy_with_logits"
    check_answers(name, "logits", logits)
    check_average(name, reduction, logits)
    t = constant(name, "target", target, logits, most=1)
    w, q = (default if given is None else constant(name, what, given, logits, spread=True)
            for what, given, default in (("weight", weight, None), ("pos_weight", pos_weight, 1)))
    return reduced(BinaryCrossEntropyFn(t, w, q)(logits), reduction)


class BCEWithLogitsLoss(Module):
    """binary_cross_entropy_with_logits with its settings, as a layer: criterion(logits, target)."""

    def __init__(self, weight: Any = None, *, reduction: str = "mean", pos_weight: Any = None
                 ) -> None:
        check_reduction("BCEWithLogitsLoss", reduction)
        self.weight, self.reduction, self.pos_weight = weight, reduction, pos_weight

    def forward(self, logits: Tensor, target: Any) -> Tensor:
        return binary_cross_entropy_with_logits(logits, target, self.weight, self.reduction,
                                                self.pos_weight)

    def extra_repr(self) -> str:
        return (self.reduction + ", with weights" * (self.weight is not None)
                + ", with pos_weight" * (self.pos_weight is not None))
