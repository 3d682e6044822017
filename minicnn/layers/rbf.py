"""LeNet-5's output layer: the squared distance from the features to a picture of each class.

    y[n, i] = sum_j (x[n, j] - w[i, j])^2

    dx[n, j] =  2 sum_i dy[n, i] (x[n, j] - w[i, j])
    dw[i, j] = -2 sum_n dy[n, i] (x[n, j] - w[i, j])

The smallest output is the answer: y is a penalty, not a score.  The 84 features of F6 are meant as
a bitmap of 7 x 12 pixels; the codes w are drawn in this file, +1 for ink and -1 for paper, and are
not learnt.  Confusable characters get similar codes, which helps whoever corrects the result later.

Source: LeCun et al. 1998, section II.B and figure 3 (these drawings are our own, in its manner).
Lecture: virginia "LeNet-5" (the row Out).
"""

import numpy as np

from minicnn.autograd.engine import Function
from minicnn.autograd.tensor import Tensor
from minicnn.backend.versions import in_float32
from minicnn.layers.module import Buffer, Module, Parameter, Shape

DIGITS = """
..###..  ...#...  .#####.  .#####.  ....##.
.##.##.  ..##...  ##...##  ##...##  ...###.
##...##  .###...  ##...##  .....##  ..####.
##...##  ...#...  .....##  .....##  ..#.##.
##...##  ...#...  ....##.  ....##.  .##.##.
##...##  ...#...  ...##..  ..###..  .#..##.
##...##  ...#...  ..##...  ....##.  ##..##.
##...##  ...#...  .##....  .....##  #######
##...##  ...#...  ##.....  .....##  ....##.
.##.##.  ...#...  ##.....  ##...##  ....##.
..###..  .#####.  #######  .#####.  ....##.
.......  .......  .......  .......  .......

#######  ..####.  #######  .#####.  .#####.
##.....  .##..##  ##...##  ##...##  ##...##
##.....  ##.....  .....##  ##...##  ##...##
##.....  ##.....  ....##.  ##...##  ##...##
######.  ##.###.  ....##.  .##.##.  ##...##
##...##  ###..##  ...##..  ..###..  .######
.....##  ##...##  ...##..  .##.##.  .....##
.....##  ##...##  ..##...  ##...##  .....##
.....##  ##...##  ..##...  ##...##  .....##
##...##  .##..##  .##....  ##...##  .##.##.
.#####.  ..####.  .##....  .#####.  ..###..
.......  .......  .......  .......  .......
"""


def digit_codes() -> np.ndarray:
    """(10, 84): this file's drawings, row by row, +1 for ink and -1 for paper."""
    codes = []
    for line_of_digits in DIGITS.strip().split("\n\n"):
        rows = [row.split() for row in line_of_digits.split("\n")]
        for picture in zip(*rows, strict=True):                      # 12 strings of 7 characters
            codes.append([1.0 if mark == "#" else -1.0 for mark in "".join(picture)])
    return np.array(codes, np.float32)


@in_float32
class RBFFn(Function):
    def forward(self, x, w):                               # (N, M), (D, M)
        self.x, self.w = x, w
        difference = x[:, None, :] - w                     # (N, D, M)
        return (difference ** 2).sum(axis=2)               # (N, D)

    def backward(self, dy):                                # (N, D)
        dx = 2 * (dy.sum(axis=1, keepdims=True) * self.x - dy @ self.w)
        dw = None
        if self.needs_grad[1]:                             # only if the codes are learnt
            dw = 2 * (dy.sum(axis=0)[:, None] * self.w - dy.T @ self.x)
        return dx, dw


class RBF(Module):
    """Squared distance to the code of each class:  (N, M) -> (N, D).

    Parameters
    ----------
    in_features, classes : int    M and D; for 84 and 10 the codes are the drawn digits, otherwise
                                  +1 and -1 at random, which the paper mentions as the alternative
    learnt : bool, default False  True makes the codes a Parameter that training moves

    The subtractions and squares of the distances are not counted as MACs: tables of LeNet-5 count
    the products of its convolutions and of F6 alone.

    >>> RBF().shape((84,)), RBF().num_parameters(), RBF(learnt=True).num_parameters()
    ((10,), 0, 840)
    """

    def __init__(self, in_features: int = 84, classes: int = 10, learnt: bool = False) -> None:
        if min(in_features, classes) < 1:
            raise ValueError(f"RBF: expected at least 1 feature and 1 class, got {in_features} and "
                             f"{classes}")
        self.in_features, self.classes = in_features, classes
        self.codes = (Parameter if learnt else Buffer)((classes, in_features), self.draw)

    @staticmethod
    def draw(rng: np.random.Generator, shape: Shape) -> np.ndarray:
        return digit_codes() if shape == (10, 84) else rng.choice([-1.0, 1.0], shape)

    def forward(self, x: Tensor) -> Tensor:
        self.out_shape(x.shape[1:])                        # checks x
        return RBFFn()(x, self.codes)

    def out_shape(self, in_shape: Shape) -> Shape:
        if in_shape != (self.in_features,):
            raise ValueError(f"{self.located()}: expected (N, {self.in_features}), got "
                             f"(N, {', '.join(map(str, in_shape))}); the layer before it should be "
                             f"Linear(..., {self.in_features})")
        return (self.classes,)

    def extra_repr(self) -> str:
        return f"{self.in_features} -> {self.classes}"
