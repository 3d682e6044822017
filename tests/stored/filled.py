"""What the networks' stored numbers share: weights by a rule, and a digest of an output.

The scripts make_models_*.py and the tests import it, so both sides fill in the same weights.
"""

from hashlib import sha256

import numpy as np


def filled(number, name, shape):
    """Values of the `number`th entry of a network's state (from 0), float64.

    Matrices and filters are scaled as He et al. 2015 do, so that the layers' outputs keep their
    size; variances are positive.
    """
    values = np.random.default_rng(number).standard_normal(shape)
    if len(shape) >= 2:
        values *= (2 / (values[0].size)) ** 0.5
    else:
        values *= 0.1
        if name.endswith(("running_var", "weight")):
            np.exp(values, out=values)
    return values


def image(shape):
    return np.random.default_rng(10_000).standard_normal(shape)


def digest(y, count=8):
    """Shape, mean, standard deviation, and some values at places drawn by seed."""
    places = np.random.default_rng(y.size).integers(0, y.size, count)
    return {"shape": list(y.shape), "mean": float(y.mean()), "std": float(y.std()),
            "values": y.reshape(-1)[places].tolist()}


def drawn(seed, shape):
    """Values of an input."""
    return np.random.default_rng(seed).standard_normal(shape)


def products(values):
    """Two numbers that any other value would change: scalar products with random vectors."""
    return (np.random.default_rng(values.size).standard_normal((2, values.size))
            @ values.reshape(-1).astype(float)).tolist()


def short(values):
    """13 digits; the tests compare 9."""
    if isinstance(values, dict):
        return {name: short(value) for name, value in values.items()}
    return [short(value) for value in values] if isinstance(values, list) else \
        float(f"{values:.13g}") if isinstance(values, float) else values


def names_digest(shapes):
    """A word that any other name or shape of a network's arrays would change."""
    lines = sorted(f"{name} {tuple(shape)}" for name, shape in shapes.items())
    return sha256("\n".join(lines).encode()).hexdigest()[:16]
