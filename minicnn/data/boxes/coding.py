"""A box as four small numbers relative to an anchor: what a detector's head learns to answer.

With centre (x, y), width w and height h, of the box and (marked a) of its anchor:

    t_x = (x - x_a) / w_a,     t_w = log(w / w_a),     and so for y and h
    x   = t_x w_a + x_a,       w   = w_a e^t_w

The same numbers thus mean the same shift for a large object and for a small one.  Each is
multiplied by a weight, which makes it about as large as the others: (10, 10, 5, 5) is the division
by "variances" 0.1 and 0.2 of SSD, and by the standard deviations of Fast R-CNN.

Sources: Girshick et al. 2014, appendix C; Ren et al. 2015, equation 2.  Lecture: memphis
"Detection".
"""

from collections.abc import Sequence
from math import log
from typing import Any

from minicnn.backend.arrays import Array, is_array, xp_of
from minicnn.data.boxes.check import as_ordered
from minicnn.data.door import as_array

LARGEST = log(1000 / 16)         # t_w, t_h are cut here: e^t overflows before a network has learnt
ONES = (1.0, 1.0, 1.0, 1.0)


def encode(boxes: Any, anchors: Any, weights: Sequence[float] = ONES) -> Array:
    """The numbers t of each box as seen from the anchor in the same row:  (n, 4), (n, 4) -> (n, 4).

    weights : of t_x, t_y, t_w, t_h.  A box or an anchor without area raises ValueError: its
    logarithm is infinite.
    """
    boxes = as_ordered(boxes, "encode: boxes", area=True)
    anchors = as_ordered(anchors, "encode: anchors", area=True)
    if boxes.shape != anchors.shape:
        raise ValueError(f"encode: {len(boxes)} boxes and {len(anchors)} anchors; each box needs "
                         "its own, as anchors[matched]")
    xp = xp_of(boxes)
    centres, sides = centre_and_size(boxes)
    from_centres, from_sides = centre_and_size(anchors)
    t = xp.concatenate([(centres - from_centres) / from_sides, xp.log(sides / from_sides)], axis=1)
    return t * xp.asarray(checked(weights, "encode"), t.dtype)                 # (n, 4)


def decode(deltas: Any, anchors: Any, weights: Sequence[float] = ONES) -> Array:
    """The boxes that the numbers t mean:  (n, 4), (n, 4) -> (n, 4), or (n, K, 4) -> (n, K, 4).

    The (n, K, 4) are a box for each of K classes.  t_w and t_h are cut at log(1000 / 16), as in
    Detectron and torchvision.  Boxes may stand over the border: see clip_boxes_to_image.
    """
    anchors = as_ordered(anchors, "decode: anchors")
    t = deltas if is_array(deltas) else as_array(deltas, "decode: deltas")
    if t.ndim not in (2, 3) or t.shape[0] != len(anchors) or t.shape[-1] != 4:
        raise ValueError(f"decode: deltas must be ({len(anchors)}, 4), or ({len(anchors)}, K, 4) "
                         f"for K classes, for {len(anchors)} anchors; got {t.shape}")
    xp, t = xp_of(t), t if t.dtype.kind == "f" else t.astype(anchors.dtype)
    t = t / xp.asarray(checked(weights, "decode"), t.dtype)
    centres, sides = centre_and_size(anchors if t.ndim == 2 else anchors[:, None])
    centres = t[..., :2] * sides + centres                                     # (..., 2)
    sides = xp.exp(xp.minimum(t[..., 2:], LARGEST)) * sides
    return xp.concatenate([centres - sides / 2, centres + sides / 2], axis=-1)


def centre_and_size(boxes: Array) -> tuple[Array, Array]:
    """((x, y), (w, h)) of boxes (..., 4), each (..., 2)."""
    sides = boxes[..., 2:] - boxes[..., :2]
    return boxes[..., :2] + sides / 2, sides


def checked(weights: Sequence[float], name: str) -> list[float]:
    four = [float(weight) for weight in weights]
    if len(four) != 4 or not all(0 < weight < float("inf") for weight in four):
        raise ValueError(f"{name}: weights must be four numbers above 0, for x, y, width and "
                         f"height; got {weights}")
    return four
