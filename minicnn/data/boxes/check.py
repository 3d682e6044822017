"""What the box arithmetic accepts, and what is said of boxes that cannot be those of a picture.

A box is (x1, y1, x2, y2) in pixels, half open: it covers the pixels x1 <= x < x2, and is x2 - x1
wide, without a "+ 1".
"""

from typing import Any, NoReturn

import numpy as np

from minicnn.backend.arrays import Array, is_array, to_cpu
from minicnn.backend.messages import type_name
from minicnn.backend.windows import is_whole
from minicnn.data.door import as_array

MARGIN = 1.0                       # pixels by which a drawn box may stand over the picture's border


def as_boxes(boxes: Any, name: str) -> Array:
    """Boxes (n, 4) as floating numbers in the library they came in; a list becomes NumPy's.

    name : the beginning of an error, "box_iou: boxes"
    """
    found = boxes if is_array(boxes) else as_array(boxes, name)
    if found.dtype.kind not in "iuf":
        raise TypeError(f"{name}: expected numbers (x1, y1, x2, y2), got {found.dtype}")
    if not found.size:
        found = found.reshape(0, 4)
    if found.ndim != 2 or found.shape[1] != 4:
        cure = "; one box is a list of one: [box]" if found.shape == (4,) else ""
        raise ValueError(f"{name}: expected (n, 4), a row (x1, y1, x2, y2) for each box, got "
                         f"{found.shape}{cure}")
    return found if found.dtype.kind == "f" else found.astype(np.float64)


def as_ordered(boxes: Any, name: str, area: bool = False) -> Array:
    """as_boxes whose corners are in order: x1 <= x2 and y1 <= y2; with area: x1 < x2, y1 < y2.

    A NaN passes: what is computed of it is NaN.
    """
    found = as_boxes(boxes, name)
    low, high = found[:, :2], found[:, 2:]                 # (n, 2) each
    wrong = (high <= low if area else high < low).any(axis=1)
    if wrong.any():
        number = int(wrong.argmax())
        box = to_cpu(found[number]).tolist()
        raise ValueError(f"{name}: box {number} {written(box)}: {flaw(box)}")
    return found


def check_boxes(where: str, boxes: Any, size: tuple[int, int]) -> np.ndarray:
    """The boxes of a picture, (n, 4) on the host; ValueError where one cannot be a true one.

    where : the file or picture, for the error: "train/0017.xml", "SSD300: picture 3"
    size : (H, W) of the picture

    Refused are a box without area, one with its corners in the wrong order or beyond the border by
    more than one pixel, NaN, infinity, and boxes from 0 to 1 where pixels are expected.

    >>> check_boxes("cat.jpg", [[10, 20, 30, 20]], (60, 80))
    Traceback (most recent call last):
    ValueError: cat.jpg: box 0 (10, 20, 30, 20): it has no area, it is 20 x 0 pixels; leave it out
    """
    found = to_cpu(as_boxes(boxes, f"{where}: boxes"))
    H, W = size
    for number, box in enumerate(found.tolist()):
        x1, y1, x2, y2 = box
        fine = (x1 < x2 and y1 < y2 and min(x1, y1) >= -MARGIN and x2 <= W + MARGIN
                and y2 <= H + MARGIN)
        if not fine:
            refuse(f"{where}: box {number} {written(box)}", flaw(box) or beyond(box, H, W))
    if len(found) and found.max() <= 1 and min(size) > 2:
        refuse(f"{where}: box 0 {written(found[0].tolist())}",
               f"all boxes lie between 0 and 1 in a picture of {W} x {H} pixels; boxes are in "
               "pixels: multiply them by (W, H, W, H)")
    return found


def written(box: list[float]) -> str:
    return f"({', '.join(f'{value:g}' for value in box)})"


def flaw(box: list[float]) -> str:
    """What is wrong with a box by itself, "" if nothing is."""
    x1, y1, x2, y2 = box
    if not np.isfinite(box).all():
        return "it holds NaN or infinity"
    if x2 < x1 or y2 < y1:
        return ("its corners are in the wrong order, expected (x1, y1, x2, y2) with x1 < x2 and "
                "y1 < y2; is it (x, y, width, height)?")
    if x2 == x1 or y2 == y1:
        return f"it has no area, it is {x2 - x1:g} x {y2 - y1:g} pixels; leave it out"
    return ""


def beyond(box: list[float], H: int, W: int) -> str:
    x1, y1, x2, y2 = box
    cure = ("is it (x, y, width, height)?" if x1 + x2 <= W and y1 + y2 <= H else
            "is it (y1, x1, y2, x2)?" if x2 <= H and y2 <= W else
            "is it of a picture of another size? clip_boxes_to_image cuts it")
    return f"it stands over the border of the picture, {W} x {H} pixels; {cure}"


def refuse(what: str, why: str) -> NoReturn:
    raise ValueError(f"{what}: {why}")


def as_scores(scores: Any, n: int, name: str) -> np.ndarray:
    """Scores (n,) on the host; NaN is refused, for it has no place in an order."""
    found = to_cpu(scores) if is_array(scores) else as_array(scores, f"{name}: scores")
    if found.shape != (n,):
        raise ValueError(f"{name}: {n} boxes and scores of shape {found.shape}; each box has one "
                         "score")
    if found.dtype.kind == "c":
        raise TypeError(f"{name}: scores must be real numbers, got {found.dtype}")
    found = found if found.dtype.kind == "f" else found.astype(np.float64)     # uint8 has no -1
    if np.isnan(found).any():
        raise ValueError(f"{name}: the score of box {int(np.isnan(found).argmax())} is NaN; did "
                         "the network's loss become NaN in training?")
    return found


def as_size(size: Any, name: str) -> tuple[int, int]:
    """(H, W) of a picture or a map, two whole numbers."""
    if not (isinstance(size, (tuple, list)) and len(size) == 2 and all(map(is_whole, size))
            and min(size) >= 0):
        raise ValueError(f"{name}: expected (H, W), two whole numbers, got "
                         f"{size if isinstance(size, (tuple, list)) else type_name(size)}")
    return int(size[0]), int(size[1])
