"""How good a segmenter is: which share of the pixels is right, and how maps and truth overlap.

All pixels of all pictures go into one table, row = true class, column = answered class.  For each
class k it holds

    TP = table[k, k]      FN = the rest of row k      FP = the rest of column k

    pixel accuracy = sum of TP / all pixels
    IoU            = TP / (TP + FP + FN)              intersection over union, Jaccard index
    Dice           = 2 TP / (2 TP + FP + FN)          = 2 IoU / (1 + IoU)
    mean IoU       = mean over the classes that occur, in the truth or in the answers

The mean is taken once, at the end.  A mean of the batches' IoUs is another number: a class of which
a batch has ten pixels would weigh there as much as one that fills it.

Source: Everingham et al. 2010, section 4.2 (IoU over a whole set); Long et al. 2015, section 5.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from minicnn.backend.messages import type_name
from minicnn.data.door import as_array
from minicnn.data.scene_targets import IGNORED
from minicnn.training.metrics.classification import check_classes


def named_classes(classes: int | Sequence[str], name: str) -> list[str]:
    """The names of the classes, the background first; their numbers where only a count is given."""
    if isinstance(classes, str) or not isinstance(classes, (int, np.integer, Sequence)):
        raise TypeError(f"{name}: classes is a {type_name(classes)}, expected their names, the "
                        "background first, or how many there are with it")
    names = list(map(str, range(classes) if isinstance(classes, (int, np.integer)) else classes))
    if isinstance(classes, bool) or len(names) < 2:
        raise ValueError(f"{name}: classes is {classes!r}, expected at least 2, the background "
                         "is one of them")
    if len(set(names)) < len(names):
        twice = next(one for one in names if names.count(one) > 1)
        raise ValueError(f"{name}: two classes are called {twice!r}")
    return names


class SegmentationMetric:
    """Pixel accuracy, IoU and Dice over a whole set of pictures.

    classes : their names, the background first, or how many there are with it

    >>> metric = SegmentationMetric(["background", "cell"])
    >>> metric.add(np.array([[0, 1, 1, 1]]), np.array([[0, 0, 1, 255]]))
    >>> metric.result()["pixel_accuracy"], metric.per_class()["cell"]["iou"]
    (0.6666666666666666, 0.5)
    """

    def __init__(self, classes: int | Sequence[str]) -> None:
        self.classes = named_classes(classes, "SegmentationMetric")
        self.table = np.zeros((len(self.classes),) * 2, np.int64)      # (true, answered)

    def add(self, answer: Any, class_map: Any) -> None:
        """Count the pixels of a picture, or of a batch.

        answer    : scores (N, classes, H, W), the largest is the answer and of equals the lower
                    class; or the classes themselves, whole numbers (N, H, W).  N may be left out
        class_map : the truth (N, H, W), whole numbers; 255 does not count, whatever is answered

        ValueError for NaN, for sizes that do not go together and for a class that there is not.
        """
        truth = as_array(class_map, "SegmentationMetric: class_map")
        chosen = self.chosen(as_array(answer, "SegmentationMetric: answer"), truth.shape)
        counts = truth != IGNORED
        self.check("class_map", truth[counts])
        self.check("answer", chosen)
        K = len(self.classes)
        cell = truth[counts].astype(np.int64) * K + chosen[counts]     # uint8 would overflow
        self.table += np.bincount(cell, minlength=K * K).reshape(K, K)

    def chosen(self, answer: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """The class of each pixel, in the shape of the truth."""
        K = len(self.classes)
        if answer.shape == shape and len(shape) in (2, 3):
            return answer
        if len(shape) not in (2, 3) or answer.shape != (*shape[:-2], K, *shape[-2:]):
            raise ValueError(f"SegmentationMetric: answer {answer.shape} and class_map {shape}; "
                             f"expected scores (N, {K}, H, W) for {K} classes, or classes "
                             "(N, H, W), and class_map (N, H, W)")
        if np.isnan(answer).any():
            raise ValueError("SegmentationMetric: the scores have NaN in them, whose largest is no "
                             "answer; the network's weights or its input have NaN")
        return answer.argmax(axis=-3)                      # the first, which is the lower class

    def check(self, name: str, values: np.ndarray) -> None:
        check_classes(f"SegmentationMetric: pixels of {name}", values, len(self.classes))

    def per_class(self) -> dict[str, dict[str, float]]:
        """{class: {"iou", "dice", "pixels"}}: pixels are those of the truth.

        IoU and Dice of a class that neither truth nor answers have are NaN: 0 / 0.
        """
        right = self.table.diagonal()
        truths, answers = self.table.sum(axis=1), self.table.sum(axis=0)
        union = truths + answers - right
        return {name: {"iou": ratio(right[k], union[k]),
                       "dice": ratio(2 * right[k], truths[k] + answers[k]),
                       "pixels": int(truths[k])} for k, name in enumerate(self.classes)}

    def absent(self) -> list[str]:
        """The classes that no pixel has, in truth or answer: the means leave them out."""
        return [name for name, found in self.per_class().items() if np.isnan(found["iou"])]

    def result(self) -> dict[str, float]:
        """{"pixel_accuracy", "mean_iou", "mean_dice"}, each from 0 to 1.

        ValueError if no pixel counts.
        """
        if not self.table.any():
            raise ValueError("SegmentationMetric: no pixel has been counted; is every pixel of the "
                             "truth 255?")
        found = self.per_class().values()
        return {"pixel_accuracy": ratio(self.table.trace(), self.table.sum()),
                "mean_iou": float(np.nanmean([one["iou"] for one in found])),
                "mean_dice": float(np.nanmean([one["dice"] for one in found]))}


def ratio(part: int, whole: int) -> float:
    """NaN for 0 / 0."""
    return float(part / whole) if whole else float("nan")
