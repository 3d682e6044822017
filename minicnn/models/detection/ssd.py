"""SSD: boxes of many sizes are judged at once, small ones on fine maps and large ones on coarse.

    name                  variant          reads          boxes    classes    parameters
    ssd300                "paper"          3 x 300 x 300  8,732    21         26,285,486
    ssd300                "small"          3 x 64 x 64    672      4          210,976
    ssd300_vgg16          "torchvision"    3 x 300 x 300  8,732    91         35,641,826

A 3 x 3 convolution on each of several maps gives, for every default box at every place, a score for
each class (the background is class 0) and four numbers that move it:

    centre = default centre + 0.1 (tx, ty) * default size,    size = default size * e^(0.2 (tw, th))

Loss, with P default boxes that belong to a truth, in all pictures of the batch:

    L = 1/max(P, 1) (sum over P of smooth_L1(t - t of the truth) + sum of cross-entropies)

The cross-entropies are those of the P boxes and of three times as many of the background, in each
picture those with the largest, or else 8,700 easy boxes would drown the few objects.

Slide: memphis, the list "Detection".  Source: Liu et al. 2016, "SSD: single shot multibox
detector", sections 2 and 3.1, figure 2.  It reads pictures of 0 to 255 less the mean colour.

Departures from the paper
-------------------------
1. At least 3 boxes of the background are chosen in each picture.  In the paper a picture without
   objects has none, so a batch of such pictures teaches nothing.
2. The paper starts from VGG-16 trained on ImageNet, its fc6 and fc7 thinned out; here all weights
   start at random: He's rule up to conv5_3, Glorot's uniform one behind it, as in the paper.
3. No augmentation here: the paper's crops and zooms belong to the data.
4. variant="torchvision" takes pictures from 0 to 1 and subtracts the mean itself, has the sizes of
   default boxes that the paper gives for COCO, none wider than the picture; two truths may want
   the same box there, the later one takes it; and there is no least number of negatives.
5. variant="small" is ours: nine convolutions with batch normalisation, for pictures of 64 x 64.
"""

from collections.abc import Callable
from functools import partial
from math import inf

import numpy as np

from minicnn.autograd.functions import concatenate
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import to_cpu, xp_of
from minicnn.backend.together import mean_count
from minicnn.data.boxes import BACKGROUND, box_iou, decode, encode, match_bipartite
from minicnn.init import apply_init, he_normal, xavier_uniform, zeros
from minicnn.layers.activations import ReLU
from minicnn.layers.batchnorm import BatchNorm2d
from minicnn.layers.conv import Conv2d
from minicnn.layers.l2norm import L2Norm
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.module import Module
from minicnn.layers.softmax import softmax
from minicnn.losses.cross_entropy import cross_entropy
from minicnn.losses.smooth_l1 import smooth_l1_loss
from minicnn.models.detection.default_boxes import (
    Level,
    default_boxes,
    hard_negatives,
    match_each,
)
from minicnn.models.detection.detector import Target
from minicnn.models.detection.fixed_size import FixedSize, constant
from minicnn.models.network import check_choice, check_classes
from minicnn.models.table import Row, TableNet, row
from minicnn.models.vgg import TABLE
from minicnn.weights.names import Names

# Figure 2; sizes as in the published program for VOC.  Largest: 315.
LEVELS = [
    #     source     channels  places  step  size  ratios
    Level("conv4_3",  512,     38,     8,    30,   (2,)),
    Level("fc7",      1024,    19,     16,   60,   (2, 3)),
    Level("conv8_2",  512,     10,     32,   111,  (2, 3)),
    Level("conv9_2",  256,     5,      64,   162,  (2, 3)),
    Level("conv10_2", 256,     3,      100,  213,  (2,)),
    Level("conv11_2", 256,     1,      300,  264,  (2,)),
]
COCO_SIZES = [21, 45, 99, 153, 207, 261]                   # section 3.4: 0.07, then 0.15 to 0.87
SMALL_LEVELS = [
    Level("conv6", 64, 16, 4, 14), Level("conv8", 64, 8, 8, 22), Level("conv9", 64, 4, 16, 30)]
LARGEST, LARGEST_SMALL = 315, 40

