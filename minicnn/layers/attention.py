"""Self-attention: every token asks all tokens, and takes a mean of what they answer.

Each token has a query q, a key k and a value v, three linear maps of it.  For each of the heads,

    s[i, j] = q_i . k_j / sqrt(d)          how much token i wants to hear of token j
    a[i, :] = softmax of s[i, :]           shares that add up to 1
    y_i     = sum_j a[i, j] v_j            Y = A V

    dV = A^T dY,   dA = dY V^T,   dS = A (dA - sum_j dA A)
    dQ = dS K / sqrt d,   dK = dS^T Q / sqrt d

The heads have d = D / heads features each and take a mean of their own; their outputs are set side
by side and mixed by a last linear map.  q . k, a sum of d products, grows with sqrt(d): undivided,
it would soon drive the softmax to one token alone, where its gradient vanishes.  The products Q K^T
and A V cost L^2 D each, which is why images come in patches and not in pixels.

Source: Vaswani et al. 2017, "Attention is all you need", section 3.2, equation 1; Dosovitskiy et
al. 2021, appendix A.  Lecture: memphis, "Transformer (such as ViT)", and attention as a design
principle.
"""

from math import isqrt

from minicnn.autograd.engine import Function
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import matmul, xp_of
from minicnn.backend.cpu import attention as cpu
from minicnn.backend.versions import faster, in_float32
from minicnn.backend.windows import whole
from minicnn.layers.containers import Sequential
from minicnn.layers.module import Module, Shape
from minicnn.layers.tokens import TokenLinear, check_tokens


@in_float32
@faster(cpu=cpu.attention)
class AttentionFn(Function):
    def __init__(self, heads: int):
        self.heads = heads

    def forward(self, qkv):                                # (N, L, 3 D): q, k, v of all heads
        xp, G, (N, L, _) = xp_of(qkv), self.heads, qkv.shape
        D = qkv.shape[2] // 3
        parts = qkv.reshape(N, L, 3, G, D // G).transpose(2, 0, 3, 1, 4)
        self.q, self.k, self.v = parts                     # (N, G, L, d)
        self.scale = (D // G) ** -0.5
        s = self.q @ self.k.swapaxes(-1, -2) * self.scale  # (N, G, L, L)
        e = xp.exp(s - s.max(axis=-1, keepdims=True))
        self.a = e / e.sum(axis=-1, keepdims=True)
        y = self.a @ self.v                                # (N, G, L, d)
        return y.transpose(0, 2, 1, 3).reshape(N, L, D)

    def backward(self, dy):                                # (N, L, D)
        N, G, L, d = self.q.shape
        dy = dy.reshape(N, L, G, d).transpose(0, 2, 1, 3)  # (N, G, L, d)
        da = dy @ self.v.swapaxes(-1, -2)                  # (N, G, L, L)
        ds = self.a * (da - (da * self.a).sum(axis=-1, keepdims=True)) * self.scale
        parts = xp_of(dy).empty((3, *self.q.shape), dy.dtype)
        dq, dk, dv = parts                                 # (N, G, L, d) each
        matmul(ds, self.k, out=dq)
        matmul(ds.swapaxes(-1, -2), self.q, out=dk)
        matmul(self.a.swapaxes(-1, -2), dy, out=dv)
        return parts.transpose(1, 3, 0, 2, 4).reshape(N, L, 3 * G * d)


class Attention(Module):
    """Means of values, weighted by queries and keys:  (N, L, 3 D) -> (N, L, D); nothing is learnt.

    The last axis of the input holds all queries, then all keys, then all values.

    embed_dim : int    D, which divides by `num_heads`
    num_heads : int    how many means are taken side by side, each of its own part of D
    """

    def __init__(self, embed_dim: int, num_heads: int) -> None:
        self.embed_dim = whole(embed_dim, "Attention: embed_dim")
        self.num_heads = whole(num_heads, "Attention: num_heads")
        if embed_dim % num_heads:
            raise ValueError(f"Attention: {embed_dim} features do not divide into {num_heads} "
                             "heads")

    def forward(self, x: Tensor) -> Tensor:
        self.out_shape(x.shape[1:])                        # checks x
        return AttentionFn(self.num_heads)(x)

    def out_shape(self, in_shape: Shape) -> Shape:
        return check_tokens(self, in_shape, 3 * self.embed_dim)[0], self.embed_dim

    def macs(self, in_shape: Shape, y_shape: Shape) -> int:
        L, D = y_shape
        return 2 * L * L * D                               # Q K^T and A V

    def receptive_field(self, in_shape: Shape) -> tuple[tuple[int, int], tuple[int, int]]:
        side = isqrt(in_shape[0])                          # of the square of patches
        return (side, side), (1, 1)                        # each token sees them all

    def extra_repr(self) -> str:
        return f"{self.embed_dim}, {self.num_heads} heads"


class SelfAttention(Sequential):
    """Multi-head self-attention:  (N, L, D) -> (N, L, D).

    embed_dim, num_heads : int     D and the number of heads, which divides it

    The parts are `in_proj` (D -> 3 D), `attend` and `out_proj` (D -> D); PyTorch's
    MultiheadAttention calls in_proj.weight in_proj_weight, and has the same numbers in it.

    >>> SelfAttention(768, 12).num_parameters()            # 4 (768 * 768 + 768)
    2362368
    """

    def __init__(self, embed_dim: int, num_heads: int) -> None:
        super().__init__(in_proj=TokenLinear(embed_dim, 3 * embed_dim),
                         attend=Attention(embed_dim, num_heads),
                         out_proj=TokenLinear(embed_dim, embed_dim))
