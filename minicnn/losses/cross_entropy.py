"""Softmax cross-entropy: how surprised the network is by the right answer.

    p[n, c]  = e^z[n, c] / sum_k e^z[n, k]                  softmax of the scores z (logits)
    L        = -1/N sum_n log p[n, label_n]
    dz[n, c] = (p[n, c] - [c is label_n]) / N

No probability is ever fed to a logarithm: one that rounds to 0 would give an infinite loss.  The
largest score is subtracted first, so that the sum below the fraction lies between 1 and C.

Sources: Krizhevsky et al. 2012, section 3.5; Szegedy et al. 2016, "Rethinking the Inception
architecture", section 7 (label smoothing).  Lectures: virginia, memphis, iitk (softmax as the last
layer).
"""

from typing import Any

import numpy as np

from minicnn.autograd.engine import Function
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import Array, sum_dtype, xp_of
from minicnn.backend.kernels import in_float32
from minicnn.losses.checks import check_labels, check_reduction, check_scores, class_weights


@in_float32
class CrossEntropyFn(Function):
    """Sample n wants its label by the amount a[n] and, if smoothed, every class c by s[c].

        cost[n, c] = -log p[n, c] = log(sum_k e^z[n, k]) - z[n, c]
        L[n]       = a[n] cost[n, label_n] + sum_c s[c] cost[n, c]
        dz[n, c]   = dL[n] (p[n, c] (a[n] + sum_k s[k]) - a[n] [c is label_n] - s[c])

    ignored : numbers of the samples that count for nothing, whatever their scores and label
    """

    def __init__(self, labels: Array, a: Array, s: Array | None, ignored: Array, divisor: float,
                 reduction: str):
        self.labels, self.a, self.s, self.ignored = labels, a, s, ignored
        self.divisor, self.reduction = divisor, reduction

    def forward(self, z):                                  # (N, C)
        xp = xp_of(z)
        z = z - z.max(axis=1, keepdims=True)               # the largest becomes 0: e^z <= 1
        self.e = xp.exp(z)
        self.total = self.e.sum(axis=1, keepdims=True)     # (N, 1)
        self.own = xp.arange(len(z)), self.labels          # where each sample's own class stands
        log_total = xp.log(self.total)
        losses = self.a * (log_total[:, 0] - z[self.own])                   # (N,)
        if self.s is not None:                             # where s is 0: 0 * inf is NaN
            losses += (self.s * xp.where(self.s == 0, 0, log_total - z)).sum(axis=1)
        losses[self.ignored] = 0
        return losses if self.reduction == "none" else losses.sum() / self.divisor

    def backward(self, dy):                                # () or (N,)
        dlosses = dy.reshape(-1, 1) / self.divisor
        wanted = self.a[:, None] if self.s is None else self.a[:, None] + self.s.sum()
        dz = self.e * (dlosses * wanted / self.total)      # p = e / total
        dz[self.own] -= dlosses[:, 0] * self.a
        if self.s is not None:
            dz -= dlosses * self.s
        dz[self.ignored] = 0
        return dz                                          # (N, C)


def cross_entropy(logits: Tensor, labels: Any, weight: Any = None, ignore_index: int = -100,
                  reduction: str = "mean", label_smoothing: float = 0.0) -> Tensor:
    """Softmax cross-entropy of logits (N, C) with class indices (N,), as PyTorch's.

    Parameters
    ----------
    logits : Tensor (N, C)           scores before the softmax
    labels : whole numbers (N,)      array of any integer dtype, or list; 0 <= label < C
    weight : numbers (C,), optional  importance of each class, w >= 0
    ignore_index : int               samples with this label count for nothing
    reduction : "mean", "sum" or "none"
                                     "mean" divides by the sum of w[label]: by N without weights
    label_smoothing : float in [0, 1]
                                     this share of the target is spread evenly over all classes

    Labels that are out of range, float, bool, one-hot or (N, 1) raise ValueError or TypeError, on
    either device.  Where "mean" has nothing to average (an empty batch, every label ignored) it
    raises ValueError; PyTorch returns NaN.  In float16 a loss above 65,504 is infinity.

    >>> cross_entropy(Tensor([[1e4, 0.0], [0.0, 1e4]]), [1, 1], reduction="none").numpy().tolist()
    [10000.0, 0.0]
    """
    N, C = check_scores("cross_entropy", "logits", logits)
    check_reduction("cross_entropy", reduction)
    if not 0 <= label_smoothing <= 1:
        raise ValueError("cross_entropy: label_smoothing must lie in [0, 1], got "
                         f"{label_smoothing}")
    labels = check_labels("cross_entropy", labels, N, C, ignore_index)
    xp, dtype = xp_of(logits.data), sum_dtype(logits.dtype)
    kept = labels != ignore_index
    labels = np.where(kept, labels, 0)
    w = class_weights(weight, C, dtype)                    # (C,)
    a, s = w[labels] * kept, None                          # (N,)
    divisor = float(a.sum()) if reduction == "mean" else 1.0
    if divisor == 0:
        cause = ("the batch is empty" if N == 0 else
                 f"all {N} labels are ignored (ignore_index={ignore_index}) or have weight 0")
        raise ValueError(f'cross_entropy: nothing to average, {cause}; leave the batch out, or use '
                         'reduction="sum"')
    ignored = np.flatnonzero(~kept if label_smoothing else a == 0)
    if label_smoothing:
        a, s = (1 - label_smoothing) * a, xp.asarray(label_smoothing / C * w)
    labels, a, ignored = map(xp.asarray, (labels, a, ignored))
    return CrossEntropyFn(labels, a, s, ignored, divisor, reduction)(logits)
