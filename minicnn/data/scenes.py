"""Pictures with many things in them: boxes, masks, maps of classes, captions; and their batches.

What a target may hold and how it is checked is in scene_targets.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from minicnn.backend.messages import in_lines, type_name
from minicnn.data.dataset import as_index
from minicnn.data.door import as_array, as_pixels
from minicnn.data.fingerprint import fingerprint
from minicnn.data.loader import Loader, check_numbers
from minicnn.data.scene_targets import NAMES, Target, as_target

BACKGROUND = "background"


class Scenes:
    """Pictures and what is known about each, a sequence of (image, target).

    Parameters
    ----------
    images : (N, C, H, W) uint8     or a list of (C, H, W) uint8, whose sizes may differ
    targets : list of dicts         one for each image: some of boxes, labels, masks, class_map,
                                    caption, ..., as scene_targets.py says
    classes : sequence of str       one name per class; the first is "background"
    source : str                    one line: which data this is and where it came from

    Two are equal if their images, targets and classes are.

    >>> target = {"boxes": [[1, 1, 5, 4]], "labels": [1]}
    >>> train = Scenes(np.zeros((1, 3, 8, 8), np.uint8), [target], ["background", "cat"], "made up")
    >>> train
    Scenes(1 image 3x8x8 with boxes, labels; 1 object of 1 class: cat; made up)
    >>> image, target = train[0]
    >>> image.shape, target["boxes"].tolist(), train.classes[target["labels"][0]]
    ((3, 8, 8), [[1.0, 1.0, 5.0, 4.0]], 'cat')
    """

    def __init__(self, images: Any, targets: Iterable[Any], classes: Iterable[str],
                 source: str = "") -> None:
        self.classes = as_classes(classes)
        self.images = as_pictures(images)                       # N of (C, H, W)
        targets = list(targets)
        if len(targets) != len(self.images):
            raise ValueError(f"Scenes: {len(self.images)} images but {len(targets)} targets; each "
                             "image needs one, {} where nothing is known")
        self.targets: list[Target] = [
            as_target(target, f"Scenes: target {number}", image.shape[1:], len(self.classes))
            for number, (image, target) in enumerate(zip(self.images, targets, strict=True))]
        self.source = source

    def __len__(self) -> int:
        return len(self.targets)

    def __getitem__(self, chosen: Any) -> Any:
        """(image, target) for one number; Scenes for a slice, or for an array of numbers."""
        if not isinstance(chosen, slice):
            chosen = as_index(chosen, len(self), "Scenes", ".images and .targets")
            if chosen.ndim == 0:
                return self.images[int(chosen)], self.targets[int(chosen)]
        numbers = np.arange(len(self))[chosen].tolist()
        images = self.images[chosen] if isinstance(self.images, np.ndarray) else \
            [self.images[number] for number in numbers]
        return self.replace(images=images, targets=[self.targets[number] for number in numbers],
                            source=f"{len(numbers):,} of {self.source}")

    def __iter__(self) -> Iterator[tuple[np.ndarray, Target]]:
        return (self[number] for number in range(len(self)))

    def __contains__(self, item: object) -> bool:
        raise TypeError("Scenes: `in` is not answered; look through .images or .targets")

    def __array__(self, *_: Any, **__: Any) -> np.ndarray:
        raise TypeError("Scenes: is no array; the pictures are .images, a list of arrays")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Scenes):
            return NotImplemented
        return len(self) == len(other) and self.classes == other.classes and \
            self.fingerprint == other.fingerprint

    def __hash__(self) -> int:
        raise TypeError("Scenes: has no hash, for its arrays can change; take .fingerprint as key")

    def __repr__(self) -> str:
        known = [name for name in NAMES if any(name in target for target in self.targets)]
        objects = sum(len(target["labels"]) for target in self.targets if "labels" in target)
        names = self.classes[1:11]
        count = len(self.classes) - 1
        return in_lines(
            f"Scenes({counted(len(self), 'image')} {sizes(self.images)} with "
            f"{', '.join(known) or 'nothing known'}; "
            + (f"{counted(objects, 'object')} of " if "labels" in known else "")
            + f"{count:,} class{'es' * (count != 1)}: {', '.join(names)}"
            + (", ..." if count > len(names) else "")
            + (f"; {self.source})" if self.source else ")"))

    @property
    def fingerprint(self) -> str:
        """16 letters that tell this content from any other; every pixel is read for it."""
        parts: list[Any] = [*self.classes]
        for image, target in zip(self.images, self.targets, strict=True):
            parts.append(image)
            for name in NAMES:
                if name in target and name != "name":
                    parts += [name, target[name]]
        return fingerprint(*parts)

    def has(self, name: str) -> bool:
        """Is this ("boxes", "class_map", ...) known of every picture?"""
        return len(self) > 0 and all(name in target for target in self.targets)

    def replace(self, **changes: Any) -> Scenes:
        """The same with other images, targets, classes or source."""
        return Scenes(**(vars(self) | changes))

    def subset(self, count: int) -> Scenes:
        """The first `count` images, as views; the source says so."""
        N = len(self)
        if not 1 <= count <= N:
            raise ValueError(f"subset: {count} images asked for, the scenes have 1 to {N}")
        return self[:count].replace(source=f"the first {count:,} of {self.source}")


class SceneLoader(Loader):
    """Hands out `(images, targets)`, two lists, once through the scenes per loop.

    batch_size, shuffle, seed, drop_last, epoch, position, resuming: as the Loader.

    transform : transform(images, targets, rng) -> images, targets, per batch; augment/scenes.py
                has such functions

    >>> scenes = Scenes(np.zeros((3, 1, 4, 4), np.uint8), [{}, {}, {}], ["background"])
    >>> [len(images) for images, targets in SceneLoader(scenes, 2)]
    [2, 1]
    """

    def __init__(self, scenes: Scenes, batch_size: int = 1, shuffle: bool = True, seed: int = 0,
                 transform: Callable[..., Any] | None = None, drop_last: bool = False) -> None:
        check_scenes(scenes, "SceneLoader: scenes")
        check_numbers(batch_size, seed, "SceneLoader")
        if drop_last and batch_size > len(scenes):
            raise ValueError(f"SceneLoader: {len(scenes)} images, batch_size {batch_size} and "
                             "drop_last leave no batch at all; lower batch_size or keep the last "
                             "batch")
        self.scenes, self.count = scenes, len(scenes)
        self.batch_size, self.shuffle, self.seed = int(batch_size), shuffle, int(seed)
        self.drop_last, self.transform = drop_last, transform
        self.epoch = self.position = self.start = 0

    def size(self) -> str:
        return sizes(self.scenes.images)

    def __contains__(self, item: object) -> bool:
        raise TypeError("SceneLoader: `in` is not answered, it would run through the epoch; ask "
                        "loader.scenes")

    def batch(self, chosen: np.ndarray, rng: Callable[[], Any]) -> Any:
        numbers = chosen.tolist()
        images = [self.scenes.images[number] for number in numbers]
        targets = [dict(self.scenes.targets[number]) for number in numbers]
        if self.transform is None:
            return images, targets
        changed = self.transform(images, targets, rng())
        if not (isinstance(changed, tuple) and len(changed) == 2):
            raise TypeError("SceneLoader: transform must return (images, targets), it returned a "
                            f"{type_name(changed)}")
        if not len(changed[0]) == len(changed[1]) == len(numbers):
            raise ValueError(f"SceneLoader: transform made {len(changed[0])} images and "
                             f"{len(changed[1])} targets out of {len(numbers)}; it must keep "
                             "their number")
        return changed


def check_scenes(scenes: Any, name: str) -> None:
    """TypeError unless they are Scenes, ValueError if they are none; `name` is "fit: train"."""
    if not isinstance(scenes, Scenes):
        raise TypeError(f"{name} is a {type_name(scenes)}, expected Scenes: "
                        "minicnn.data.Scenes(images, targets, classes)")
    if len(scenes) == 0:
        raise ValueError(f"{name} has no images; was it filtered until nothing was left?")


def as_classes(classes: Iterable[str]) -> tuple[str, ...]:
    """Names, the first of them "background"."""
    if isinstance(classes, str):
        raise TypeError(f"Scenes: classes is the word {classes!r}, expected one name for each "
                        'class, as in ("background", "cat", "dog")')
    names = tuple(str(name) for name in classes)
    if not names or names[0] != BACKGROUND:
        first = repr(names[0]) if names else "missing"
        raise ValueError(f"Scenes: the first class is {first}, expected {BACKGROUND!r}: class 0 is "
                         "where no object is, objects count from 1")
    if len(names) > 255:
        raise ValueError(f"Scenes: {len(names)} classes, expected at most 255: a map holds one "
                         "byte for each pixel, and 255 means left out")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"Scenes: the class {twice[0]!r} is there twice; each needs its own name")
    return names


def as_pictures(images: Any) -> Any:
    """(N, C, H, W) uint8, or a list of (C, H, W) uint8 with one number of channels."""
    if not isinstance(images, (list, tuple)):
        return as_pixels(images, "Scenes")
    pictures = []
    for number, image in enumerate(images):
        array = as_array(image, f"Scenes: image {number}")
        if array.ndim != 3:
            cure = "; a grey picture (H, W) needs image[None]" if array.ndim == 2 else ""
            raise ValueError(f"Scenes: image {number} has shape {array.shape}, expected "
                             f"(C, H, W){cure}")
        pictures.append(as_pixels(array[None], f"Scenes: image {number}")[0])
    channels = sorted({len(image) for image in pictures})
    if len(channels) > 1:
        raise ValueError(f"Scenes: images with {channels[0]} and with {channels[1]} channels; a "
                         "network reads one kind: make grey ones colours by image.repeat(3, 0)")
    return pictures


def sizes(images: Sequence[np.ndarray]) -> str:
    """3x64x64, or 3x(32..64)x(48..64) where they differ."""
    shapes = np.array([image.shape for image in images])                        # (N, 3)
    if len(shapes) == 0:
        return "of no size"
    low, high = shapes.min(axis=0).tolist(), shapes.max(axis=0).tolist()
    return "x".join(str(least) if least == most else f"({least}..{most})"
                    for least, most in zip(low, high, strict=True))


def counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' * (count != 1)}"
