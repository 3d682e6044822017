"""Gradient-check cases of layers that drop, join, add, weigh and measure."""

from collections.abc import Callable

import numpy as np

from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import to_device
from minicnn.gradcheck.cases.case import Case, normal
from minicnn.layers.concat import Concat
from minicnn.layers.dropconnect import DropConnectLinear
from minicnn.layers.dropout import Dropout, DropoutFn
from minicnn.layers.linear import LinearFn
from minicnn.layers.partial_conv import LENET_C3_TABLE, PartialConv2d
from minicnn.layers.rbf import RBF
from minicnn.layers.residual import Add, Shortcut
from minicnn.layers.squeeze_excite import SqueezeExcite


def kept(*shape: int) -> np.ndarray:
    """A fixed mask: the check needs the same result each time."""
    return np.random.default_rng(2).random(shape) < 0.6


def dropout(*shape: int) -> Callable[[Tensor], Tensor]:
    return lambda x: DropoutFn(to_device(kept(*shape), x.device), 0.4)(x)


def drop_connect(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    return LinearFn()(x, dropout(3, 4)(w), dropout(3)(b))


CASES = [
    Case("Dropout", "p 0.4", lambda: dropout(2, 3, 2, 2), (normal(2, 3, 2, 2),)),
    Case("Dropout", "p 1", lambda: Dropout(1.0), (normal(2, 3),)),
    Case("Dropout", "test mode", lambda: Dropout(0.4).eval(), (normal(2, 3),)),
    Case("Dropout2d", "p 0.4", lambda: dropout(2, 3, 1, 1), (normal(2, 3, 2, 2),)),
    Case("DropConnectLinear", "p 0.4", lambda: drop_connect,
         (normal(2, 4), normal(3, 4, seed=2), normal(3, seed=3))),
    Case("DropConnectLinear", "test mode", lambda: DropConnectLinear(4, 3).eval(), (normal(2, 4),)),
    Case("Concat", "three branches", Concat,
         (normal(2, 1, 3, 2), normal(2, 3, 3, 2, seed=2), normal(2, 2, 3, 2, seed=3))),
    Case("Add", "block and shortcut", Add, (normal(2, 3, 2, 2), normal(2, 3, 2, 2, seed=2))),
    Case("Shortcut", "A, identity", lambda: Shortcut(2, 2, option="A"), (normal(2, 2, 3, 4),)),
    Case("Shortcut", "A, stride 2, zero channels", lambda: Shortcut(2, 5, 2, "A"),
         (normal(2, 2, 5, 4),)),
    Case("Shortcut", "A, zero channels on both sides",
         lambda: Shortcut(2, 5, 2, "A on both sides"), (normal(2, 2, 5, 4),)),
    Case("Shortcut", "B, stride 2", lambda: Shortcut(2, 3, 2), (normal(2, 2, 5, 4),)),
    Case("Shortcut", "C, no change of shape", lambda: Shortcut(2, 2, option="C"),
         (normal(2, 2, 3, 4),)),
    Case("SqueezeExcite", "reduction 2", lambda: SqueezeExcite(4, 2), (normal(2, 4, 3, 2),)),
    Case("PartialConv2d", "kernel 2x3, 1 or 2 links a map",
         lambda: PartialConv2d(3, 3, (2, 3), [(0, 1), (2, 1), (0,)]), (normal(2, 3, 4, 5),)),
    Case("PartialConv2d", "LeNet-5's C3", lambda: PartialConv2d(6, 16, 2, LENET_C3_TABLE),
         (normal(2, 6, 3, 4),)),
    Case("RBF", "drawn digits", RBF, (normal(2, 84),)),
    Case("RBF", "learnt codes", lambda: RBF(5, 3, learnt=True), (normal(4, 5),)),
]
