"""What a trained network says to a picture of one's own: prepared as in its training, and named.

    say = Recogniser.published(model)            with weights that others trained
    say = Recogniser.of_run("out/lenet")         of a folder of ours
    say("coffee.png").best                       [("espresso", 0.951), ("cup", 0.015), ...]

A network knows the pictures of its training, and nothing else: it has to get the same size, the
same colours, and a digit has to be white on black, centred, 20 pixels high.  `Answer.seen` is what
it really got, to look at.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from minicnn.analysis.answers import Answer
from minicnn.data.as_mnist import as_mnist
from minicnn.data.cifar import CLASSES as CIFAR10
from minicnn.data.mnist import CLASSES as DIGITS
from minicnn.data.normalise import pad
from minicnn.data.pictures import colours, open_picture, square
from minicnn.data.preparation import Preparation, imagenet_classes
from minicnn.layers.module import Module
from minicnn.training.entries import check_number
from minicnn.training.evaluate import check_answers, check_whole
from minicnn.training.testtime import Run, load_run, probabilities
from minicnn.training.transforms import fitted

SHOWN = 640                    # pixels of the longer side: a digit is cut out of no more
OWN_SIDE = 32                  # of CIFAR-10's pictures
LARGEST_SIDE = 16_384


@dataclass
class Recogniser:
    """A network, its classes, and how a picture becomes its input.

    model : the network;  classes : the names of its answers
    look  : look(Pillow image in RGB) -> (C, H, W) uint8, what the network gets
    scale : scale(those pixels) -> (C, H, W) float32
    """

    model: Module
    classes: Sequence[str]
    look: Callable[[Any], np.ndarray]
    scale: Callable[[np.ndarray], np.ndarray]

    @staticmethod
    def published(model: Module, preparation: Preparation | None = None,
                  classes: Sequence[str] | None = None) -> "Recogniser":
        """For a network filled with weights that others trained.

        preparation : of their pictures, if not the one that the network itself names
        classes     : if not those of the data that they were trained on
        """
        preparation = preparation or getattr(model, "preparation", None)
        if preparation is None:
            raise ValueError(f"no published weights of {described(model)} are known here, so "
                             "nobody says how their pictures are prepared; take the variant that "
                             "they are for, such as 'torchvision', or give "
                             "preparation=Preparation(...)")
        is_digit = preparation.trained_on == "mnist"
        names = list(classes or known_classes(preparation.trained_on))
        check_answers(model, (1 if is_digit else 3, preparation.size, preparation.size), len(names))
        look = digit_of(preparation.size) if is_digit else preparation.middle
        return Recogniser(model, names, look, preparation.normalised)

    @staticmethod
    def of_run(folder: str | Path, weights: str = "last") -> "Recogniser":
        """For the network that the train command, or an example, left in a folder."""
        return Recogniser.of_loaded(load_run(folder, weights), folder)

    @staticmethod
    def of_loaded(run: Run, folder: str | Path) -> "Recogniser":
        if run.pictures["brightest"] <= 1:
            raise ValueError(f"{folder} has learnt from pixels of 0 and 1, a picture has 0 to 255; "
                             "train again with pictures from 0 to 255")
        return Recogniser(run.model, run.classes, run_look(run),
                          lambda seen: run.transforms.test(seen[None])[0])

    def __call__(self, picture: str | Path, most: int = 5) -> Answer:
        """The `most` likeliest classes of a picture file.

        DamagedFile for what is no picture, or has no digit on it.
        """
        check_whole("most", most)
        original, seen = open_picture(Path(picture), self.both)
        p = probabilities(self.model, self.scale(seen)[None].astype(np.float32))[0]
        if not np.isfinite(p).all():
            raise ValueError(f"{picture}: the network answers with what is no number; are its "
                             "weights damaged?")
        order = np.argsort(-p, kind="stable")[:most]
        return Answer(str(picture), [(self.classes[i], float(p[i])) for i in order], original, seen)

    def both(self, image: Any) -> tuple[np.ndarray, np.ndarray]:
        """What a person sees of the picture, and what the network does."""
        image = colours(image)
        seen = self.look(image)
        image.thumbnail((SHOWN, SHOWN))
        return pixels(image), seen


def known_classes(trained_on: str) -> Sequence[str]:
    """The classes of a data set by its name."""
    if trained_on == "imagenet":
        return imagenet_classes()
    return {"cifar10": CIFAR10, "mnist": DIGITS}[trained_on]


def run_look(run: Run) -> Callable[[Any], np.ndarray]:
    """How a picture becomes one of those that the run was trained on."""
    C, H, W = run.transforms.in_shape
    name = run.plan.get("data_name")
    if tuple(run.classes) == DIGITS and (C == 1 or name in ("mnist", "digits")):
        stored = digit_of(32)
    else:
        side = OWN_SIDE if name == "cifar10" else run.plan.get("stored", max(H, W))
        check_number("plan: stored", side, int, 1, LARGEST_SIDE)
        stored = partial(square, size=side)
    return lambda image: fitted(run.transforms.stored(stored(image)[None]), (H, W))[0]


def digit_of(side: int) -> Callable[[Any], np.ndarray]:
    """As MNIST's digits are, in (1, side, side), at least 28."""
    def look(image: Any) -> np.ndarray:
        small = image.copy()
        small.thumbnail((SHOWN, SHOWN))
        return pad(as_mnist(pixels(small))[None, None], (side - 28) // 2)[0]
    return look


def pixels(image: Any) -> np.ndarray:
    """(3, h, w) uint8 of a Pillow image in RGB."""
    return np.asarray(image).transpose(2, 0, 1)


def described(model: Module) -> str:
    """The network in a message."""
    variant = getattr(model, "variant", "")
    return f"{type(model).__name__}{f' ({variant})' if variant else ''}"
