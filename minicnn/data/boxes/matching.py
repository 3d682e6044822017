"""Which anchor is to find which object: what the training of a detector begins with.

Every anchor gets the number of the truth that it overlaps most, or

    BACKGROUND = -1     it overlaps none enough: it learns to say "nothing here"
    BETWEEN    = -2     neither clearly one nor the other: it learns nothing

Sources: Ren et al. 2015, section 3.1.2 (match); Liu et al. 2016 (SSD), section 2.2, "Matching
strategy" (match_bipartite).  Lecture: memphis "Detection".
"""

from typing import Any

import numpy as np

from minicnn.backend.arrays import is_array, to_cpu
from minicnn.data.door import as_array

BACKGROUND, BETWEEN = -1, -2


def match(iou: Any, high: float, low: float | None = None, best_for_truth: bool = True
          ) -> np.ndarray:
    """The truth of each anchor, BACKGROUND or BETWEEN:  (truths, anchors) -> (anchors,) int64.

    iou : box_iou(truths, anchors)
    high, low : from `high` on an anchor is a truth's, below `low` background; low = high if None
    best_for_truth : the anchors that overlap a truth most, all of them where several do equally,
                     are positive even below `high`, so that no object is lost

    Such an anchor, too, goes to the truth that it overlaps most itself, as in Detectron and
    torchvision.  Without truths all is background.  A truth that touches no anchor stays without
    (torchvision then makes every anchor positive).

    >>> match([[0.9, 0.6, 0.2, 0.0], [0.0, 0.1, 0.25, 0.0]], high=0.7, low=0.3).tolist()
    [0, -2, 1, -1]
    """
    iou = checked("match", iou)
    low = high if low is None else low
    if not 0 <= low <= high <= 1:
        raise ValueError(f"match: expected 0 <= low <= high <= 1, got low {low} and high {high}")
    if not len(iou):
        return np.full(iou.shape[1], BACKGROUND)
    truth, best = iou.argmax(axis=0), iou.max(axis=0)      # (anchors,) each
    found = np.where(best >= high, truth, np.where(best < low, BACKGROUND, BETWEEN))
    if best_for_truth and iou.shape[1]:
        most = iou.max(axis=1, keepdims=True)              # (truths, 1)
        needed = ((iou == most) & (most > 0)).any(axis=0)  # (anchors,)
        found = np.where(needed, truth, found)
    return found


def match_bipartite(iou: Any, threshold: float = 0.5) -> np.ndarray:
    """SSD's rule: first an anchor of its own for each truth, then all that overlap enough.

    The largest overlap of all makes a pair, the largest among the other truths and anchors the
    next, until every truth has its anchor; if each chose by itself, two could choose the same.
    Then every anchor that is left goes to the truth that it overlaps most, from `threshold` on.

    (truths, anchors) -> (anchors,) int64, BACKGROUND where there is none.

    >>> match_bipartite([[0.4, 0.3, 0.0], [0.35, 0.1, 0.0]]).tolist()
    [0, 1, -1]
    """
    iou = checked("match_bipartite", iou)
    found = match(iou, threshold, best_for_truth=False)
    left = iou.copy()
    for _ in range(min(iou.shape)):
        truth, anchor = divmod(int(left.argmax()), iou.shape[1])
        if left[truth, anchor] <= 0:                       # what is left touches nothing
            break
        found[anchor] = truth
        left[truth], left[:, anchor] = -1, -1
    return found


def checked(name: str, iou: Any) -> np.ndarray:
    """The overlaps on the host."""
    iou = to_cpu(iou) if is_array(iou) else as_array(iou, f"{name}: iou")
    if iou.ndim != 2:
        raise ValueError(f"{name}: iou must be (truths, anchors), as box_iou(truths, anchors) "
                         f"gives; got {iou.shape}")
    if np.isnan(iou).any():
        truth, anchor = np.argwhere(np.isnan(iou))[0].tolist()
        raise ValueError(f"{name}: the overlap of truth {truth} with anchor {anchor} is NaN")
    return iou
