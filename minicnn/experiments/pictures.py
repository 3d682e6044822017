"""The pictures of an experiment, from the first place that has them.

    digits    what --data names, MNIST in $MINICNN_DATA, the cache or a download, else digits drawn
              by minicnn
    photos    what --data names, CIFAR-10 in $MINICNN_DATA or the cache, else drawn shapes: circles,
              squares, triangles and the digits 1 to 7 in colours on textured grounds

`settings.noted` says which, and what guessing gives.  Each seed learns from other pictures; the
test pictures are the same ones.
"""

import re
from collections import Counter
from pathlib import Path

import numpy as np

from minicnn.backend.messages import did_you_mean
from minicnn.data.cifar import FOLDER, read_cifar10
from minicnn.data.dataset import Dataset
from minicnn.data.digits import digits as drawn_digits
from minicnn.data.find import cifar_folder, find_data, padded
from minicnn.data.mnist import find_digits
from minicnn.data.normalise import pad
from minicnn.data.shapes import draw
from minicnn.data.shapes_forms import FORMS
from minicnn.data.shapes_places import Kind
from minicnn.experiments.experiment import Settings
from minicnn.training.transforms import channels

NAMES = ("mnist", "digits", "cifar10", "shapes")
SHAPES = (*FORMS, *"1234567")
ONE = Kind(1, 20, 29, 0)               # one object a picture, which nearly fills it
DRAWN = {"train": (6_000, 0), "test": (2_000, 1)}          # pictures and seed

Pair = tuple[Dataset, Dataset]
_found: dict[tuple[str, str | None], Pair] = {}            # read once a process


def check_data(name: str) -> None:
    """FileNotFoundError unless it is one of NAMES or a folder."""
    if name not in NAMES and not Path(name).is_dir():
        hint = did_you_mean(name, NAMES)
        raise FileNotFoundError(f"--data is {name!r}, which is no folder and no data set; "
                                f"{hint or 'there are ' + ', '.join(NAMES)}")


def digits(settings: Settings, side: int = 28) -> Pair:
    """For training and for testing: (N, 1, 28, 28), or padded to 32 x 32."""
    train, test = kept("digits", settings)
    return (train, test) if side == 28 else (padded(train), padded(test))


def photos(settings: Settings) -> Pair:
    """For training and for testing: (N, 3, 32, 32)."""
    return kept("photos", settings)


def kept(kind: str, settings: Settings) -> Pair:
    if (kind, settings.data) not in _found:
        find = find_own_digits if kind == "digits" else find_photos
        _found[kind, settings.data] = find(settings)
    train, test = _found[kind, settings.data]
    if len(train.classes) != 10:
        raise ValueError(f"--data {settings.data}: has {len(train.classes)} classes, the "
                         "experiments are made for ten")
    settings.note(**{kind: without_place(train.source), f"guessing_{kind}": guessing(test)})
    return train, test


def without_place(source: str) -> str:
    """Which data it is and not where it lies, for a run may be shown to others.

    >>> without_place("CIFAR-10, 10,000 training images, from /home/me/cifar (only 1 of 5 files)")
    'CIFAR-10, 10,000 training images (only 1 of 5 files)'
    """
    return re.sub(r"[,;] (from|for MNIST,) .*?(?= \(only|$)", "", source)


def find_own_digits(settings: Settings) -> Pair:
    if settings.data in ("cifar10", "shapes"):
        raise ValueError(f"--data {settings.data}: this experiment reads digits; mnist, digits "
                         "(drawn by minicnn), or a folder with MNIST's files")
    if settings.data == "digits":
        train, test = (drawn_digits(count, seed) for count, seed in DRAWN.values())
        return train, test
    if settings.data == "mnist":
        train, test = find_data("mnist")
        return tuple(part.replace(images=part.images[:, :, 2:-2, 2:-2])     # type: ignore
                     for part in (train, test))
    return find_digits(settings.data, settings.tell)


