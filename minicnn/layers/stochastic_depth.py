"""Stochastic depth: in training, whole residual branches are left out at random.

    y[n] = x[n] k_n / (1 - p),    k_n = 0 with probability p, else 1, for each image anew
    dx[n] = dy[n] k_n / (1 - p)

It stands at the end of a residual branch, so where k is 0 the block is its shortcut alone: a deep
network trains as a shallower one, and many shallow ones share its weights.  At test time the branch
is always there; dividing by 1 - p in training is what makes the two agree on average.

Source: Huang et al. 2016, "Deep networks with stochastic depth", section 3 (one draw for the whole
batch: mode "batch"); EfficientNet and ConvNeXt draw for each image ("row").  Lectures: stanford,
"EfficientNet"; memphis, the list with ConvNeXt.
"""

from minicnn.layers.dropout import Dropout
from minicnn.layers.module import Shape


class StochasticDepth(Dropout):
    """Set a residual branch to 0 with probability p, in training only; any shape (N, ...).

    p : float from 0 to 1                  0 is the identity, 1 leaves the branch out always
    mode : "row" (default) or "batch"      one draw for each image, or one for all of them

    >>> from minicnn.autograd.tensor import Tensor
    >>> StochasticDepth(0.4).eval()(Tensor([[1, 2]])).numpy().tolist()
    [[1.0, 2.0]]
    """

    def __init__(self, p: float, mode: str = "row") -> None:
        super().__init__(p)
        if mode not in ("row", "batch"):
            raise ValueError(f'StochasticDepth: mode must be "row" or "batch", got {mode!r}')
        self.mode, self.by_image = mode, mode == "row"

    def mask_shape(self, x_shape: Shape) -> Shape:
        images = x_shape[0] if self.mode == "row" else 1
        return images, *[1] * (len(x_shape) - 1)

    def extra_repr(self) -> str:
        return f"p {self.p:g}, {self.mode}"
