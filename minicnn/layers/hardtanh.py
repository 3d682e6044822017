"""ReLU6 and hard tanh: straight between two limits, flat beyond them.

    hard tanh    y = min(max(x, a), b)          dx = dy where a < x < b, else 0
    ReLU6        the same with a = 0, b = 6

A number that is never above 6 keeps its digits in 8-bit arithmetic, for which MobileNets are meant.

Source: Krizhevsky 2010, "Convolutional deep belief networks on CIFAR-10" (the limit of 6); Sandler
et al. 2018, "MobileNetV2", section 3.  Lecture: stanford, "MobileNets".
"""

from minicnn.autograd.engine import Function
from minicnn.autograd.tensor import Tensor
from minicnn.backend.cpu.activations import hardtanh
from minicnn.backend.masks import where_kept
from minicnn.backend.versions import elementwise, faster
from minicnn.backend.windows import truth
from minicnn.layers.module import Module


@elementwise
@faster(cpu=hardtanh)
class HardtanhFn(Function):
    def __init__(self, low: float, high: float):
        self.low, self.high = low, high

    def forward(self, x):
        y = x.clip(self.low, self.high)
        self.inside = (y != self.low) & (y != self.high)   # NaN, too, is let through
        return y

    def backward(self, dy):
        return where_kept(dy, self.inside)


class Hardtanh(Module):
    """x, but not below min_val and not above max_val; NaN stays NaN.

    inplace : without effect, as in ReLU

    >>> Hardtanh()(Tensor([-3, 0.5, 3])).numpy().tolist()
    [-1.0, 0.5, 1.0]
    """

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0,
                 inplace: bool = False) -> None:
        truth(inplace, f"{type(self).__name__}: inplace")  # without effect, as in ReLU
        if not min_val < max_val:
            raise ValueError(f"{type(self).__name__}: min_val must be below max_val, got {min_val} "
                             f"and {max_val}")
        self.min_val, self.max_val = float(min_val), float(max_val)

    def forward(self, x: Tensor) -> Tensor:
        return HardtanhFn(self.min_val, self.max_val)(x)

    def extra_repr(self) -> str:
        return f"from {self.min_val:g} to {self.max_val:g}"


class ReLU6(Hardtanh):
    """min(max(x, 0), 6): the activation of MobileNet v2."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(0.0, 6.0, inplace)
