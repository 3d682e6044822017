"""The third tab: a scene whose objects one can move, and the boxes or the map found in it."""

import threading
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from minicnn.analysis.panels import class_colour
from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.data.boxes import box_iou
from minicnn.data.scene_targets import IGNORED, Target
from minicnn.data.scenes import BACKGROUND
from minicnn.data.shapes import COLOURS
from minicnn.data.shapes_forms import FORMS, form_ink
from minicnn.data.shapes_grounds import grounds
from minicnn.data.shapes_painting import Painting
from minicnn.demo.packing import listed, packed, real, whole
from minicnn.layers.module import Module
from minicnn.models.detection.fixed_size import FixedSize, keep_best
from minicnn.models.segmentation.segmenter import Segmenter
from minicnn.training.recognise_scenes import class_map, nearest

SIZE = 64                      # pixels a side
MOST = 8                       # objects
LEAST = 0.05                   # score of the boxes that the page gets, and chooses from
SMALLEST, LARGEST = 4, 20      # radius in pixels
MOST_BOXES = 60
GROUNDS = 1_000
CLASSES = (BACKGROUND, *FORMS)


class Thing(NamedTuple):
    """One object: a form's name, centre and radius in pixels, radians, and a colour's name."""

    kind: str
    x: float
    y: float
    radius: float
    angle: float
    colour: str


START = [Thing("circle", 18, 20, 11, 0, "red"), Thing("square", 45, 24, 9, 0.3, "blue"),
         Thing("triangle", 30, 47, 12, 0.1, "yellow")]


def things(asked: dict[str, Any]) -> list[Thing]:
    """The objects of a request."""
    found = []
    for one in listed(asked, "things", MOST):
        if not isinstance(one, dict):
            raise ValueError("each of the things has a kind, a place and a colour")
        if one.get("kind") not in FORMS or one.get("colour") not in COLOURS:
            raise ValueError(f"kinds are {', '.join(FORMS)}; colours {', '.join(COLOURS)}")
        found.append(Thing(one["kind"], real(one, "x", 0, SIZE), real(one, "y", 0, SIZE),
                           real(one, "radius", SMALLEST, LARGEST),
                           real(one, "angle", -100, 100), one["colour"]))
    return found


def painted(objects: list[Thing], ground: int) -> tuple[np.ndarray, Target]:
    """The scene (3, 64, 64) uint8, and the boxes, labels and masks of what can be seen of it."""
    painting = Painting(grounds(1, SIZE, np.random.default_rng(ground)))
    labels = np.array([FORMS.index(one.kind) + 1 for one in objects], np.int64)
    for one, label in zip(objects, labels, strict=True):
        place = tuple(np.array([q], np.float64) for q in (one.x, one.y, one.radius, one.angle))
        kind = np.array([label])
        paint = np.array([COLOURS[one.colour]], np.float32)                  # (1, 3)
        painting.add(form_ink(kind, place, SIZE), paint, kind)
    target = painting.target(0, labels, [f"{one.colour} {one.kind}" for one in objects])
    return painting.images()[0], target


class Scene:
    """A detector or a segmenter that looks at scenes.

    prepare : (3, 64, 64) uint8 -> (C, H, W) float32, what the network reads
    classes : their names, the background first;  words: which network it is, and how good
    chosen  : was it asked for?  Then the page begins with it
    """

    def __init__(self, model: Module, prepare: Callable[[np.ndarray], np.ndarray],
                 classes: Sequence[str], words: str, chosen: bool = False) -> None:
        self.model, self.prepare, self.classes, self.words = model.eval(), prepare, classes, words
        self.lock, self.chosen = threading.Lock(), chosen
        self.draws_maps = isinstance(model, Segmenter)

    def look(self, asked: dict[str, Any]) -> dict[str, Any]:
        """asked: things, ground (a number), and suppress: keep the best of overlapping boxes."""
        image, target = painted(things(asked), whole(asked, "ground", 0, GROUNDS, 0))
        with self.lock:
            own = self.map(image, target["class_map"]) if self.draws_maps else \
                self.boxes(image, asked.get("suppress", True) is True, target["boxes"])
        return {"image": packed(image.transpose(1, 2, 0)), "caption": target["caption"], **own,
                "truth": [{"name": FORMS[label - 1], "box": rounded(box)} for label, box in zip(
                    target["labels"], target["boxes"], strict=True)]}

    @no_grad()
    def map(self, image: np.ndarray, truth: np.ndarray) -> dict[str, Any]:
        """The class of each pixel (64, 64), and of each class its colour, pixels and overlap."""
        x = self.prepare(image)                                              # (C, H, W)
        found = nearest(class_map(self.model(Tensor(x[None])), x.shape[1:], "the scene"),
                        (SIZE, SIZE)).astype(np.uint8)
        known, own = truth != IGNORED, tuple(self.classes) == CLASSES
        rows = []
        for label in np.union1d(found, truth if own else found):
            if label == IGNORED:
                continue
            mine, its = (found == label) & known, (truth == label) & known
            rows.append({"label": int(label), "name": self.classes[label], "pixels": int(
                (found == label).sum()), "colour": class_colour(int(label)) if label else None,
                "iou": float((mine & its).sum() / max((mine | its).sum(), 1)) if own else None})
        return {"map": packed(found), "rows": rows}

    def boxes(self, image: np.ndarray, suppress: bool, truth: np.ndarray) -> dict[str, Any]:
        """What a detector finds: class, score, box, and overlap with the best of the true boxes."""
        found = self.found(image, suppress)
        best = box_iou(found["boxes"], truth) if len(truth) else \
            np.zeros((len(found["boxes"]), 1))                               # (n, truths)
        return {"found": [{"name": self.classes[label], "score": float(score), "box": rounded(box),
                           "iou": float(iou.max())} for label, score, box, iou in zip(
                               found["labels"], found["scores"], found["boxes"], best,
                               strict=True)]}

    def found(self, image: np.ndarray, suppress: bool) -> dict[str, np.ndarray]:
        """Boxes in pixels of the scene, labels and scores, the surest first."""
        x = self.prepare(image)                                              # (3, H, W)
        with no_grad():
            if not suppress and isinstance(self.model, FixedSize):
                boxes, scores = self.model.votes(self.model.outputs(Tensor(x[None])))
                # No two boxes overlap by more than the whole: none is left out.
                one = keep_best(boxes[0], scores[0], x.shape[1:],
                                self.model.kept._replace(iou=1.0, score=LEAST))
            else:
                one = self.model(Tensor(x[None]))[0]
        order = np.argsort(-one["scores"], kind="stable")
        kept = order[one["scores"][order] >= LEAST][:MOST_BOXES]
        down, right = image.shape[1] / x.shape[1], image.shape[2] / x.shape[2]
        return {"boxes": one["boxes"][kept] * np.array([right, down] * 2),
                "labels": one["labels"][kept], "scores": one["scores"][kept]}


def rounded(box: np.ndarray) -> list[float]:
    return [round(float(q), 2) for q in box]
