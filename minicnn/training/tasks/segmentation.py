"""A class for every pixel: cross-entropy over the map, and the mean IoU over all test pictures.

Pixels that the truth marks 255 count nowhere: Everingham et al. 2010, section 3.3, the rim of VOC's
objects.  A network whose maps are smaller than its pictures, as the published U-Net, is held to the
middle of the truth: Ronneberger et al. 2015, section 2.
"""

from typing import Any

import numpy as np

from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.backend.together import mean_count
from minicnn.data.scenes import Scenes
from minicnn.layers.module import Module, Shape
from minicnn.losses import cross_entropy
from minicnn.training.evaluate import tested_shape
from minicnn.training.metrics.segmentation import SegmentationMetric
from minicnn.training.parallel.stopping import any_stopped, early
from minicnn.training.recipes import Recipe
from minicnn.training.scene_transforms import SceneTransforms
from minicnn.training.tasks.scenes import SceneTask, batches

IGNORED = 255


class Segmentation(SceneTask):
    columns = ("epoch", "lr", "loss", "val_loss", "error", "miou", "dice", "pixel_accuracy",
               "seconds", "test_seconds")
    needs = ("class_map",)

    def __init__(self, model: Module, train: Scenes, val: Scenes, recipe: Recipe, in_shape: Shape
                 ) -> None:
        super().__init__(model, train, val, recipe, in_shape)
        check_maps(model, in_shape, len(train.classes))

    def loss(self, batch: Any) -> tuple[Tensor, int, Any]:
        images, targets = batch
        x = self.transforms.read(images, self.device())
        loss, scores = map_loss(self.model, x, targets, self.recipe.aux)
        refuse_nan(loss, scores, targets)
        counted = int((maps_of(targets, scores.shape[2:]) != IGNORED).sum())     # pixels
        if (mean := mean_count(counted)) != counted:           # the other processes' parts differ
            loss = loss * (counted / mean)
        return loss, len(images), 0

    def evaluate(self, stop: Any = False) -> dict[str, float]:
        part = self.world.stretch(len(self.val))               # this process's pictures
        loss, metric = judge(self.model, self.val, self.transforms, self.recipe.batch, early(stop),
                             part)
        if any_stopped(stop, bool(early(stop)), self.world):
            return {}
        loss = float(self.world.sum(np.array([loss]))[0])
        metric.table = self.world.sum(metric.table)
        found = metric.result()
        miou = 100 * found["mean_iou"]
        return {"val_loss": loss, "error": 100 - miou, "miou": miou,
                "dice": 100 * found["mean_dice"], "pixel_accuracy": 100 * found["pixel_accuracy"]}


@no_grad()
def judge(model: Module, scenes: Scenes, transforms: SceneTransforms, batch: int,
          stop: Any = False, part: range | None = None) -> tuple[float, SegmentationMetric]:
    """The mean loss, and all pixels counted, in test mode; not all if `stop` becomes true.

    transforms : how pictures are read;  batch : so many at a time
    part : of the pictures, if not all of them: its share of the loss
    """
    N, loss, training, device = len(scenes), 0.0, model.training, next(model.parameters()).device
    metric = SegmentationMetric(scenes.classes)
    model.eval()
    try:
        for images, targets in batches(scenes, transforms, batch, part):
            if stop:
                break
            mean, scores = map_loss(model, transforms.read(images, device), targets)
            loss += mean.item() * len(images) / N
            metric.add(scores.numpy(), maps_of(targets, scores.shape[2:]))
    finally:
        model.train(training)
    return loss, metric


def map_loss(model: Module, x: Tensor, targets: Any, aux: float = 0.0) -> tuple[Tensor, Tensor]:
    """(loss, scores (N, classes, H, W)) of images (N, C, H, W) and the class maps of the targets.

        L = L(scores) + aux (L(aux1) + ...)          Zhao et al. 2017, "Pyramid scene parsing", 3.3
    """
    y = model(x)
    scores, *heads = y if isinstance(y, tuple) else (y,)
    labels = maps_of(targets, scores.shape[2:])                         # (N, H, W)
    loss = cross_entropy(scores, labels, ignore_index=IGNORED)
    for head in heads:
        loss = loss + aux * cross_entropy(head, labels, ignore_index=IGNORED)
    return loss, scores


def refuse_nan(loss: Tensor, scores: Tensor, targets: Any) -> None:
    """ValueError if the loss is no number, with the pictures whose scores are none."""
    if np.isfinite(loss.item()):
        return
    wrong = np.flatnonzero(~np.isfinite(scores.numpy()).all(axis=(1, 2, 3))).tolist()    # (n,)
    names = [targets[number].get("name", f"number {number}") for number in wrong[:4]]
    where = f"; the scores of picture {', '.join(names)} of {len(targets)} are none" * bool(wrong)
    raise ValueError(f"fit: the cross-entropy of the class maps is {loss.item()}{where}; a smaller "
                     "learning rate helps, or clip=1.0 in the recipe")


def maps_of(targets: Any, size: Shape) -> np.ndarray:
    """The class maps (N, H, W), or their middle, where the scores are smaller."""
    maps = np.stack([target["class_map"] for target in targets]).astype(np.int64)
    top, left = (maps.shape[1] - size[0]) // 2, (maps.shape[2] - size[1]) // 2
    return maps[:, top:top + size[0], left:left + size[1]]


def check_maps(model: Module, in_shape: Shape, classes: int) -> None:
    """ValueError unless the network answers with `classes` scores for each pixel, or the middle."""
    answer = tested_shape(model, in_shape)
    name = type(model).__name__
    if len(answer) != 3 or answer[1] > in_shape[1] or answer[2] > in_shape[2]:
        raise ValueError(f"{name}: answers pictures {in_shape} with {answer}, not with scores for "
                         "every pixel; `python -m minicnn networks` lists those that do")
    if answer[0] != classes:
        raise ValueError(f"{name}: answers with {answer[0]} classes, but the data has {classes}, "
                         f"background included; build it with classes={classes}")
