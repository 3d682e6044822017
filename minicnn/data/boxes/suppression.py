"""Non-maximum suppression: of boxes that overlap much, the one with the highest score stays.

    while boxes are left:
        keep the one with the highest score
        drop those whose IoU with it is larger than the threshold

Of equal scores the first in the list comes first, and a box at exactly the threshold stays: so one
input has one answer on every machine.

Source: Girshick et al. 2014, section 2.  Lecture: memphis "Detection".
"""

from typing import Any

import numpy as np

from minicnn.backend.arrays import is_array, to_cpu
from minicnn.data.boxes.check import as_ordered, as_scores
from minicnn.data.boxes.overlap import areas
from minicnn.data.door import as_array


def nms(boxes: Any, scores: Any, iou_threshold: float) -> np.ndarray:
    """Numbers of the boxes that stay, the highest score first:  (n, 4), (n,) -> (kept,).

    iou_threshold : 0 ... 1;  a box goes if its IoU with a better one is larger than that

    Each box waits for the better ones, so it is done on the host, and the answer is NumPy's.  NaN
    among the scores, NaN or infinity among the corners raises ValueError.

    >>> nms([[0, 0, 10, 10], [1, 0, 11, 10], [20, 0, 30, 10]], [0.8, 0.9, 0.5], 0.5).tolist()
    [1, 2]
    """
    boxes, scores = checked("nms", boxes, scores, iou_threshold)
    order = np.argsort(-scores, kind="stable")
    x1, y1, x2, y2 = boxes[order].T                        # the best first
    area = areas(boxes)[order]
    left, kept = np.arange(len(order)), []                 # places in that order
    while len(left):
        best, left = left[0], left[1:]
        kept.append(best)
        width = np.minimum(x2[best], x2[left]) - np.maximum(x1[best], x1[left])
        height = np.minimum(y2[best], y2[left]) - np.maximum(y1[best], y1[left])
        inter = np.maximum(width, 0) * np.maximum(height, 0)
        union = area[best] + area[left] - inter
        left = left[inter / np.where(union == 0, 1, union) <= iou_threshold]
    return order[np.array(kept, np.int64)]


def batched_nms(boxes: Any, scores: Any, labels: Any, iou_threshold: float) -> np.ndarray:
    """nms among the boxes of each label alone:  (n, 4), (n,), (n,) -> (kept,), best score first.

    labels : whole numbers (n,): classes, or the levels of a pyramid; a cat never suppresses a dog.
    """
    boxes, scores = checked("batched_nms", boxes, scores, iou_threshold)
    labels = to_cpu(labels) if is_array(labels) else as_array(labels, "batched_nms: labels")
    if labels.shape != scores.shape:
        raise ValueError(f"batched_nms: {len(boxes)} boxes and labels of shape {labels.shape}; "
                         "each box has one label")
    if labels.dtype.kind not in "iu" and labels.size:
        raise TypeError(f"batched_nms: labels must be whole numbers, got {labels.dtype}; convert: "
                        "labels.astype('int64')")
    kept = np.zeros(len(boxes), bool)
    for label in np.unique(labels):
        own = np.flatnonzero(labels == label)
        kept[own[nms(boxes[own], scores[own], iou_threshold)]] = True
    numbers = np.flatnonzero(kept)
    return numbers[np.argsort(-scores[numbers], kind="stable")]


def checked(name: str, boxes: Any, scores: Any, iou_threshold: float
            ) -> tuple[np.ndarray, np.ndarray]:
    """Boxes (n, 4) and scores (n,) on the host."""
    if not 0 <= iou_threshold <= 1:
        raise ValueError(f"{name}: iou_threshold must lie in [0, 1], got {iou_threshold}")
    found = to_cpu(as_ordered(boxes, f"{name}: boxes"))
    fine = np.isfinite(found).all(axis=1)
    if not fine.all():
        raise ValueError(f"{name}: box {int(fine.argmin())} holds NaN or infinity; did the "
                         "network's loss become NaN in training?")
    return found, as_scores(scores, len(found), name)
