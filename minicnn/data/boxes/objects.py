"""What a detector found in a picture and what is there, checked: nothing odd reaches a metric."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from minicnn.backend.arrays import is_array, to_cpu
from minicnn.backend.messages import type_name
from minicnn.data.boxes.check import as_boxes, flaw, written
from minicnn.data.door import as_array


@dataclass
class Objects:
    """n objects of one picture, in the order of a detector's answer or of an annotation.

    boxes  : (n, 4) float64, corners x1, y1, x2, y2 in pixels
    labels : (n,) int64, from 1 on
    masks  : (n, H, W) bool, or None
    """

    boxes: np.ndarray
    labels: np.ndarray
    masks: np.ndarray | None


def read_objects(given: Any, classes: int, name: str, area: bool) -> Objects:
    """The boxes, labels and masks of a dict; ValueError or TypeError names the picture and box.

    classes : how many there are, with the background, which no object is
    area    : refuse a box or a mask without a pixel
    name    : "DetectionMetric: truth of picture 3", for the messages
    """
    if not isinstance(given, Mapping):
        raise TypeError(f"{name} is a {type_name(given)}, expected a dict with boxes and labels")
    labels = vector(given, "labels", name)
    if labels.dtype.kind not in "iu" and len(labels):
        raise TypeError(f"{name}: labels are {labels.dtype}, expected whole numbers")
    for number in np.flatnonzero((labels < 1) | (labels >= classes)):
        zero = "; 0 is the background, which is no object" if labels[number] == 0 else ""
        raise ValueError(f"{name}: label {number} is {labels[number]}, expected 1 to "
                         f"{classes - 1}{zero}")
    boxes = as_boxes(part(given, "boxes", name), f"{name}: boxes")
    boxes = to_cpu(boxes).astype(np.float64)
    if len(boxes) != len(labels):
        raise ValueError(f"{name}: {len(boxes)} boxes and {len(labels)} labels; each box has one")
    sides = (boxes[:, 2:] - boxes[:, :2]).min(axis=1)
    fine = np.isfinite(sides) & (sides > 0 if area else sides >= 0)
    for number in np.flatnonzero(~fine):
        box = boxes[number].tolist()
        raise ValueError(f"{name}: box {number} {written(box)}: {flaw(box)}")
    masks = None if given.get("masks") is None else read_masks(given["masks"], len(boxes), name)
    if area and masks is not None:
        for number in np.flatnonzero(~masks.any(axis=(1, 2))):
            raise ValueError(f"{name}: mask {number} has no pixel; leave the object out")
    return Objects(boxes, labels.astype(np.int64), masks)


def read_masks(masks: Any, count: int, name: str) -> np.ndarray:
    """(n, H, W) bool."""
    masks = on_host(masks, f"{name}: masks")
    if masks.dtype != bool:
        cure = "probabilities become masks by masks >= 0.5" if masks.dtype.kind == "f" else \
            "masks.astype(bool)"
        raise TypeError(f"{name}: masks are {masks.dtype}, expected bool; {cure}")
    if masks.ndim != 3 or len(masks) != count:
        raise ValueError(f"{name}: masks {masks.shape} of {count} boxes, expected ({count}, H, W)")
    return masks


def have_masks(found: Objects, truth: Objects, name: str) -> bool | None:
    """Do both sides have masks?  None where a side has no object, and so nothing to overlap.

    ValueError where they are of two sizes.
    """
    if found.masks is None or truth.masks is None:
        return None if not (len(found.labels) and len(truth.labels)) else False
    sizes = [masks.shape[1:] for masks in (found.masks, truth.masks) if len(masks)]
    if len(set(sizes)) > 1:
        raise ValueError(f"{name}: masks found are {sizes[0]}, those of the truth {sizes[1]}")
    return True


def read_scores(found: Mapping[str, Any], count: int, name: str) -> np.ndarray:
    """(n,) float64, the larger the surer."""
    scores = vector(found, "scores", name, count)
    for number in np.flatnonzero(~np.isfinite(scores)):
        raise ValueError(f"{name}: score {number} is {scores[number]}, and no order has a place "
                         "for it; has the network come apart?")
    return scores.astype(np.float64)


def flags(truth: Mapping[str, Any], key: str, count: int, name: str) -> np.ndarray:
    """(n,) bool; all False where the truth does not say."""
    if truth.get(key) is None:
        return np.zeros(count, bool)
    values = vector(truth, key, name, count)
    if not np.isin(values, (0, 1)).all():
        raise ValueError(f"{name}: {key} is {values.tolist()}, expected True or False for each box")
    return values.astype(bool)


def vector(given: Mapping[str, Any], key: str, name: str, count: int | None = None) -> np.ndarray:
    values = on_host(part(given, key, name), f"{name}: {key}")
    if values.ndim != 1 or count not in (None, len(values)):
        wanted = "(n,)" if count is None else f"({count},), one for each box"
        raise ValueError(f"{name}: {key} have shape {values.shape}, expected {wanted}")
    return values


def part(given: Mapping[str, Any], key: str, name: str) -> Any:
    if given.get(key) is None:
        has = ", ".join(str(name) for name in given if given[name] is not None) or "nothing"
        raise ValueError(f"{name}: has no {key!r}, expected an array; it has {has}")
    return given[key]


def on_host(values: Any, name: str) -> np.ndarray:
    return to_cpu(values) if is_array(values) else as_array(values, name)
