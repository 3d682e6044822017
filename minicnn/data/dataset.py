"""What every reader of this folder hands back: images, labels, the classes' names, the origin."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from minicnn.backend.messages import in_lines, type_name
from minicnn.data.door import as_array, as_labels, as_pixels
from minicnn.data.fingerprint import fingerprint
from minicnn.data.pictures import Pictures


class Dataset:
    """Labelled images, a sequence of (image, label).

    Parameters
    ----------
    images : (N, C, H, W) uint8     0 to 255, as stored; `normalise` turns them into float32
    labels : (N,) integers          index into `classes`; kept as int64
    classes : sequence of str       one name per class
    source : str                    one line: which data this is and where it came from

    The arrays are `images` and `labels`.  Two data sets are equal if their images, labels and
    classes are, wherever they came from; `fingerprint` says so in 16 letters.

    >>> train = Dataset(np.zeros((3, 1, 2, 2), np.uint8), [1, 0, 1], ["cat", "dog"], "made up")
    >>> train
    Dataset(3 images 1x2x2 of 2 classes: cat, dog; made up)
    >>> image, label = train[0]
    >>> image.shape, train.classes[label], len(train[1:]), train[train.labels == 1].labels.tolist()
    ((1, 2, 2), 'dog', 2, [1, 1])
    """

    def __init__(self, images: Any, labels: Any, classes: Iterable[str], source: str = "") -> None:
        if isinstance(classes, str):
            raise TypeError(f"Dataset: classes is the word {classes!r}, expected one name for "
                            "each class, as in (\"cat\", \"dog\")")
        self.classes = tuple(str(name) for name in classes)
        self.images = as_pixels(images, "Dataset")                          # (N, C, H, W)
        self.labels = as_labels(labels, "Dataset", len(self.images), len(self.classes))     # (N,)
        self.source = source

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, chosen: Any) -> Any:
        """(image, label) for one number; a Dataset for a slice, or for an array of numbers."""
        if not isinstance(chosen, slice):
            chosen = as_index(chosen, len(self))                            # () or (n,)
            if chosen.ndim == 0:
                return self.images[int(chosen)], int(self.labels[chosen])
        lazy = isinstance(self.images, Pictures)
        images = self.images.chosen(chosen) if lazy else self.images[chosen]
        labels = self.labels[chosen]
        return Dataset(images, labels, self.classes, f"{len(labels):,} of {self.source}")

    def __iter__(self) -> Iterator[tuple[np.ndarray, int]]:
        return (self[number] for number in range(len(self)))

    def __contains__(self, item: object) -> bool:
        raise TypeError("Dataset: `in` is not answered; ask for a label by `3 in train.labels`, "
                        "for a picture by (train.images == image).all(axis=(1, 2, 3)).any()")

    def __array__(self, *_: Any, **__: Any) -> np.ndarray:
        raise TypeError("Dataset: is no array; the arrays are .images and .labels")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Dataset):
            return NotImplemented
        return self.classes == other.classes and np.array_equal(self.labels, other.labels) and \
            self.images.shape == other.images.shape and self.fingerprint == other.fingerprint

    def __hash__(self) -> int:
        raise TypeError("Dataset: has no hash, for its arrays can change; take .fingerprint as key")

    def __repr__(self) -> str:
        names = ", ".join(self.classes[:10]) + (", ..." if len(self.classes) > 10 else "")
        size, source = "x".join(map(str, self.images.shape[1:])), self.source
        return in_lines(f"Dataset({len(self):,} images {size} of {len(self.classes)} classes: "
                        f"{names}" + (f"; {source})" if source else ")"))

    @property
    def fingerprint(self) -> str:
        """16 letters that tell this content from any other; every pixel is read for it."""
        images = self.images.fingerprint if isinstance(self.images, Pictures) else self.images
        return fingerprint(*self.classes, self.labels, images)

    def replace(self, **changes: Any) -> Dataset:
        """The same with other images, labels, classes or source."""
        return Dataset(**(vars(self) | changes))

    def subset(self, count: int) -> Dataset:
        """The first `count` images, as views; the source says so."""
        N = len(self)
        if not 1 <= count <= N:
            raise ValueError(f"subset: {count} images asked for, the data set has 1 to {N}")
        return self[:count].replace(source=f"the first {count:,} of {self.source}")


def check_dataset(data: Any, name: str) -> None:
    """TypeError unless it is a Dataset, ValueError if it is empty; `name` is "fit: train"."""
    if not isinstance(data, Dataset):
        raise TypeError(f"{name} is a {type_name(data)}, expected a Dataset: "
                        "minicnn.data.Dataset(images, labels, classes)")
    if len(data) == 0:
        raise ValueError(f"{name} has no images; was it filtered until nothing was left?")


def as_index(chosen: Any, N: int, name: str = "Dataset", arrays: str = ".images and .labels"
             ) -> np.ndarray:
    """Numbers of images, one () or several (n,); True and False for each count as numbers."""
    try:
        numbers = None if isinstance(chosen, (tuple, bool, np.bool_)) else as_array(chosen, "index")
    except TypeError:
        numbers = None
    if numbers is not None and numbers.size == 0:                           # [] counts as floats
        numbers = numbers.astype(np.int64)
    if numbers is None or numbers.ndim > 1 or numbers.dtype.kind not in "iub":
        raise TypeError(f"{name}: index is {chosen!r}, expected a whole number, a slice or an "
                        f"array of numbers (n,); the arrays themselves are {arrays}")
    try:
        return np.arange(N)[numbers]
    except IndexError as problem:
        raise IndexError(f"{name} of {N} images: {problem}") from None
