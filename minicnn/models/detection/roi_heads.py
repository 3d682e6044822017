"""The second stage: what is in each region, and where exactly?

    h = head(pool(maps, region))
    s = W_s h          (R, classes)       scores; class 0 is the background
    t = W_t h          (R, K, 4)          a move of the region for each of K classes

In training some proposals of an image are drawn, a quarter of them positive (IoU with a truth of
0.5 or more), and the truths themselves are among the proposals:

    L = 1/R sum CE(s, class)  +  1/R sum_positive smooth_l1(t[class] - t_truth)

Both are divided by R, all drawn regions, and not by the positive ones.  In test each class moves
each region; what scores above a threshold and survives NMS among its class is found.

Sources: Girshick 2015, "Fast R-CNN", section 2; Ren et al. 2015.  Slides: memphis "Detection";
stanford "Transfer learning with CNNs is pervasive" (Fast R-CNN's figure).
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from minicnn.autograd.functions import stack
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import to_cpu
from minicnn.backend.seeds import generator
from minicnn.data.boxes.clip import clip_boxes_to_image, remove_small_boxes
from minicnn.data.boxes.coding import decode, encode
from minicnn.data.boxes.matching import BACKGROUND, BETWEEN, match
from minicnn.data.boxes.overlap import box_iou
from minicnn.data.boxes.sampling import sample
from minicnn.data.boxes.suppression import batched_nms
from minicnn.init import apply_init, normal, zeros
from minicnn.layers.activations import ReLU
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.module import Module
from minicnn.layers.softmax import softmax
from minicnn.losses.cross_entropy import cross_entropy
from minicnn.losses.smooth_l1 import smooth_l1_loss
from minicnn.models.detection.batching import Batch
from minicnn.models.detection.detector import Target
from minicnn.models.detection.rpn import like


class Judging(NamedTuple):
    """The numbers of the second stage.

    drawn     : regions of an image that it learns from;  share : at most so many of them positive
    high      : IoU from which a region is positive
    low, least : below `low` it is background, if it has at least `least`; between, it is not drawn
    beta      : of smooth_l1
    threshold : what scores less is not found
    overlap   : IoU beyond which NMS drops a box of the same class
    most      : boxes of an image
    weights   : of the four numbers of a move: one over the spread that they have
    """

    drawn: int = 128
    share: float = 0.25
    high: float = 0.5
    low: float = 0.5
    least: float = 0.0
    beta: float = 1.0
    threshold: float = 0.05
    overlap: float = 0.3
    most: int = 100
    weights: Sequence[float] = (10, 10, 5, 5)


class Drawn(NamedTuple):
    """The regions of one image that are learnt from; the positive ones are in rows `positive`."""

    boxes: np.ndarray                            # (R, 4)
    labels: np.ndarray                           # (R,), 0 is the background
    moves: np.ndarray                            # (P, 4) for the positive ones
    truths: np.ndarray                           # (P,) number of each one's truth

    @property
    def positive(self) -> np.ndarray:
        return np.flatnonzero(self.labels)


class TwoLinear(Module):
    """(R, C, P, P) -> (R, hidden): fc6, ReLU, fc7, ReLU; the head of networks with a pyramid."""

    def __init__(self, features: int, hidden: int) -> None:
        self.flatten, self.fc6, self.relu6 = Flatten(), Linear(features, hidden), ReLU()
        self.fc7, self.relu7 = Linear(hidden, hidden), ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.relu7(self.fc7(self.relu6(self.fc6(self.flatten(x)))))


class BoxPredictor(Module):
    """(R, features) -> scores (R, classes), moves (R, 4 moved).

    moved : classes that have moves of their own: `classes`, where the background has four as well,
            which nothing trains; or one fewer
    """

    def __init__(self, features: int, classes: int, moved: int | None = None) -> None:
        self.cls_score = apply_init(Linear(features, classes), normal(0.01), zeros)
        self.bbox_pred = apply_init(Linear(features, 4 * (moved or classes)), normal(0.001), zeros)

    def forward(self, h: Tensor) -> tuple[Tensor, Tensor]:
        return self.cls_score(h), self.bbox_pred(h)


class RoIHeads(Module):
    """pools -> head -> predictor, its losses, and the boxes that it finds.

    pools : one RegionPool, or one for each scale that the head compares: see gated.py
    """

    def __init__(self, pools: Sequence[Module], head: Module, predictor: BoxPredictor,
                 rule: Judging) -> None:
        self.pools, self.box_head, self.box_predictor = list(pools), head, predictor
        self.rule = rule

    def forward(self, maps: Sequence[Tensor], boxes: Any) -> tuple[Tensor, Tensor]:
        """Scores (R, classes) and moves (R, 4 K) of the regions of all images."""
        pooled = [pool(*maps, boxes=boxes) for pool in self.pools]
        return self.box_predictor(self.box_head(*pooled))

    # --- what it learns -------------------------------------------------------------------------

    def draw(self, proposals: np.ndarray, target: Target) -> Drawn:
        """Regions of an image from its proposals (n, 4) and its truths."""
        rule, truth = self.rule, target["boxes"]
        boxes = np.concatenate([proposals, truth])
        iou = box_iou(truth, boxes)                                            # (truths, n)
        matched = match(iou, rule.high, rule.low, best_for_truth=False)
        if len(truth):
            matched[(matched == BACKGROUND) & (iou.max(axis=0) < rule.least)] = BETWEEN
        both = np.sort(np.concatenate(sample(matched, rule.drawn, rule.share, generator())))
        boxes, matched = boxes[both], matched[both]
        positive = matched >= 0
        labels = np.zeros(len(boxes), np.int64)
        labels[positive] = target["labels"][matched[positive]]
        return Drawn(boxes, labels, encode(truth[matched[positive]], boxes[positive], rule.weights),
                     matched[positive])

    def losses(self, maps: Sequence[Tensor], drawn: Sequence[Drawn]) -> dict[str, Tensor]:
        """loss_classifier and loss_box_reg, (N,): each image's share."""
        scores, moves = self(maps, [one.boxes for one in drawn])
        R = max(len(scores), 1)
        moves = moves.reshape(len(scores), moves.shape[1] // 4, 4)
        background = scores.shape[1] - moves.shape[1]                          # without moves: 1
        judged, moved, start = [], [], 0
        for one in drawn:
            end = start + len(one.labels)
            row = start + one.positive
            judged.append(cross_entropy(scores[start:end], one.labels, reduction="sum") / R
                          if len(one.labels) else scores[start:end].sum())
            moved.append(smooth_l1_loss(
                moves[row, one.labels[one.positive] - background], like(one.moves, moves),
                reduction="sum", beta=self.rule.beta) / R)
            start = end
        return {"loss_classifier": stack(judged), "loss_box_reg": stack(moved)}

    # --- what it finds --------------------------------------------------------------------------

    def found(self, scores: Tensor, moves: Tensor, proposals: Sequence[np.ndarray], batch: Batch
              ) -> list[dict[str, np.ndarray]]:
        """Boxes, labels and scores for each image, the surest first."""
        sure = to_cpu(softmax(scores, 1).data)                                 # (R, classes)
        t = to_cpu(moves.data).reshape(len(sure), moves.shape[1] // 4, 4)
        ends = np.cumsum([len(one) for one in proposals])
        return [self.found_in(sure[end - len(boxes):end], t[end - len(boxes):end], boxes, size)
                for boxes, end, size in zip(proposals, ends, batch.sizes, strict=True)]

    def found_in(self, sure: np.ndarray, t: np.ndarray, proposals: np.ndarray,
                 size: tuple[int, int]) -> dict[str, np.ndarray]:
        """Of one image: probabilities (n, classes), moves (n, K, 4), proposals (n, 4)."""
        rule, first = self.rule, 1 - (sure.shape[1] - t.shape[1])              # class 1's moves
        boxes = clip_boxes_to_image(decode(t[:, first:], proposals, rule.weights), size)
        row, column = np.nonzero(sure[:, 1:] > rule.threshold)
        boxes, scores, labels = boxes[row, column], sure[row, column + 1], column + 1
        large = remove_small_boxes(boxes, 0.01)
        boxes, scores, labels = boxes[large], scores[large], labels[large]
        kept = batched_nms(boxes, scores, labels, rule.overlap)[:rule.most]
        return {"boxes": boxes[kept], "labels": labels[kept], "scores": scores[kept]}
