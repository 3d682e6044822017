"""Features off the shelf: what a trained network says at its layers to every picture of a data set.

    pictures -> prepared as in its training -> layer -> averaged over places -> a row each (N, D)

A map is averaged in windows: over all places it says what is in the picture, over a grid of 4 x 4
also roughly where.  The rows are for a linear classifier (probe.py) or for nearest neighbours.

Sources: Donahue et al. 2014, "DeCAF"; Razavian et al. 2014, "CNN features off-the-shelf".  Lecture:
stanford, "Transfer learning" (linear classifier on the top layer, and on different stages).
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from minicnn.analysis.features import features_at
from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.layers.adaptive import AdaptiveAvgPool2d
from minicnn.layers.module import Module
from minicnn.training.evaluate import BATCH, check_whole, counted


def dataset_features(model: Module, images: Any, prepare: Callable[[Any], np.ndarray],
                     layers: Mapping[str, int], batch: int = BATCH) -> dict[str, np.ndarray]:
    """{layer: (N, D) float32} of stored images (N, c, h, w) uint8, the model in test mode.

    prepare : prepare(pictures) -> (n, C, H, W) float32, as Transforms.test
    batch   : pictures at a time
    layers  : {path: windows a side}: {"stage3": 4} averages its maps to 4 x 4, or fewer if they are
              smaller, {"stage3": 1} over all places
    """
    check_whole("dataset_features: batch", batch)
    for layer, windows in layers.items():
        check_whole(f"dataset_features: the windows of {layer!r}", windows)
    if len(images) == 0:
        raise ValueError("dataset_features: no pictures")
    found: dict[str, list[np.ndarray]] = {layer: [] for layer in layers}
    for start in counted(range(0, len(images), batch), "features"):
        x = prepare(images[start:start + batch])                       # (n, C, H, W)
        for layer, y in features_at(model, x, list(layers), batch).items():
            found[layer].append(as_rows(y, layers[layer]))
    return {layer: np.concatenate(rows) for layer, rows in found.items()}


@no_grad()
def as_rows(y: np.ndarray, windows: int) -> np.ndarray:
    """(N, C, H, W) -> (N, C OH OW), OH and OW at most `windows`; others are only flattened."""
    if y.ndim == 4:
        H, W = y.shape[2:]
        y = AdaptiveAvgPool2d((min(windows, H), min(windows, W)))(Tensor(y)).numpy()
    return np.ascontiguousarray(y.reshape(len(y), -1))
