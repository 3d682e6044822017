"""How good a detector is: average precision as PASCAL VOC and as COCO count it.

For each class, the boxes of all pictures stand in one list, the surest first; each is right, wrong
or does not count (data/boxes/judging.py), and the list has an average precision (precision.py).

    VOC    a hit is an IoU of 0.5; the area, or the mean at 11 recalls
    COCO   a hit is an IoU of 0.50, 0.55, ..., 0.95: ten lists and ten numbers, at 101 recalls each
           AP is their mean, AP50 and AP75 are two of the ten; at most 100 boxes of a class in a
           picture

Each number is then the mean over the classes of which there is a truth.  A class without one has
NaN, where pycocotools prints -1; what was found of it is counted all the same.

AP50 only asks whether a thing was found.  How well the box fits, AP tells: never quote AP50 alone.

Source: Everingham et al. 2010, section 4.2; Lin et al. 2014; cocodataset.org, "Detection
Evaluation"; the numbers of pycocotools, in tests/stored/.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from minicnn.data.boxes.judging import box_overlap, coco_matches, mask_overlap, voc_matches
from minicnn.data.boxes.objects import flags, have_masks, read_objects, read_scores
from minicnn.training.metrics.precision import COCO_LEVELS, VOC_LEVELS, area, mean_at
from minicnn.training.metrics.segmentation import named_classes

MOST = 100                                                 # boxes of a class in a picture, COCO
THRESHOLDS = np.arange(50, 100, 5) / 100
MEASURES = {"ap": slice(None), "ap50": slice(0, 1), "ap75": slice(5, 6)}   # of the ten thresholds


class Judged:
    """The boxes of one class in all pictures: their scores, and how each was judged at T hits."""

    def __init__(self, T: int) -> None:
        self.truths = 0
        self.scores = [np.zeros(0)]                        # of each picture (n,)
        self.right = [np.zeros((T, 0), bool)]
        self.counts = [np.zeros((T, 0), bool)]

    def add(self, scores: np.ndarray, match: np.ndarray, skipped: np.ndarray) -> None:
        """match : (T, n) the truths that were found, or -1;  skipped : (m,) those not to count"""
        hit = match >= 0
        passed = hit & np.append(skipped, False)[match]    # -1 takes the False at the end
        self.truths += int((~skipped).sum())
        self.scores.append(scores)
        self.right.append(hit & ~passed)
        self.counts.append(~passed)

    def join(self, other: "Judged") -> None:
        """What another process has counted, of pictures that come after these."""
        self.truths += other.truths
        for name in ("scores", "right", "counts"):
            getattr(self, name).extend(getattr(other, name))

    def precision(self, how: Callable[[np.ndarray, int], float]) -> np.ndarray:
        """(T,) average precision; NaN if there is no truth."""
        order = np.argsort(-np.concatenate(self.scores), kind="stable")    # of equals the earlier
        right = np.concatenate(self.right, axis=1)[:, order]               # (T, n)
        counts = np.concatenate(self.counts, axis=1)[:, order]
        return np.array([how(hits[kept], self.truths) if self.truths else np.nan
                         for hits, kept in zip(right, counts, strict=True)])


class DetectionMetric:
    """VOC's and COCO's average precision over a whole set of pictures.

    classes : their names, the background first, or how many there are with it

    >>> metric = DetectionMetric(["background", "cell"])
    >>> metric.add({"boxes": [[0, 0, 10, 10]], "labels": [1], "scores": [0.9]},
    ...            {"boxes": [[0, 0, 10, 8]], "labels": [1]})
    >>> metric.result()["ap50"], metric.result()["ap"]
    (1.0, 0.7)
    """

    def __init__(self, classes: int | Sequence[str]) -> None:
        self.classes = named_classes(classes, "DetectionMetric")
        self.pictures = 0
        self.with_masks: bool | None = None
        self.voc = [Judged(1) for _ in self.classes]
        self.coco = [Judged(len(THRESHOLDS)) for _ in self.classes]
        self.mask = [Judged(len(THRESHOLDS)) for _ in self.classes]

    def add(self, found: Mapping[str, Any], truth: Mapping[str, Any]) -> None:
        """Judge what was found in one picture.

        found : {"boxes": (n, 4), "labels": (n,), "scores": (n,)} and, from a network that has them,
                "masks" (n, H, W) bool; boxes are corners x1, y1, x2, y2 in pixels.  A box without
                area hits nothing
        truth : {"boxes": (m, 4), "labels": (m,)} and, where known, "masks" (m, H, W) bool, "crowd"
                (m,) bool for regions around many and "difficult" (m,) bool; neither counts, nor
                does a box that hits it.  "name", its file's, is for the messages

        ValueError for a truth without area, a label that is none, a NaN.  An image without truth
        is {"boxes": [], "labels": []}: whatever is found there is wrong.
        """
        file = truth.get("name") if isinstance(truth, Mapping) else None
        name = f"picture {self.pictures}{f' ({file})' if file else ''}"
        names = [f"DetectionMetric: {what} of {name}" for what in ("found", "truth")]
        K = len(self.classes)
        boxes = read_objects(found, K, names[0], area=False)
        there = read_objects(truth, K, names[1], area=True)
        scores = read_scores(found, len(boxes.labels), names[0])
        crowd, difficult = (flags(truth, key, len(there.labels), names[1])
                            for key in ("crowd", "difficult"))
        masks = have_masks(boxes, there, f"DetectionMetric: {name}")
        if masks is not None and self.with_masks == (not masks):
            raise ValueError(f"DetectionMetric: {name} has {'' if masks else 'no '}masks on both "
                             f"sides, those before had {'none' if masks else 'them'}")
        self.with_masks = self.with_masks if masks is None else masks
        self.pictures += 1
        for label in sorted({*boxes.labels.tolist(), *there.labels.tolist()}):
            mine = np.flatnonzero(boxes.labels == label)
            mine = mine[np.argsort(-scores[mine], kind="stable")]
            its = np.flatnonzero(there.labels == label)
            one, skipped = crowd[its], crowd[its] | difficult[its]
            iou = box_overlap(boxes.boxes[mine], there.boxes[its], np.zeros(len(its), bool))
            self.voc[label].add(scores[mine], voc_matches(iou, skipped)[None], skipped)
            mine = mine[:MOST]
            iou = box_overlap(boxes.boxes[mine], there.boxes[its], one)
            self.coco[label].add(scores[mine], coco_matches(iou, skipped, one, THRESHOLDS), skipped)
            iou = np.zeros_like(iou)
            if boxes.masks is not None and there.masks is not None:
                iou = mask_overlap(boxes.masks[mine], there.masks[its], one)
            self.mask[label].add(scores[mine], coco_matches(iou, skipped, one, THRESHOLDS), skipped)

    def join(self, other: "DetectionMetric") -> None:
        """Count what `other` has counted, of pictures that come after these."""
        self.pictures += other.pictures
        self.with_masks = other.with_masks if self.with_masks is None else self.with_masks
        for kind in ("voc", "coco", "mask"):
            for mine, theirs in zip(getattr(self, kind), getattr(other, kind), strict=True):
                mine.join(theirs)

    def per_class(self) -> dict[str, dict[str, float]]:
        """{class: the numbers of result(), "truths", "found"}; NaN for a class without truth."""
        return {name: self.numbers(label) for label, name in enumerate(self.classes) if label}

    def numbers(self, label: int) -> dict[str, float]:
        kinds = {"": self.coco[label]} | ({"mask_": self.mask[label]} if self.with_masks else {})
        found: dict[str, float] = {}
        for kind, judged in kinds.items():
            at = judged.precision(at_101)                  # (10,)
            found |= {kind + name: float(at[which].mean()) for name, which in MEASURES.items()}
        voc = self.voc[label]
        return {**found, "voc_ap": float(voc.precision(area)[0]),
                "voc_ap11": float(voc.precision(at_11)[0]), "truths": voc.truths,
                "found": sum(map(len, voc.scores))}

    def absent(self) -> list[str]:
        """The classes of which there is no truth: the means leave them out."""
        return [name for name, found in self.per_class().items() if not found["truths"]]

    def result(self) -> dict[str, float]:
        """{"ap", "ap50", "ap75", "voc_ap", "voc_ap11"}, each from 0 to 1, and with masks "mask_ap",
        "mask_ap50", "mask_ap75", which overlap masks instead of boxes.

        ValueError if there is no truth at all.
        """
        found = [one for one in self.per_class().values() if one["truths"]]
        if not found:
            raise ValueError(f"DetectionMetric: in {self.pictures} pictures there is no object "
                             "that counts, so nothing can be found; use pictures with objects")
        return {name: mean(one[name] for one in found) for name in found[0]
                if name not in ("truths", "found")}


def mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))


def at_101(right: np.ndarray, truths: int) -> float:
    return mean_at(COCO_LEVELS, right, truths)


def at_11(right: np.ndarray, truths: int) -> float:
    return mean_at(VOC_LEVELS, right, truths)
