"""A picture of another size, and all that is known about it with it.

The picture is scaled smoothly, masks and maps of classes by the nearest pixel: a class between two
classes is another class, or none.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.backend.messages import plural
from minicnn.data.scene_targets import Target

Size = tuple[int, int]


def resize_scene(image: np.ndarray, target: Target, size: Size) -> tuple[np.ndarray, Target]:
    """image (C, H, W) uint8 and its target -> (C, *size) and a target for it."""
    if image.shape[1:] == size:
        return image, target
    return resize_picture(image, size), resize_target(target, image.shape[1:], size)


def resize_picture(image: np.ndarray, size: Size) -> np.ndarray:
    """(C, H, W) uint8 -> (C, *size), bilinear; where it shrinks, over all pixels that it covers."""
    from PIL import Image
    way = Image.Resampling.BILINEAR
    if len(image) == 3:                         # one call for three
        picture = Image.fromarray(np.ascontiguousarray(image.transpose(1, 2, 0)))
        return np.ascontiguousarray(np.asarray(picture.resize(size[::-1], way)).transpose(2, 0, 1))
    return np.stack([np.asarray(Image.fromarray(channel).resize(size[::-1], way))
                     for channel in np.ascontiguousarray(image)])


def resize_target(target: Target, old: Size, new: Size) -> Target:
    """Boxes times new / old, masks and class maps by the nearest pixel."""
    made = dict(target)
    if "boxes" in made:
        scale = np.array([new[1] / old[1], new[0] / old[0]] * 2)
        largest = np.array([new[1], new[0]] * 2, np.float32)
        made["boxes"] = np.minimum((made["boxes"] * scale).astype(np.float32), largest)
    for name in ("masks", "class_map"):
        if name in made:
            made[name] = resize_nearest(made[name], new)
    return made


def resize_nearest(values: np.ndarray, size: Size) -> np.ndarray:
    """(..., H, W) -> (..., *size): each pixel is the one that lies under its centre."""
    H, W = values.shape[-2:]
    rows, cols = (((np.arange(new) + 0.5) * old / new).astype(np.int64)
                  for new, old in zip(size, (H, W), strict=True))
    return values.take(rows, axis=-2).take(cols, axis=-1)


def as_size(size: Any, who: str) -> Size | None:
    """(height, width) of one number or of two, None for None."""
    if size is None:
        return None
    pair = (size, size) if isinstance(size, (int, np.integer)) else size
    if not (isinstance(pair, (tuple, list)) and len(pair) == 2
            and all(isinstance(side, (int, np.integer)) and not isinstance(side, bool)
                    for side in pair)):
        raise TypeError(f"{who}: size is {size!r}, expected a whole number of pixels, two "
                        "(height, width), or None to leave the pictures as they are")
    if min(pair) < 1:
        raise ValueError(f"{who}: size is {size!r}, expected at least {plural(1, 'pixel')}")
    return int(pair[0]), int(pair[1])
