"""What a pixel counts in the loss of a segmentation: rare classes more, and the gaps between cells.

    median_frequency    a_c = median of all f / f_c
                        f_c = pixels of class c / pixels of the pictures that have c

    border_weights      w(p) = w_c(p) + most e^(-(d1 + d2)^2 / 2 sigma^2)

with d1 and d2 the distances of a pixel of the background to the nearest and second nearest object.
The first keeps a network from calling everything road; the second makes the few pixels between two
cells that touch dear, so that it learns to part them.

    cross_entropy(scores, class_maps, weight=median_frequency(maps, classes), ignore_index=255)
    (cross_entropy(scores, class_maps, reduction="none") * Tensor(w)).mean()

Sources: Eigen and Fergus 2015, section 4.3; Badrinarayanan et al. 2015, "SegNet", section 4.1
(median frequency).  Ronneberger et al. 2015, "U-Net", section 3, equation 2 (borders).  Lecture:
memphis "Segmentation".
"""

from collections.abc import Iterable
from math import ceil
from typing import Any

import numpy as np

from minicnn.backend.messages import type_name
from minicnn.backend.windows import is_whole
from minicnn.data.door import as_array
from minicnn.data.scene_targets import IGNORED

REACH = 6                          # sigmas; beyond, e^-18 of `most` is less than float32 can add


def median_frequency(class_maps: Iterable[Any], classes: int, ignore: int = IGNORED) -> np.ndarray:
    """The weight of each class:  class_maps (H, W), of any sizes -> (classes,) float32.

    ignore : the class of pixels that are not counted.  A class that is nowhere gets 0.

    >>> f = median_frequency([[[0, 0, 1, 1, 1, 2]]], classes=3)      # f = 2/6, 3/6, 1/6
    >>> f.round(2).tolist() == [1, np.float32(0.67), 2]
    True
    """
    if not is_whole(classes) or classes < 1:
        raise ValueError("median_frequency: classes must be a whole number from 1, got "
                         f"{classes!r}")
    if isinstance(class_maps, (str, bytes, set, dict)) or not isinstance(class_maps, Iterable):
        raise TypeError(f"median_frequency: class_maps is a {type_name(class_maps)}, expected "
                        "arrays (H, W), one for each picture")
    pixels = np.zeros(classes, np.int64)                   # of each class
    there = np.zeros(classes, np.int64)                    # of the pictures that have it
    for number, one in enumerate(class_maps):
        one = as_array(one, f"median_frequency: class map {number}")
        if one.dtype.kind not in "iu" or one.ndim != 2:
            raise TypeError(f"median_frequency: class map {number} is {one.dtype} {one.shape}, "
                            "expected whole numbers (H, W)")
        kept = one[one != ignore].astype(np.int64)
        if kept.size and not 0 <= kept.min() <= kept.max() < classes:
            raise ValueError(f"median_frequency: class map {number} has the class "
                             f"{kept.max() if kept.max() >= classes else kept.min()}, there are 0 "
                             f"to {classes - 1}, and {ignore} for what is not counted")
        counted = np.bincount(kept, minlength=classes)
        pixels += counted
        there += kept.size * (counted > 0)
    if not pixels.any():
        raise ValueError("median_frequency: there is no pixel to count")
    f = pixels[pixels > 0] / there[pixels > 0]
    a = np.zeros(classes, np.float32)
    a[pixels > 0] = np.median(f) / f
    return a


def border_weights(masks: Any, most: float = 10.0, sigma: float = 5.0,
                   class_weights: tuple[float, float] = (1.0, 1.0)) -> np.ndarray:
    """The weight of each pixel:  masks (n, H, W) of n objects -> (H, W) float32.

    most, sigma   : 10 and 5 pixels in the paper
    class_weights : w_c of the background and of the objects

    The second term is for pixels of the background alone.  With fewer than two objects there is no
    gap, and it is 0.

    >>> masks = np.zeros((2, 1, 5), bool)
    >>> masks[0, 0, :2] = masks[1, 0, 3:] = True           # a gap of one pixel
    >>> round(float(border_weights(masks)[0, 2]), 4)       # 1 + 10 e^(-(1 + 1)^2 / 50)
    10.2312
    """
    masks = as_array(masks, "border_weights: masks")
    if masks.ndim != 3:
        raise ValueError("border_weights: expected masks (n, H, W), one for each object, got "
                         f"{masks.shape}; of a map of numbers: [map == 1, map == 2, ...]")
    if not sigma > 0:
        raise ValueError(f"border_weights: sigma must be a number above 0, got {sigma}")
    masks = masks.astype(bool)
    objects = masks.any(axis=0)                            # (H, W)
    w = np.where(objects, class_weights[1], class_weights[0]).astype(np.float32)
    reach = ceil(REACH * sigma)
    first = second = np.full(objects.shape, np.inf)
    for mask in masks[masks.any(axis=(1, 2))]:
        d = np.full(objects.shape, np.inf)
        near = surroundings(mask, reach)
        d[near] = distances(mask[near], reach)
        first, second = np.minimum(first, d), np.minimum(second, np.maximum(first, d))
    return w + np.where(objects, 0, most * np.exp(-(first + second) ** 2 / (2 * sigma ** 2))
                        ).astype(np.float32)


def surroundings(mask: np.ndarray, reach: int) -> tuple[slice, slice]:
    """The part of the picture that lies at most `reach` pixels from the object's box."""
    rows, columns = (np.nonzero(mask.any(axis=axis))[0] for axis in (1, 0))
    return tuple(slice(max(int(line[0]) - reach, 0), int(line[-1]) + reach + 1)   # type: ignore
                 for line in (rows, columns))


def distances(mask: np.ndarray, reach: int) -> np.ndarray:
    """Pixels from each place to the nearest of the mask, inf beyond `reach` columns:  (H, W).

    First straight up and down, g; then d^2 is the least g^2 + k^2 over the columns k to the side.
    """
    H, W = mask.shape
    g = np.where(mask, 0.0, np.inf)
    for i in range(1, H):
        g[i] = np.minimum(g[i], g[i - 1] + 1)
    for i in range(H - 2, -1, -1):
        g[i] = np.minimum(g[i], g[i + 1] + 1)
    side = np.pad(g ** 2, ((0, 0), (reach, reach)), constant_values=np.inf)
    squares = [side[:, reach + k:reach + k + W] + k ** 2 for k in range(-reach, reach + 1)]
    return np.sqrt(np.minimum.reduce(squares))
