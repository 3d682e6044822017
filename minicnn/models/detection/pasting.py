"""Masks of M x M cells drawn into the picture, each where its box is.

    picture = A_y mask A_x^T         A (pixels, M): what each pixel sees of each cell

It undoes RoIAlign: the value at the middle of each pixel, bilinear between the middles of the
mask's cells, 0 outside.

Source: He et al. 2017, "Mask R-CNN", section 3.1, "Inference".
"""

from collections.abc import Callable

import numpy as np

from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.layers.interpolate import interpolate
from minicnn.models.detection.regions import enlarged

Paste = Callable[[np.ndarray, np.ndarray, tuple[int, int]], np.ndarray]


def paste(masks: np.ndarray, boxes: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Masks (n, M, M) of boxes (n, 4) in pictures (n, H, W) float32."""
    H, W = size
    pictures = np.zeros((len(masks), H, W), np.float32)
    for picture, mask, (x1, y1, x2, y2) in zip(pictures, masks, boxes.tolist(), strict=True):
        picture[:] = spread(y1, y2, H, len(mask)) @ mask @ spread(x1, x2, W, len(mask)).T
    return pictures


def spread(start: float, end: float, size: int, M: int) -> np.ndarray:
    """(size, M): how much of each of M cells between start and end each pixel sees."""
    cell = (np.arange(size) + 0.5 - start) / max(end - start, 1e-6) * M - 0.5
    return np.maximum(1 - abs(cell[:, None] - np.arange(M)), 0).astype(np.float32)


def paste_as_torchvision(masks: np.ndarray, boxes: np.ndarray, size: tuple[int, int]
                         ) -> np.ndarray:
    """As torchvision does it, with whole pixels: each mask gets a rim of zeros, is made as large as
    its box rounded to pixels, and one pixel more, and cut at the picture's border.
    """
    (H, W), M = size, masks.shape[-1]
    pictures = np.zeros((len(masks), H, W), np.float32)
    rimmed = np.pad(masks, ((0, 0), (1, 1), (1, 1)))
    corners = enlarged(boxes, (M + 2) / M).astype(np.int64)
    for picture, mask, (x1, y1, x2, y2) in zip(pictures, rimmed, corners.tolist(), strict=True):
        h, w = max(y2 - y1 + 1, 1), max(x2 - x1 + 1, 1)
        with no_grad():
            large = interpolate(Tensor(mask[None, None]), (h, w), mode="bilinear").data[0, 0]
        top, left, below, right = max(y1, 0), max(x1, 0), min(y2 + 1, H), min(x2 + 1, W)
        if top < below and left < right:
            picture[top:below, left:right] = large[top - y1:below - y1, left - x1:right - x1]
    return pictures
