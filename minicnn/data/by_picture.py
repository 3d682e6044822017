"""Random numbers by the number of a picture in its batch, where processes share the batch.

A distortion draws one number, or a row of them, for each picture.  A process that has pictures 8 to
15 of 32 draws for all 32 and takes its own, so that a picture is distorted alike by whoever has it.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from minicnn.backend.together import Rows


class NotByPicture(Exception):
    """Drawn was something of which nobody can say to which picture it belongs."""


class ByPicture:
    """Draws as `rng` would for the whole batch, and gives the numbers of these rows.

    Of the size that is asked for, one axis must have the length of the part, and only one; else, as
    with everything that is not here, NotByPicture is raised.
    """

    def __init__(self, rng: np.random.Generator, rows: Rows) -> None:
        self.rng, self.rows = rng, rows

    def random(self, size: Any = None, dtype: Any = np.float64) -> np.ndarray:
        return self.own(size, lambda whole: self.rng.random(whole, dtype))

    def uniform(self, low: Any = 0.0, high: Any = 1.0, size: Any = None) -> np.ndarray:
        return self.own(size, lambda whole: self.rng.uniform(low, high, whole))

    def normal(self, loc: Any = 0.0, scale: Any = 1.0, size: Any = None) -> np.ndarray:
        return self.own(size, lambda whole: self.rng.normal(loc, scale, whole))

    def integers(self, low: Any, high: Any = None, size: Any = None, **kind: Any) -> np.ndarray:
        return self.own(size, lambda whole: self.rng.integers(low, high, whole, **kind))

    def own(self, size: Any, draw: Callable[[tuple[int, ...]], np.ndarray]) -> np.ndarray:
        shape = [] if size is None else [int(length) for length in np.atleast_1d(size)]
        if shape.count(self.rows.count) != 1:
            raise NotByPicture
        axis = shape.index(self.rows.count)
        shape[axis] = self.rows.total
        return draw(tuple(shape)).take(range(self.rows.start, self.rows.stop), axis)

    def __getattr__(self, name: str) -> Any:
        raise NotByPicture
