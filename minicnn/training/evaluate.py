"""What a network's answers are held against: the loss it was made for, top-1 and top-5 error."""

from collections.abc import Callable
from typing import Any

import numpy as np

from minicnn.data.dataset import Dataset
from minicnn.layers.rbf import RBF
from minicnn.losses import cross_entropy, rbf_loss
from minicnn.metrics import top_k_errors
from minicnn.models.capsnet import CapsNet, margin_loss
from minicnn.modes import no_grad
from minicnn.module import Module, Shape
from minicnn.tensor import Tensor
from minicnn.training.prepare import Preparation

BATCH = 200         # pictures at once where nothing is learnt


def answers_distances(model: Module) -> bool:
    """LeNet-5 as published answers with distances to pictures of the classes: smaller is better."""
    return isinstance(list(model.modules())[-1], RBF)


def criterion(model: Module, smoothing: float = 0.0) -> Callable[[Tensor, Any], Tensor]:
    """The loss(answers, labels) of a network, by what it answers with."""
    if answers_distances(model):
        return rbf_loss
    if isinstance(model, CapsNet):
        return margin_loss
    return lambda y, labels: cross_entropy(y, labels, label_smoothing=smoothing)


def weighted_loss(model: Module, y: Any, labels: Any, smoothing: float, aux: float
                  ) -> tuple[Tensor, Tensor]:
    """(loss, scores) of one batch in training.

        L = L(scores) + aux (L(aux1) + L(aux2) + ...)      Szegedy et al. 2015, section 5
    """
    loss_of = criterion(model, smoothing)
    scores, *heads = y if isinstance(y, tuple) else (y,)
    loss = loss_of(scores, labels)
    for head in heads:
        loss = loss + aux * loss_of(head, labels)
    return loss, scores


def own_input(model: Module) -> Shape:
    """(C, H, W) of the images that the network was made for."""
    shape = getattr(model, "input_shape", None)
    if shape is None:
        raise ValueError(f"{type(model).__name__} does not say what it reads; give "
                         "in_shape=(C, H, W)")
    return shape


def tested_shape(model: Module, in_shape: Shape) -> Any:
    """What comes out in test mode; ValueError if such an image does not fit."""
    training = model.training
    try:
        return model.eval().shape(in_shape)
    finally:
        model.train(training)


def check_answers(model: Module, in_shape: Shape, classes: int) -> None:
    """ValueError if the network cannot read such images or answers with other than `classes`."""
    answer = tested_shape(model, in_shape)
    if answer != (classes,):
        raise ValueError(f"{type(model).__name__}: answers images {in_shape} with {answer}, but "
                         f"the data has {classes} classes; build it with classes={classes}")


@no_grad()
def answers(model: Module, images: np.ndarray) -> np.ndarray:
    """What the network says, in test mode, of prepared images (N, C, H, W): (N, classes)."""
    device = next(model.parameters()).device
    training = model.training
    model.eval()
    y = model(Tensor(images).to(device)).numpy()
    model.train(training)
    return y


def all_answers(model: Module, data: Dataset, prepare: Preparation, batch: int = BATCH
                ) -> np.ndarray:
    return np.concatenate([answers(model, prepare.test(data.images[start:start + batch]))
                           for start in range(0, len(data.labels), batch)])     # (N, classes)


def evaluate(model: Module, data: Dataset, prepare: Preparation) -> dict[str, float]:
    """{"loss", "error", "top5"} on a data set in test mode; errors in percent.

    top5 is left out where there are no more than five classes.
    """
    y = all_answers(model, data, prepare)
    loss = criterion(model)(Tensor(y), data.labels).item()
    return {"loss": loss, **errors(-y if answers_distances(model) else y, data.labels)}


def errors(scores: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Top-1 and top-5 error of scores (N, classes), larger is better, in percent."""
    N, classes = scores.shape
    ranks = {"error": 1, "top5": 5} if classes > 5 else {"error": 1}
    return {name: 100 * top_k_errors(scores, labels, k) / N for name, k in ranks.items()}
