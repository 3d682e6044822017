"""Focal loss: binary cross-entropy that looks away from what the network answers well already.

Of 100,000 anchors a handful see an object.  The easy ones cost little each, and together they drown
the few; so the cost of an answer is multiplied by how wrong it is, to the power of gamma:

    s   = z where the target is 1, -z where it is 0
    p_t = 1 / (1 + e^-s)                                   probability of the right answer
    L   = -a_t (1 - p_t)^gamma log p_t                     a_t: alpha for 1, 1 - alpha for 0
    ds  = a_t (1 - p_t)^gamma (gamma p_t log p_t + p_t - 1)

gamma = 0 is binary cross-entropy.

Source: Lin et al. 2017, "Focal loss for dense object detection", section 3 and appendix A.
"""

from typing import Any

from minicnn.autograd.engine import Function
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import Array, xp_of
from minicnn.backend.versions import in_float32
from minicnn.losses.binary_cross_entropy import sigmoid_of, softplus
from minicnn.losses.checks import check_answers, check_average, constant, reduced


@in_float32
class FocalFn(Function):
    """sign : 1 where the target is 1, else -1;  a : a_t, an array or 1;  gamma : the power."""

    def __init__(self, sign: Array, a: Any, gamma: float):
        self.sign, self.a, self.gamma = sign, a, gamma

    def forward(self, z):                                  # any shape
        s = self.sign * z
        self.miss, self.cost = sigmoid_of(-s), softplus(-s)          # 1 - p_t,  -log p_t
        return self.a * self.miss ** self.gamma * self.cost

    def backward(self, dy):
        miss = self.miss
        ds = -self.a * miss ** self.gamma * (self.gamma * (1 - miss) * self.cost + miss)
        return dy * self.sign * ds


def sigmoid_focal_loss(logits: Tensor, target: Any, alpha: float = 0.25, gamma: float = 2.0,
                       reduction: str = "none") -> Tensor:
    """Focal loss of scores and targets of the same shape, as torchvision's.

    Parameters
    ----------
    logits : Tensor                  scores before the sigmoid, of any shape
    target : array of that shape     0 or 1; it has no gradient
    alpha : float in [0, 1], or -1   weight of the ones; -1 leaves both weights out
    gamma : float >= 0               how much the easy answers are played down
    reduction : "none", "mean" or "sum"
                                     "none" keeps the loss of each answer

    The paper divides the sum by the number of positive anchors (at least 1):
    sigmoid_focal_loss(z, t, reduction="sum") / max(t.sum(), 1).

    >>> z, t = Tensor([3.0, -3.0]), [1, 1]         # right and wrong
    >>> sigmoid_focal_loss(z, t).numpy().round(6).tolist()
    [2.700000004551839e-05, 0.691569983959198]
    """
    name = "sigmoid_focal_loss"
    check_answers(name, "logits", logits)
    check_average(name, reduction, logits)
    t = constant(name, "target", target, logits, most=1)
    if not ((t == 0) | (t == 1)).all():
        raise ValueError(f"{name}: targets must be 0 or 1, not something between")
    if not (alpha == -1 or 0 <= alpha <= 1):
        raise ValueError(f"{name}: alpha must lie in [0, 1], or be -1 for none; got {alpha}")
    if not 0 <= gamma < float("inf"):
        raise ValueError(f"{name}: gamma must be a number >= 0, got {gamma}")
    a = 1 if alpha == -1 else xp_of(t).where(t == 1, alpha, 1 - alpha).astype(t.dtype)
    return reduced(FocalFn(2 * t - 1, a, gamma)(logits), reduction)
