"""How many points were found: each one is right if a truth of its class lies near enough.

    precision = right / found,   recall = right / there
    F1 = 2 right / (found + there)

From the surest point down, each takes the nearest truth that is still free, if that lies within
`radius` pixels.  Two points on one object are one right and one wrong.

Source: the usual count of cells; Alom et al. 2022 (UD-Net).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


class PointMetric:
    """Precision, recall and F1 over a whole set of pictures.

    radius : pixels

    >>> metric = PointMetric(radius=3)
    >>> metric.add({"points": [[4, 4], [5, 5]], "labels": [1, 1], "scores": [0.9, 0.8]},
    ...            {"boxes": [[0, 0, 10, 10]], "labels": [1]})
    >>> metric.result()["precision"], metric.result()["recall"]
    (0.5, 1.0)
    """

    def __init__(self, radius: float = 8.0) -> None:
        if not radius > 0:
            raise ValueError(f"PointMetric: radius must be above 0 pixels, got {radius}")
        self.radius = radius
        self.pictures = 0
        self.right: Counter[int] = Counter()               # by label
        self.found: Counter[int] = Counter()
        self.there: Counter[int] = Counter()

    def add(self, found: Mapping[str, Any], truth: Mapping[str, Any]) -> None:
        """Judge the points of one picture.

        found : "points" (n, 2), x and y in pixels, "labels" (n,), "scores" (n,)
        truth : "boxes" (m, 4), whose middles count, "labels" (m,)
        """
        points = np.asarray(found["points"], np.float64).reshape(-1, 2)
        boxes = np.asarray(truth["boxes"], np.float64).reshape(-1, 4)
        labels, its = np.asarray(found["labels"]), np.asarray(truth["labels"])
        scores = np.asarray(found["scores"])
        if not len(points) == len(labels) == len(scores) or len(boxes) != len(its):
            raise ValueError(f"PointMetric: {len(points)} points, {len(labels)} labels and "
                             f"{len(scores)} scores found; {len(boxes)} boxes and {len(its)} "
                             "labels there; each needs one")
        if np.isnan(scores).any() or np.isnan(points).any():
            raise ValueError("PointMetric: a point or a score is NaN")
        middles = (boxes[:, :2] + boxes[:, 2:]) / 2
        distance = np.sqrt(((points[:, None] - middles) ** 2).sum(axis=2))     # (n, m)
        distance[(labels[:, None] != its) | (distance > self.radius)] = np.inf
        for point in np.argsort(-scores, kind="stable") if len(its) else ():
            nearest = int(distance[point].argmin())
            if np.isfinite(distance[point, nearest]):
                self.right[int(labels[point])] += 1
                distance[:, nearest] = np.inf
        self.found.update(labels.tolist())
        self.there.update(its.tolist())
        self.pictures += 1

    def join(self, other: "PointMetric") -> None:
        """Count what another process has judged, too."""
        for own, its in ((self.right, other.right), (self.found, other.found),
                         (self.there, other.there)):
            own.update(its)
        self.pictures += other.pictures

    def result(self) -> dict[str, float]:
        """{"f1", "precision", "recall"} from 0 to 1; NaN where nothing was found, or is there."""
        return shares(self.right.total(), self.found.total(), self.there.total())

    def per_class(self, classes: Sequence[str]) -> dict[str, dict[str, float]]:
        """The same for each class but the background, by name."""
        return {name: shares(self.right[label], self.found[label], self.there[label])
                for label, name in enumerate(classes) if label}


def shares(right: int, found: int, there: int) -> dict[str, float]:
    def share(part: float, whole: float) -> float:
        return part / whole if whole else float("nan")

    return {"f1": share(2 * right, found + there), "precision": share(right, found),
            "recall": share(right, there)}
