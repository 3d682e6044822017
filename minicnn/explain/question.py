"""What a network is asked about one picture, so that there is a loss, and gradients to explain.

    Whole   a class for the picture: the loss of training
    Pixel   of a segmenter, a class for one pixel of its map: the cross-entropy there
    Box     of a detector, an object in the middle of the picture: its losses, added up
"""

from typing import Any

import numpy as np

from minicnn.autograd.functions import cat
from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import Array
from minicnn.backend.messages import type_name
from minicnn.backend.versions import plain
from minicnn.layers.module import Module
from minicnn.losses.cross_entropy import cross_entropy
from minicnn.models.detection.detector import Detector, total_loss
from minicnn.models.segmentation.segmenter import Segmenter
from minicnn.training.evaluate import answers_distances, batch_loss


class Whole:
    """A class for the whole picture."""

    def __init__(self, model: Module) -> None:
        self.model = model
        self.where = ""                # known after the loss

    def scores(self, x: Array) -> Array:
        """Of the first picture of x (N, C, H, W), one for each class: the largest is the answer."""
        with plain(), no_grad():
            y = first_of(self.model(Tensor(x)))
        if not isinstance(y, Tensor) or y.ndim != 2 or y.shape[1] < 2:
            came = f"its output is {y.shape}" if isinstance(y, Tensor) else \
                f"it answers with a {type_name(y)}"
            raise ValueError("a gradient needs a loss, and this network has no score for each "
                             f"class: {came}; without --backward any layer of it can be explained")
        return (-y if answers_distances(self.model) else y).numpy()[0]

    def loss(self, x: Tensor, label: int) -> Tensor:
        """Of pictures (N, C, H, W), if `label` is right for each."""
        return batch_loss(self.model, x, np.full(len(x), label))[0]

    def label(self, x: Array, asked: int | None) -> int:
        """The class that it answers second, if none is asked for: for its own answer gradients are
        1e-6, and teach nothing."""
        scores = self.scores(x)
        if asked is None:
            return int(np.argsort(-scores, kind="stable")[1])
        return in_range(asked, 0, len(scores) - 1)

    def said(self, x: Array, label: int) -> str:
        """A note: which loss it is."""
        words = "what it answers second" if label == self.label(x, None) else "as asked"
        return f"loss with label {label}, {words}; it answers {self.scores(x).argmax()}{self.where}"


class Pixel(Whole):
    """A class for one pixel of the map: place (row, column), the middle if None."""

    def __init__(self, model: Module, place: tuple[int, int] | None = None) -> None:
        super().__init__(model)
        self.place = place

    def at(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, classes), the scores of that pixel."""
        y = first_of(self.model(x))                        # (N, classes, h, w)
        H, W = y.shape[2:]
        row, column = self.place or (H // 2, W // 2)
        if not (0 <= row < H and 0 <= column < W):
            raise ValueError(f"--pixel is {row},{column}, but its map is {H}x{W}: rows 0 to "
                             f"{H - 1}, columns 0 to {W - 1}")
        self.where = f" at the pixel {row},{column} of its map"
        z = y[:, :, row, column]
        # One map says how likely the object is; against it stands a score of 0.
        return z if z.shape[1] > 1 else cat([0 * z, z], dim=1)

    def scores(self, x: Array) -> Array:
        with plain(), no_grad():
            return self.at(Tensor(x)).numpy()[0]

    def loss(self, x: Tensor, label: int) -> Tensor:
        return cross_entropy(self.at(x), np.full(len(x), label))


class Box(Whole):
    """An object of class `label` in the middle half of the picture."""

    model: Detector

    def scores(self, x: Array) -> Array:
        raise ValueError("a detector has scores for each box, not for the picture: which class "
                         "it answers cannot be said")

    def loss(self, x: Tensor, label: int) -> Tensor:
        model = self.model
        if type(model).losses is Detector.losses:
            raise ValueError(f"{type(model).__name__} cannot be asked for a loss by a picture "
                             "alone: it learns from regions that another program proposes; "
                             "without --backward its layers can be explained")
        pictures = model.check_images(x)
        made_up = [{**one, "labels": np.array([label])} for one in model.made_up_targets(x)]
        targets = model.check_targets(made_up, [one.shape[1:] for one in pictures])
        terms = model.total(model.losses(pictures, targets), pictures)
        self.where = ", ".join(terms)
        return total_loss(terms)

    def label(self, x: Array, asked: int | None) -> int:
        """1, if none is asked for; 0 is the background."""
        return in_range(1 if asked is None else asked, 1, self.model.classes - 1)

    def said(self, x: Array, label: int) -> str:
        return f"the sum of its losses ({self.where}), if an object of class {label} lay in the " \
               "middle: made up, for no picture here has a truth"


def question_of(model: Module, pixel: tuple[int, int] | None = None) -> Whole:
    """The one that fits.  pixel: of a segmenter's map"""
    if isinstance(model, Segmenter):
        return Pixel(model, pixel)
    if pixel is not None:
        raise ValueError("--pixel goes with a segmenter, whose answer is a map; this network's "
                         "is not")
    return Box(model) if isinstance(model, Detector) else Whole(model)


def in_range(label: int, least: int, most: int) -> int:
    if not least <= label <= most:
        raise ValueError(f"--label is {label}, but there are the classes {least} to {most}")
    return label


def first_of(y: Any) -> Any:
    """Of a network with auxiliary classifiers its own answer."""
    return y[0] if isinstance(y, tuple) else y
