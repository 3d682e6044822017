"""What is known about a picture with many things in it, and whether it can be true.

    boxes       (n, 4) float32      x1, y1, x2, y2 in pixels, half open: x2 - x1 is the width
    labels      (n,) int64          from 1 on; 0 is the background
    masks       (n, H, W) bool      the pixels of each object that can be seen
    difficult   (n,) bool           VOC: neither right nor wrong where it is found
    crowd       (n,) bool           COCO: one region over many, which may be found many times
    class_map   (H, W) uint8        the class of each pixel; 255 is left out
    caption     str
    name        str                 of the file it was read from, for the messages

Each of them may be missing, but boxes and labels come together.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.backend.messages import did_you_mean, type_name
from minicnn.data.door import as_array

Target = dict[str, Any]

IGNORED = 255                       # in a class map
PER_OBJECT = ("boxes", "labels", "masks", "difficult", "crowd")
NAMES = (*PER_OBJECT, "class_map", "caption", "name")


def as_target(target: Any, where: str, size: tuple[int, int], classes: int) -> Target:
    """The same with arrays of the kinds above; ValueError or TypeError if it cannot be true.

    where   : "Scenes: target 3", for the messages; the file's name is put behind it
    size    : (H, W) of its picture
    classes : how many there are, the background among them
    """
    if not isinstance(target, dict):
        raise TypeError(f"{where} is a {type_name(target)}, expected a dict with some of "
                        f"{', '.join(NAMES)}")
    for name in target:
        if name not in NAMES:
            hint = did_you_mean(name, NAMES)
            raise ValueError(f"{where} has {name!r}; {f'{hint} There' if hint else 'there'} are "
                             f"{', '.join(NAMES)}")
    made = dict(target)
    for name in ("caption", "name"):
        if name in made and not isinstance(made[name], str):
            raise TypeError(f"{where}: {name} is a {type_name(made[name])}, expected a string")
    if made.get("name"):
        where += f" ({made['name']})"
    if ("boxes" in made) != ("labels" in made):
        raise ValueError(f"{where} has {'boxes' if 'boxes' in made else 'labels'} alone; boxes and "
                         "labels come together")
    if "boxes" in made:
        made["boxes"] = as_boxes(made["boxes"], where, size)                    # (n, 4)
        made["labels"] = object_labels(made["labels"], where, len(made["boxes"]), classes)
    if "masks" in made:
        made["masks"] = as_masks(made["masks"], where, size)                    # (n, H, W)
    for name in ("difficult", "crowd"):
        if name in made:
            made[name] = as_marks(made[name], f"{where}: {name}")               # (n,)
    check_counts(made, where)
    if "class_map" in made:
        made["class_map"] = as_class_map(made["class_map"], where, size, classes)
    return made


def as_boxes(boxes: Any, where: str, size: tuple[int, int]) -> np.ndarray:
    """(n, 4) float32 boxes that lie in a picture of (H, W) and have a width and a height."""
    values = as_array(boxes, f"{where}: boxes")
    if values.size == 0 and values.shape in ((0,), (0, 4)):
        return np.zeros((0, 4), np.float32)
    if values.ndim != 2 or values.shape[1] != 4 or values.dtype.kind not in "iuf":
        raise ValueError(f"{where}: boxes have shape {values.shape} of {values.dtype}, expected "
                         "(n, 4) numbers: x1, y1, x2, y2 in pixels")
    made = values.astype(np.float32)
    for number, reason in wrong_boxes(made, size):
        raise ValueError(f"{where}: box {number} {reason}")
    return made


def wrong_boxes(boxes: np.ndarray, size: tuple[int, int]) -> list[tuple[int, str]]:
    """(number, what is wrong with it) of the boxes (n, 4) that no object in (H, W) can have."""
    H, W = size
    found = []
    inside = ((boxes >= 0) & (boxes <= [W, H, W, H])).all(axis=1)               # (n,)
    wrong = ~(inside & (boxes[:, :2] < boxes[:, 2:]).all(axis=1))
    unit = len(boxes) > 0 and min(H, W) > 2 and bool(((boxes >= 0) & (boxes <= 1)).all())
    for number in range(len(boxes)) if unit else np.flatnonzero(wrong).tolist():
        box = boxes[number].tolist()
        found.append((number, f"{numbers(box)} {flaw(box, H, W)}"))
    return found


def flaw(box: list[float], H: int, W: int) -> str:
    x1, y1, x2, y2 = box
    if not np.isfinite(box).all():
        return "holds what is no number"
    if min(box) >= 0 and max(box) <= 1 and min(H, W) > 2:
        return (f"looks normalised, from 0 to 1; expected pixels: multiply x by the width {W}, y "
                f"by the height {H}")
    if x2 < x1 or y2 < y1:
        return ("is in the wrong order, expected x1 < x2 and y1 < y2; x, y, width, height become "
                "a box by x, y, x + width, y + height")
    if x1 == x2 or y1 == y2:
        return "has no size: its width or its height is 0"
    return (f"reaches out of the picture, which is {W} wide and {H} high; is it in the pixels of "
            "this picture, or of one of another size?")


def numbers(box: Any) -> str:
    return "(" + ", ".join(f"{value:g}" for value in box) + ")"


def object_labels(labels: Any, where: str, count: int, classes: int) -> np.ndarray:
    """(n,) int64 from 1 to classes - 1, one for each box."""
    values = as_array(labels, f"{where}: labels")
    if values.size == 0:
        values = np.zeros(0, np.int64)
    if values.ndim != 1 or values.dtype.kind not in "iu":
        raise ValueError(f"{where}: labels have shape {values.shape} of {values.dtype}, expected "
                         "(n,) whole numbers, one for each box")
    if len(values) != count:
        raise ValueError(f"{where}: {count} boxes but {len(values)} labels; each box needs one")
    for number in np.flatnonzero((values < 1) | (values >= classes))[:1].tolist():
        cure = "; 0 is the background: objects count from 1, so add 1 to all" \
            if values[number] == 0 else ""
        raise ValueError(f"{where}: box {number} has label {values[number]}, expected 1 to "
                         f"{classes - 1}{cure}")
    return values.astype(np.int64, copy=False)


def as_masks(masks: Any, where: str, size: tuple[int, int]) -> np.ndarray:
    """(n, H, W) bool; whole numbers must be 0 and 1."""
    values = as_array(masks, f"{where}: masks")
    if values.size == 0 and len(values) == 0:
        return np.zeros((0, *size), bool)
    if values.ndim != 3 or values.shape[1:] != size:
        raise ValueError(f"{where}: masks have shape {values.shape}, expected (n, {size[0]}, "
                         f"{size[1]}), as high and as wide as the picture")
    if values.dtype != bool:
        if values.dtype.kind not in "iu" or values.max() > 1 or values.min() < 0:
            raise ValueError(f"{where}: masks are {values.dtype} up to {values.max():g}, expected "
                             "True and False; write masks > 0")
        values = values.astype(bool)
    return values


def as_marks(marks: Any, where: str) -> np.ndarray:
    """(n,) bool."""
    values = as_array(marks, where)
    if values.ndim != 1 or (values.size and values.dtype.kind not in "biu"):
        raise ValueError(f"{where} has shape {values.shape} of {values.dtype}, expected (n,) True "
                         "and False, one for each box")
    return values.astype(bool)


def check_counts(target: Target, where: str) -> None:
    """As many masks and marks as boxes."""
    counts = {name: len(target[name]) for name in PER_OBJECT if name in target}
    if len(set(counts.values())) > 1:
        listed = ", ".join(f"{count} {name}" for name, count in counts.items())
        raise ValueError(f"{where} has {listed}; expected one of each for every object")


def as_class_map(class_map: Any, where: str, size: tuple[int, int], classes: int) -> np.ndarray:
    """(H, W) uint8 of classes, and of 255 where a pixel is left out."""
    values = as_array(class_map, f"{where}: class_map")
    if values.shape != size:
        raise ValueError(f"{where}: class_map has shape {values.shape}, expected ({size[0]}, "
                         f"{size[1]}), as high and as wide as the picture")
    if values.dtype.kind not in "biu":
        raise TypeError(f"{where}: class_map is {values.dtype}, expected whole class numbers")
    strange = (values != IGNORED) & ((values < 0) | (values >= classes))
    if strange.any():
        y, x = np.argwhere(strange)[0]
        raise ValueError(f"{where}: class_map holds class {values[y, x]} at x={x}, y={y}, expected "
                         f"0 to {classes - 1}, or 255 for a pixel that is left out")
    return values.astype(np.uint8, copy=False)


def chosen_objects(target: Target, kept: np.ndarray) -> Target:
    """The target with those of its objects that `kept` (n,) is True for."""
    return {name: value[kept] if name in PER_OBJECT else value for name, value in target.items()}


def boxes_of(masks: np.ndarray) -> np.ndarray:
    """(n, H, W) bool -> (n, 4) float32, the smallest box around each; zeros around nothing."""
    boxes = np.zeros((len(masks), 4), np.float32)
    for number, mask in enumerate(masks):
        rows, cols = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        if len(rows):
            boxes[number] = cols[0], rows[0], cols[-1] + 1, rows[-1] + 1
    return boxes
