"""From stored pixels, uint8 0 to 255, to what a network likes to read: float32 around zero.

    normalise     x = low + (high - low) p / 255             LeNet-5: background -0.1, ink 1.175
    standardise   x[c] = (p[c] / 255 - mean[c]) / std[c]     per channel c, as later networks do

An input around zero speeds up learning.  The paper says that -0.1 and 1.175 give a mean of roughly
0 and a variance of roughly 1; on MNIST's training images padded to 32x32 they are 0.03 and 0.12.
Source: LeCun, Bottou, Bengio, Haffner 1998, section II.B, where LeNet-5's input is described.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def normalise(images: np.ndarray, low: float = -0.1, high: float = 1.175) -> np.ndarray:
    """uint8 images of any shape -> float32: pixel 0 becomes `low`, 255 becomes `high`."""
    check_uint8(images, "normalise")
    x = images.astype(np.float32)
    x *= (high - low) / 255
    x += low
    return x


def standardise(images: np.ndarray, mean: Sequence[float], std: Sequence[float]) -> np.ndarray:
    """(N, C, H, W) uint8 -> float32; mean and std per channel, of pixels scaled to 0..1."""
    check_channels(images, "standardise")
    C = images.shape[1]
    if len(mean) != C or len(std) != C:
        raise ValueError(f"standardise: images {images.shape} have {C} channels, but mean has "
                         f"{len(mean)} values and std {len(std)}; give one per channel")
    if min(std) <= 0:
        raise ValueError(f"standardise: std is {tuple(std)}, expected values above 0; a channel "
                         "that never changes has std 0 and carries nothing")
    x = images.astype(np.float32)
    for c in range(C):
        x[:, c] *= float(1 / (255 * std[c]))
        x[:, c] -= float(mean[c] / std[c])
    return x


def channel_statistics(images: np.ndarray) -> tuple[list[float], list[float]]:
    """Mean and standard deviation of each channel of (N, C, H, W) uint8, pixels scaled to 0..1."""
    check_channels(images, "channel_statistics")
    if images.size == 0:
        raise ValueError(f"channel_statistics: images {images.shape} hold no pixel")
    mean, std = [], []
    N, C = images.shape[:2]
    for c in range(C):
        # How often each of the 256 values occurs gives both sums without a float copy of it all.
        count = sum(np.bincount(images[n:n + 1000, c].ravel(), minlength=256)
                    for n in range(0, N, 1000))                         # (256,)
        share = count * (C / images.size)                               # (256,), sums to 1
        value = np.arange(256) / 255                                    # (256,)
        mean.append(float(share @ value))
        std.append(float(np.sqrt(share @ (value - mean[c]) ** 2)))
    return mean, std


def pad(images: np.ndarray, pixels: int, value: int = 0) -> np.ndarray:
    """(N, C, H, W) -> (N, C, H + 2 pixels, W + 2 pixels), `value` around; the dtype stays.

    LeNet-5 reads 32x32: pad MNIST's 28x28 by 2 before `normalise`, so that the rim is background.
    """
    if images.ndim != 4:
        raise ValueError(f"pad: images have shape {images.shape}, expected (N, C, H, W)")
    if pixels < 0:
        raise ValueError(f"pad: pixels is {pixels}, expected 0 or more; to cut, slice the images")
    rim = (pixels, pixels)
    return np.pad(images, ((0, 0), (0, 0), rim, rim), constant_values=value)


def check_uint8(images: np.ndarray, name: str) -> None:
    if images.dtype != np.uint8:
        raise TypeError(f"{name}: images are {images.dtype}, expected uint8 0 to 255; floats may "
                        "be normalised already")


def check_channels(images: np.ndarray, name: str) -> None:
    check_uint8(images, name)
    if images.ndim != 4:
        raise ValueError(f"{name}: images have shape {images.shape}, expected (N, C, H, W)")
