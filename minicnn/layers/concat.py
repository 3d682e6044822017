"""Concatenation of channels: the maps of several branches, stacked one behind the other.

    y = [x_1; x_2; ...]        (N, C_1, H, W), (N, C_2, H, W), ... -> (N, C_1 + C_2 + ..., H, W)

Each branch receives the slice of dy that lies at its channels.

Sources: Szegedy et al. 2015 (Inception), Huang et al. 2017 (DenseNet), Ronneberger et al. 2015
(U-Net).  Lectures: stanford and unicamp "Naive Inception module", virginia "GoogLeNet
Inception Module".
"""

from minicnn.autograd.functions import concatenate
from minicnn.autograd.tensor import Tensor
from minicnn.layers.module import Module, Shape


class Concat(Module):
    """Join branches along the channels; images of one size, or vectors.

    >>> Concat().shape((128, 28, 28), (192, 28, 28), (96, 28, 28), (256, 28, 28))
    (672, 28, 28)
    """

    def forward(self, *branches: Tensor) -> Tensor:
        self.out_shape(*[x.shape[1:] for x in branches])
        for number, x in enumerate(branches):
            if len(x) != len(branches[0]):
                raise ValueError(f"{self.located()}: branch {number} has {len(x)} samples, branch "
                                 f"0 {len(branches[0])}; the branches must see the same batch")
        return concatenate(branches, axis=1)

    def out_shape(self, *in_shapes: Shape) -> Shape:
        if not in_shapes:
            raise ValueError(f"{self.located()}: nothing to join; call it with the branches, "
                             "concat(a, b)")
        first = in_shapes[0]
        for number, shape in enumerate(in_shapes):
            if len(shape) < 1 or shape[1:] != first[1:]:
                raise ValueError(f"{self.located()}: branch {number} gives {shape}, branch 0 gives "
                                 f"{first}; all sizes but the channels must agree: do strides and "
                                 "paddings match?")
        return sum(shape[0] for shape in in_shapes), *first[1:]
