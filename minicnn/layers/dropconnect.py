"""DropConnect: dropout of weights instead of units.

    y = x @ (w k / (1 - p))^T + b k' / (1 - p),    each k, k' 0 with probability p, else 1

The gradients are those of a fully connected layer with the remaining weights; a dropped weight
receives none.  Dropout of the inputs is the special case in which whole columns of w go together.

Here one mask serves all images of a batch.  The paper draws a mask for every image, which needs N
different weight matrices.  In eval mode the layer uses all weights, the mean network; the paper
samples instead from a Gaussian with the mean and variance of the masked sums, which is left out.

Source: Wan et al. 2013, "Regularization of neural networks using DropConnect", section 3.
Lecture: unicamp "Dropout vs. DropConnect".
"""

from minicnn.autograd.tensor import Tensor
from minicnn.layers.dropout import checked_probability, drop
from minicnn.layers.linear import Linear, LinearFn


class DropConnectLinear(Linear):
    """Fully connected layer that drops weights and biases in training mode:  (N, M) -> (N, D).

    Parameters
    ----------
    in_features, out_features : int       M and D
    p : float from 0 to 1, default 0.5    probability of dropping each weight
    bias : bool, default True             False leaves b out
    """

    def __init__(self, in_features: int, out_features: int, p: float = 0.5,
                 bias: bool = True) -> None:
        super().__init__(in_features, out_features, bias)
        self.p = checked_probability(p, "DropConnectLinear")

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return super().forward(x)
        self.out_shape(x.shape[1:])                        # checks x
        weights = [self.weight] if self.bias is None else [self.weight, self.bias]
        return LinearFn()(x, *[drop(w, self.p, w.shape) for w in weights])

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, p {self.p:g}"
