"""The patches of a data set that excite a channel most: what does it look for?

A unit sees a patch of the image, its receptive field.  Of every image the unit of a channel with
the highest value is taken; the nine highest of all images, cut out, are what the channel looks for.

Lectures: memphis and iitk, Zeiler and Fergus 2014, "Visualizing and understanding convolutional
networks", figure 2: the top nine activations of a feature map, and the patches that caused them.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from minicnn.analysis.receptive_field import Box, Field
from minicnn.analysis.saliency import answer_of
from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import to_cpu
from minicnn.layers.module import Module

MOST = 9
BATCH = 32                     # images; a late layer of a large network keeps much of each


class Best(NamedTuple):
    """The highest values of each channel so far, the highest first.

    values : (C, n)            the highest on each map
    images : (C, n)            numbers of the images, each at most once a channel
    places : (C, n, 2)         row and column in the map; 0, 0 of a layer that has no maps
    seen : int                 images that were looked at
    """

    values: np.ndarray
    images: np.ndarray
    places: np.ndarray
    seen: int


@no_grad()
def most_exciting(model: Module, layer: str, images: Any, prepared: Callable[[Any], np.ndarray],
                  most: int = MOST, batch: int = BATCH) -> Iterator[Best]:
    """The `most` images that excite each channel most, and where, after each batch.

    images   : (N, c, h, w), stored
    prepared : prepared(some of them) -> (n, C, H, W), what the network reads

    Of equal values the first image counts, and in it the first place in row order.  NaN never does.
    """
    if not len(images):
        raise ValueError("most_exciting: no image")
    training, best = model.training, None
    for start in range(0, len(images), batch):
        x = prepared(images[start:start + batch])
        try:
            y = to_cpu(answer_of(model.eval(), Tensor(x), layer).data)         # (n, C, OH, OW)
        finally:
            model.train(training)
        if y.ndim not in (2, 4):
            raise ValueError(f"{layer} answers with {y.shape[1:]} for an image, which are neither "
                             "maps nor a vector: it has no channels to look at")
        best = merged(best, highest(y, start), most, start + len(y))
        yield best


def highest(y: np.ndarray, first: int) -> Best:
    """Of each image (n, C, OH, OW) or (n, C), and each channel, the highest unit."""
    N, C = y.shape[:2]
    flat = y.reshape(N, C, -1)
    flat = np.where(np.isnan(flat), -np.inf, flat)
    where = flat.argmax(axis=2)                                                # (n, C)
    values = np.take_along_axis(flat, where[:, :, None], 2)[:, :, 0]
    columns = y.shape[3] if y.ndim == 4 else 1
    places = np.stack(divmod(where, columns), axis=2)                          # (n, C, 2)
    numbers = np.broadcast_to(first + np.arange(N)[:, None], (N, C))
    return Best(values.T, numbers.T, places.transpose(1, 0, 2), N)


def merged(best: Best | None, new: Best, most: int, seen: int) -> Best:
    """The highest of both; the earlier image first where they are equal."""
    values, images, places = [
        np.concatenate([old, more], axis=1) for old, more in zip(best[:3], new[:3], strict=True)
    ] if best else new[:3]
    order = np.argsort(-values, axis=1, kind="stable")[:, :most]               # (C, n)
    return Best(np.take_along_axis(values, order, 1), np.take_along_axis(images, order, 1),
                np.take_along_axis(places, order[:, :, None], 1), seen)


def patch(image: np.ndarray, field: Field, place: Sequence[int]) -> np.ndarray:
    """(C, h, w): what the unit at that place sees of an image (C, H, W); NaN beside the image.

    Where the field is as high, or as wide, as the image, all of that side is shown.
    """
    (top, left, bottom, right), (_, H, W) = field.box(place), image.shape
    if bottom - top >= H:
        top, bottom = 0, H
    if right - left >= W:
        left, right = 0, W
    return cut(image, (top, left, bottom, right))


def cut(image: np.ndarray, box: Box) -> np.ndarray:
    """The part inside the box, which may hang over: NaN there."""
    C, H, W = image.shape
    top, left, bottom, right = box
    found = np.full((C, bottom - top, right - left), np.nan)
    rows, columns = slice(max(top, 0), min(bottom, H)), slice(max(left, 0), min(right, W))
    found[:, rows.start - top:max(rows.stop, rows.start) - top,
          columns.start - left:max(columns.stop, columns.start) - left] = image[:, rows, columns]
    return found


def strongest(y: np.ndarray, most: int) -> list[int]:
    """The channels of maps (C, H, W), or of a vector (C,), with the highest values, best first."""
    peaks = y.reshape(len(y), -1).max(axis=1)
    return [int(channel) for channel in np.argsort(-peaks, kind="stable")[:most]]
