"""What pycocotools says of a few small sets of boxes and masks, for tests/training/metrics.

    python tests/stored/make_detection_metrics.py         needs pycocotools and numpy

Writes detection_metrics.json beside itself: for each set its pictures, and COCO's average precision
for each of the ten thresholds and each class, null where pycocotools says -1.  Coordinates are
quarters of a pixel, so that every area is exact.  A mask is a disc [x, y, r] on a picture of SIZE.
"""

import contextlib
import io
import json
from pathlib import Path

import numpy as np
import pycocotools
from pycocotools import mask as rle
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

SIZE = 32
rng = np.random.default_rng(7)


def quarters(values):
    return np.round(np.asarray(values) * 4) / 4


def boxes(count):
    corner = quarters(rng.uniform(0, 60, (count, 2)))
    return np.concatenate([corner, corner + np.maximum(quarters(rng.uniform(2, 40, (count, 2))),
                                                       0.25)], axis=1)


def near(truth, spread):
    """Boxes beside those of the truth."""
    moved = quarters(truth + rng.normal(0, spread, truth.shape))
    moved[:, 2:] = np.maximum(moved[:, 2:], moved[:, :2] + 0.25)
    return moved


def picture(truths, classes, extra=3, spread=2.0, digits=1, crowds=0.0):
    there, labels = boxes(truths), rng.integers(1, classes, truths)
    found = np.concatenate([near(there, spread), near(there[::2], 2 * spread), boxes(extra)])
    own = np.concatenate([labels, labels[::2], rng.integers(1, classes, extra)])
    wrong = rng.random(len(own)) < 0.15
    own = np.where(wrong, rng.integers(1, classes, len(own)), own)
    chosen = rng.permutation(len(own))
    return {"truth": {"boxes": there.tolist(), "labels": labels.tolist(),
                      "crowd": (rng.random(truths) < crowds).tolist()},
            "found": {"boxes": found[chosen].tolist(), "labels": own[chosen].tolist(),
                      "scores": rng.random(len(own)).round(digits).tolist()}}


def discs(truths, classes):
    """Truths and answers that are discs; the boxes do not matter."""
    there = np.stack([rng.integers(4, SIZE - 4, truths), rng.integers(4, SIZE - 4, truths),
                      rng.integers(2, 9, truths)], axis=1)
    labels = rng.integers(1, classes, truths)
    found = np.concatenate([there, there[::2]]) + rng.integers(-2, 3, (truths + (truths + 1) // 2,
                                                                       3))
    found[:, 2] = np.maximum(found[:, 2], 1)
    return {"truth": {"discs": there.tolist(), "labels": labels.tolist(),
                      "crowd": (rng.random(truths) < 0.2).tolist()},
            "found": {"discs": found.tolist(),
                      "labels": np.concatenate([labels, labels[::2]]).tolist(),
                      "scores": rng.random(len(found)).round(1).tolist()}}


def seven_of_ten():
    """A recall of exactly 0.7, which is not in pycocotools' list of recalls, and 35 of 100."""
    there = boxes(10)
    found = np.concatenate([there[:7], boxes(5)])
    return [{"truth": {"boxes": there.tolist(), "labels": [1] * 10, "crowd": [False] * 10},
             "found": {"boxes": found.tolist(), "labels": [1] * 12,
                       "scores": np.linspace(0.9, 0.1, 12).round(3).tolist()}}]


def exact_thresholds():
    """IoUs of exactly .5, .75 and .9, and two truths that a box overlaps alike."""
    there = [[0, 0, 10, 10], [20, 0, 30, 10], [40, 0, 50, 10], [0, 20, 10, 30], [4, 20, 14, 30]]
    found = [[0, 0, 10, 5], [20, 0, 30, 7.5], [40, 0, 50, 9], [2, 20, 12, 30], [4, 20, 14, 30]]
    return [{"truth": {"boxes": there, "labels": [1] * 5, "crowd": [False] * 5},
             "found": {"boxes": found, "labels": [1] * 5, "scores": [0.9, 0.8, 0.7, 0.6, 0.5]}}]


def nothing(classes):
    """A picture without an object, one without an answer, a class that is only found, and one that
    is only there."""
    empty = {"boxes": [], "labels": [], "crowd": []}
    first, second, third = (picture(5, classes) for _ in range(3))
    first["truth"] = empty
    second["found"] = {"boxes": [], "labels": [], "scores": []}
    third["found"]["labels"] = [classes if label == 1 else label
                                for label in third["found"]["labels"]]
    return [first, second, third, picture(4, classes)]


SETS = {
    "boxes": (4, [picture(int(n), 4) for n in rng.integers(1, 8, 8)]),
    "crowds": (3, [picture(int(n), 3, crowds=0.3) for n in rng.integers(2, 9, 8)]),
    "nothing": (5, nothing(4)),
    "more than a hundred": (2, [picture(60, 2, extra=40, digits=2)]),
    "seven of ten": (2, seven_of_ten()),
    "exact thresholds": (2, exact_thresholds()),
    "masks": (3, [discs(int(n), 3) for n in rng.integers(1, 8, 8)]),
}


def disc(x, y, r):
    rows, columns = np.mgrid[:SIZE, :SIZE]
    return (columns - x) ** 2 + (rows - y) ** 2 <= r * r


def annotation(one, number, image):
    """One object as COCO writes it."""
    entry = {"image_id": image, "category_id": one["labels"][number]}
    if "discs" in one:
        entry["segmentation"] = rle.encode(np.asfortranarray(disc(*one["discs"][number]), np.uint8))
        entry["area"] = float(rle.area(entry["segmentation"]))
        entry["bbox"] = rle.toBbox(entry["segmentation"]).tolist()
    else:
        x1, y1, x2, y2 = one["boxes"][number]
        entry |= {"bbox": [x1, y1, x2 - x1, y2 - y1], "area": (x2 - x1) * (y2 - y1)}
    return entry


def judged(classes, pictures):
    """(10, classes - 1) average precision."""
    truths, answers = [], []
    for image, one in enumerate(pictures):
        for number, crowd in enumerate(one["truth"]["crowd"]):
            truths.append({**annotation(one["truth"], number, image), "iscrowd": int(crowd),
                           "id": len(truths) + 1})
        for number, score in enumerate(one["found"]["scores"]):
            answers.append({**annotation(one["found"], number, image), "score": score})
    coco = COCO()
    coco.dataset = {"images": [{"id": image, "height": SIZE, "width": SIZE}
                               for image in range(len(pictures))],
                    "categories": [{"id": label} for label in range(1, classes)],
                    "annotations": truths, "info": {}}
    with contextlib.redirect_stdout(io.StringIO()):
        coco.createIndex()
        evaluation = COCOeval(coco, coco.loadRes(answers),
                              "segm" if "discs" in pictures[0]["truth"] else "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    precision = evaluation.eval["precision"][:, :, :, 0, 2]            # (10, 101, classes)
    means = precision.mean(axis=1)
    return {"precision": [[None if value < 0 else float(value) for value in row] for row in means],
            "ap, ap50, ap75": [float(value) for value in evaluation.stats[:3]]}


if __name__ == "__main__":
    found = {"pycocotools": getattr(pycocotools, "__version__", "2.0.11"), "size": SIZE,
             "sets": {name: {"classes": classes, "pictures": pictures,
                             **judged(classes, pictures)}
                      for name, (classes, pictures) in SETS.items()}}
    Path(__file__).with_name("detection_metrics.json").write_text(
        json.dumps(found, separators=(",", ":")) + "\n")
