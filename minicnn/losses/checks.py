"""What losses accept.  Checked on the host and before any arithmetic.

An index that is out of range wraps silently on a GPU, and -1 does on the CPU too.
"""

from typing import Any

import numpy as np

from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import is_array, to_cpu

REDUCTIONS = ("mean", "sum", "none")


def check_scores(name: str, what: str, scores: Any) -> tuple[int, int]:
    """(N, C) of the network's output, or an error."""
    if not isinstance(scores, Tensor):
        raise TypeError(f"{name}: {what} must be a Tensor, got {type(scores).__name__}; "
                        "wrap it: Tensor(x)")
    if scores.ndim != 2 or scores.shape[1] == 0:
        raise ValueError(f"{name}: {what} must be (N, C), one row of C scores for each sample, got "
                         f"{scores.shape}; does the network end with Flatten(), Linear(...)?")
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
