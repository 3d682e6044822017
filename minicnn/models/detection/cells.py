"""YOLO's cells: what each of them is to say about the objects of a picture.

The object whose centre lies in cell (i, j) of S x S is that cell's.  Of the cell's B boxes the one
that overlaps it most is responsible for it:

    wanted    x, y    where in the cell the centre lies, 0 to 1         weight 5
              a, b    the roots of width and height, of the picture's   weight 5
              c       the IoU of the responsible box as it is now       weight 1
                      0 for every other box, of this cell or another    weight 1/2
              p       1 for the object's class, 0 for the others        weight 1

Everything else has weight 0.

Source: Redmon et al. 2016, "You only look once", section 2.2.
"""

from typing import NamedTuple

import numpy as np

from minicnn.data.boxes import box_iou
from minicnn.models.detection.detector import Target

COORDINATES, NO_OBJECT = 5.0, 0.5                          # the paper's lambdas


class Assigned(NamedTuple):
    """Loss = sum of weight * (output - wanted)^2."""

    wanted: np.ndarray                                     # (N, S, S, 5 B + K)
    weight: np.ndarray                                     # the same shape
    responsible: np.ndarray                                # (N, S, S, B) bool
    lost: int                                              # objects whose cell was taken


def corners(boxes: np.ndarray, H: int, W: int) -> np.ndarray:
    """(..., S, S, B, 4) of x, y, a, b -> x1, y1, x2, y2 in pixels of a picture of H x W."""
    S = boxes.shape[-3]
    row, column = np.arange(S)[:, None, None], np.arange(S)[:, None]
    x, y = (column + boxes[..., 0]) * (W / S), (row + boxes[..., 1]) * (H / S)
    w, h = boxes[..., 2] ** 2 * W, boxes[..., 3] ** 2 * H
    return np.stack([x - w / 2, y - h / 2, x + w / 2, y + h / 2], axis=-1)


def assign(outputs: np.ndarray, targets: list[Target], size: tuple[int, ...], B: int) -> Assigned:
    """What the cells are to say, when they now say `outputs` (N, S, S, 5 B + K).

    targets : boxes in pixels of a picture of size (H, W), labels from 1 on
    """
    N, S, _, D = outputs.shape
    H, W = size
    wanted, weight = np.zeros((N, S, S, D)), np.zeros((N, S, S, D))
    weight[..., 4:5 * B:5] = NO_OBJECT
    responsible, lost = np.zeros((N, S, S, B), bool), 0
    said = corners(outputs[..., :5 * B].reshape(N, S, S, B, 5)[..., :4].astype(np.float64), H, W)
    for n, target in enumerate(targets):
        for box, label in zip(target["boxes"].astype(np.float64), target["labels"], strict=True):
            centre = (box[:2] + box[2:]) / 2 / (W, H) * S                    # x, y in cells
            j, i = np.clip(centre.astype(int), 0, S - 1)
            if responsible[n, i, j].any():
                lost += 1
                continue
            best, iou = most_alike(said[n, i, j], box)
            responsible[n, i, j, best] = True
            own = slice(5 * best, 5 * best + 5)
            wanted[n, i, j, own] = *(centre - (j, i)), *np.sqrt((box[2:] - box[:2]) / (W, H)), iou
            weight[n, i, j, own] = [COORDINATES] * 4 + [1]
            wanted[n, i, j, 5 * B + label - 1] = 1
            weight[n, i, j, 5 * B:] = 1
    return Assigned(wanted, weight, responsible, lost)


def most_alike(boxes: np.ndarray, truth: np.ndarray) -> tuple[int, float]:
    """Which of the boxes (B, 4) overlaps the truth most, and its IoU; of equals the nearer one."""
    iou = box_iou(boxes, truth[None])[:, 0]                # (B,)
    distance = ((boxes - truth) ** 2).sum(axis=1)
    best = np.lexsort([distance, -iou])[0]
    return int(best), float(iou[best])
