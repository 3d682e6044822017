"""Fully connected layer: every output sees every input.

    y[n, d] = sum_m x[n, m] w[d, m] + b[d]          y = x @ w^T + b
    dx = dy @ w,   dw = dy^T @ x,   db = sum_n dy[n]

Source: LeCun et al. 1998, section II.B (F6).  Lectures: unicamp "Fully Connected Layer", stanford
"Fully-Connected Layers".
"""

from math import prod

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
    bias : bool, default True          False leaves b out

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
                             f"(N, {', '.join(map(str, in_shape))}); {self.cure(in_shape)}")
        if in_shape[0] != self.in_features:
            raise ValueError(f"{self.located()}: the input has {in_shape[0]} features, the layer "
                             f"was built for {self.in_features}; is the image size the one the "
                             f"network was made for? else Linear({in_shape[0]}, ...)")
        return (self.out_features,)

    def cure(self, in_shape: Shape) -> str:
        M, D = self.in_features, self.out_features
        if len(in_shape) == 2 and in_shape[1] == M:
            return f"TokenLinear({M}, {D}) takes each of the {in_shape[0]} tokens"
        if not in_shape:
            return "one vector still needs the batch axis, x[None]"
        came = prod(in_shape)
        return "put Flatten() before it" + ("" if came == M else
                                            f", and make it Linear({came}, {D})")

    def macs(self, in_shape: Shape, y_shape: Shape) -> int:
        return self.weight.numel()

    def extra_repr(self) -> str:
        bias = ", no bias" if self.bias is None else ""
        return f"{self.in_features} -> {self.out_features}{bias}"


class Flatten(Module):
    """Images to vectors:  (N, C, H, W) -> (N, C H W).

    start_dim, end_dim : int, default 1 and -1    the axes that become one, counted with N

    >>> Flatten(2).shape((64, 7, 7))              # each map a row
    (64, 49)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        if start_dim == 0:
            raise ValueError("Flatten: start_dim 0 would mix the samples of a batch; write "
                             "x.flatten() in forward if that is meant")
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, x: Tensor) -> Tensor:
        self.out_shape(x.shape[1:])                        # checks x
        return x.flatten(self.start_dim, self.end_dim)

    def out_shape(self, in_shape: Shape) -> Shape:
        axes = len(in_shape) + 1
        first, last = (dim % axes if -axes <= dim < axes else 0
                       for dim in (self.start_dim, self.end_dim))
        if not 1 <= first <= last:
            raise ValueError(f"{self.located()}: no axes from {self.start_dim} to {self.end_dim} in"
                             f" (N, {', '.join(map(str, in_shape))})")
        return *in_shape[:first - 1], prod(in_shape[first - 1:last]), *in_shape[last:]

    def receptive_field(self, in_shape: Shape) -> tuple[tuple[int, int], tuple[int, int]]:
        sides = in_shape[1:] if len(in_shape) == 3 else (1, 1)
        return sides, sides                                # what follows sees the whole image

    def extra_repr(self) -> str:
        whole_image = (self.start_dim, self.end_dim) == (1, -1)
        return "" if whole_image else f"axes {self.start_dim} to {self.end_dim}"
