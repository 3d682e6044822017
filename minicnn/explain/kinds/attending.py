"""Attention: whom a token asks, how much it hears of each, and the mean of what they say."""

from math import sqrt

import numpy as np

from minicnn.backend.arrays import Array
from minicnn.explain.explainer import Explainer, explains
from minicnn.explain.explanation import Line, Rows, Working
from minicnn.explain.record import Index
from minicnn.layers.attention import AttentionFn

SHOWN = 10                             # tokens in a table


@explains(AttentionFn)
class Attention(Explainer):
    def head(self, n: int, g: int) -> tuple[Array, Array, Array]:
        """q, k and v (L, d) of one head of one image."""
        D = self.x.shape[2] // 3
        d = D // self.kept.heads
        q, k, v = (self.x[n, :, part * D + g * d:part * D + (g + 1) * d] for part in range(3))
        return q, k, v

    def shares(self, n: int, g: int) -> tuple[Array, Array]:
        """s and a (L, L): how much each token wants to hear, and hears, of each."""
        q, k, _ = self.head(n, g)
        s = q @ k.T / sqrt(q.shape[1])
        e = np.exp(s - s.max(axis=1, keepdims=True))
        return s, e / e.sum(axis=1, keepdims=True)

    def value(self, at: Index) -> Working:
        n, i, column = at
        d = self.y.shape[2] // self.kept.heads
        g, m = divmod(column, d)
        (s, a), v = self.shares(n, g), self.head(n, g)[2]
        order = np.sort(np.argsort(-a[i], kind="stable")[:SHOWN])
        table = Rows(["token", "q . k / sqrt(d)", "share"],
                     [order.tolist(), s[i][order].tolist(), a[i][order].tolist()])
        first = 2 * self.y.shape[2] + column                         # of v in qkv
        return self.sum_of(a[i] * v[:, m], lambda j: f"token {j}   share x v", a[i], v[:, m],
                           before=[Line(f"head {g} of {self.kept.heads}, d = {d}: token {i} asks "
                                        f"{len(v)} tokens"), table],
                           leads=lambda j: (0, (n, j, first)), what="sum of share x value")

    def gradient(self, number_: int, at: Index) -> Working:
        n, i, column = at
        D = self.y.shape[2]
        part, inner = divmod(column, D)
        d = D // self.kept.heads
        g, m = divmod(inner, d)
        (q, k, v), (_, a) = self.head(n, g), self.shares(n, g)
        dy = self.dy[n, :, g * d:(g + 1) * d]                        # (L, d)
        if part == 2:
            return self.sum_of(a[:, i] * dy[:, m], lambda j: f"token {j} heard   share x dy",
                               a[:, i], dy[:, m], what="sum over who listened to this value")
        da = dy @ v.T                                                # (L, L)
        ds = a * (da - (da * a).sum(axis=1, keepdims=True)) / sqrt(d)
        before = Line("ds = share (dshare - sum of dshare share) / sqrt(d), dshare = dy . v")
        if part == 0:
            return self.sum_of(ds[i] * k[:, m], lambda j: f"token {j}   ds x k", ds[i], k[:, m],
                               before=[before], what="sum over the tokens it asked")
        return self.sum_of(ds[:, i] * q[:, m], lambda j: f"token {j}   ds x q", ds[:, i], q[:, m],
                           before=[before], what="sum over the tokens that asked it")
