"""Capsules: groups of units whose direction says what is seen, and whose length, how surely.

    squash     v = s |s| / (1 + |s|^2)                     length between 0 and 1, same direction
    vote       u_hat[i, j] = w[i, j] u_i                   capsule i foretells capsule j's output
    routing    b[i, j] = 0,  then a few times:
                   c[i, :] = softmax of b[i, :]            capsule i deals its vote out
                   v_j     = squash(sum_i c[i, j] u_hat[i, j])
                   b[i, j] = b[i, j] + u_hat[i, j] . v_j   more to those that agree

Votes for one j that agree with each other add up to a long vector; others cancel.  Unlike pooling,
which throws away where a part was, this keeps its pose.  The gradient passes through all rounds of
the routing: it is composed of matrix products, softmax and squash, whose gradient is

    ds = g dy + s (s . dy) g' / |s|,    g = |s| / (1 + |s|^2),   g' = (1 - |s|^2) / (1 + |s|^2)^2

Source: Sabour, Frosst and Hinton 2017, "Dynamic routing between capsules", sections 2 and 4,
procedure 1.  Lecture: memphis, "CapsuleNet".
"""

from minicnn.autograd.engine import Function
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import xp_of
from minicnn.backend.masks import where_kept
from minicnn.backend.versions import in_float32
from minicnn.backend.windows import whole
from minicnn.init import normal
from minicnn.layers.module import Module, Parameter, Shape
from minicnn.layers.softmax import softmax


def length(s):
    """|s| along the last axis, which keeps length 1."""
    return xp_of(s).sqrt((s * s).sum(axis=-1, keepdims=True))


def not_zero(n):
    """n, but 1 where it is 0: a capsule of zeros would divide 0 by 0."""
    return xp_of(n).where(n == 0, 1, n)


@in_float32
class SquashFn(Function):
    def forward(self, s):                                  # (..., D)
        self.s, self.length = s, length(s)                 # (..., D), (..., 1)
        self.g = self.length / (1 + self.length ** 2)
        return s * self.g

    def backward(self, dy):
        n = self.length
        dy = where_kept(dy, n != 0)                        # at 0 the gradient is 0
        slope = (1 - n * n) / (1 + n * n) ** 2 / not_zero(n)         # g' / |s|
        inner = (self.s * dy).sum(axis=-1, keepdims=True)            # s . dy
        return self.g * dy + self.s * (inner * slope)


@in_float32
class LengthFn(Function):
    def forward(self, v):                                  # (..., D)
        self.v, self.length = v, length(v)
        return self.length[..., 0]                         # (...)

    def backward(self, dy):                                # d|v| / dv = v / |v|, and 0 at 0
        n = self.length
        return self.v * (where_kept(dy[..., None], n != 0) / not_zero(n))


class CapsuleLength(Module):
    """How surely each capsule's thing is there:  (N, J, D) -> (N, J)."""

    def forward(self, x: Tensor) -> Tensor:
        self.out_shape(x.shape[1:])                        # checks x
        return LengthFn()(x)

    def out_shape(self, in_shape: Shape) -> Shape:
        if len(in_shape) != 2:
            raise ValueError(f"{self.located()}: expected capsules (N, J, D), got "
                             f"(N, {', '.join(map(str, in_shape))})")
        return in_shape[:1]


class PrimaryCapsules(Module):
    """Channels of a map taken in groups as capsules:  (N, D M, H, W) -> (N, M H W, D), squashed.

    capsule_dim : int, default 8      D; the channels of one of the M capsule maps lie together
    """

    def __init__(self, capsule_dim: int = 8) -> None:
        self.capsule_dim = whole(capsule_dim, "PrimaryCapsules: capsule_dim")

    def forward(self, x: Tensor) -> Tensor:
        count, D = self.out_shape(x.shape[1:])
        N, C, H, W = x.shape
        maps = x.reshape(N, C // D, D, H * W).transpose(2, 3)                  # (N, M, H W, D)
        return SquashFn()(maps.reshape(N, count, D))

    def out_shape(self, in_shape: Shape) -> Shape:
        (C, H, W), D = self.image(in_shape), self.capsule_dim
        if C % D:
            raise ValueError(f"{self.located()}: {C} channels do not divide into capsules of {D}")
        return C // D * H * W, D

    def receptive_field(self, in_shape: Shape) -> tuple[tuple[int, int], tuple[int, int]]:
        _, H, W = in_shape
        return (H, W), (H, W)                              # what follows sees the whole image

    def extra_repr(self) -> str:
        return f"dimension {self.capsule_dim}"


class RoutedCapsules(Module):
    """Capsules by dynamic routing:  (N, I, D) -> (N, J, E).

    Parameters
    ----------
    in_capsules, in_dim : int       I and D
    out_capsules, out_dim : int     J and E, in the paper a capsule of 16 for each digit
    routing : int, default 3        rounds; 1 gives every capsule the same share

    weight is (I, J, E, D), normal with std 0.1 at the start.
    """

    def __init__(self, in_capsules: int, in_dim: int, out_capsules: int, out_dim: int,
                 routing: int = 3) -> None:
        sizes = {"in_capsules": in_capsules, "out_capsules": out_capsules, "out_dim": out_dim,
                 "in_dim": in_dim, "routing": routing}
        for name, size in sizes.items():
            whole(size, f"RoutedCapsules: {name}")
        self.routing = routing
        self.weight = Parameter((in_capsules, out_capsules, out_dim, in_dim), normal(0.1))

    def forward(self, u: Tensor) -> Tensor:
        self.out_shape(u.shape[1:])                        # checks u
        (I, J, E, D), N = self.weight.shape, len(u)
        votes = self.weight.reshape(I, J * E, D) @ u.permute(1, 2, 0)          # (I, J E, N)
        votes = votes.reshape(I, J, E, N).permute(3, 1, 0, 2)                  # (N, J, I, E)
        c = Tensor(xp_of(u.data).full((N, J, 1, I), 1 / J, dtype=u.dtype))     # softmax of 0
        b = None
        for last in range(self.routing - 1, -1, -1):
            v = SquashFn()(c @ votes)                                          # (N, J, 1, E)
            if last:
                agreement = votes @ v.transpose(2, 3)                          # (N, J, I, 1)
                b = agreement if b is None else b + agreement
                c = softmax(b, dim=1).transpose(2, 3)                          # (N, J, 1, I)
        return v.reshape(N, J, E)

    def out_shape(self, in_shape: Shape) -> Shape:
        I, J, E, D = self.weight.shape
        if in_shape != (I, D):
            raise ValueError(f"{self.located()}: expected {I} capsules of {D}, (N, {I}, {D}), got "
                             f"(N, {', '.join(map(str, in_shape))}); is the image size the one the "
                             "network was made for?")
        return J, E

    def macs(self, in_shape: Shape, y_shape: Shape) -> int:
        I, J, E, D = self.weight.shape
        return I * J * E * (D + 2 * self.routing - 1)      # votes, sums, and agreement between them

    def extra_repr(self) -> str:
        I, J, E, D = self.weight.shape
        return f"{I} of {D} -> {J} of {E}, {self.routing} rounds"
