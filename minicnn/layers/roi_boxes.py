"""What the pooling of regions needs to know of its boxes, worked out on the host beforehand.

Which pixels a box reads depends on no value of the map; so these are NumPy's small arrays, and the
mathematics in roi.py has only sums and products left.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import is_array, to_cpu
from minicnn.backend.messages import plural, type_name
from minicnn.backend.windows import is_whole
from minicnn.data.boxes.check import as_ordered, written
from minicnn.data.door import as_array

FAR = 100                          # a box so many times as large as the map is a mistake
MANY = 2 ** 16                     # pixels that RoIPool reads at once; more would fill the memory


class Reading(NamedTuple):
    """One direction of all boxes: box k reads the pixels first[k] ... first[k] + span[k] - 1.

    a : (K, P, pixels)      the share of each pixel in each of the P bins; 0 from span[k] on
    """

    first: np.ndarray
    span: np.ndarray
    a: np.ndarray

    def pixels(self, k: int) -> slice:
        return slice(int(self.first[k]), int(self.first[k] + self.span[k]))


def interpolated(start: np.ndarray, end: np.ndarray, size: int, P: int, S: int, aligned: bool
                 ) -> Reading:
    """How RoIAlign reads a map of `size` pixels under boxes from start to end, (K,) each.

    Each of P bins is read at S points, evenly spread:

        at = start + i bin + (s + 1/2) bin / S,      bin = (end - start) / P

    A point between the pixels low and low + 1 takes its share of both.  One more than a pixel
    outside the map takes nothing, and still counts in the mean; one nearer the border has the
    border's value.
    """
    if aligned:
        start, end = start - 0.5, end - 0.5
    length = end - start if aligned else np.maximum(end - start, 1)            # (K,)
    points = np.full(len(start), S, length.dtype) if S > 0 else np.ceil(length / P)
    start, step, points = (a[:, None, None] for a in (start, length / P, points))
    i = np.arange(P, dtype=length.dtype)[:, None]
    s, many = np.arange(points.max(initial=1), dtype=length.dtype), np.maximum(points, 1)
    at = start + i * step + (s + 0.5) * step / many        # (K, P, points)
    read = (s < points) & (at >= -1) & (at <= size)
    at = np.clip(at, 0, size - 1)
    low = np.floor(at).astype(int)
    high = np.minimum(low + 1, size - 1)
    upper = np.where(read, (at - low) / many, 0)           # high's share of the mean
    lower = np.where(read, 1 / many, 0) - upper
    first = np.where(read, low, size).min(axis=(1, 2), initial=size - 1)       # (K,)
    last = np.where(read, high, 0).max(axis=(1, 2), initial=0)
    span = np.maximum(last - first, 0) + 1                 # pixels from the first to the last
    a = np.zeros((len(start), P, span.max(initial=1)), at.dtype)
    k, i, _ = np.indices(at.shape, sparse=True)
    for pixel, share in ((low, lower), (high, upper)):
        np.add.at(a, (k, i, np.where(read, pixel - first[:, None, None], 0)), share)
    return Reading(first, span, a)


def bins_by_size(numbers: np.ndarray, boxes: np.ndarray, size: tuple[int, int],
                 bins: tuple[int, int]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The pixels that RoIPool reads: for bins of one size at a time, see RoIPoolFn.

    numbers (K,) of the images, boxes (K, 4) in whole pixels of a map of size (H, W), bins (OH, OW)
    """
    (H, W), (x1, y1, x2, y2) = size, boxes.T
    top, bottom = edges(y1, y2, H, bins[0])                # (K, OH) each
    left, right = edges(x1, x2, W, bins[1])                # (K, OW)
    corner = (numbers[:, None] * H + top)[:, :, None] * W + left[:, None]      # (K, OH, OW)
    high, wide = np.broadcast_arrays((bottom - top)[:, :, None], (right - left)[:, None])
    corner, high, wide = corner.ravel(), high.ravel(), wide.ravel()
    kinds, kind = np.unique(high * (W + 1) + wide, return_inverse=True)
    for number, code in enumerate(kinds.tolist()):
        h, w = divmod(code, W + 1)
        if h and w:
            own, within = np.flatnonzero(kind == number), np.indices((h, w)).reshape(2, -1)
            for some in np.array_split(own, 1 + len(own) * h * w // MANY):
                yield some, corner[some, None] + within[0] * W + within[1]     # (M,), (M, h w)


def edges(start: np.ndarray, end: np.ndarray, size: int, P: int) -> tuple[np.ndarray, np.ndarray]:
    """Where each of P bins of a box that covers start ... end, both included, begins and ends.

    A bin begins rounded down and ends rounded up, so neighbours share a pixel where P does not
    divide; what lies outside the map is cut off.  (K,) -> (K, P) each
    """
    i, start = np.arange(P), start[:, None]
    length = np.maximum(end[:, None] - start + 1, 1)
    low, high = start + i * length // P, start - (-(i + 1) * length // P)
    return np.clip(low, 0, size), np.clip(high, 0, size)


def rounded(values: np.ndarray) -> np.ndarray:
    """Whole numbers, halves away from zero as C rounds them: np.round makes 2 of 2.5.

    >>> rounded(np.array([2.5, -2.5, 0.4])).tolist()
    [3, -3, 0]
    """
    whole = np.trunc(values)
    return (whole + np.where(abs(values - whole) >= 0.5, np.sign(values), 0)).astype(np.int64)


# --- what is accepted -------------------------------------------------------------------------

def check_scale(spatial_scale: Any, name: str) -> float:
    if isinstance(spatial_scale, (tuple, list)) or not 0 < spatial_scale < float("inf"):
        raise ValueError(f"{name}: spatial_scale is one number, the size of the map divided by "
                         f"that of the image, such as 1/16; got {spatial_scale!r}")
    return float(spatial_scale)


def check_points(sampling_ratio: Any, name: str) -> int:
    if not is_whole(sampling_ratio):
        raise ValueError(f"{name}: sampling_ratio must be a whole number of points, or -1 for as "
                         f"many as a bin has pixels; got {sampling_ratio!r}")
    return int(sampling_ratio)


def as_rois(boxes: Any, shape: tuple[int, ...], scale: float, dtype: Any, name: str
            ) -> tuple[np.ndarray, np.ndarray]:
    """(number of its image (K,), box (K, 4) in the map's pixels) of all boxes, on the host.

    shape : (N, C, H, W) of the map;  scale : map / image;  dtype : of the boxes
    name  : of the layer, for messages
    """
    N, _, H, W = shape
    if isinstance(boxes, (list, tuple)):
        if len(boxes) != N:
            raise ValueError(f"{name}: there are {plural(N, 'image')} and "
                             f"{plural(len(boxes), 'array')} of boxes; expected one array (n, 4) "
                             "for each image")
        each = [to_cpu(as_ordered(values(part), f"{name}: boxes of image {number}"))
                for number, part in enumerate(boxes)]
        numbers = np.repeat(np.arange(N), [len(part) for part in each])
        found = np.concatenate([np.zeros((0, 4), dtype), *[part.astype(dtype) for part in each]])
    else:
        rois = values(boxes)
        rois = to_cpu(rois) if is_array(rois) else as_array(rois, f"{name}: boxes")
        if rois.ndim != 2 or rois.shape[1] != 5:
            raise ValueError(f"{name}: boxes must be a list of arrays (n, 4), one for each image, "
                             "or one array (K, 5) with the number of its image before each box; "
                             f"got {type_name(boxes)} {rois.shape}")
        numbers = rois[:, 0]
        found = as_ordered(rois[:, 1:], f"{name}: boxes").astype(dtype)
        wrong = ~((numbers >= 0) & (numbers < N) & (numbers == np.floor(numbers)))
        if wrong.any():
            raise ValueError(f"{name}: box {int(wrong.argmax())} is said to be of image "
                             f"{numbers[wrong.argmax()]:g}; there are images 0 to {N - 1}")
    found = found * scale
    outside = ~(abs(found) < FAR * (max(H, W) + 1)).all(axis=1)                # NaN, too
    if outside.any():
        box = found[outside.argmax()] / scale
        raise ValueError(f"{name}: box {int(outside.argmax())} {written(box.tolist())} is not one "
                         f"of an image whose map has {W} x {H} pixels; cut boxes with "
                         "clip_boxes_to_image, and look for NaN")
    return numbers.astype(int), found


def values(boxes: Any) -> Any:
    return boxes.data if isinstance(boxes, Tensor) else boxes
