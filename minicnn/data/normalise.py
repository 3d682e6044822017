"""From stored pixels, uint8 0 to 255, to what a network likes to read: float32 around zero.

    normalise     x = low + (high - low) p / 255             LeNet-5: background -0.1, ink 1.175
    standardise   x[c] = (p[c] / 255 - mean[c]) / std[c]     per channel c, as later networks do

An input around zero speeds up learning.  The paper says that -0.1 and 1.175 give a mean of roughly
0 and a variance of roughly 1; on MNIST's training images padded to 32x32 they are 0.03 and 0.12.
Source: LeCun, Bottou, Bengio, Haffner 1998, section II.B, where LeNet-5's input is described.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.data.door import as_array, as_images, as_pixels, as_uint8


def normalise(images: Any, low: float = -0.1, high: float = 1.175) -> np.ndarray:
    """uint8 images of any shape -> float32: pixel 0 becomes `low`, 255 becomes `high`."""
    images = np.asarray(as_uint8(images, "normalise"))
    x = images.astype(np.float32)
    x *= (high - low) / 255
    x += low
    return x


def standardise(images: Any, mean: Any, std: Any, who: str = "standardise") -> np.ndarray:
    """Images (N, C, H, W) uint8 -> float32; mean and std per channel, of pixels scaled to 0..1.

    who : asks, for the messages
    """
    images = np.asarray(as_pixels(images, who))
    mean = as_array(mean, f"{who}: mean values").reshape(-1)
    std = as_array(std, f"{who}: std values").reshape(-1)
    C = images.shape[1]
    if len(mean) != C or len(std) != C:
        raise ValueError(f"{who}: images {images.shape} have {C} channels, but mean has "
                         f"{len(mean)} values and std {len(std)}; give one per channel")
    if not (std > 0).all():
        raise ValueError(f"{who}: std is {tuple(std.tolist())}, expected values above 0; a "
                         "channel that never changes has std 0 and carries nothing")
    x = images.astype(np.float32)
    for c in range(C):
        x[:, c] *= float(1 / (255 * std[c]))
        x[:, c] -= float(mean[c] / std[c])
    return x


def channel_statistics(images: Any) -> tuple[list[float], list[float]]:
    """Mean and standard deviation of each channel of (N, C, H, W) uint8, pixels scaled to 0..1."""
    images = as_pixels(images, "channel_statistics")
    N, C, H, W = images.shape
    if N == 0:
        raise ValueError(f"channel_statistics: images {images.shape} hold no pixel")
    # How often each of the 256 values occurs gives both sums without a float copy of it all.
    count = np.zeros((C, 256))
    for n in range(0, N, 1000):
        for c, channel in enumerate(images[n:n + 1000].swapaxes(0, 1)):
            count[c] += np.bincount(channel.ravel(), minlength=256)
    share = count / (N * H * W)                                         # (C, 256), rows sum to 1
    value = np.arange(256) / 255                                        # (256,)
    mean = share @ value                                                # (C,)
    variance = (share * (value - mean[:, None]) ** 2).sum(axis=1)       # (C,)
    return mean.tolist(), np.sqrt(variance).tolist()


def pad(images: Any, pixels: int, value: int = 0) -> np.ndarray:
    """(N, C, H, W) -> (N, C, H + 2 pixels, W + 2 pixels), `value` around; the dtype stays.

    LeNet-5 reads 32x32: pad MNIST's 28x28 by 2 before `normalise`, so that the rim is background.
    """
    images = np.asarray(as_images(images, "pad"))
    if images.ndim != 4:
        raise ValueError(f"pad: images have shape {images.shape}, expected (N, C, H, W)")
    if pixels < 0:
        raise ValueError(f"pad: pixels is {pixels}, expected 0 or more; to cut, slice the images")
    rim = (pixels, pixels)
    return np.pad(images, ((0, 0), (0, 0), rim, rim), constant_values=value)
