"""Losses: one number that says how wrong the network's answers are.  Training makes it small.

    softmax cross-entropy   L = -1/N sum_n log p[n, label_n],   p = softmax(logits)
                            dz[n, c] = (p[n, c] - [c is label_n]) / N
    mean squared error      L = mean (a - b)^2                     da = 2 (a - b) / size
    LeNet-5's criterion     L = 1/N sum_n ( y[n, label_n] + log(e^-j + sum_c e^-y[n, c]) )
    L2 penalty              L = strength / 2  sum w^2              dw = strength w

No probability is ever fed to a logarithm: one that rounds to 0 would give an infinite loss.  The
log-sum-exp below subtracts the largest logit first, so that its sum lies between 1 and C.

Sources: LeCun et al. 1998, equation 9; Szegedy et al. 2016, "Rethinking the Inception
architecture", section 7 (label smoothing).  Lectures: virginia, memphis, iitk (softmax as the last
layer), virginia "LeNet-5" (RBF output).
"""

from collections.abc import Iterable
from math import isfinite
from typing import Any

import numpy as np

from minicnn.backend import Array, is_array, sum_dtype, to_cpu, xp_of
from minicnn.engine import Function
from minicnn.functions import concatenate
from minicnn.tensor import Tensor

REDUCTIONS = ("mean", "sum", "none")


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
        xp, dtype = xp_of(z), z.dtype
        z = z.astype(self.a.dtype, copy=False)             # float16 is computed in float32
        z = z - z.max(axis=1, keepdims=True)               # the largest becomes 0: e^z <= 1
        self.e = xp.exp(z)
        self.total = self.e.sum(axis=1, keepdims=True)     # (N, 1)
        self.own = xp.arange(len(z)), self.labels          # where each sample's own class stands
        log_total = xp.log(self.total)
        losses = self.a * (log_total[:, 0] - z[self.own])                   # (N,)
        if self.s is not None:                             # where s is 0: 0 * inf is NaN
            losses += (self.s * xp.where(self.s == 0, 0, log_total - z)).sum(axis=1)
        losses[self.ignored] = 0
        y = losses if self.reduction == "none" else losses.sum() / self.divisor
        return y.astype(dtype, copy=False)

    def backward(self, dy):                                # () or (N,)
        dlosses = dy.reshape(-1, 1).astype(self.a.dtype, copy=False) / self.divisor
        wanted = self.a[:, None] if self.s is None else self.a[:, None] + self.s.sum()
        dz = self.e * (dlosses * wanted / self.total)      # p = e / total
        dz[self.own] -= dlosses[:, 0] * self.a
        if self.s is not None:
            dz -= dlosses * self.s
        dz[self.ignored] = 0
        return dz.astype(dy.dtype, copy=False)             # (N, C)


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


class SquaredErrorFn(Function):
    def __init__(self, reduction: str):
        self.reduction = reduction

    def forward(self, a, b):                               # any shape, the same for both
        dtype = sum_dtype(a.dtype)                         # 300^2 is too much for float16
        self.difference = a.astype(dtype, copy=False) - b.astype(dtype, copy=False)
        self.dtype = a.dtype
        y = self.difference * self.difference
        if self.reduction == "mean":
            y = y.mean()
        elif self.reduction == "sum":
            y = y.sum()
        return y.astype(a.dtype, copy=False)

    def backward(self, dy):
        size = self.difference.size if self.reduction == "mean" else 1
        da = (2 / size * self.difference * dy).astype(self.dtype, copy=False)
        return da, -da


def mse_loss(prediction: Tensor, target: Any, reduction: str = "mean") -> Tensor:
    """Mean squared error of two Tensors (or a Tensor and an array) of one shape.

    Shapes that differ raise ValueError, also where NumPy would broadcast: (N, 1) against (N,)
    compares every prediction with every target.  The mean of an empty batch raises ValueError.

    >>> mse_loss(Tensor([1.0, 2.0]), [1.0, 4.0]).item()
    2.0
    """
    if not isinstance(prediction, Tensor):
        raise TypeError(f"mse_loss: prediction must be a Tensor, got {type(prediction).__name__}; "
                        "wrap it: Tensor(x)")
    check_reduction("mse_loss", reduction)
    target = prediction.lift(target)
    if prediction.shape != target.shape:
        raise ValueError(f"mse_loss: prediction is {prediction.shape}, target {target.shape}; they "
                         "must be equal, give one of them the other's shape: x.reshape(...)")
    if prediction.size == 0 and reduction == "mean":
        raise ValueError("mse_loss: nothing to average, the batch is empty")
    return SquaredErrorFn(reduction)(prediction, target)


