"""What users hand in becomes an array at the door, or is refused there with the cure.

A pandas Series looks like an array and is none: labels[0] is the row named 0, which after a
shuffle is another.  So whatever is no array is made one at once, by position, and only then used.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.backend.messages import type_name
from minicnn.data.pictures import Pictures

PIXELS = {                                  # kind of number -> how it becomes uint8, 0 to 255
    "f": "unless normalised already, those from 0 to 1 are stored as "
         "(images * 255).round().astype(np.uint8)",
    "b": "images.astype(np.uint8) * 255",
    "u": "16 bits become 8 by (images // 257).astype(np.uint8)",
    "i": "if they run from 0 to 255, images.astype(np.uint8)",
}
WORDS = ("; written numbers become numbers by np.asarray(values).astype(np.int64), names by "
         "np.unique(names, return_inverse=True)[1]")


def as_array(values: Any, name: str) -> np.ndarray:
    """A NumPy array of numbers, or TypeError; `name` is "Loader: labels", for the messages."""
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        raise TypeError(f"{name} are a masked array, whose hidden values would be taken for real; "
                        "leave them out, or give values.filled(...)")
    try:
        array = np.asarray(values)
    except (TypeError, ValueError, RuntimeError) as problem:
        cure = "give values.get()" if hasattr(values, "get") else \
            "do all parts have one shape?" if isinstance(values, (list, tuple)) else str(problem)
        raise TypeError(f"{name} are a {type_name(values)} that cannot become a NumPy array; "
                        f"{cure}") from None
    if array.dtype.kind not in "biufc":
        first = array.reshape(-1)[:1].tolist()
        what = f"{array.dtype}, the first {first[0]!r}," if array.ndim and first else \
            f"a {type_name(values)},"
        worded = array.ndim and first and isinstance(first[0], (str, bytes))
        raise TypeError(f"{name} are {what} expected an array of numbers{WORDS if worded else ''}")
    return array


def as_images(images: Any, name: str) -> Any:
    """An array (N, ...) of any numbers; pictures that are read where they are indexed stay so."""
    if isinstance(images, Pictures):
        return images
    array = as_array(images, f"{name}: images")
    if array.ndim == 0:
        raise TypeError(f"{name}: images is the number {array}, expected an array (N, C, H, W)")
    return array


def as_uint8(images: Any, name: str) -> Any:
    """Stored pixels, 0 to 255, of any shape.

    Floats are refused: nobody can see whether they run to 1 or to 255, or are normalised already,
    and a network that has learnt from the one kind answers the other with nonsense.
    """
    images = as_images(images, name)
    if images.dtype != np.uint8:
        cure = PIXELS.get(images.dtype.kind, "")
        raise TypeError(f"{name}: images are {images.dtype}, expected uint8, 0 to 255 as stored; "
                        f"{cure}")
    return images


def as_pixels(images: Any, name: str) -> Any:
    """Stored pictures: (N, C, H, W) uint8."""
    images = as_uint8(images, name)
    if len(images.shape) != 4:
        cure = {3: "grey pictures (N, H, W) need np.asarray(images)[:, None], a single one "
                   "np.asarray(image)[None]",
                2: "flat rows need np.asarray(images).reshape(N, C, H, W)"}
        raise ValueError(f"{name}: images have shape {images.shape}, expected (N, C, H, W)"
                         + (f"; {cure[len(images.shape)]}" if len(images.shape) in cure else ""))
    _, C, H, W = images.shape
    if W in (1, 3, 4) and C > 4 and H > 4:
        raise ValueError(f"{name}: images {images.shape} look like (N, H, W, C), expected "
                         "(N, C, H, W); use "
                         "np.asarray(images).transpose(0, 3, 1, 2)")
    if 0 in (C, H, W):
        raise ValueError(f"{name}: images of shape {images.shape} have no pixels")
    return images


def as_labels(labels: Any, name: str, count: int | None = None, classes: int | None = None
              ) -> np.ndarray:
    """Class numbers (N,) int64 from 0 on.

    count : how many images there are, each with one label
    classes : how many classes there are, if known
    """
    array = as_array(labels, f"{name}: labels")
    if array.ndim != 1:
        cure = ""
        if array.ndim == 2:
            cure = "; take the column: np.asarray(labels)[:, 0]" if array.shape[1] == 1 else \
                "; one-hot rows become numbers by np.asarray(labels).argmax(axis=1)"
        raise ValueError(f"{name}: labels have shape {array.shape}, expected (N,): one class "
                         f"number per image{cure}")
    if count is not None and len(array) != count:
        raise ValueError(f"{name}: {count} images but {len(array)} labels; each image needs one "
                         "label")
    if len(array) == 0:
        return array.astype(np.int64)
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name}: labels are {array.dtype}, expected whole class numbers; "
                        "convert them with np.asarray(labels).astype(np.int64)")
    least, largest = int(array.min()), int(array.max())
    if least < 0 or largest >= (2 ** 63 if classes is None else classes):
        there = "0 or more" if classes is None else f"0 to {classes - 1} for {classes} classes"
        cure = "; leave unlabelled images out: images[labels >= 0]" if least == -1 else \
            "; if they count from 1, take labels - 1" if least == 1 and largest == classes else ""
        raise ValueError(f"{name}: labels run from {least} to {largest}, expected {there}{cure}")
    return array.astype(np.int64, copy=False)
