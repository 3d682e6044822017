"""Images as sequences of tokens, and what a transformer does to a sequence besides attention.

    tokens       z[n, i W + j, d] = x[n, d, i, j]          each pixel of a map becomes a row
    class token  z = [c; z_1; ...; z_L]                    dc = sum_n dz[n, 0]
    positions    y[n, l] = z[n, l] + p[l]                  dp = sum_n dy[n]
    linear       y[n, l] = w z[n, l] + b                   the same weights for every token

A convolution whose stride is its kernel cuts an image into patches and maps each to D numbers.
After that, positions have to be told, because attention does not see which token stood where.

Source: Dosovitskiy et al. 2021, "An image is worth 16x16 words", section 3.1, equations 1 to 4.
Lecture: memphis, "Transformer (such as ViT)".
"""

from math import prod

from minicnn.autograd.functions import broadcast_to, concatenate
from minicnn.autograd.tensor import Tensor
from minicnn.backend.windows import whole
from minicnn.init import normal
from minicnn.layers.linear import Linear, LinearFn
from minicnn.layers.module import Module, Parameter, Shape, zeros


def check_tokens(layer: Module, in_shape: Shape, features: int) -> Shape:
    """(L, D), or an error that says what came instead of L tokens of `features` numbers."""
    if len(in_shape) != 2:
        cure = "; put ImageToTokens() before it" if len(in_shape) == 3 else ""
        raise ValueError(f"{layer.located()}: expected tokens (N, L, {features}), got "
                         f"(N, {', '.join(map(str, in_shape))}){cure}")
    if in_shape[1] != features:
        raise ValueError(f"{layer.located()}: the tokens have {in_shape[1]} features, the layer "
                         f"was built for {features}")
    return in_shape


class ImageToTokens(Module):
    """Pixels as rows:  (N, D, H, W) -> (N, H W, D).

    >>> ImageToTokens().shape((768, 14, 14))
    (196, 768)
    """

    def forward(self, x: Tensor) -> Tensor:
        self.out_shape(x.shape[1:])                        # checks x
        N, D, H, W = x.shape
        return x.permute(0, 2, 3, 1).reshape(N, H * W, D)            # (N, H W, D)

    def out_shape(self, in_shape: Shape) -> Shape:
        return prod(self.image(in_shape)[1:]), in_shape[0]


class ClassToken(Module):
    """A learnt token in front of the others:  (N, L, D) -> (N, L + 1, D).

    embed_dim : int    D; `weight`, (D,), starts from 0
    """

    def __init__(self, embed_dim: int) -> None:
        self.weight = Parameter((whole(embed_dim, "ClassToken: embed_dim"),), zeros)

    def forward(self, x: Tensor) -> Tensor:
        self.out_shape(x.shape[1:])                        # checks x
        first = broadcast_to(self.weight.reshape(1, 1, -1), (len(x), 1, self.weight.numel()))
        return concatenate([first, x], axis=1)             # (N, L + 1, D)

    def out_shape(self, in_shape: Shape) -> Shape:
        L, D = check_tokens(self, in_shape, self.weight.numel())
        return L + 1, D


class Positions(Module):
    """A learnt row for each place is added:  (N, L, D) -> (N, L, D).

    tokens, embed_dim : int    L and D; `weight`, (L, D), starts normal with std 0.02
    """

    def __init__(self, tokens: int, embed_dim: int) -> None:
        self.weight = Parameter((whole(tokens, "Positions: tokens"),
                                 whole(embed_dim, "Positions: embed_dim")), normal(0.02))

    def forward(self, x: Tensor) -> Tensor:
        self.out_shape(x.shape[1:])                        # checks x
        return x + self.weight

    def out_shape(self, in_shape: Shape) -> Shape:
        L, D = check_tokens(self, in_shape, self.weight.shape[1])
        if self.weight.shape[0] != L:
            raise ValueError(f"{self.located()}: {L} tokens came, there are positions for "
                             f"{self.weight.shape[0]}; the image must have the size that the "
                             "network was built for")
        return in_shape

    def extra_repr(self) -> str:
        return f"{self.weight.shape[0]} tokens"


class FirstToken(Module):
    """The class token alone:  (N, L, D) -> (N, D)."""

    def forward(self, x: Tensor) -> Tensor:
        self.out_shape(x.shape[1:])                        # checks x
        return x[:, 0]

    def out_shape(self, in_shape: Shape) -> Shape:
        if len(in_shape) != 2 or in_shape[0] < 1:
            raise ValueError(f"{self.located()}: expected tokens (N, L, D), got "
                             f"(N, {', '.join(map(str, in_shape))})")
        return in_shape[1:]


class TokenLinear(Linear):
    """The same fully connected layer for every token:  (N, L, M) -> (N, L, D).

    Parameters as for Linear.

    >>> TokenLinear(768, 3072).shape((197, 768))
    (197, 3072)
    """

    def forward(self, x: Tensor) -> Tensor:
        self.out_shape(x.shape[1:])                        # checks x
        N, L, M = x.shape
        y = LinearFn()(x.reshape(N * L, M), self.weight, *([] if self.bias is None
                                                           else [self.bias]))
        return y.reshape(N, L, self.out_features)          # (N, L, D)

    def out_shape(self, in_shape: Shape) -> Shape:
        return check_tokens(self, in_shape, self.in_features)[0], self.out_features

    def macs(self, in_shape: Shape, y_shape: Shape) -> int:
        return self.weight.numel() * in_shape[0]
