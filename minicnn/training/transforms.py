"""From stored pictures to what the network reads, in training and in test mode.

    stored uint8 -> channels of the network -> cut or resize, distort -> (p / 255 - mean) / std

mean and std are those of the training pictures, per channel, or 0 and 1 for a network that reads
pixels from 0 to 1; distortions are the recipe's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import Array, to_device, xp_of
from minicnn.backend.cuda import pixels
from minicnn.backend.messages import in_lines
from minicnn.backend.versions import faster
from minicnn.data import augment
from minicnn.data.augment.colour import LUMINANCE
from minicnn.data.door import as_array, as_pixels
from minicnn.data.normalise import channel_statistics, pad
from minicnn.layers.module import Shape
from minicnn.training.recipes import Recipe

SAMPLE = 2_000      # pictures that the statistics are measured on


@dataclass
class Transforms:
    """Two functions, `train(images, rng)` and `test(images)`: (N, c, h, w) uint8 -> (N, C, H, W).

    in_shape   : (C, H, W) of the network's input
    mean, std  : of the training pictures scaled to 0..1, per channel; 0 and 1 to leave them so
    steps, pad : the recipe's augment and pad
    components : of the colours, where the recipe has "lighting": see augment.rgb_components

    Grey pictures are repeated for a network that reads colours; colours become grey for one that
    reads grey ones.
    """

    in_shape: Shape
    mean: np.ndarray
    std: np.ndarray
    steps: tuple[str, ...] = ()
    pad: int = 0
    components: tuple[np.ndarray, np.ndarray] | None = None

    def __post_init__(self) -> None:
        self.mean = as_array(self.mean, "Transforms: mean values").astype(np.float32)     # (C,)
        self.std = as_array(self.std, "Transforms: std values").astype(np.float32)        # (C,)

    def __repr__(self) -> str:
        size = "x".join(map(str, self.in_shape))
        mean, std = (" ".join(f"{value:.3g}" for value in values) for values in (self.mean,
                                                                                 self.std))
        return in_lines(f"Transforms(to {size}; mean {mean}, std {std}; in training "
                        f"{', '.join(self.steps) or 'undistorted'})")

    @staticmethod
    def measured(in_shape: Shape, images: Any, recipe: Recipe, standardised: bool = True
                 ) -> "Transforms":
        """With the statistics of the training pictures, which are in any order but by class."""
        unknown = set(recipe.augment) - {"crop", "resized crop", "flip", "jitter", "lighting"}
        if unknown:
            raise ValueError(f"recipe {recipe.name}: no augmentation {', '.join(sorted(unknown))}; "
                             "there are crop, resized crop, flip, jitter, lighting")
        C, images = in_shape[0], as_pixels(images, "Transforms")
        seen = channels(images[:SAMPLE], C)
        mean, std = channel_statistics(seen) if standardised else (np.zeros(C), np.ones(C))
        lit = "lighting" in recipe.augment and C == 3
        return Transforms(
            in_shape, np.array(mean), np.clip(std, 1e-3, None), recipe.augment, recipe.pad,
            augment.rgb_components(seen[:500].astype(np.float32) / 255) if lit else None)

    def train(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Distorted anew in every call; the transform of a Loader."""
        x = self.distorted(images, rng)
        if self.components is None:
            return scaled(x, self.mean, self.std)
        x = augment.pca_lighting(x.astype(np.float32) / 255, rng, *self.components)
        return shifted(x, self.mean, self.std)

    def distorted(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """The same before it is lit and scaled: uint8 still."""
        size = (self.in_shape[1], self.in_shape[2])
        x = channels(np.asarray(as_pixels(images, "Transforms")), self.in_shape[0])
        room = min(x.shape[2] - size[0], x.shape[3] - size[1])          # pixels to spare
        if "resized crop" in self.steps:
            x = augment.random_resized_crop(x, rng, size)
        elif "crop" in self.steps and room >= 0:
            x = augment.random_crop(x, rng, size, max(self.pad - room // 2, 0))
        else:
            x = fitted(x, size)
        if "flip" in self.steps:
            x = augment.flip(x, rng)
        if "jitter" in self.steps:
            x = augment.colour_jitter(x, rng, saturation=0.4 if x.shape[1] == 3 else 0)
        return x

    def test(self, images: np.ndarray) -> np.ndarray:
        """The middle of each picture, undistorted."""
        return scaled(self.middle(images), self.mean, self.std)

    def middle(self, images: np.ndarray) -> np.ndarray:
        """The same before it is scaled: uint8 still."""
        return fitted(self.stored(images), self.in_shape[1:])

    def read(self, x: np.ndarray, device: str) -> Tensor:
        """What `train` or `test` made, or uint8 still to be scaled: as the network's input."""
        if x.dtype == np.uint8:
            return Tensor(scaled(to_device(x, device), self.mean, self.std))
        return Tensor(x).to(device)

    def ten_crops(self, images: np.ndarray) -> np.ndarray:
        """Corners, centre and their mirror images: (10, N, C, H, W), for the test.

        Pictures no larger than the network's input get the border that they had in training, or
        an eighth of their side: there would be only one crop.
        """
        x, size = self.stored(images), self.in_shape[1:]
        if x.shape[2] <= size[0] or x.shape[3] <= size[1]:
            x = pad(fitted(x, size), self.pad or max(size[0] // 8, 1))
        views = augment.ten_crop(x, (size[0], size[1]))                 # (10, N, C, H, W)
        return np.stack([scaled(view, self.mean, self.std) for view in views])

    def resized(self, images: np.ndarray, side: int) -> np.ndarray:
        """The middle of each picture as in `test`, then resized to side x side."""
        return scaled(resize(self.middle(images), (side, side)), self.mean, self.std)

    def stored(self, images: Any) -> np.ndarray:
        """Pictures to test with, in the channels of the network."""
        images = np.asarray(as_pixels(images, "Transforms"))
        if images.max(initial=0) == 1 and self.mean.max() > 1 / 255:
            raise ValueError("Transforms: the brightest pixel is 1 of 255, darker than the mean of "
                             "the training pictures; were they divided by 255?  Give them as "
                             "stored, from 0 to 255")
        return channels(images, self.in_shape[0])


@faster(cuda=pixels.standardised)
def scaled(x: Array, mean: np.ndarray, std: np.ndarray) -> Array:
    """uint8 (N, C, H, W) -> (p / 255 - mean) / std per channel, float32."""
    return shifted(x.astype(np.float32) / 255, mean, std)


def shifted(x: Array, mean: np.ndarray, std: np.ndarray) -> Array:
    """float32 in 0..1 -> (p - mean) / std per channel."""
    xp = xp_of(x)
    x -= xp.asarray(mean)[:, None, None]
    x /= xp.asarray(std)[:, None, None]
    return x


def channels(images: np.ndarray, count: int) -> np.ndarray:
    """(N, c, h, w) -> (N, count, h, w): grey repeated, or colours as bright as they look."""
    c = images.shape[1]
    if c == count:
        return images
    if c == 1:
        return np.repeat(images, count, axis=1)
    if count == 1 and c == 3:
        grey = np.tensordot(np.array(LUMINANCE, np.float32), images, axes=(0, 1))    # (N, h, w)
        return np.rint(grey).astype(np.uint8)[:, None]
    raise ValueError(f"pictures with {c} channels for a network that reads {count}; only grey (1) "
                     "and colour (3) can be turned into each other")


def fitted(images: np.ndarray, size: Sequence[int]) -> np.ndarray:
    """The middle `size` (H, W) of larger pictures; others are resized."""
    if images.shape[2] >= size[0] and images.shape[3] >= size[1]:
        return augment.center_crop(images, (size[0], size[1]))
    return resize(images, size)


def resize(images: np.ndarray, size: Sequence[int]) -> np.ndarray:
    """(N, C, h, w) -> (N, C, H, W), bilinear, pixel centres kept in proportion; same dtype."""
    N, _, height, width = images.shape
    (H, W) = size
    rows = np.clip((np.arange(H) + 0.5) * (height / H) - 0.5, 0, height - 1)
    cols = np.clip((np.arange(W) + 0.5) * (width / W) - 0.5, 0, width - 1)
    grid = np.broadcast_to(rows[:, None], (N, H, W)), np.broadcast_to(cols, (N, H, W))
    return augment.sample(images, *grid)
