"""Layer scale: each channel of a residual branch is multiplied by a learnt number, small at first.

    y[n, c, i, j] = gamma_c x[n, c, i, j]
    dgamma_c = sum_{n, i, j} dy x,   dx = gamma_c dy

With gamma = 1e-6 a block starts almost as the identity, however deep the network, and learns how
much of its branch to let in.

Source: Touvron et al. 2021, "Going deeper with image transformers", section 2; used in Liu et al.
2022, "A ConvNet for the 2020s".  Lecture: memphis, the list with ConvNeXt.
"""

from minicnn.autograd.tensor import Tensor
from minicnn.backend.windows import whole
from minicnn.init import constant
from minicnn.layers.module import Module, Parameter, Shape


class LayerScale(Module):
    """Channel c times weight[c]:  (N, C, H, W) -> (N, C, H, W); (N, C) as well.

    channels : int                     C
    init : float, default 1e-6         where `weight`, (C,), starts

    >>> LayerScale(2, 0.5)(Tensor([[2, 4]])).numpy().tolist()
    [[1.0, 2.0]]
    """

    def __init__(self, channels: int, init: float = 1e-6) -> None:
        self.weight = Parameter((whole(channels, "LayerScale: channels"),), constant(init))

    def forward(self, x: Tensor) -> Tensor:
        self.out_shape(x.shape[1:])                        # checks x
        return x * self.weight.reshape(-1, *[1] * (x.ndim - 2))

    def out_shape(self, in_shape: Shape) -> Shape:
        C = self.weight.numel()
        if not in_shape or in_shape[0] != C:
            raise ValueError(f"{self.located()}: the input has {in_shape[0] if in_shape else 'no'} "
                             f"channels, the layer was built for {C}")
        return in_shape

    def extra_repr(self) -> str:
        return f"{self.weight.numel()} channels"
