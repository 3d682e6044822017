"""YOLO: the picture is cut into S x S cells, and each answers for the object whose centre it holds.

    name       variant     reads            cells    a cell says            parameters     MACs
    yolo_v1    "paper"     3 x 448 x 448    7 x 7    2 boxes, 20 classes    271,703,550    20.29 G
               norm=True                                                    271,716,734
    yolo_v1    "small"     3 x 64 x 64      8 x 8    2 boxes, 3 classes     147,133        44.3 M
               head="fc"                                                    623,552

A cell's numbers are (x, y, a, b, c) for each of its B boxes, then a p for each class:

    centre = ((column + x) / S, (row + y) / S),   width = a^2,   height = b^2      of the picture's
    c = the IoU that this box will have, if an object is here, else 0
    score of a class = c p

Loss: the mean over the pictures of a sum of squares over cells,

    5 (centre and roots of the size) + (c - IoU)^2      the responsible box of a cell with an object
    1/2 c^2                                             every other box, of that cell and of others
    sum over classes (p - (1 if it is the object's))^2  cells with an object

Responsible is the box that overlaps the object most.  That IoU is a target like any other: no
gradient flows through it.  Errors of a large box matter less than those of a small one, so roots
are learnt; they are squared for the IoU, for an output can be negative.

Slide: memphis, the list "Detection".  Source: Redmon et al. 2016, "You only look once", sections 2
and 2.2, figures 2 and 3.

Departures from the paper
-------------------------
1. A cell can learn one object.  Where two centres fall into one, the first of the list is learnt;
   `lost` counts the others, `seen` all, and a warning says so once.
2. Where both boxes overlap the object equally, for instance not at all, the one whose corners are
   nearer to it is responsible, as in the published program.
3. c and p are cut to [0, 1] before they are multiplied: two negative ones would make a good score.
4. Weights start at random by He's rule, and near 0 in the last layer: an answer of size 1 in every
   cell would cost 30 times the rest, and Adam would remember its gradients for a thousand steps.
   The paper trains the first 20 convolutions on ImageNet.
5. norm=True has a batch normalisation in the place of each convolution's bias, as later versions.
6. variant="small" is ours: eight convolutions with batch normalisation, and a 1 x 1 convolution in
   the place of the fully connected layers, which head="fc" has.
"""

import warnings
from collections.abc import Callable

import numpy as np

from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import to_cpu
from minicnn.init import apply_init, he_normal, normal, zeros
from minicnn.layers.activations import LeakyReLU
from minicnn.layers.batchnorm import BatchNorm2d
from minicnn.layers.conv import Conv2d
from minicnn.layers.dropout import Dropout
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.module import Module
from minicnn.models.detection.cells import Assigned, assign, corners
from minicnn.models.detection.detector import Target
from minicnn.models.detection.fixed_size import FixedSize, Kept, constant
from minicnn.models.network import check_choice, check_classes
from minicnn.models.table import Row, TableNet, row

# Figure 3: filters, kernel and stride of each layer; a bar is a 2 x 2 maxpool.
TABLE = {
    "paper": "64-7-2 | 192-3 | 128-1 256-3 256-1 512-3 |"
             "256-1 512-3 256-1 512-3 256-1 512-3 256-1 512-3 512-1 1024-3 |"
             "512-1 1024-3 512-1 1024-3 1024-3 1024-3-2 1024-3 1024-3",
    "small": "16-3 16-3 | 32-3 32-3 | 64-3 64-3 | 64-3 64-3",
}
FIGURE = {"conv1": "64x224x224", "pool1": "64x112x112", "conv2": "192x112x112",
          "pool2": "192x56x56", "conv6": "512x56x56", "pool3": "512x28x28",
          "conv16": "1024x28x28", "pool4": "1024x14x14", "conv22": "1024x7x7",
          "conv24": "1024x7x7", "fc25": "4096"}


