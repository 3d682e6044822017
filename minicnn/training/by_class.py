"""How well each class is found: what `python -m minicnn test` prints of maps and boxes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from minicnn.analysis.tables import Shown, aligned
from minicnn.data.scenes import Scenes
from minicnn.layers.module import Module
from minicnn.models.detection.detector import Detector
from minicnn.training.metrics.detection import DetectionMetric
from minicnn.training.metrics.points import PointMetric
from minicnn.training.metrics.segmentation import SegmentationMetric
from minicnn.training.scene_transforms import SceneTransforms
from minicnn.training.tasks import detection, segmentation

BATCH = 32          # pictures at once
MAPS = {"iou": "IoU", "dice": "Dice"}
BOXES = {"ap": "AP", "ap50": "AP50", "ap75": "AP75", "mask_ap": "mask AP", "mask_ap50": "mask AP50",
         "mask_ap75": "mask AP75"}
POINTS = {"f1": "F1", "precision": "precision", "recall": "recall"}


@dataclass(repr=False)
class ByClass(Shown):
    """A row for each class, and below them the mean of those that occur.

    numbers : {class: {measure: from 0 to 1}};  measures : {measure: heading}
    count   : {class: how many there are};  counted : what they are, pixels or objects
    mean    : {measure: that of the last row};  note : a sentence below the table
    """

    numbers: dict[str, dict[str, float]]
    measures: dict[str, str]
    count: dict[str, int]
    counted: str
    mean: dict[str, float]
    note: str

    title = "class by class"
    words = ("class",)

    def cells(self) -> tuple[list[str], list[list[str]]]:
        def row(name: str, found: dict[str, float], count: str) -> list[str]:
            return [name, *(percent(found[key]) for key in self.measures), count]

        rows = [row(name, found, f"{self.count[name]:,}") for name, found in self.numbers.items()]
        rows.append(row("mean", self.mean, f"{sum(self.count.values()):,}"))
        return ["class", *self.measures.values(), self.counted], rows

    def notes(self) -> list[str]:
        return [self.note]

    def text(self) -> str:
        return "\n".join([*aligned(*self.cells(), self.words), *self.notes()])


def percent(value: float) -> str:
    return "-" if value != value else f"{100 * value:.2f} %"       # NaN: a class without truth


def class_table(model: Module, scenes: Scenes, transforms: SceneTransforms) -> ByClass:
    """The table of a segmenter or a detector on these scenes."""
    if isinstance(model, Detector):
        metric = detection.judge(model, scenes, transforms, BATCH)
        return of_points(metric, scenes.classes) if model.marks_points else of_boxes(metric)
    return of_maps(*segmentation.judge(model, scenes, transforms, BATCH))


def of_maps(loss: float, metric: SegmentationMetric) -> ByClass:
    found, whole = metric.per_class(), metric.result()
    right = f"{100 * whole['pixel_accuracy']:.2f} % of the pixels are right"
    return ByClass(found, MAPS, {name: int(one["pixels"]) for name, one in found.items()}, "pixels",
                   {"iou": whole["mean_iou"], "dice": whole["mean_dice"]},
                   f"{right}; loss {loss:.4f}")


def of_boxes(metric: DetectionMetric) -> ByClass:
    found, whole = metric.per_class(), metric.result()
    measures = {key: heading for key, heading in BOXES.items() if key in whole}
    boxes = int(sum(one["found"] for one in found.values()))
    return ByClass(found, measures, {name: int(one["truths"]) for name, one in found.items()},
                   "objects", whole, f"{boxes:,} boxes were found in {metric.pictures:,} pictures; "
                   "AP is COCO's, the mean over overlaps from .50 to .95")


def of_points(metric: PointMetric, classes: Sequence[str]) -> ByClass:
    found = metric.per_class(classes)
    mean = {key: float(np.nanmean([one[key] for one in found.values()])) for key in POINTS
            if not all(np.isnan(one[key]) for one in found.values())}
    there = {name: metric.there[label] for label, name in enumerate(classes) if label}
    return ByClass(found, POINTS, there, "objects", {**dict.fromkeys(POINTS, np.nan), **mean},
                   f"{metric.found.total():,} points were found in {metric.pictures:,} pictures; "
                   f"one is right within {metric.radius:g} pixels of a middle")
