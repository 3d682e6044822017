"""Dropout: in training each unit is silenced with probability p, so that none relies on another.

    y = x k / (1 - p),    k = 0 with probability p, else 1, drawn anew at each call
    dx = dy k / (1 - p)   with the same k

Division by 1 - p keeps the mean of y at x ("inverted" dropout), so that eval mode is the identity.
The paper multiplies by 1 - p at test time instead, which is the same network.

Sources: Hinton et al. 2012; Krizhevsky et al. 2012, section 4.2; Tompson et al. 2015, "Efficient
object localization", section 3.2 (whole channels).  Lecture: unicamp "Dropout".
"""

from minicnn.autograd.engine import Function
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import Array, device_of, to_device, xp_of
from minicnn.backend.cpu import dropout as cpu
from minicnn.backend.cuda import chance
from minicnn.backend.together import random_numbers
from minicnn.backend.versions import faster
from minicnn.backend.windows import truth
from minicnn.layers.module import Module, Shape


@faster(cpu=cpu.dropout, cuda=chance.dropout)
class DropoutFn(Function):
    """`kept` is k: an array of booleans that broadcasts against x."""

    def __init__(self, kept: Array, p: float):
        self.kept, self.scale = kept, 1 / (1 - p) if p < 1 else 0.0

    def forward(self, x):
        return xp_of(x).where(self.kept, x, 0) * self.scale          # infinity * 0 would be NaN

    def backward(self, dy):
        return xp_of(dy).where(self.kept, dy, 0) * self.scale


def checked_probability(p: float, name: str) -> float:
    if not 0 <= p <= 1:                                    # NaN fails this too
        raise ValueError(f"{name}: p is the probability of dropping, from 0 to 1, got {p}")
    return float(p)


def drop(x: Tensor, p: float, shape: Shape, each: int | None = None) -> Tensor:
    """Dropout with a mask of `shape`; one seed gives the same mask on every device.

    x : any shape;  p : the probability
    each : the number of pictures, if the mask's first axis counts them
    """
    return DropoutFn(drawn(x.data, shape, p, each), p)(x)


@faster(cpu=cpu.drawn, cuda=chance.drawn)
def drawn(x, shape, p, each):
    """k, of `shape`, on the device of the array x."""
    return to_device(random_numbers(shape, each) >= p, device_of(x))


class Dropout(Module):
    """Set each value to 0 with probability p, in training mode only.

    p : float from 0 to 1, default 0.5    0 is the identity, 1 gives zeros
    inplace : bool                        without effect, as in ReLU

    >>> Dropout(0.4).eval()(Tensor([1, 2, 3])).numpy().tolist()
    [1.0, 2.0, 3.0]
    """

    by_image = True                                        # a mask for each, not one for all

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        truth(inplace, f"{type(self).__name__}: inplace")  # without effect, as in ReLU
        self.p = checked_probability(p, type(self).__name__)

    def forward(self, x: Tensor) -> Tensor:
        self.out_shape(x.shape[1:])                        # checks x
        if not self.training or self.p == 0:
            return x
        return drop(x, self.p, self.mask_shape(x.shape), x.shape[0] if self.by_image else None)

    def out_shape(self, in_shape: Shape) -> Shape:
        return in_shape

    def mask_shape(self, x_shape: Shape) -> Shape:
        return x_shape

    def extra_repr(self) -> str:
        return f"p {self.p:g}"


class Dropout2d(Dropout):
    """Set whole feature maps to 0 with probability p:  (N, C, H, W) -> (N, C, H, W).

    Neighbouring pixels of a map say much the same; dropping them one by one removes little.
    """

    def out_shape(self, in_shape: Shape) -> Shape:
        return self.image(in_shape)

    def mask_shape(self, x_shape: Shape) -> Shape:
        return *x_shape[:2], 1, 1
