"""How weights are drawn before training: each function returns draw(rng, shape) -> float32 array.

The spread is chosen so that signals neither grow nor vanish from layer to layer.  fan_in is the
number of inputs of one unit, fan_out the number of units that one input reaches: for a weight
(F, C, KH, KW) they are C KH KW and F KH KW, for a fully connected (D, M) weight M and D.

    LeCun 1998, section 4.6 of "Efficient BackProp"   std = sqrt(1 / fan_in)      tanh
    Glorot and Bengio 2010 ("Xavier")                 std = sqrt(2 / (fan_in + fan_out))
    He et al. 2015                                    std = sqrt(2 / fan_in)      ReLU
    Saxe et al. 2014                                  an orthogonal matrix

Lectures: virginia and stanford, ResNet training ("Xavier initialization from He et al.").
"""

from math import prod, sqrt

import numpy as np

from minicnn.module import Init, ones, zeros

__all__ = ["constant", "fans", "he_normal", "he_uniform", "lecun_normal", "lecun_uniform", "normal",
           "ones", "orthogonal", "uniform", "xavier_normal", "xavier_uniform", "zeros"]


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """(fan_in, fan_out) of a weight with at least two axes, outputs first.

    >>> fans((6, 1, 5, 5)), fans((84, 120))
    ((25, 150), (120, 84))
    """
    if len(shape) < 2:
        raise ValueError(f"fans: a weight has at least two axes (outputs, inputs), got {shape}; "
                         "start a bias with init.zeros")
    area = prod(shape[2:])
    return shape[1] * area, shape[0] * area


def constant(value: float) -> Init:
    def draw(rng, shape):
        return np.full(shape, value, np.float32)
    return draw


def normal(std: float, mean: float = 0.0) -> Init:
    def draw(rng, shape):
        return rng.standard_normal(shape, np.float32) * std + np.float32(mean)
    return draw


def uniform(bound: float) -> Init:
    """Between -bound and bound: standard deviation bound / sqrt(3)."""
    def draw(rng, shape):
        return (2 * rng.random(shape, np.float32) - 1) * np.float32(bound)
    return draw


def scaled(variance, sampler) -> Init:
    """Draw with the variance that the shape asks for."""
    def draw(rng, shape):
        return sampler(sqrt(variance(*fans(shape))))(rng, shape)
    return draw