# label: in, out, kernel, stride, padding, dilation, output
EXTRA = {
    "fc6":      (512, 1024, 3, 1, 6, 6, "1024x19x19"),
    "fc7":      (1024, 1024, 1, 1, 0, 1, "1024x19x19"),
    "conv8_1":  (1024, 256, 1, 1, 0, 1, None),
    "conv8_2":  (256, 512, 3, 2, 1, 1, "512x10x10"),
    "conv9_1":  (512, 128, 1, 1, 0, 1, None),
    "conv9_2":  (128, 256, 3, 2, 1, 1, "256x5x5"),
    "conv10_1": (256, 128, 1, 1, 0, 1, None),
    "conv10_2": (128, 256, 3, 1, 0, 1, "256x3x3"),
    "conv11_1": (256, 128, 1, 1, 0, 1, None),
    "conv11_2": (128, 256, 3, 1, 0, 1, "256x1x1"),
}
WEIGHTS = (10, 10, 5, 5)                                   # 1 / 0.1 and 1 / 0.2: see `encode`
MEAN = 0.48235, 0.45882, 0.40784                           # of red, green, blue, from 0 to 1


def vgg_rows(channels: int) -> list[Row]:
    """VGG-16 up to conv5_3, a pool5 that keeps the size, and the paper's extra layers."""
    rows = []
    for block, words in enumerate(TABLE["D"].split("|"), 1):
        for number, word in enumerate(words.split(), 1):
            width = int(word.removeprefix("conv3-"))
            label = f"conv{block}_{number}"
            conv = Conv2d(channels, width, 3, padding=1)
            rows.append(row(label, apply_init(conv, he_normal(mode="fan_out"), zeros), ReLU(),
                            output="512x38x38" if label == "conv4_3" else None))
            channels = width
        pool = MaxPool2d(2, ceil_mode=block == 3) if block < 5 else MaxPool2d(3, 1, 1)
        rows.append(row(f"pool{block}", pool))             # 75 becomes 38
    for label, (C, F, kernel, stride, padding, dilation, output) in EXTRA.items():
        conv = Conv2d(C, F, kernel, stride, padding, dilation)
        rows.append(row(label, apply_init(conv, xavier_uniform(), zeros), ReLU(), output=output))
    return rows


def small_rows(channels: int) -> list[Row]:
    rows = []
    for number, width in enumerate((16, 16, 32, 32, 64, 64, 64, 64, 64), 1):
        conv = Conv2d(channels, width, 3, padding=1, bias=False)
        rows.append(row(f"conv{number}", apply_init(conv, he_normal()), BatchNorm2d(width), ReLU()))
        if number in (2, 4, 6, 8):
            rows.append(row(f"pool{number // 2}", MaxPool2d(2)))
        channels = width
    return rows


TORCHVISION = Names(
    *[(rf"^conv{block}_{number}\.", f"backbone.features.{place}.") for place, block, number in
      [(0, 1, 1), (2, 1, 2), (5, 2, 1), (7, 2, 2), (10, 3, 1), (12, 3, 2), (14, 3, 3),
       (17, 4, 1), (19, 4, 2), (21, 4, 3)]],
    *[(rf"^conv5_{number}\.", f"backbone.extra.0.{2 * number - 1}.") for number in (1, 2, 3)],
    (r"^fc6\.", "backbone.extra.0.7.1."), (r"^fc7\.", "backbone.extra.0.7.3."),
    *[(rf"^conv{block}_{number}\.", f"backbone.extra.{block - 7}.{2 * number - 2}.")
      for block in (8, 9, 10, 11) for number in (1, 2)],
    (r"^norm\.weight", "backbone.scale_weight"),
    (r"^scores\.", "head.classification_head.module_list."),
    (r"^moves\.", "head.regression_head.module_list."), variant="torchvision")


