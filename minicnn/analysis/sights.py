"""What a detector or a segmenter sees in pictures: in words, in numbers, and drawn."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from minicnn.analysis.boxes_picture import draw_boxes
from minicnn.analysis.maps_picture import draw_maps
from minicnn.analysis.pictures import Where
from minicnn.data.canvas import Picture
from minicnn.data.scene_targets import IGNORED


class Sight(NamedTuple):
    """What a network sees in one picture.

    picture   : its file
    classes   : names, the background first
    original  : (3, h, w) uint8, the picture, perhaps made smaller
    scale     : pixels of the file for one of `original`
    found     : boxes, labels, scores (, masks) in pixels of `original`, the surest first; or None
    class_map : (h, w) the class of each pixel, 255 where the network says nothing; or None
    least     : the score from which on boxes were asked for
    """

    picture: str
    classes: Sequence[str]
    original: np.ndarray
    scale: float
    found: dict[str, np.ndarray] | None = None
    class_map: np.ndarray | None = None
    least: float = 0.0

    @property
    def objects(self) -> list[dict[str, Any]]:
        """[{"class", "score", "box"}], the box in pixels of the file: x1, y1, x2, y2."""
        if self.found is None:
            return []
        return [{"class": self.classes[label], "score": round(float(score), 6),
                 "box": [round(float(side), 1) for side in box * self.scale]}
                for box, label, score in zip(self.found["boxes"], self.found["labels"],
                                             self.found["scores"], strict=True)]

    @property
    def shares(self) -> dict[str, float]:
        """{class: share of the picture's pixels}, the largest first."""
        if self.class_map is None:
            return {}
        labels, counts = np.unique(self.class_map, return_counts=True)
        order = np.argsort(-counts, kind="stable")
        return {"nothing said" if labels[i] == IGNORED else self.classes[labels[i]]:
                round(float(counts[i] / self.class_map.size), 6) for i in order}

    @property
    def facts(self) -> dict[str, Any]:
        """For programs."""
        return {"picture": self.picture} | ({"shares": self.shares} if self.found is None
                                            else {"objects": self.objects})

    def __str__(self) -> str:
        """A line for each object or class."""
        if self.found is None:
            lines = [f"{100 * share:5.1f} % of the pixels  {name}"
                     for name, share in self.shares.items()]
        else:
            lines = [f"{100 * one['score']:5.1f} %  {one['class']}  "
                     f"({', '.join(f'{side:.0f}' for side in one['box'])})"
                     for one in self.objects] or [
                         f"nothing with a score from {self.least:g} on (--least)"]
        return "\n".join([self.picture, *(f"  {line}" for line in lines)])


def draw_sights(sights: Sequence[Sight], path: Where = None, title: str = "") -> Picture:
    """Boxes with names and scores, or the maps over the pictures with their key."""
    if not sights:
        raise ValueError("draw_sights: no picture")
    images, classes = [one.original for one in sights], sights[0].classes
    names = [one.picture.replace("\\", "/").rpartition("/")[2] for one in sights]
    if sights[0].class_map is None:
        return draw_boxes(images, [one.found for one in sights], classes, path, title, names, 0.0)
    return draw_maps(images, [one.class_map for one in sights], classes, path, title, names)