def rbf_loss(distances: Tensor, labels: Any, j: float = 1.0) -> Tensor:
    """LeNet-5's criterion for the RBF output: near its own class's code, away from the others.

    distances : Tensor (N, C)       y[n, c], squared distance of sample n to the code of class c
    labels : whole numbers (N,)     as for cross_entropy
    j : float > 0                   distance beyond which another class is pushed no further

        L = 1/N sum_n ( y[n, label_n] + log(e^-j + sum_c e^-y[n, c]) )

    The paper calls this the maximum a posteriori criterion: the image belongs to its class, not to
    another and not to a "rubbish" class at distance j.  So it is the cross-entropy of the logits
    -y with one class more, whose logit is -j.  The paper gives no value for j.

    Source: LeCun et al. 1998, section II.C, equation 9.
    """
    N, C = check_scores("rbf_loss", "distances", distances)
    labels = check_labels("rbf_loss", labels, N, C)
    if not (isfinite(j) and j > 0):
        raise ValueError(f"rbf_loss: j must be a number above 0, got {j}")
    rubbish = distances.lift([[-float(j)]] * N).reshape(N, 1)
    return cross_entropy(concatenate([-distances, rubbish], axis=1), labels, ignore_index=-1)


class L2PenaltyFn(Function):
    def __init__(self, strength: float):
        self.strength = strength

    def forward(self, *ws):
        self.ws = ws
        dtype = sum_dtype(ws[0].dtype)
        squares = sum((w.astype(dtype, copy=False) ** 2).sum() for w in ws)
        return (self.strength / 2 * squares).astype(ws[0].dtype)

    def backward(self, dy):
        strength = self.strength * dy.astype(sum_dtype(dy.dtype))
        return tuple((strength * w).astype(w.dtype, copy=False) for w in self.ws)


def l2_penalty(parameters: Iterable[Tensor], strength: float) -> Tensor:
    """strength / 2 times the sum of the squares of `parameters`: to be added to the loss.

    It is what weight_decay=strength does inside SGD.  Which parameters are held small is yours to
    say; biases usually are not: [p for p in model.parameters() if p.ndim > 1].
    """
    parameters = list(parameters)
    if not parameters:
        raise ValueError("l2_penalty: no parameters; was the generator used up by an earlier call?")
    if not (isfinite(strength) and strength >= 0):
        raise ValueError(f"l2_penalty: strength must be a number >= 0, got {strength}")
    return L2PenaltyFn(float(strength))(*parameters)


# --- checks: on the host and before any arithmetic, because an index that is out of range wraps
# silently on a GPU, and -1 does on the CPU too

def check_scores(name: str, what: str, scores: Any) -> tuple[int, int]:
    """(N, C) of the network's output, or an error."""
    if not isinstance(scores, Tensor):
        raise TypeError(f"{name}: {what} must be a Tensor, got {type(scores).__name__}; "
                        "wrap it: Tensor(x)")
    if scores.ndim != 2 or scores.shape[1] == 0:
        raise ValueError(f"{name}: {what} must be (N, C), one row of C scores for each sample, got "
                         f"{scores.shape}")
    return scores.shape


def check_reduction(name: str, reduction: str) -> None:
    if reduction not in REDUCTIONS:
        raise ValueError(f'{name}: reduction must be "mean", "sum" or "none", got {reduction!r}')


def check_labels(name: str, labels: Any, N: int, C: int, ignore_index: int | None = None
                 ) -> np.ndarray:
    """Labels as whole numbers (N,) in the computer's memory, each in 0 ... C-1 or ignore_index."""
    labels = labels.data if isinstance(labels, Tensor) else labels
    labels = to_cpu(labels) if is_array(labels) else np.asarray(labels)
    if labels.shape != (N,):
        cure = ""
        if labels.ndim == 2 and len(labels) == N:
            cure = ("; take the column: labels[:, 0]" if labels.shape[1] == 1
                    else "; one-hot rows become indices by labels.argmax(axis=1)")
        raise ValueError(f"{name}: labels must be ({N},), one class index for each of the {N} "
                         f"samples, got {labels.shape}{cure}")
    if N == 0:
        return np.zeros(0, np.int64)
    if labels.dtype.kind not in "iu":
        raise TypeError(f"{name}: labels must be class indices, whole numbers, got {labels.dtype}: "
                        f"sample 0 has {labels[0]}; convert: labels.astype('int64')")
    wrong = (labels < 0) | (labels >= C)
    if ignore_index is not None:
        wrong &= labels != ignore_index
    if wrong.any():
        first = int(wrong.argmax())
        raise ValueError(f"{name}: sample {first} has label {labels[first]}, the {C} scores are "
                         f"for classes 0 to {C - 1}; {wrong.sum()} of {N} labels are out of range")
    return labels.astype(np.int64, copy=False)


def class_weights(weight: Any, C: int, dtype: np.dtype) -> np.ndarray:
    """The weights of the classes (C,), ones if none are given."""
    if weight is None:
        return np.ones(C, dtype)
    weight = weight.data if isinstance(weight, Tensor) else weight
    w = np.asarray(to_cpu(weight) if is_array(weight) else weight, dtype)
    if w.shape != (C,):
        raise ValueError(f"cross_entropy: weight must be ({C},), one number for each class, got "
                         f"{w.shape}")
    if not (np.isfinite(w) & (w >= 0)).all():
        raise ValueError("cross_entropy: class weights must be finite and not negative")
    return w
