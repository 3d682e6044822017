"""L2 penalty: large weights cost something, as weight decay has it.

    L  = strength / 2  sum w^2
    dw = strength w

Source: Krizhevsky et al. 2012, section 5 (weight decay).
"""

from collections.abc import Iterable
from math import isfinite

from minicnn.autograd.engine import Function
from minicnn.autograd.tensor import Tensor
from minicnn.backend.versions import in_float32


@in_float32
class L2PenaltyFn(Function):
    def __init__(self, strength: float):
        self.strength = strength

    def forward(self, *ws):
        self.ws = ws
        return self.strength / 2 * sum((w ** 2).sum() for w in ws)

    def backward(self, dy):
        return tuple(self.strength * dy * w for w in self.ws)


def l2_penalty(parameters: Iterable[Tensor], strength: float) -> Tensor:
    """strength / 2 times the sum of the squares of `parameters`: to be added to the loss.

    It is what weight_decay=strength does inside SGD.  Which parameters are held small is yours to
    say; biases usually are not: [p for p in model.parameters() if p.ndim > 1].
    """
    parameters = list(parameters)
    if not parameters:
        raise ValueError("l2_penalty: no parameters; was the generator used up by an earlier call?")
    if not (isfinite(strength) and strength >= 0):
        raise ValueError(f"l2_penalty: strength must be a number >= 0, got {strength}")
    return L2PenaltyFn(float(strength))(*parameters)
