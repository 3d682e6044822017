"""Which of the boxes found are right: each truth is found once, by the surest box that hits it.

The two benchmarks judge apart.  Where the truth that a box overlaps most has been found already,
PASCAL VOC calls the box wrong; COCO looks among the truths that are still free.

    truth  A [0, 10)   B [4, 14)     found  a [0, 10) surest, then b [1, 11)
    IoU                              a with A 1.00      b with A 0.82, with B 0.54
    at IoU 0.5                       both: a finds A    VOC: b is wrong    COCO: b finds B

A truth that does not count (difficult in VOC, a crowd in COCO) makes what hits it neither right nor
wrong.  A crowd is one region around many objects that nobody told apart: it can be hit by many, and
as each of them is only a part of it, not the IoU counts but intersection / area of what was found.

Source: Everingham et al. 2010, section 4.2 and the devkit's VOCevaldet; Lin et al. 2014 and
pycocotools' COCOeval, whose order of equals is kept.
"""

import numpy as np

from minicnn.data.boxes.overlap import areas, intersection_and_iou


def box_overlap(found: np.ndarray, truth: np.ndarray, crowd: np.ndarray) -> np.ndarray:
    """(n, m) from boxes (n, 4) and (m, 4);  crowd: (m,) bool.  0 where a box has no area.

    float64, so that an IoU of 1/2 is a hit at 0.5.
    """
    found, truth = found.astype(np.float64), truth.astype(np.float64)
    inter, iou = intersection_and_iou(found, truth)
    return np.where(crowd, share(inter, areas(found)[:, None]), iou)


def mask_overlap(found: np.ndarray, truth: np.ndarray, crowd: np.ndarray) -> np.ndarray:
    """(n, m) from masks (n, H, W) and (m, H, W) bool;  crowd: (m,) bool."""
    inter = np.zeros((len(found), len(truth)))
    for number, mask in enumerate(truth):
        rows, columns = (np.flatnonzero(mask.any(axis=side)) for side in (1, 0))
        if len(rows):                                      # outside its own box nothing is common
            part = np.s_[..., rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1]
            inter[:, number] = (found[part] & mask[part]).sum(axis=(1, 2))
    pixels, there = (masks.sum(axis=(1, 2), dtype=np.float64) for masks in (found, truth))
    whole = np.where(crowd, pixels[:, None], pixels[:, None] + there - inter)
    return share(inter, whole)


def share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """0 for 0 / 0."""
    return part / np.where(whole == 0, 1, whole)


def voc_matches(overlap: np.ndarray, skipped: np.ndarray, threshold: float = 0.5) -> np.ndarray:
    """(n,) number of the truth that each box found, or -1 for a wrong one.

    overlap   : (n, m) IoU, the surest box first
    skipped   : (m,) bool, truths that do not count
    threshold : an IoU of so much, or more, is a hit; the devkit of VOC asks for more
    """
    n, m = overlap.shape
    match, taken = np.full(n, -1), np.zeros(m, bool)
    for box in np.flatnonzero((overlap >= threshold).any(axis=1)):
        best = overlap[box].argmax()                       # even if it has been found already
        if not taken[best]:
            match[box] = best
            taken[best] = not skipped[best]
    return match


def coco_matches(overlap: np.ndarray, skipped: np.ndarray, crowd: np.ndarray,
                 thresholds: np.ndarray) -> np.ndarray:
    """(T, n) number of the truth that each box found at each of T thresholds, or -1.

    overlap    : (n, m) IoU, for crowds the share of the box; the surest box first
    skipped    : (m,) bool, truths that do not count;  crowd : (m,) bool, those that many may hit
    thresholds : (T,), an IoU of so much, or more, is a hit
    """
    n, m = overlap.shape
    T = len(thresholds)
    match, taken = np.full((T, n), -1), np.zeros((T, m), bool)
    for box in np.flatnonzero((overlap >= thresholds.min()).any(axis=1)):
        hit = (overlap[box] >= thresholds[:, None]) & (~taken | crowd)             # (T, m)
        counts = hit & ~skipped                            # the others only where none of these is
        hit = np.where(counts.any(axis=1, keepdims=True), counts, hit)
        value = np.where(hit, overlap[box], -1)
        best = m - 1 - value[:, ::-1].argmax(axis=1)       # of equals the last, as in pycocotools
        found = hit.any(axis=1)
        match[found, box] = best[found]
        taken[found, best[found]] = True
    return match
