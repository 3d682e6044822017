"""What is done to a picture before a trained network sees it: as in its training, or it fails.

    shorter side to `resize` pixels -> the middle `size` x `size` -> / 255 -> (x - mean) / std
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from minicnn.backend.arrays import Array
from minicnn.data.pictures import LARGEST_PICTURE, colours, open_picture

# The mean and spread of the pixels of ImageNet's training pictures, R G B, from 0 to 1.
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Preparation:
    """How pictures are prepared; `preparation(picture)` gives (3, size, size) float32.

    size      : pixels a side, of what the network sees
    resize    : the shorter side is brought to so many pixels first
    mean, std : of each colour, from 0 to 1
    bicubic   : how the picture is made smaller; else bilinear
    nearest   : how halves of pixels are rounded.  False, as torchvision does: the longer side down,
                the corner of the cut to the nearest.  True: the other way round.  One pixel to the
                side can move a probability by 0.06
    trained_on : "imagenet", "cifar10" or "mnist": where the weights have their classes from
    """

    size: int = 224
    resize: int = 256
    mean: Sequence[float] = IMAGENET_MEAN
    std: Sequence[float] = IMAGENET_STD
    bicubic: bool = False
    nearest: bool = False
    trained_on: str = "imagenet"

    def __call__(self, picture: Any) -> Array:
        """The array of a picture file, or of a Pillow image."""
        return self.normalised(self.cropped(picture))

    def cropped(self, picture: Any) -> Array:
        """(3, size, size) uint8: what the network sees, in colours."""
        if isinstance(picture, (str, Path)):
            return open_picture(Path(picture), self.middle)
        return self.middle(picture)

    def middle(self, image: Any) -> Array:
        from PIL import Image
        image = colours(image)
        shorter = min(image.size)
        longer, corner = (round, int) if self.nearest else (int, round)
        whole = [max(longer(self.resize * side / shorter), self.size) for side in image.size]
        if whole[0] * whole[1] > LARGEST_PICTURE:
            raise ValueError(f"{image.width}x{image.height} pixels are too narrow a strip: with "
                             f"{self.resize} at its shorter side it would have "
                             f"{whole[0] * whole[1]:,}; cut the picture")
        way = Image.Resampling.BICUBIC if self.bicubic else Image.Resampling.BILINEAR
        x = np.asarray(image.resize(whole, way))                       # (H, W, 3)
        top, left = (corner((side - self.size) / 2) for side in x.shape[:2])
        return x[top:top + self.size, left:left + self.size].transpose(2, 0, 1)

    def normalised(self, pixels: Array) -> Array:
        """(3, H, W) uint8 -> float32."""
        mean = np.array(self.mean, np.float32)[:, None, None]
        std = np.array(self.std, np.float32)[:, None, None]
        return (pixels.astype(np.float32) / 255 - mean) / std


def imagenet_classes() -> list[str]:
    """The 1000 classes of ImageNet's contest, in order; docs/weights.md says from where."""
    return Path(__file__).with_name("imagenet_classes.txt").read_text("utf-8").splitlines()
