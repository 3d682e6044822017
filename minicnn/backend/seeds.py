"""Random numbers: those of NumPy's generator, drawn on the CPU and then moved to the device.

CuPy's generator would give others; so one seed gives one network, one shuffle and one dropout mask
on either device.  Masks alone are drawn on the GPU, by NumPy's algorithm: backend/cuda/chance.py.
"""

from typing import Any

import numpy as np


class _Seeds:
    root = np.random.SeedSequence(0)
    generator = np.random.default_rng(0)


def manual_seed(seed: int) -> None:
    """Start all random numbers anew: weights of networks built from here on, and dropout.

    Without a call the seed is 0, so a script gives the same result every time it runs.
    """
    if not isinstance(seed, (int, np.integer)) or seed < 0:
        raise ValueError(f"manual_seed: the seed must be a whole number >= 0, got {seed!r}")
    _Seeds.root = np.random.SeedSequence(int(seed))
    _Seeds.generator = np.random.default_rng(int(seed))


def new_seed() -> np.random.SeedSequence:
    """A child of the seed, another at each call: one for each parameter of a network."""
    return _Seeds.root.spawn(1)[0]


def generator() -> np.random.Generator:
    """The stream that dropout draws from."""
    return _Seeds.generator


def random_state() -> dict[str, Any]:
    """What a checkpoint keeps so that a resumed run draws the same numbers."""
    return {"generator": _Seeds.generator.bit_generator.state,
            "entropy": _Seeds.root.entropy, "spawned": _Seeds.root.n_children_spawned}


def set_random_state(state: dict[str, Any]) -> None:
    root = np.random.SeedSequence(state["entropy"], n_children_spawned=state["spawned"])
    generator = np.random.default_rng(0)
    generator.bit_generator.state = state["generator"]
    _Seeds.root, _Seeds.generator = root, generator
