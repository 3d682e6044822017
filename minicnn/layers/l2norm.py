"""L2 normalisation: the channels of every pixel become a vector of length 1, times learnt scales.

    s[n, i, j] = sqrt(sum_c x[n, c, i, j]^2)           the length, at least eps
    x_hat = x / s
    y[n, c, i, j] = w_c x_hat[n, c, i, j]

    dw_c = sum of dy x_hat                             over n, i, j
    dx = (g - x_hat sum_c(g x_hat)) / s,  g = w_c dy   along x_hat itself y does not change

An early layer's values can be ten times those of a late one; a detector that reads both would hear
the early one alone.

Source: Liu et al. 2015, "ParseNet", section 3.3; SSD (Liu et al. 2016, section 3.1) normalises
conv4_3 so, with scales that start at 20.  Lecture: memphis, the list with SSD.
"""

from minicnn.autograd.engine import Function
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import xp_of
from minicnn.backend.cuda import channels
from minicnn.backend.versions import faster, in_float32
from minicnn.backend.windows import whole
from minicnn.init import constant
from minicnn.layers.channels import refuse_channels
from minicnn.layers.module import Module, Parameter, Shape


@faster(cuda=channels.l2_norm)
@in_float32
class L2NormFn(Function):
    def __init__(self, eps: float):
        self.eps = eps

    def forward(self, x, w):                               # (N, C, H, W), (C,)
        xp = xp_of(x)
        length = xp.sqrt((x * x).sum(axis=1, keepdims=True))         # (N, 1, H, W)
        self.s, self.moves = xp.maximum(length, self.eps), length >= self.eps
        self.w, self.x_hat = w.reshape(-1, 1, 1), x / self.s
        return self.w * self.x_hat                         # (N, C, H, W)

    def backward(self, dy):                                # (N, C, H, W)
        g, x_hat = self.w * dy, self.x_hat
        along = (g * x_hat).sum(axis=1, keepdims=True)               # (N, 1, H, W)
        bent = xp_of(dy).where(self.moves, x_hat * along, 0)         # s is eps elsewhere
        return (g - bent) / self.s, (dy * x_hat).sum(axis=(0, 2, 3))


class L2Norm(Module):
    """Every pixel's channels to length 1, times `weight`:  (N, C, H, W) -> (N, C, H, W).

    channels : int                    C
    scale : float, default 20         where `weight`, (C,), starts
    eps : float, default 1e-12        the least length that is divided by

    >>> L2Norm(2, scale=10)(Tensor([[[[3]], [[4]]]])).numpy().ravel().round(4).tolist()
    [6.0, 8.0]
    """

    def __init__(self, channels: int, scale: float = 20.0, eps: float = 1e-12) -> None:
        if not eps > 0:
            raise ValueError(f"L2Norm: eps must be above 0, got {eps}; a pixel of zeros would be "
                             "divided by 0")
        self.weight, self.eps = Parameter((whole(channels, "L2Norm: channels"),),
                                          constant(scale)), eps

    def forward(self, x: Tensor) -> Tensor:
        self.out_shape(x.shape[1:])                        # checks x
        return L2NormFn(self.eps)(x, self.weight)

    def out_shape(self, in_shape: Shape) -> Shape:
        if self.image(in_shape)[0] != self.weight.numel():
            refuse_channels(self, in_shape, self.weight.numel(), f"L2Norm({in_shape[0]})")
        return in_shape

    def extra_repr(self) -> str:
        return f"{self.weight.numel()} channels"
