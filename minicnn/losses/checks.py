"""What losses accept.  Checked on the host and before any arithmetic.

An index that is out of range wraps silently on a GPU, and -1 does on the CPU too.
"""

from typing import Any

import numpy as np

from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import is_array, to_cpu
from minicnn.backend.messages import type_name
from minicnn.backend.windows import is_whole

REDUCTIONS = ("mean", "sum", "none")


def check_scores(name: str, what: str, scores: Any) -> tuple[int, int]:
    """(N, C) of the network's output, or an error."""
    if not isinstance(scores, Tensor):
        raise TypeError(f"{name}: {what} must be a Tensor, got {type_name(scores)}; "
                        "wrap it: Tensor(x)")
    if scores.ndim != 2 or scores.shape[1] == 0:
        raise ValueError(f"{name}: {what} must be (N, C), one row of C scores for each sample, got "
                         f"{scores.shape}; does the network end with Flatten(), Linear(...)?")
    return scores.shape


def check_reduction(name: str, reduction: str) -> None:
    if reduction not in REDUCTIONS:
        raise ValueError(f'{name}: reduction must be "mean", "sum" or "none", got {reduction!r}')


def check_smoothing(name: str, label_smoothing: float) -> None:
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"{name}: label_smoothing must lie in [0, 1], got {label_smoothing}")


def on_the_host(name: str, labels: Any) -> tuple[np.ndarray, str]:
    """Labels as a NumPy array, and a word for that array in terms of what the user gave."""
    if isinstance(labels, Tensor):
        return to_cpu(labels.data), "labels.data"
    if is_array(labels):
        return to_cpu(labels), "labels"
    try:
        return np.asarray(labels), "np.asarray(labels)"    # a list, a column of a table, ...
    except ValueError:
        raise ValueError(f"{name}: labels must be one class index for each sample, got "
                         f"{type_name(labels)} whose parts differ in length") from None


def check_labels(name: str, labels: Any, N: int, C: int, ignore_index: int | None = None
                 ) -> np.ndarray:
    """Labels as whole numbers (N,) in the computer's memory, each in 0 ... C-1 or ignore_index."""
    labels, word = on_the_host(name, labels)
    if labels.shape != (N,):
        cure = ""
        if not labels.ndim:
            cure = "; give a list or an array"
        if labels.ndim == 2 and len(labels) == N:
            cure = (f"; take the column: {word}[:, 0]" if labels.shape[1] == 1
                    else f"; one-hot rows become indices by {word}.argmax(axis=1)")
        raise ValueError(f"{name}: labels must be ({N},), one class index for each of the {N} "
                         f"samples, got {labels.shape}{cure}")
    if N == 0:
        return np.zeros(0, np.int64)
    if labels.dtype.kind not in "iu":
        refuse_others(name, labels, word)
    wrong = (labels < 0) | (labels >= C)
    if ignore_index is not None:
        wrong &= labels != ignore_index
    if wrong.any():
        first = int(wrong.argmax())
        raise ValueError(f"{name}: sample {first} has label {labels[first]}, the {C} scores are "
                         f"for classes 0 to {C - 1}; {wrong.sum()} of {N} labels are out of range")
    return labels.astype(np.int64, copy=False)


def refuse_others(name: str, labels: np.ndarray, word: str) -> None:
    """TypeError unless all labels are whole numbers, which objects may be, too."""
    number = 0
    if labels.dtype.kind == "O":
        number = next((n for n, label in enumerate(labels) if not is_whole(label)), len(labels))
    if number == len(labels):
        return
    cure = f"convert: {word}.astype('int64')"
    if isinstance(labels[number], str):
        cure = "number the classes: [names.index(label) for label in labels]"
    elif labels[number] is None or labels[number] != labels[number]:
        cure = "leave the samples without a label out"
    raise TypeError(f"{name}: labels must be class indices, whole numbers, got {labels.dtype}: "
                    f"sample {number} has {labels[number]}; {cure}")


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
