"""How much two boxes overlap: the measure by which detectors match, suppress and are judged.

    IoU  = intersection / union                   1: the same box, 0: they do not touch
    GIoU = IoU - (hull - union) / hull            hull: the smallest box around both; -1 ... 1

IoU is 0 for all boxes that do not touch, near or far; GIoU tells them apart.  Two boxes without
area have no union: their IoU is 0, never 0/0.

Sources: Everingham et al. 2010, "The PASCAL visual object classes challenge", section 4.2;
Rezatofighi et al. 2019, "Generalized intersection over union", algorithm 1.  Lecture: memphis
"Detection".
"""

from typing import Any

from minicnn.backend.arrays import Array, xp_of
from minicnn.data.boxes.check import as_ordered


def box_area(boxes: Any) -> Array:
    """Width times height of each box:  (n, 4) -> (n,)."""
    return areas(as_ordered(boxes, "box_area: boxes"))


def box_iou(a: Any, b: Any) -> Array:
    """IoU of every box of a with every box of b:  (A, 4), (B, 4) -> (A, B).

    Corners in the wrong order raise ValueError.  A NaN among the corners comes out as NaN.

    >>> box_iou([[0, 0, 2, 2]], [[1, 1, 3, 3], [3, 3, 4, 4]]).round(6).tolist()
    [[0.142857, 0.0]]
    """
    a, b = as_ordered(a, "box_iou: a"), as_ordered(b, "box_iou: b")
    return intersection_and_iou(a, b)[1]


def box_giou(a: Any, b: Any) -> Array:
    """GIoU of every box of a with every box of b:  (A, 4), (B, 4) -> (A, B).

    >>> box_giou([[0, 0, 2, 2]], [[1, 1, 3, 3], [3, 3, 4, 4]]).round(6).tolist()
    [[-0.079365, -0.6875]]
    """
    a, b = as_ordered(a, "box_giou: a"), as_ordered(b, "box_giou: b")
    xp, (inter, iou) = xp_of(a), intersection_and_iou(a, b)
    union = areas(a)[:, None] + areas(b) - inter                               # (A, B)
    hull = 1.0
    for low, high in ((0, 2), (1, 3)):
        hull = hull * (xp.maximum(a[:, None, high], b[:, high])
                       - xp.minimum(a[:, None, low], b[:, low]))
    return iou - (hull - union) / xp.where(hull == 0, 1, hull)


def areas(boxes: Array) -> Array:
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])


def intersection_and_iou(a: Array, b: Array) -> tuple[Array, Array]:
    """(pixels that both cover, IoU), each (A, B)."""
    xp = xp_of(a)
    inter = 1.0
    for low, high in ((0, 2), (1, 3)):                     # along x, along y
        shared = (xp.minimum(a[:, None, high], b[:, high])
                  - xp.maximum(a[:, None, low], b[:, low]))
        inter = inter * xp.maximum(shared, 0)
    union = areas(a)[:, None] + areas(b) - inter
    return inter, inter / xp.where(union == 0, 1, union)
