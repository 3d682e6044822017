"""What a gradient-check case is, and inputs that keep clear of kinks."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np


class Case(NamedTuple):
    """One operation or layer under one option.

    name   : the operation or layer, as a user knows it
    option : the setting under test, in words
    make   : make() -> a Module or a function of Tensors, new for each check
    inputs : float64 arrays
    """

    name: str
    option: str
    make: Callable[[], Any]
    inputs: tuple[np.ndarray, ...]


def normal(*shape: int, seed: int = 1) -> np.ndarray:
    """Random values; for smooth operations."""
    return np.random.default_rng(seed).standard_normal(shape)


def positive(*shape: int, seed: int = 1) -> np.ndarray:
    """Random values in [0.5, 2): for log, sqrt and powers."""
    return np.random.default_rng(seed).uniform(0.5, 2.0, shape)


def apart(*shape: int, seed: int = 1) -> np.ndarray:
    """Random order of values, no two closer than 0.01 and none within 0.005 of zero.

    For ReLU, maximum and max pooling: a step of the check never crosses a tie or the corner at 0.
    """
    size = int(np.prod(shape))
    values = (np.arange(size) - size // 2 + 0.5) * max(0.01, 4.0 / max(size, 1))
    return np.random.default_rng(seed).permutation(values).reshape(shape)
