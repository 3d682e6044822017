"""From stored scenes to what a network reads, in training and in test mode.

    stored uint8 -> channels of the network -> resized, distorted -> (p / 255 - mean) / std

Boxes, masks and maps of classes go with their picture.  mean and std are those of the training
pictures, per channel.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import to_device
from minicnn.backend.messages import in_lines
from minicnn.data.augment import scenes as distort
from minicnn.data.door import as_array
from minicnn.data.normalise import channel_statistics
from minicnn.data.scene_batches import stacked
from minicnn.data.scene_sizes import resize_scene
from minicnn.data.scene_targets import Target
from minicnn.data.scenes import Scenes
from minicnn.layers.module import Shape
from minicnn.training.recipes import Recipe
from minicnn.training.transforms import SAMPLE, channels, scaled

STEPS: dict[str, distort.Step] = {
    "resized crop": distort.random_resized_crop, "crop": distort.random_crop,
    "flip": distort.flip, "jitter": distort.colour_jitter}


@dataclass
class SceneTransforms:
    """Two functions, `train(images, targets, rng)` and `test(images, targets)`.

    in_shape  : (C, H, W) of the network's input, to which every picture is resized
    mean, std : of the training pictures scaled to 0..1, per channel
    steps     : of the recipe's augment, in the order of STEPS
    """

    in_shape: Shape
    mean: np.ndarray
    std: np.ndarray
    steps: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.mean = as_array(self.mean, "SceneTransforms: mean values").astype(np.float32)
        self.std = as_array(self.std, "SceneTransforms: std values").astype(np.float32)

    def __repr__(self) -> str:
        return in_lines(f"SceneTransforms(to {'x'.join(map(str, self.in_shape))}; in training "
                        f"{', '.join(self.steps) or 'undistorted'})")

    @staticmethod
    def measured(in_shape: Shape, scenes: Scenes, recipe: Recipe) -> "SceneTransforms":
        """With the statistics of the training pictures."""
        unknown = set(recipe.augment) - set(STEPS)
        if unknown:
            raise ValueError(f"recipe {recipe.name}: scenes are not augmented by "
                             f"{', '.join(sorted(unknown))}; there are {', '.join(STEPS)}")
        pictures = [coloured(image, in_shape[0]) for image in scenes.images[:SAMPLE]]
        counts = np.array([image.shape[1] * image.shape[2] for image in pictures], float)
        mean, std = zip(*(channel_statistics(image[None]) for image in pictures), strict=True)
        share = (counts / counts.sum())[:, None]                           # (N, 1)
        overall = (share * mean).sum(axis=0)                               # (C,)
        square = (share * (np.square(std) + np.square(mean))).sum(axis=0)
        spread = np.sqrt(np.maximum(square - overall ** 2, 0))
        return SceneTransforms(in_shape, overall, np.clip(spread, 1e-3, None), recipe.augment)

    def train(self, images: Sequence[np.ndarray], targets: Sequence[Target],
              rng: np.random.Generator) -> tuple[np.ndarray, list[Target]]:
        """Distorted anew in every call; the transform of a SceneLoader."""
        x, known = self.distorted(images, targets, rng)
        return scaled(x, self.mean, self.std), known

    def distorted(self, images: Sequence[np.ndarray], targets: Sequence[Target],
                  rng: np.random.Generator) -> tuple[np.ndarray, list[Target]]:
        """The same before it is scaled: uint8 still."""
        pictures, known = self.resized(images, targets)
        for name, step in STEPS.items():
            if name in self.steps:
                pictures, known = step(pictures, known, rng)
        return stacked(pictures), list(known)

    def test(self, images: Sequence[np.ndarray], targets: Sequence[Target]
             ) -> tuple[np.ndarray, list[Target]]:
        """(N, C, H, W) float32 and targets in the pixels of the network's input."""
        pictures, known = self.resized(images, targets)
        return scaled(stacked(pictures), self.mean, self.std), known

    def read(self, x: np.ndarray, device: str) -> Tensor:
        """What `train`, `test` or `distorted` made: as the network's input."""
        if x.dtype == np.uint8:
            return Tensor(scaled(to_device(x, device), self.mean, self.std))
        return Tensor(x).to(device)

    def resized(self, images: Sequence[np.ndarray], targets: Sequence[Target]
                ) -> tuple[list[np.ndarray], list[Target]]:
        C, H, W = self.in_shape
        pairs = [resize_scene(coloured(image, C), target, (H, W))
                 for image, target in zip(images, targets, strict=True)]
        return [image for image, _ in pairs], [target for _, target in pairs]


def coloured(image: np.ndarray, count: int) -> np.ndarray:
    """(c, h, w) -> (count, h, w)."""
    return channels(image[None], count)[0]
