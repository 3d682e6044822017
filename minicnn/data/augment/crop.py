"""Flips, crops and holes: changes that move whole pixels, and the crop that is resized.

Source: lecture deck virginia, "AlexNet" (heavy data augmentation); Krizhevsky, Sutskever, Hinton
2012, section 4.1 (random crops and mirror images); Szegedy et al. 2015, "Going deeper with
convolutions", section 6 (crops of random area and aspect ratio); DeVries, Taylor 2017, "Improved
regularization of convolutional neural networks with cutout", section 3.2.
"""

import math

import numpy as np

from minicnn.data.augment.sampling import blocks, check_fill, check_images, sample

TRIES = 10      # at finding a crop of the wanted area and aspect ratio that fits into the image


def flip(images: np.ndarray, rng: np.random.Generator, probability: float = 0.5) -> np.ndarray:
    """Mirror each image left to right with this probability: (N, C, H, W), same shape."""
    N = check_images(images, "flip")[0]
    if not 0 <= probability <= 1:
        raise ValueError(f"flip: probability={probability} should lie in 0..1")
    mirrored = rng.random(N) < probability
    y = images.copy()
    y[mirrored] = images[mirrored, :, :, ::-1]
    return y


def random_crop(images: np.ndarray, rng: np.random.Generator, size: int | tuple[int, int],
                pad: int = 0, fill: float = 0) -> np.ndarray:
    """Cut a window of `size` from a random place, after a border of `pad` pixels of `fill`.

    (N, C, H, W) -> (N, C, h, w) with size = h = w or (h, w).  AlexNet: size 224 from 256x256;
    ResNet on CIFAR-10: size 32, pad 4.
    """
    N, C, H, W = check_images(images, "random_crop")
    if pad < 0:
        raise ValueError(f"random_crop: pad={pad} should be at least 0 pixels")
    check_fill(fill, images, "random_crop")
    height, width = window("random_crop", size, (H + 2 * pad, W + 2 * pad))
    padded = np.full((N, C, H + 2 * pad, W + 2 * pad), fill, images.dtype)
    padded[:, :, pad:pad + H, pad:pad + W] = images
    top = rng.integers(0, H + 2 * pad - height + 1, N)
    left = rng.integers(0, W + 2 * pad - width + 1, N)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (height, width), axis=(2, 3))
    return windows[np.arange(N), :, top, left]                         # (N, C, h, w)


def random_resized_crop(images: np.ndarray, rng: np.random.Generator, size: int | tuple[int, int],
                        area: tuple[float, float] = (0.08, 1),
                        aspect: tuple[float, float] = (3 / 4, 4 / 3)) -> np.ndarray:
    """Cut a window of random area and width / height ratio, and resize it to `size`.

    (N, C, H, W) -> (N, C, h, w).  `area` is a fraction of the image, 0.08..1 in Szegedy et al.; the
    ratio is drawn evenly on a logarithmic scale.  Where ten tries find no window that fits, the
    last one is cut to the image.  Resizing is bilinear: from much larger images it shows jagged
    edges, so reduce those before.
    """
    N, C, H, W = check_images(images, "random_resized_crop")
    OH, OW = pair("random_resized_crop", size)
    if not 0 < area[0] <= area[1] <= 1:
        raise ValueError(f"random_resized_crop: area={area} should be (low, high) within 0..1")
    if not 0 < aspect[0] <= aspect[1] < math.inf:
        raise ValueError(f"random_resized_crop: aspect={aspect} should be (low, high), above 0")
    pixels = rng.uniform(*area, (TRIES, N)) * (H * W)
    ratio = np.exp(rng.uniform(math.log(aspect[0]), math.log(aspect[1]), (TRIES, N)))
    heights, widths = np.sqrt(pixels / ratio), np.sqrt(pixels * ratio)        # (TRIES, N)
    fits = (heights <= H) & (widths <= W)
    chosen = np.where(fits.any(axis=0), fits.argmax(axis=0), TRIES - 1)       # (N,)
    height = np.minimum(heights[chosen, np.arange(N)], H)
    width = np.minimum(widths[chosen, np.arange(N)], W)
    rows = _spread(rng.random(N) * (H - height), height, OH)                  # (N, OH)
    cols = _spread(rng.random(N) * (W - width), width, OW)                    # (N, OW)
    y = np.empty((N, C, OH, OW), images.dtype)
    for block in blocks(N, OH * OW):
        grid_rows, grid_cols = np.broadcast_arrays(rows[block, :, None], cols[block, None, :])
        y[block] = sample(images[block], grid_rows, grid_cols)
    return y


def cutout(images: np.ndarray, rng: np.random.Generator, size: int = 8,
           fill: float = 0) -> np.ndarray:
    """Cover a square of `size` pixels around a random pixel; near the border less of it is seen."""
    N, C, H, W = check_images(images, "cutout")
    if size < 0:
        raise ValueError(f"cutout: size={size} should be at least 0 pixels")
    check_fill(fill, images, "cutout")
    top = rng.integers(0, H, N) - size // 2
    left = rng.integers(0, W, N) - size // 2
    in_rows = (np.arange(H) >= top[:, None]) & (np.arange(H) < top[:, None] + size)      # (N, H)
    in_cols = (np.arange(W) >= left[:, None]) & (np.arange(W) < left[:, None] + size)    # (N, W)
    hole = in_rows[:, None, :, None] & in_cols[:, None, None, :]       # (N, 1, H, W)
    return np.where(hole, np.asarray(fill, images.dtype), images)


def pair(name: str, size: int | tuple[int, int]) -> tuple[int, int]:
    """(height, width) from one number or two, both at least 1."""
    height, width = (size, size) if isinstance(size, (int, np.integer)) else size
    if height < 1 or width < 1:
        raise ValueError(f"{name}: size={size} should be at least one pixel")
    return int(height), int(width)


def window(name: str, size: int | tuple[int, int], image: tuple[int, int]) -> tuple[int, int]:
    """(height, width) of a window, which has to fit into an image of this height and width."""
    height, width = pair(name, size)
    if height > image[0] or width > image[1]:
        raise ValueError(f"{name}: a window of {height}x{width} does not fit into "
                         f"{image[0]}x{image[1]} pixels; take a smaller size, or pad")
    return height, width


def _spread(start: np.ndarray, length: np.ndarray, count: int) -> np.ndarray:
    """Centres of `count` equal parts of each stretch, kept half a pixel inside it: (N, count)."""
    step = length[:, None] / count
    centres = start[:, None] - 0.5 + step * (np.arange(count) + 0.5)
    inside = np.minimum(length, 1)[:, None] / 2       # a stretch shorter than a pixel has one place
    return np.clip(centres, start[:, None] - 0.5 + inside, (start + length)[:, None] - 0.5 - inside)
