"""How good a classifier is: errors, top-k errors and the confusion matrix.  NumPy arrays in."""

from typing import Any

import numpy as np

from minicnn.data.door import as_array


def top_k_errors(scores: Any, labels: Any, k: int = 1) -> int:
    """How many images do not have their class among the k best scores.

    scores : (N, classes), larger is better;  labels : (N,), the true classes

    Ties count against the network: the class must be among the k best wherever equals are put.

    Source: virginia, "ImageNet Challenge" (top-5 error).

    >>> top_k_errors(np.array([[0.1, 0.7, 0.2], [0.5, 0.2, 0.3]]), np.array([2, 0]), k=2)
    0
    """
    scores = as_array(scores, "top_k_errors: scores")
    labels = as_array(labels, "top_k_errors: labels")
    if scores.ndim != 2 or labels.shape != scores.shape[:1]:
        raise ValueError(f"top_k_errors: scores {scores.shape} and labels {labels.shape}; expected "
                         "(N, classes) and (N,)")
    if not 1 <= k <= scores.shape[1]:
        raise ValueError(f"top_k_errors: k is {k}, there are {scores.shape[1]} classes")
    check_classes("top_k_errors: labels", labels, scores.shape[1])
    own = scores[np.arange(len(labels)), labels][:, None]            # (N, 1)
    at_least_as_good = (~(scores < own)).sum(axis=1)                 # counts the class itself; NaN
    return int((at_least_as_good > k).sum())                         # is never below, so it errs


def confusion_matrix(predicted: Any, labels: Any, classes: int) -> np.ndarray:
    """Counts (classes, classes): row = true class, column = predicted class.

    >>> confusion_matrix(np.array([0, 1, 1]), np.array([0, 1, 0]), 2).tolist()
    [[1, 1], [0, 1]]
    """
    predicted = as_array(predicted, "confusion_matrix: predictions")
    labels = as_array(labels, "confusion_matrix: labels")
    if predicted.shape != labels.shape or labels.ndim != 1:
        raise ValueError(f"confusion_matrix: predictions {predicted.shape} and labels "
                         f"{labels.shape} must both be (N,)")
    check_classes("confusion_matrix: predictions", predicted, classes)
    check_classes("confusion_matrix: labels", labels, classes)
    cell = labels.astype(np.int64) * classes + predicted             # uint8 would overflow
    return np.bincount(cell, minlength=classes ** 2).reshape(classes, classes)


def check_classes(name: str, values: np.ndarray, classes: int) -> None:
    """Whole numbers from 0 on: -1 as an index would count from the end."""
    if values.dtype.kind not in "iu":
        raise TypeError(f"{name} are {values.dtype}, expected whole numbers")
    if len(values) and not 0 <= values.min() <= values.max() < classes:
        raise ValueError(f"{name} from {values.min()} to {values.max()}, expected 0 to "
                         f"{classes - 1}")
