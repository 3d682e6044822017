"""What is explained: a network in float64, one picture, and how both are called.

float32 loses what a person does not: of a confident digit's loss, 3.6121e-05, it keeps 3.6001e-05,
for log(1 + 3.6e-5) has lost three digits there.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from shlex import quote
from typing import Any

import numpy as np

from minicnn.autograd.hooks import record
from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.backend.versions import plain
from minicnn.data.pictures import colours, open_picture, square
from minicnn.data.preparation import IMAGENET_MEAN, IMAGENET_STD, Preparation
from minicnn.explain.pocket import HIGH, LOW, pixels, pocket_digit, pocket_lenet
from minicnn.explain.question import Whole, question_of
from minicnn.explain.record import Recorder
from minicnn.layers.module import Module
from minicnn.training.recognise import Recogniser, digit_of

UNTRAINED = "untrained weights, seed 0: the arithmetic is right, the answer means nothing"


@dataclass(frozen=True)
class Subject:
    """A network and the pictures that it reads, (N, C, H, W), the first of which is looked at.

    model : the network;  x : the pictures;  pixel : of a segmenter's map, which its loss is about
    words : network, weights, picture, mode: the first line of what is printed
    asked : the options that ask for the same again: "lenet5 --digit 7"
    drawn : drawn(k) is the digit k that minicnn drew, as this network reads it, (C, H, W)
    """

    model: Module
    x: np.ndarray
    words: str
    asked: str
    drawn: Callable[[int], np.ndarray]

    pixel: tuple[int, int] | None = None

    @cached_property
    def question(self) -> Whole:
        """What it is asked, so that there is a loss."""
        return question_of(self.model, self.pixel)

    def scores(self) -> np.ndarray:
        """What a classifier answers to the first picture, (classes,): the largest is its answer."""
        return Whole(self.model).scores(self.x)

    def label(self, asked: int | None = None) -> int:
        """Which class the loss takes for right; ValueError for one that there is not."""
        return self.question.label(self.x, asked)

    def said_of_loss(self, label: int) -> str:
        """Which loss it is, and what the network answers."""
        return self.question.said(self.x, label)

    def loss_in_float32(self, label: int) -> float:
        """The same loss as a network in ordinary use has it."""
        question = question_of(deepcopy(self.model).to(dtype=np.float32), self.pixel)
        with no_grad():
            return float(question.loss(Tensor(self.x.astype(np.float32)), label).data)

    def run(self, label: int | None = None) -> Recorder:
        """One pass; with a label also the loss, and all gradients back to the picture."""
        recorder = Recorder()
        x = Tensor(self.x, requires_grad=label is not None)
        called(x, "image")
        for name, value in self.model.named_state():
            called(value, name)
        with plain(), record(recorder):
            if label is None:
                with no_grad():
                    self.model(x)
            else:
                self.model.zero_grad()
                loss = self.question.loss(x, label)
                recorder.keep_loss(loss)
                loss.backward()
        return recorder


def called(tensor: Any, name: str) -> None:
    """The name that explanations give it."""
    object.__setattr__(tensor, "called", name)


def pocket_subject(digit: int = 7, picture: str | None = None) -> Subject:
    """The pocket LeNet, and a drawn digit or a picture file."""
    model = pocket_lenet()
    if picture is None:
        shown, what = pocket_digit(digit), f"digit {digit}, drawn by minicnn"
        x, option = pixels(shown[None, None]), f"--digit {digit}"
    else:
        seen = open_picture(Path(picture), lambda image: digit_of(28)(colours(image)))
        x, what, option = pixels(seen[None]), picture, f"--image {quote(picture)}"
    return Subject(model, x, f"lenet5, visualiser: the pocket weights, whole hundredths; {what}; "
                   "test mode", f"lenet5 {option}",
                   lambda k: pixels(pocket_digit(k)[None, None])[0])


def network_subject(model: Module, name: str, weights: str, asked: str, digit: int = 7,
                    picture: str | None = None, reads: Recogniser | None = None) -> Subject:
    """Any model that reads pictures.

    digit, picture : the digit, drawn, or else the picture file that it reads
    weights : how they are called; asked: the options that name network and weights
    reads   : how its pictures are prepared; else by the network's own preparation, or in the
              middle, scaled as ImageNet's
    """
    if reads is not None:
        look, scale = reads.look, reads.scale
    else:
        look, scale = preparation_of(model)

    def drawn(k: int) -> np.ndarray:
        return np.asarray(scale(look(drawn_image(k))), np.float64)

    if picture is None:
        x, what, option = drawn(digit), f"digit {digit}, drawn by minicnn", f"--digit {digit}"
    else:
        seen = open_picture(Path(picture), lambda image: look(colours(image)))
        x, what, option = np.asarray(scale(seen), np.float64), picture, f"--image {quote(picture)}"
    model = model.eval().to(dtype=np.float64)
    return Subject(model, x[None], f"{name}: {weights}; {what}; test mode", f"{asked} {option}",
                   drawn)


def preparation_of(model: Module) -> tuple[Callable[[Any], np.ndarray],
                                           Callable[[np.ndarray], np.ndarray]]:
    """look and scale: how a picture becomes what the network reads."""
    C, H, W = getattr(model, "input_shape", (3, 224, 224))
    own = getattr(model, "preparation", None)
    if C == 1 and H >= 28:
        return digit_of(H), lambda seen: np.rint((LOW + (HIGH - LOW) * (
            seen.astype(np.float64) / 255)) * 100) / 100
    if own is not None and own.trained_on != "mnist":
        return own.middle, own.normalised
    side = Preparation(size=H, resize=H, mean=IMAGENET_MEAN[:C], std=IMAGENET_STD[:C])
    return lambda image: square(image, H)[:C], side.normalised


def drawn_image(digit: int) -> Any:
    """One of the pocket digits as a Pillow image, ink white on black."""
    from PIL import Image
    return Image.fromarray(pocket_digit(digit)).convert("RGB")


def in_training(subject: Subject, batch: int) -> Subject:
    """The same in training mode, in a batch with other digits: batch norm and dropout see them."""
    others = [subject.drawn(k % 10) for k in range(batch - 1)]
    words = subject.words.replace("test mode", f"training mode, a batch of {batch}: batch norm and "
                                  "dropout now depend on the others")
    x = np.stack([subject.x[0], *others])
    return replace(subject, model=subject.model.train(), x=x, words=words,
                   asked=f"{subject.asked} --train-mode --batch {batch}")
