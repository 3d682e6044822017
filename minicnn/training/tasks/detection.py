"""What stands where: the losses of a detector are added, the AP of its boxes is counted.

AP is COCO's, the mean over the overlaps .50, .55, ... .95: Lin et al. 2014, and the evaluation that
came with it.  Where a network marks points, their F1 is counted.
"""

from typing import Any

import numpy as np

from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.data.scenes import Scenes
from minicnn.layers.module import Module, Shape
from minicnn.models.detection.detector import total_loss
from minicnn.training.metrics.detection import DetectionMetric
from minicnn.training.metrics.points import PointMetric
from minicnn.training.parallel.stopping import any_stopped, early
from minicnn.training.recipes import Recipe
from minicnn.training.scene_transforms import SceneTransforms
from minicnn.training.tasks.scenes import SceneTask, batches

BOXES, POINTS = ("ap", "ap50", "ap75"), ("f1", "precision", "recall")


class Detection(SceneTask):
    """scores : columns of the history, the first of which counts"""

    needs = ("boxes", "labels")

    def __init__(self, model: Module, train: Scenes, val: Scenes, recipe: Recipe, in_shape: Shape
                 ) -> None:
        super().__init__(model, train, val, recipe, in_shape)
        name, own = type(model).__name__, getattr(model, "classes", len(train.classes))
        if own != len(train.classes):
            raise ValueError(f"{name}: tells {own} classes apart, but the data has "
                             f"{len(train.classes)}, background included; build it with "
                             f"classes={len(train.classes)}")
        masks = bool(getattr(model, "masks", False)) and val.has("masks")
        self.scores = POINTS if marks_points(model) else (*BOXES, *["mask_ap"] * masks)
        self.columns = ("epoch", "lr", "loss", "error", *self.scores, "seconds", "test_seconds")
        if not any(len(target["labels"]) for target in val.targets):
            raise ValueError("fit: no test picture has an object, so that nothing can be counted")

    def loss(self, batch: Any) -> tuple[Tensor, int, Any]:
        images, targets = batch
        x = self.transforms.read(images, self.device())                   # (N, C, H, W)
        return total_loss(self.model(x, targets)), len(images), 0

    def evaluate(self, stop: Any = False) -> dict[str, float]:
        part = self.world.stretch(len(self.val))               # this process's pictures
        metric = judge(self.model, self.val, self.transforms, self.recipe.batch, early(stop), part)
        if any_stopped(stop, bool(early(stop)), self.world):
            return {}
        first, *others = self.world.gather(metric)
        for other in others:
            first.join(other)
        metric = first
        result = metric.result()
        found = {name: 100 * float(np.nan_to_num(result[name])) for name in self.scores}
        return {"error": 100 - found[self.scores[0]], **found}     # no point: a precision of 0


def marks_points(model: Module) -> bool:
    return bool(getattr(model, "marks_points", False))


@no_grad()
def judge(model: Module, scenes: Scenes, transforms: SceneTransforms, batch: int,
          stop: Any = False, part: range | None = None) -> Any:
    """A DetectionMetric, or the PointMetric of a network that marks points, in test mode; not of
    all pictures if `stop` becomes true.

    transforms : how pictures are read;  batch : so many at a time
    part : of the pictures, if not all of them
    """
    metric: Any = PointMetric() if marks_points(model) else DetectionMetric(scenes.classes)
    training = model.training
    device = next(model.parameters()).device
    model.eval()
    try:
        for images, targets in batches(scenes, transforms, batch, part):
            if stop:
                break
            found = model(transforms.read(images, device))
            for one, truth in zip(found, targets, strict=True):
                metric.add(one, truth)
    finally:
        model.train(training)
    return metric
