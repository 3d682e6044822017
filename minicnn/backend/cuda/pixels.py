"""Pictures go to a GPU as the bytes that they are stored as, and become numbers there."""

import numpy as np

from minicnn.backend.arrays import Array, xp_of
from minicnn.backend.cuda.launch import launch
from minicnn.backend.layout import batch_first, packed


def standardised(pixels: Array, mean: np.ndarray, std: np.ndarray) -> Array:
    """(N, C, H, W) uint8, (C,), (C,) float32 -> (N, C, H, W) float32, as a network's images lie."""
    (N, C, H, W), xp = pixels.shape, xp_of(pixels)
    x = xp.empty((C, H, W, N), np.float32)
    launch("elements", "standardised", (C, H * W * N), x, packed(pixels), xp.asarray(mean),
           xp.asarray(std), C, H * W, N)
    return batch_first(x)
