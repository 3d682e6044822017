"""Softmax cross-entropy: how surprised the network is by the right answer.

    p[n, c]  = e^z[n, c] / sum_k e^z[n, k]                  softmax of the scores z (logits)
    loss     = -1/N sum_n log p[n, label_n]
    dz[n, c] = (p[n, c] - (1 if c = label_n else 0)) / N

A map of scores (N, C, H, W) with a label for each pixel is the same, with N H W samples.

The logarithm is taken of the sum, not of p, which may round to 0:

    -log p[n, c] = log sum_k e^z[n, k] - z[n, c]

The largest score is subtracted first, so that this sum lies between 1 and C.

Sources: Krizhevsky et al. 2012, section 3.5; Szegedy et al. 2016, "Rethinking the Inception
architecture", section 7 (label smoothing).  Lectures: virginia, memphis, iitk (softmax as the last
layer).
"""

from typing import Any

import numpy as np

from minicnn.autograd.engine import Function
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import Array, sum_dtype, xp_of
from minicnn.backend.versions import in_float32
from minicnn.layers.module import Module
from minicnn.layers.softmax import minus_largest
from minicnn.losses.checks import (
    check_answers,
    check_labels,
    check_reduction,
    check_smoothing,
    class_weights,
)


@in_float32
class CrossEntropyFn(Function):
    """With weights: a[n] for sample n's own class and, if smoothed, s[c] more for every class c.

        cost[n, c] = -log p[n, c]
        L[n]       = a[n] cost[n, label_n] + sum_c s[c] cost[n, c]
        loss       = sum_n L[n] / divisor,     so dL[n] = dy / divisor
        dz[n, c]   = dL[n] (p[n, c] (a[n] + sum_k s[k]) - a[n] (1 if c = label_n else 0) - s[c])

    Plain: a = 1, s = None, divisor = N.  Else a[n] = (1 - smoothing) w[label_n] and
    s[c] = smoothing w[c] / C.

    a, s : (N,), and (C,) or None;  ignored : places in (N,) of samples that count for nothing

    Of a map everything here has the shape (N, H, W) where (N,) is written, (N, C, H, W) for (N, C).
    """

    def __init__(self, labels: Array, a: Array, s: Array | None, ignored: list[Array],
                 divisor: float, reduction: str):
        self.labels, self.a, self.s, self.ignored = labels, a, s, ignored
        self.divisor, self.reduction = divisor, reduction

    def forward(self, z):                                  # (N, C)
        xp, a, s = xp_of(z), self.a, self.s
        z = minus_largest(z, dim=1)                        # the largest becomes 0: e^z <= 1
        e = xp.exp(z)
        total = e.sum(axis=1, keepdims=True)               # (N, 1)
        self.p, cost = e / total, xp.log(total) - z        # (N, C)
        self.own = own_class(self.labels, xp)              # p[own]: each sample's own class, (N,)
        L = a * cost[self.own]
        if s is not None:
            s = self.s = s.reshape(-1, *[1] * (z.ndim - 2))          # (C,)
            L += (s * xp.where(s == 0, 0, cost)).sum(axis=1)         # 0 * infinity would be NaN
        L[tuple(self.ignored)] = 0                         # as would be 0 * NaN
        return L if self.reduction == "none" else L.sum() / self.divisor

    def backward(self, dy):                                # () or (N,)
        a, s = self.a, self.s
        dL = dy / self.divisor
        if s is None:
            dz = self.p * a[:, None]                       # (N, C)
        else:
            dz = self.p * (a[:, None] + s.sum()) - s
        dz[self.own] -= a
        dz *= dL[:, None] if dL.ndim else dL               # (N, 1) or ()
        dz[(self.ignored[0], slice(None), *self.ignored[1:])] = 0
        return dz


def own_class(labels: Array, xp: Any) -> tuple[Array, ...]:
    """Where in (N, C) each sample's own class is: the index ([0, 1, ...], labels).

    In a map (N, C, H, W) it is (n, labels, h, w), each (N, H, W) or spread to it.
    """
    places = [xp.arange(size).reshape(-1, *[1] * (labels.ndim - 1 - axis))
              for axis, size in enumerate(labels.shape)]
    return places[0], labels, *places[1:]


