"""How wrong a network is: its loss, its top-1 and top-5 error.

What a network may say of itself beside its answers, and what holds where it does not:

    input_shape             (C, H, W) of the images that it was made for; `fit` has to be told
    standardised            False: it reads pixels from 0 to 1; of mean 0 and variance 1
    loss(x, labels)         the loss of a batch, with the scores (N, classes); the cross-entropy of
                            its answers, or rbf_loss of distances
    probabilities(scores)   (N, classes), each row adds up to 1; their softmax
    capsules, decoder       what `pictures.reconstructions` draws images from; no such picture

CapsNet says all of it.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.data.dataset import Dataset, check_dataset
from minicnn.layers.module import Module, Shape
from minicnn.layers.rbf import RBF
from minicnn.losses import cross_entropy, rbf_loss
from minicnn.training.metrics.classification import top_k_errors
from minicnn.training.parallel.stopping import any_stopped, early
from minicnn.training.parallel.world import ALONE, World
from minicnn.training.transforms import Transforms

BATCH = 200         # pictures at once where nothing is learnt


def answers_distances(model: Module) -> bool:
    """LeNet-5 as published answers with distances to pictures of the classes: smaller is better."""
    return isinstance(list(model.modules())[-1], RBF)


def batch_loss(model: Module, x: Tensor, labels: Any, smoothing: float = 0.0, aux: float = 0.0
               ) -> tuple[Tensor, Tensor]:
    """(loss, scores) of images x (N, C, H, W); of scores (N, classes), the largest is the answer.

        L = L(scores) + aux (L(aux1) + L(aux2) + ...)      Szegedy et al. 2015, section 5
    """
    if hasattr(model, "loss"):
        return model.loss(x, labels)
    y = model(x)
    if answers_distances(model):
        return rbf_loss(y, labels), -y
    scores, *heads = y if isinstance(y, tuple) else (y,)
    loss = cross_entropy(scores, labels, label_smoothing=smoothing)
    for head in heads:
        loss = loss + aux * cross_entropy(head, labels, label_smoothing=smoothing)
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
    if len(answer) != 1:
        raise ValueError(f"{type(model).__name__}: is no classifier: it answers images {in_shape} "
                         f"with {answer}, not with one score for each class")
    if answer != (classes,):
        raise ValueError(f"{type(model).__name__}: answers images {in_shape} with {answer}, but "
                         f"the data has {classes} classes; build it with classes={classes}")


@no_grad()
def evaluate(model: Module, data: Dataset, transforms: Transforms, batch: int = BATCH,
             stop: Any = False, world: World = ALONE) -> dict[str, float]:
    """{"loss", "error", "top5"} on a data set in test mode; errors in percent.

    top5 is left out where there are no more than five classes.  Nothing, {}, if `stop` has become
    true on the way: see interrupt.Stop.  The processes of `world` share the pictures.
    """
    check_dataset(data, "evaluate: data")
    check_whole("evaluate: batch", batch)
    device = next(model.parameters()).device
    training, N = model.training, len(data.labels)
    own, stopped = world.stretch(N), False                     # this process's pictures
    loss, wrong = 0.0, dict[str, int]()
    model.eval()
    try:
        for start in counted(range(own.start, own.stop, batch), "testing"):
            if stopped := bool(early(stop)):
                break
            part = slice(start, min(start + batch, own.stop))
            labels = data.labels[part]
            x = transforms.read(transforms.middle(data.images[part]), device)
            mean, y = batch_loss(model, x, labels)
            loss += mean.item() * len(labels) / N
            for name, k in ranks(y.shape[1]).items():
                wrong[name] = wrong.get(name, 0) + top_k_errors(y.numpy(), labels, k)
    finally:
        model.train(training)
    if any_stopped(stop, stopped, world):
        return {}
    wrong = wrong or dict.fromkeys(ranks(len(data.classes)), 0)        # no picture was left over
    loss, *counts = world.sum(np.array([loss, *wrong.values()])).tolist()
    return {"loss": loss, **{name: 100 * int(count) / N
                             for name, count in zip(wrong, counts, strict=True)}}


def check_whole(name: str, value: Any, least: int = 1) -> None:
    """TypeError or ValueError unless it is a whole number from `least` on; True is none."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name} is {value!r}, expected a whole number")
    if value < least:
        raise ValueError(f"{name} is {value}, expected at least {least}")


def counted(batches: Sequence[int], what: str) -> Iterable[int]:
    """The same, with a progress bar where somebody watches and it takes more than a second."""
    from tqdm import tqdm
    return tqdm(batches, what, unit=" batches", delay=1, leave=False, disable=None)


def errors(scores: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Top-1 and top-5 error of scores (N, classes), larger is better, in percent."""
    N, classes = scores.shape
    return {name: 100 * top_k_errors(scores, labels, k) / N for name, k in ranks(classes).items()}


def ranks(classes: int) -> dict[str, int]:
    """The best how many answers count: five of five would always be right."""
    return {"error": 1, "top5": 5} if classes > 5 else {"error": 1}