def convolutions(variant: str, channels: int, norm: bool) -> tuple[list[Row], int]:
    """The rows up to the last convolution, and its number of maps."""
    rows: list[Row] = []
    figure = FIGURE if variant == "paper" else {}
    blocks = TABLE[variant].split("|")
    number = 0
    for block, words in enumerate(blocks, 1):
        for word in words.split():
            number += 1
            width, kernel, stride = map(int, [*word.split("-"), "1"][:3])
            conv = Conv2d(channels, width, kernel, stride, kernel // 2, bias=not norm)
            rows.append(row(f"conv{number}", apply_init(conv, he_normal(a=0.1), zeros),
                            *([BatchNorm2d(width)] if norm else []), LeakyReLU(0.1),
                            output=figure.get(f"conv{number}")))
            channels = width
        if block < len(blocks):
            rows.append(row(f"pool{block}", MaxPool2d(2), output=figure.get(f"pool{block}")))
    return rows, channels


class YOLO(FixedSize, TableNet):
    """YOLO v1:  pictures (3, 448, 448) -> boxes, labels and scores.

    Parameters
    ----------
    variant : "paper" or "small"    see the table above
    classes : int, optional         21, or 4 for "small"; with the background, which no cell says
    norm : bool, optional           batch normalisation: False for "paper", True for "small"
    head : "fc" or "conv"           fully connected or 1 x 1: "fc" for "paper", "conv" for "small"
    channels : int, default 3       of the pictures

    Pictures of other sizes are scaled.  The losses are named "coordinates", "confidence",
    "no_object" and "classes"; targets that share a cell are counted in `lost`.

    >>> YOLO().num_parameters(), YOLO().shape((3, 448, 448))
    (271703550, (7, 7, 30))
    """

    kept = Kept(iou=0.5)

    def __init__(self, variant: str = "paper", classes: int | None = None,
                 norm: bool | None = None, head: str | None = None, channels: int = 3) -> None:
        self.variant = check_choice("YOLO", "variant", variant, TABLE)
        paper = variant == "paper"
        self.cells, image, hidden = (7, 448, 4096) if paper else (8, 64, 256)
        self.classes = check_classes("YOLO", (21 if paper else 4) if classes is None else classes)
        self.per_cell = 2                                  # boxes
        self.seen = self.lost = 0                          # objects in training, and in taken cells
        D = 5 * self.per_cell + self.classes - 1
        rows, maps = convolutions(variant, channels, not paper if norm is None else norm)
        head = check_choice("YOLO", "head", head or ("fc" if paper else "conv"), ("fc", "conv"))
        if head == "conv":
            rows.append(row("answer", Conv2d(maps, D, 1)))
        else:
            if not paper:
                reduce = apply_init(Conv2d(maps, 16, 1), he_normal(a=0.1), zeros)
                rows.append(row("reduce", reduce, LeakyReLU(0.1)))
            features = (maps if paper else 16) * self.cells ** 2
            first = apply_init(Linear(features, hidden), he_normal(a=0.1), zeros)
            rows += [row("fc25", Flatten(), first, LeakyReLU(0.1),
                         Dropout(0.5 if paper else 0.0), output="4096" if paper else None),
                     row("fc26", Linear(hidden, self.cells ** 2 * D))]
        apply_init(rows[-1].layers[0], normal(0.01), zeros)         # departure 4
        super().__init__(*rows)
        self.input_shape = (channels, image, image)

    def outputs(self, x: Tensor) -> Tensor:
        """(N, S, S, 5 B + K): row, column, what the cell there says."""
        for _, layers, _ in self.rows:
            for layer in layers:
                x = layer(x)
        if len(x.shape) == 2:
            return x.reshape(len(x), self.cells, self.cells, -1)
        return x.permute(0, 2, 3, 1)

    def terms(self, outputs: Tensor, targets: list[Target]) -> dict[str, Tensor]:
        assigned = assign(to_cpu(outputs.data), targets, self.input_shape[1:], self.per_cell)
        self.count(assigned, targets)
        return squares(outputs, assigned, self.per_cell)

    def count(self, assigned: Assigned, targets: list[Target]) -> None:
        before, self.lost = self.lost, self.lost + assigned.lost
        self.seen += sum(len(target["labels"]) for target in targets)
        if self.lost and not before:
            warnings.warn("YOLO: of two objects whose centres fall into one cell the first alone "
                          "is learnt; model.lost counts the others, model.seen all", stacklevel=5)

    def votes(self, outputs: Tensor) -> tuple[np.ndarray, np.ndarray]:
        """Boxes (N, S S B, 4) and c p of each class (N, S S B, K)."""
        y = to_cpu(outputs.data)
        N, B = len(y), self.per_cell
        boxes = y[..., :5 * B].reshape(*y.shape[:3], B, 5)                   # (N, S, S, B, 5)
        sure, chance = np.clip(boxes[..., 4:], 0, 1), np.clip(y[..., None, 5 * B:], 0, 1)
        H, W = self.input_shape[1:]
        return (corners(boxes[..., :4], H, W).reshape(N, -1, 4),
                (sure * chance).reshape(N, -1, y.shape[3] - 5 * B))


def squares(outputs: Tensor, assigned: Assigned, B: int) -> dict[str, Tensor]:
    """Each picture's share of the four terms, (N,)."""
    N = len(outputs)
    error = outputs - constant(assigned.wanted, outputs)
    cost = constant(assigned.weight, outputs) * error ** 2                   # (N, S, S, D)
    boxes = cost[..., :5 * B].reshape(*cost.shape[:3], B, 5)                 # (N, S, S, B, 5)
    here = constant(assigned.responsible, outputs)                           # (N, S, S, B)
    return {"coordinates": boxes[..., :4].sum(axis=(1, 2, 3, 4)) / N,
            "confidence": (boxes[..., 4] * here).sum(axis=(1, 2, 3)) / N,
            "no_object": (boxes[..., 4] * (1 - here)).sum(axis=(1, 2, 3)) / N,
            "classes": cost[..., 5 * B:].sum(axis=(1, 2, 3)) / N}


NETWORKS: dict[str, Callable[..., Module]] = {"yolo_v1": YOLO}