class SSD(FixedSize, TableNet):
    """SSD:  pictures (3, 300, 300) -> boxes, labels and scores.

    Parameters
    ----------
    variant : "paper", "torchvision" or "small"       see the table above, and departures 4 and 5
    classes : int, optional         with the background; 21 if not given, 91 or 4 for the variants
    channels : int, default 3       of the pictures

    Pictures of other sizes are scaled to 300 x 300, whatever their shape.  The losses are named
    "classification" and "bbox_regression".

    >>> SSD().num_parameters(), SSD().shape((3, 300, 300))
    (26285486, ((8732, 4), (8732, 21)))
    """

    published = {"torchvision": TORCHVISION}

    def __init__(self, variant: str = "paper", classes: int | None = None, channels: int = 3
                 ) -> None:
        defaults = {"paper": 21, "torchvision": 91, "small": 4}
        self.variant = check_choice("SSD", "variant", variant, defaults)
        small = variant == "small"
        super().__init__(*(small_rows if small else vgg_rows)(channels))
        self.classes = check_classes("SSD", defaults[variant] if classes is None else classes)
        self.input_shape = (channels, 64, 64) if small else (channels, 300, 300)
        self.published = {name: names for name, names in type(self).published.items()
                          if names.variant == variant}
        self.levels, largest = (SMALL_LEVELS, LARGEST_SMALL) if small else (LEVELS, LARGEST)
        if variant == "torchvision":
            self.levels = [level._replace(size=size) for level, size
                           in zip(LEVELS, COCO_SIZES, strict=True)]
        self.boxes = default_boxes(self.levels, largest, 300 if variant == "torchvision" else inf)
        self.norm = None if small else L2Norm(512, scale=20)
        self.moves = [self.head(level, 4) for level in self.levels]
        self.scores = [self.head(level, self.classes) for level in self.levels]

    def head(self, level: Level, columns: int) -> Conv2d:
        conv = Conv2d(level.channels, level.shapes * columns, 3, padding=1)
        return apply_init(conv, xavier_uniform(), zeros)

    def prepared(self, x: Tensor) -> Tensor:
        if self.variant != "torchvision":
            return x
        mean = np.array(MEAN, x.dtype)[:, None, None]
        return (x - x.lift(xp_of(x.data).asarray(mean))) * 255

    def outputs(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """How each default box moves (N, A, 4), and its scores (N, A, classes)."""
        moves, scores, level = [], [], 0
        for label, layers, _ in self.rows:
            for layer in layers:
                x = layer(x)
            if level < len(self.levels) and label == self.levels[level].source:
                y = self.norm(x) if self.norm is not None and not level else x
                moves.append(by_box(self.moves[level](y), 4))
                scores.append(by_box(self.scores[level](y), self.classes))
                level += 1
        return concatenate(moves, axis=1), concatenate(scores, axis=1)

    def terms(self, outputs: tuple[Tensor, Tensor], targets: list[Target]) -> dict[str, Tensor]:
        moves, scores = outputs
        N, A, K = scores.shape
        labels, wanted = np.zeros((N, A), np.int64), np.zeros((N, A, 4), moves.dtype)
        match = match_each if self.variant == "torchvision" else match_bipartite
        for number, target in enumerate(targets):
            found = match(box_iou(target["boxes"], self.boxes))
            own = found != BACKGROUND
            labels[number, own] = target["labels"][found[own]]
            wanted[number, own] = encode(target["boxes"][found[own]], self.boxes[own], WEIGHTS)
        positive = labels > 0
        cost = cross_entropy(scores.reshape(N * A, K), labels.reshape(-1), reduction="none")
        cost = cost.reshape(N, A)
        chosen = xp_of(cost.data).asarray(positive) | hard_negatives(
            cost.data, positive, least=0 if self.variant == "torchvision" else 3)
        distance = smooth_l1_loss(moves, constant(wanted, moves), reduction="none")  # (N, A, 4)
        P = mean_count(int(positive.sum()), least=1)
        return {"bbox_regression": (distance * constant(positive[..., None], moves)
                                    ).sum(axis=(1, 2)) / P,
                "classification": (cost * constant(chosen, cost)).sum(axis=1) / P}       # (N,)

    def votes(self, outputs: tuple[Tensor, Tensor]) -> tuple[np.ndarray, np.ndarray]:
        moves, scores = outputs
        chances = to_cpu(softmax(scores, dim=2).data)
        boxes = [decode(each, self.boxes, WEIGHTS) for each in to_cpu(moves.data)]
        return np.stack(boxes), chances[:, :, 1:]


def by_box(y: Tensor, columns: int) -> Tensor:
    """(N, shapes columns, H, W) -> (N, H W shapes, columns): the order of the default boxes."""
    N, _, H, W = y.shape
    y = y.reshape(N, -1, columns, H, W).permute(0, 3, 4, 1, 2)             # (N, H, W, shapes, ...)
    return y.reshape(N, -1, columns)


NETWORKS: dict[str, Callable[..., Module]] = {
    "ssd300": SSD, "ssd300_vgg16": partial(SSD, variant="torchvision")}
