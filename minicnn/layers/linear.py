"""Fully connected layer: every output sees every input.

    y[n, d] = sum_m x[n, m] w[d, m] + b[d]          y = x @ w^T + b
    dx = dy @ w,   dw = dy^T @ x,   db = sum_n dy[n]

Source: LeCun et al. 1998, section II.B (F6).  Lectures: unicamp "Fully Connected Layer", stanford
"Fully-Connected Layers".
"""

from minicnn import init
from minicnn.autograd.engine import Function
from minicnn.autograd.tensor import Tensor
from minicnn.backend.cpu.linear import linear
from minicnn.backend.versions import faster, in_float32
from minicnn.backend.windows import whole
from minicnn.layers.module import Module, Parameter, Shape


@faster(linear)
@in_float32
class LinearFn(Function):
    def forward(self, x, w, b=0.0):                        # (N, M), (D, M), (D,)
        self.x, self.w = x, w
        return x @ w.T + b                                 # (N, D)

    def backward(self, dy):                                # (N, D)
        dx = dy @ self.w                                   # (N, M)
        dw = dy.T @ self.x                                 # (D, M)
        db = dy.sum(axis=0)                                # (D,)
        return (dx, dw, db)[:len(self.needs_grad)]         # without b, no db


class Linear(Module):
    """Fully connected layer:  (N, M) -> (N, D).

    Parameters
    ----------
    in_features, out_features : int    M and D
    bias : bool, default True

    weight is (D, M), bias (D,), both uniform within 1 / sqrt(M) at the start, as in PyTorch.
    """

    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        self.in_features = whole(in_features, "Linear: in_features")
        self.out_features = whole(out_features, "Linear: out_features")
        draw = init.uniform(in_features ** -0.5)
        self.weight = Parameter((out_features, in_features), draw)
        self.bias = Parameter((out_features,), draw) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        self.out_shape(x.shape[1:])                        # checks x
        return LinearFn()(x, self.weight, *([] if self.bias is None else [self.bias]))

    def out_shape(self, in_shape: Shape) -> Shape:
        if len(in_shape) != 1:
            raise ValueError(f"{self.located()}: expected (N, {self.in_features}), got "
                             f"(N, {', '.join(map(str, in_shape))}); put Flatten() before it")
        if in_shape[0] != self.in_features:
            raise ValueError(f"{self.located()}: the input has {in_shape[0]} features, the layer "
                             f"was built for {self.in_features}; is the image size the one the "
                             f"network was made for? else Linear({in_shape[0]}, ...)")
        return (self.out_features,)

    def macs(self, in_shape: Shape, y_shape: Shape) -> int:
        return self.weight.size

    def detail(self) -> str:
        return f"{self.in_features} -> {self.out_features}"


class Flatten(Module):
    """Images to vectors:  (N, C, H, W) -> (N, C H W)."""

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(1)

    def out_shape(self, in_shape: Shape) -> Shape:
        size = 1
        for length in in_shape:
            size *= length
        return (size,)

    def receptive_field(self, in_shape: Shape) -> tuple[tuple[int, int], tuple[int, int]]:
        sides = in_shape[1:] if len(in_shape) == 3 else (1, 1)
        return sides, sides                                # what follows sees the whole image
