"""What segmentation and detection share: pictures with more to say than one label."""

from collections.abc import Iterator

import numpy as np

from minicnn.data.scene_targets import Target
from minicnn.data.scenes import SceneLoader, Scenes
from minicnn.layers.module import Module, Shape
from minicnn.training.evaluate import counted
from minicnn.training.recipes import Recipe
from minicnn.training.scene_transforms import SceneTransforms
from minicnn.training.tasks.task import Task


class SceneTask(Task):
    """needs : what each target must have"""

    needs: tuple[str, ...] = ()

    def __init__(self, model: Module, train: Scenes, val: Scenes, recipe: Recipe, in_shape: Shape
                 ) -> None:
        super().__init__(model, train, val, recipe, in_shape)
        for part, what in ((train, "to learn from"), (val, "to test on")):
            missing = [name for name in self.needs if not part.has(name)]
            if missing:
                raise ValueError(f"fit: the scenes {what} have no {' and no '.join(missing)}, "
                                 f"which {type(model).__name__} needs; {part.source}")
        self.transforms = SceneTransforms.measured(in_shape, train, recipe)

    def loader(self, seed: int) -> SceneLoader:
        """On a GPU pictures arrive as bytes, as those of a classifier."""
        made = self.transforms
        return SceneLoader(self.train, self.recipe.batch, seed=seed,
                           drop_last=self.drop_last(len(self.train)),
                           transform=made.distorted if self.device() == "cuda" else made.train)


def batches(scenes: Scenes, transforms: SceneTransforms, size: int, part: range | None = None
            ) -> Iterator[tuple[np.ndarray, list[Target]]]:
    """(images (n, C, H, W) float32, targets), `size` at a time, as they are read in test mode.

    part : of the scenes, if not all of them
    """
    part = range(len(scenes)) if part is None else part
    for start in counted(range(part.start, part.stop, size), "testing"):
        few = slice(start, min(start + size, part.stop))
        yield transforms.test(scenes.images[few], scenes.targets[few])