def find_photos(settings: Settings) -> Pair:
    if settings.data in ("mnist", "digits"):
        raise ValueError(f"--data {settings.data}: this experiment reads photographs; cifar10, "
                         "shapes (drawn by minicnn), or a folder with CIFAR-10's files")
    if settings.data == "shapes":
        return drawn_shapes("train"), drawn_shapes("test")
    if settings.data and settings.data != "cifar10":
        folder = Path(settings.data)
        if (folder / FOLDER).is_dir():
            return read_cifar10(folder, "train"), read_cifar10(folder, "test")
        return find_data(settings.data)
    try:
        folder = cifar_folder()
    except FileNotFoundError:
        if settings.data:
            raise
        settings.tell("CIFAR-10 is not here: drawn shapes take its place")
        return drawn_shapes("train"), drawn_shapes("test")
    return read_cifar10(folder, "train"), read_cifar10(folder, "test")


def drawn_shapes(split: str) -> Dataset:
    """(N, 3, 32, 32), one coloured object each; ten classes."""
    count, seed = DRAWN[split]
    rng = np.random.default_rng([7, seed])
    hands = drawn_digits(min(count, 1_000), seed)
    classes = ("ground", *FORMS, *"0123456789")
    images: list[np.ndarray] = []
    labels: list[np.ndarray] = []
    while sum(map(len, labels)) < count:
        drawn, targets = draw(64, 32, ONE, classes, hands, rng)
        found = np.array([target["labels"][0] if len(target["labels"]) else 0
                          for target in targets])                             # (64,)
        names = [SHAPES.index(classes[label]) if classes[label] in SHAPES else -1
                 for label in found]
        own = np.array(names) >= 0
        images.append(drawn[own])
        labels.append(np.array(names)[own])
    return Dataset(np.concatenate(images)[:count], np.concatenate(labels)[:count], SHAPES,
                   f"{count:,} coloured shapes and digits drawn by minicnn, {split}")


def some(data: Dataset, count: int, seed: int) -> Dataset:
    """`count` of them, drawn by that seed; all, in another order, where there are not so many."""
    order = np.random.default_rng([seed, 1]).permutation(len(data))[:count]
    return data[order]


def some_of_each(data: Dataset, count: int, seed: int) -> Dataset:
    """`count` of each class, drawn by that seed; the first n C of them are n of each."""
    rng = np.random.default_rng([seed, 2])
    C = len(data.classes)
    of_class = [rng.permutation(np.flatnonzero(data.labels == c))[:count] for c in range(C)]
    least = min(map(len, of_class))
    return data[np.stack([chosen[:least] for chosen in of_class], axis=1).ravel()]


def pooled(data: Dataset, factor: int = 2) -> Dataset:
    """Averaged over squares of factor x factor pixels: a quarter of the work for 2."""
    N, C, H, W = data.images.shape
    squares = np.asarray(data.images).reshape(N, C, H // factor, factor, W // factor, factor)
    return data.replace(images=np.rint(squares.mean(axis=(3, 5))).astype(np.uint8))


def as_photographs(data: Dataset) -> Dataset:
    """Digits (N, 1, 28, 28) as a network of pooled photographs reads them: (N, 3, 16, 16)."""
    return data.replace(images=channels(pad(pooled(data).images, 1), 3))


def some_classes(data: Dataset, classes: list[int]) -> Dataset:
    """The pictures of these classes, which count from 0 then, in this order."""
    new = np.full(len(data.classes), -1)
    new[classes] = np.arange(len(classes))
    own = data[new[data.labels] >= 0]
    return own.replace(labels=new[own.labels], classes=[data.classes[c] for c in classes])


def guessing(data: Dataset) -> str:
    """What an error is worth: "of 10 classes chance 90.0 % wrong, the largest always ..."."""
    return (f"of {len(data.classes)} classes chance {chance(data):.1f} % wrong, the largest one "
            f"always {majority(data):.1f} %")


def chance(data: Dataset) -> float:
    """The error in percent of guessing among the classes."""
    return 100 * (1 - 1 / len(data.classes))


def majority(data: Dataset) -> float:
    """The error in percent of always naming the largest class."""
    return 100 * (1 - max(Counter(data.labels.tolist()).values()) / len(data))
