"""Detectors that read one size of picture and answer for every place of it at once.

    pictures of any size -> scaled to the network's size -> outputs -> boxes, scaled back

Each place votes for a box and a score of every class.  Many boxes say the same, so what is kept:

    1. of each class the boxes whose score is above `score`, at most the `candidates` best
    2. of each class, from the best down, those that overlap no better one by more than `iou` (NMS)
    3. of all classes together the `most` best

Sources: Liu et al. 2016, SSD, section 2; Redmon et al. 2016, YOLO, section 2.3.
"""

from typing import Any, NamedTuple

import numpy as np

from minicnn.autograd.functions import stack
from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import xp_of
from minicnn.data.boxes import batched_nms, clip_boxes_to_image
from minicnn.layers.interpolate import interpolate
from minicnn.models.detection.detector import Detections, Detector, Target


class Kept(NamedTuple):
    """Which boxes are kept: see above."""

    score: float = 0.01
    candidates: int = 400
    iou: float = 0.45
    most: int = 200


class FixedSize(Detector):
    """A Detector that scales pictures to its `input_shape`.  A family writes, beside `outputs`:

    terms(outputs, targets)     the losses; boxes are in pixels of the network's size
    votes(outputs)              boxes (N, A, 4) in its pixels, scores (N, A, K) of classes 1 to K
    """

    kept = Kept()

    def losses(self, images: list[Tensor], targets: list[Target]) -> dict[str, Tensor]:
        scaled = [{**target, "boxes": target["boxes"] * self.scale(x)}
                  for x, target in zip(images, targets, strict=True)]
        return self.terms(self.outputs(self.batch(images)), scaled)

    def detections(self, images: list[Tensor]) -> Detections:
        with no_grad():
            boxes, scores = self.votes(self.outputs(self.batch(images)))
        found = []
        for number, x in enumerate(images):
            if np.isnan(scores[number]).any() or np.isnan(boxes[number]).any():
                raise ValueError(f"{type(self).__name__}: picture {number}: what it answers is NaN"
                                 f"{self.cause(images)}")
            one = keep_best(boxes[number], scores[number], self.input_shape[1:], self.kept)
            found.append({**one, "boxes": (one["boxes"] / self.scale(x)).astype(np.float32)})
        return found

    def terms(self, outputs: Any, targets: list[Target]) -> dict[str, Tensor]:
        raise TypeError(f"{type(self).__name__} writes no terms")

    def votes(self, outputs: Any) -> tuple[np.ndarray, np.ndarray]:
        raise TypeError(f"{type(self).__name__} writes no votes")

    def prepared(self, x: Tensor) -> Tensor:
        """What is done to a picture before it is scaled: nothing, it comes normalised."""
        return x

    def batch(self, images: list[Tensor]) -> Tensor:
        """(N, C, H, W) in the network's size."""
        size = self.input_shape[1:]
        pictures = map(self.prepared, images)
        return stack([x if x.shape[1:] == size else
                      interpolate(x.unsqueeze(0), size, mode="bilinear")[0] for x in pictures])

    def scale(self, x: Tensor) -> np.ndarray:
        """By what a box of this picture is multiplied: (4,) for x1, y1, x2, y2."""
        (_, H, W), (_, h, w) = self.input_shape, x.shape
        return np.array([W / w, H / h] * 2)


def keep_best(boxes: np.ndarray, scores: np.ndarray, size: tuple, kept: Kept
              ) -> dict[str, np.ndarray]:
    """The answer for a picture of size (H, W), best first, from boxes (A, 4) and scores (A, K)."""
    boxes = clip_boxes_to_image(boxes, size)
    rows, labels = [], []
    for number in range(scores.shape[1]):                  # label number + 1
        row = np.flatnonzero(scores[:, number] > kept.score)
        best = np.argsort(-scores[row, number], kind="stable")[:kept.candidates]
        rows.append(row[best])
        labels.append(np.full(len(best), number + 1))
    row, label = np.concatenate(rows), np.concatenate(labels)
    has_area = (boxes[row, 2:] > boxes[row, :2]).all(axis=1)
    row, label = row[has_area], label[has_area]
    score = scores[row, label - 1]
    best = batched_nms(boxes[row], score, label, kept.iou)[:kept.most]
    return {"boxes": boxes[row[best]], "labels": label[best], "scores": score[best]}


def constant(values: np.ndarray, beside: Tensor) -> Tensor:
    """Values that are not learnt, in the dtype and on the device of the Tensor beside them."""
    return Tensor(xp_of(beside.data).asarray(values.astype(beside.dtype)))
