"""What every reader of this folder hands back: images, labels, the classes' names, the origin."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Dataset(NamedTuple):
    """Labelled images.

    Parameters
    ----------
    images : (N, C, H, W) uint8     0 to 255, as stored; `normalise` turns them into float32
    labels : (N,) int64             index into `classes`
    classes : tuple of str          one name per class
    source : str                    one line: which data this is and where it came from

    The number of images is `len(dataset.labels)`; `len(dataset)` is that of the tuple, 4.
    """

    images: np.ndarray
    labels: np.ndarray
    classes: tuple[str, ...]
    source: str

    def subset(self, count: int) -> Dataset:
        """The first `count` images, as views; the source says so."""
        N = len(self.labels)
        if not 1 <= count <= N:
            raise ValueError(f"subset: {count} images asked for, the data set has 1 to {N}")
        return Dataset(self.images[:count], self.labels[:count], self.classes,
                       f"the first {count:,} of {self.source}")
