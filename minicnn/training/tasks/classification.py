"""One label a picture: the cross-entropy is made small, the share of wrong answers is counted."""

from typing import Any

from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import to_device
from minicnn.data.dataset import Dataset
from minicnn.data.loader import Loader
from minicnn.layers.module import Module, Shape
from minicnn.training.agreement import LABELLED
from minicnn.training.evaluate import BATCH, batch_loss, check_answers, evaluate
from minicnn.training.recipes import Recipe
from minicnn.training.tasks.task import Task
from minicnn.training.transforms import Transforms


class Classification(Task):
    columns = LABELLED

    def __init__(self, model: Module, train: Dataset, val: Dataset, recipe: Recipe,
                 in_shape: Shape) -> None:
        super().__init__(model, train, val, recipe, in_shape)
        check_answers(model, in_shape, len(train.classes))
        self.transforms = Transforms.measured(in_shape, train.images, recipe,
                                              getattr(model, "standardised", True))

    def loader(self, seed: int) -> Loader:
        """On a GPU pictures arrive as bytes, a quarter of the way's load, and are scaled there."""
        train, transforms = self.train, self.transforms
        as_bytes = self.device() == "cuda" and transforms.components is None
        return Loader(train.images, train.labels, self.recipe.batch, seed=seed,
                      drop_last=self.drop_last(len(train)),
                      transform=transforms.distorted if as_bytes else transforms.train)

    def loss(self, batch: Any) -> tuple[Tensor, int, Any]:
        images, labels = batch                                         # (N, C, H, W), (N,)
        x = self.transforms.read(images, self.device())
        loss, scores = batch_loss(self.model, x, labels, self.recipe.smoothing, self.recipe.aux)
        wrong = (scores.data.argmax(axis=1) != to_device(labels, x.device)).sum()
        return loss, len(labels), wrong

    def evaluate(self, stop: Any = False) -> dict[str, float]:
        found = evaluate(self.model, self.val, self.transforms, BATCH, stop, self.world)
        return found and {"val_loss": found.pop("loss"), **found}
