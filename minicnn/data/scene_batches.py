"""From the lists that a SceneLoader hands out to what networks read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minicnn.backend.messages import type_name
from minicnn.data.door import as_array
from minicnn.data.normalise import standardise
from minicnn.data.scene_targets import Target


def normalised(images: Any, mean: Any, std: Any) -> Any:
    """x = (pixels / 255 - mean) / std, per channel, float32.

    images : (N, C, H, W) uint8, which gives an array, or a list of (C, H, W), which gives a list
    """
    if isinstance(images, (list, tuple)):
        return [standardise(as_array(image, "normalised: images")[None], mean, std, "normalised")[0]
                for image in images]
    return standardise(images, mean, std, "normalised")


def stacked(images: Sequence[np.ndarray]) -> np.ndarray:
    """A list of (C, H, W) of one size as (N, C, H, W)."""
    return stack(images, "stacked: images")


def stack(arrays: Sequence[Any], name: str) -> np.ndarray:
    if not isinstance(arrays, (list, tuple, np.ndarray)):
        raise TypeError(f"{name} are a {type_name(arrays)}, expected a list of arrays")
    made = [as_array(array, name) for array in arrays]
    shapes = {array.shape for array in made}
    if len(shapes) != 1:
        listed = ", ".join("x".join(map(str, shape)) for shape in sorted(shapes)) or "none"
        raise ValueError(f"{name} of {listed}, expected all alike, to be one array: read scenes "
                         "with size=(height, width), or crop them")
    return np.stack(made)


def class_maps(targets: Sequence[Target]) -> np.ndarray:
    """The class_map of each target, (N, H, W) int64; 255 where a pixel is left out."""
    for number, target in enumerate(targets):
        if "class_map" not in target:
            raise ValueError(f"class_maps: target {number} has {', '.join(target) or 'nothing'}, "
                             "but no class_map, from which a network learns the class of pixels")
    return stack([target["class_map"] for target in targets], "class_maps: maps").astype(np.int64)