def cross_entropy(logits: Tensor, labels: Any, weight: Any = None, ignore_index: int = -100,
                  reduction: str = "mean", label_smoothing: float = 0.0) -> Tensor:
    """Softmax cross-entropy of logits (N, C) with class indices (N,), as PyTorch's.

    Parameters
    ----------
    logits : Tensor (N, C)           scores before the softmax; of each pixel, (N, C, H, W)
    labels : whole numbers (N,)      array, list or a table's column; 0 <= label < C; (N, H, W)
    weight : numbers (C,), optional  importance of each class, w >= 0
    ignore_index : int               samples with this label count for nothing; 255 in many maps
    reduction : "mean", "sum" or "none"
                                     "mean" divides by the sum of w[label] of the samples that are
                                     not ignored: by their number without weights
    label_smoothing : float in [0, 1]
                                     this share of the target is spread evenly over all classes

    Labels that are out of range, float, bool, one-hot or (N, 1) raise ValueError or TypeError, on
    either device.  Where "mean" has nothing to average (an empty batch, every label ignored) it
    raises ValueError; PyTorch returns NaN.  In float16 a loss above 65,504 is infinity.

    >>> cross_entropy(Tensor([[1e4, 0.0], [0.0, 1e4]]), [1, 1], reduction="none").numpy().tolist()
    [10000.0, 0.0]
    """
    N, C = check_classes(logits)
    check_reduction("cross_entropy", reduction)
    check_smoothing("cross_entropy", label_smoothing)
    labels = check_labels("cross_entropy", labels, (N, *logits.shape[2:]), C, ignore_index)
    xp, dtype = xp_of(logits.data), sum_dtype(logits.dtype)
    kept = labels != ignore_index
    labels = np.where(kept, labels, 0)                     # any class will do: a is 0 there
    w = class_weights(weight, C, dtype)                    # (C,)
    a, s = w[labels] * kept, None                          # (N,)
    divisor = float(a.sum()) if reduction == "mean" else 1.0
    if divisor == 0:
        cause = ("the batch is empty" if labels.size == 0 else
                 f"all {labels.size} labels are ignored (ignore_index={ignore_index}) or have "
                 "weight 0")
        raise ValueError(f'cross_entropy: nothing to average, {cause}; leave the batch out, or use '
                         'reduction="sum"')
    # With smoothing a sample of a class of weight 0 still pays s, so only the others are ignored.
    ignored = list(np.nonzero(~kept if label_smoothing else a == 0))
    if label_smoothing:
        a, s = (1 - label_smoothing) * a, xp.asarray(label_smoothing / C * w)
    labels, a, *ignored = map(xp.asarray, (labels, a, *ignored))
    return CrossEntropyFn(labels, a, s, ignored, divisor, reduction)(logits)


def check_classes(logits: Any) -> tuple[int, int]:
    """(N, C) of scores (N, C), or of maps (N, C, H, W)."""
    check_answers("cross_entropy", "logits", logits)
    if logits.ndim < 2 or logits.shape[1] == 0:
        raise ValueError("cross_entropy: logits must be (N, C), one row of C scores for each "
                         f"sample, or maps (N, C, H, W); got {logits.shape}")
    return logits.shape[:2]


class CrossEntropyLoss(Module):
    """cross_entropy with its settings, as a layer: criterion(logits, labels)."""

    def __init__(self, weight: Any = None, *, ignore_index: int = -100, reduction: str = "mean",
                 label_smoothing: float = 0.0) -> None:
        check_reduction("CrossEntropyLoss", reduction)
        check_smoothing("CrossEntropyLoss", label_smoothing)
        self.weight, self.ignore_index = weight, ignore_index
        self.reduction, self.label_smoothing = reduction, label_smoothing

    def forward(self, logits: Tensor, labels: Any) -> Tensor:
        return cross_entropy(logits, labels, self.weight, self.ignore_index, self.reduction,
                             self.label_smoothing)

    def extra_repr(self) -> str:
        smoothing = f", label smoothing {self.label_smoothing:g}" if self.label_smoothing else ""
        return self.reduction + ", with class weights" * (self.weight is not None) + smoothing
