"""Region proposal network: where is something, whatever it is?

    h = relu(conv3x3(map))
    z = conv1x1(h)              (N, A, H, W)      log-odds that an anchor holds an object
    t = conv1x1(h)              (N, 4 A, H, W)    how it is to be moved: data/boxes/coding.py

At every cell of the map stand A anchors.  In training some of an image's anchors are drawn, at most
half of them positive (IoU with a truth of 0.7 or more, or the best that the truth has), the others
negative (below 0.3):

    L = 1/n sum BCE(z, positive)  +  1/n sum_positive smooth_l1(t - t_truth),     n drawn anchors

The proposals are the moved anchors with the highest z that NMS leaves.  No gradient goes through
their corners.

Source: Ren et al. 2015, "Faster R-CNN: towards real-time object detection with region proposal
networks", section 3.1.  Slides: memphis "Detection"; virginia "CNNs are everywhere".
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from minicnn.autograd.functions import cat, stack
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import to_cpu
from minicnn.backend.seeds import generator
from minicnn.data.boxes.anchors import anchors
from minicnn.data.boxes.clip import clip_boxes_to_image, remove_small_boxes
from minicnn.data.boxes.coding import decode, encode
from minicnn.data.boxes.matching import BETWEEN, match
from minicnn.data.boxes.overlap import box_iou
from minicnn.data.boxes.sampling import sample
from minicnn.data.boxes.suppression import batched_nms
from minicnn.init import apply_init, normal, zeros
from minicnn.layers.batchnorm import BatchNorm2d
from minicnn.layers.conv import Conv2d
from minicnn.layers.module import Module
from minicnn.losses.binary_cross_entropy import binary_cross_entropy_with_logits
from minicnn.losses.smooth_l1 import smooth_l1_loss
from minicnn.models.detection.batching import Batch
from minicnn.models.detection.detector import Target
from minicnn.models.network import conv_unit


class Proposing(NamedTuple):
    """The numbers of a region proposal network.

    sizes     : of the anchors, in pixels, for each map; one map's are all at its cells
    ratios    : height / width of the anchors
    before    : how many are kept before NMS, of each map, in training and in test
    after     : and after it, of the image
    overlap   : IoU beyond which NMS drops a proposal
    smallest  : side of the smallest proposal, in pixels
    drawn     : anchors of an image that it learns from;  share : at most so many of them positive
    high, low : IoU from which an anchor is positive, and below which it is negative
    inside    : whether anchors that cross the image's border learn nothing
    scores    : 2 for a score of "nothing" beside that of "object", as in the paper: then z is the
                difference, and BCE of z the paper's softmax of the two
    strides   : of the maps, in pixels; None: the image's size over the map's, as torchvision does
    offset, rounded : of anchors(); torchvision's have 0 and True
    """

    sizes: Sequence[Sequence[float]]
    ratios: Sequence[float] = (0.5, 1, 2)
    before: tuple[int, int] = (12_000, 6_000)
    after: tuple[int, int] = (2_000, 300)
    overlap: float = 0.7
    smallest: float = 16
    drawn: int = 256
    share: float = 0.5
    high: float = 0.7
    low: float = 0.3
    inside: bool = True
    scores: int = 1
    strides: Sequence[int] | None = None
    offset: float = 0.5
    rounded: bool = False


class RPNHead(Module):
    """(N, C, H, W) -> z (N, A, H, W) and t (N, 4 A, H, W); one head serves all maps.

    in_channels, channels : C and the maps of h;  norm : batch norm behind the 3x3
    """

    def __init__(self, in_channels: int, channels: int, number: int, scores: int = 1,
                 norm: bool = False) -> None:
        self.scores = scores
        self.conv = conv_unit(in_channels, channels, 3, norm=BatchNorm2d if norm else None)
        self.cls_logits = Conv2d(channels, scores * number, 1)
        self.bbox_pred = Conv2d(channels, 4 * number, 1)
        apply_init(self, normal(0.01), zeros)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        h = self.conv(x)
        z = self.cls_logits(h)
        if self.scores == 2:                               # those of "nothing" come first
            A = z.shape[1] // 2
            z = z[:, A:] - z[:, :A]
        return z, self.bbox_pred(h)


class RegionProposals(Module):
    """The head, its anchors, its losses and its proposals."""

    def __init__(self, in_channels: int, channels: int, rule: Proposing, norm: bool = False
                 ) -> None:
        self.rule = rule
        self.head = RPNHead(in_channels, channels, len(rule.sizes[0]) * len(rule.ratios),
                            rule.scores, norm)

    def forward(self, *maps: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """z (N, h w A) and t (N, h w A, 4) of each map, in the order of the anchors."""
        z, t = [], []
        for x in maps:
            scores, deltas = self.head(x)
            N, A, H, W = scores.shape
            z.append(scores.permute(0, 2, 3, 1).reshape(N, H * W * A))
            t.append(deltas.reshape(N, A, 4, H, W).permute(0, 3, 4, 1, 2)
                     .reshape(N, H * W * A, 4))
        return z, t

    def anchors(self, maps: Sequence[Tensor], size: tuple[int, int]) -> list[np.ndarray]:
        """(h w A, 4) for each map of a batch of that size (H, W)."""
        rule, (H, W) = self.rule, size
        strides: Sequence[Any] = rule.strides or [(H // x.shape[2], W // x.shape[3]) for x in maps]
        return [anchors(x.shape[2:], stride, sizes, rule.ratios, rule.offset, rule.rounded)
                for x, stride, sizes in zip(maps, strides, rule.sizes, strict=True)]

    # --- what it proposes -----------------------------------------------------------------------

    def proposals(self, z: Sequence[Tensor], t: Sequence[Tensor], places: Sequence[np.ndarray],
                  batch: Batch) -> list[np.ndarray]:
        """(n, 4) for each image, the surest first; places: the anchors of each map."""
        scores, deltas = ([to_cpu(x.data) for x in level] for level in (z, t))
        return [self.chosen([x[image] for x in scores], [x[image] for x in deltas], places, size)
                for image, size in enumerate(batch.sizes)]

    def chosen(self, scores: Sequence[np.ndarray], deltas: Sequence[np.ndarray],
               places: Sequence[np.ndarray], size: tuple[int, int]) -> np.ndarray:
        """Of one image: scores (n,), deltas (n, 4), anchors (n, 4) of each map."""
        before, after = (pair[0 if self.training else 1]
                         for pair in (self.rule.before, self.rule.after))
        best = [np.argsort(-z, kind="stable")[:before] for z in scores]
        boxes = np.concatenate([decode(t[top], place[top]) for t, place, top
                                in zip(deltas, places, best, strict=True)])
        surest = np.concatenate([z[top] for z, top in zip(scores, best, strict=True)])
        levels = np.repeat(np.arange(len(best)), [len(top) for top in best])
        boxes = clip_boxes_to_image(boxes, size)
        large = remove_small_boxes(boxes, self.rule.smallest)
        boxes, surest, levels = boxes[large], surest[large], levels[large]
        return boxes[batched_nms(boxes, surest, levels, self.rule.overlap)[:after]]

    # --- what it learns -------------------------------------------------------------------------

    def losses(self, z: Sequence[Tensor], t: Sequence[Tensor], places: Sequence[np.ndarray],
               batch: Batch, targets: Sequence[Target]) -> dict[str, Tensor]:
        """loss_objectness and loss_rpn_box_reg, (N,): each image's share."""
        place = np.concatenate(places)                                         # (M, 4)
        drawn = [self.drawn(place, size, target["boxes"])
                 for size, target in zip(batch.sizes, targets, strict=True)]
        n = max(sum(len(positive) + len(negative) for positive, negative, _ in drawn), 1)
        logits, deltas = cat(list(z), 1), cat(list(t), 1)                      # (N, M), (N, M, 4)
        objectness, moves = [], []
        for image, (positive, negative, goal) in enumerate(drawn):
            both = np.concatenate([positive, negative])
            objectness.append(binary_cross_entropy_with_logits(
                logits[image][both], np.arange(len(both)) < len(positive), reduction="sum") / n)
            moves.append(smooth_l1_loss(deltas[image][positive], like(goal, deltas),
                                        reduction="sum", beta=1 / 9) / n)
        return {"loss_objectness": stack(objectness), "loss_rpn_box_reg": stack(moves)}

    def drawn(self, place: np.ndarray, size: tuple[int, int], truth: np.ndarray
              ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of one image: positive and negative anchors, and where the positive ones are to move."""
        rule, (H, W) = self.rule, size
        inside = ((place[:, :2] >= 0) & (place[:, 2:] <= (W, H))).all(axis=1)
        learns = inside | (not rule.inside)
        matched = np.full(len(place), BETWEEN)
        matched[learns] = match(box_iou(truth, place[learns]), rule.high, rule.low)
        positive, negative = sample(matched, rule.drawn, rule.share, generator())
        return positive, negative, encode(truth[matched[positive]], place[positive])


def like(values: np.ndarray, x: Tensor) -> Tensor:
    """The values in x's dtype and on its device."""
    return Tensor(values.astype(x.dtype)).to(x.device)
