"""Gradient clipping, between backward and step: one bad batch must not throw the weights far off.

Source: Pascanu et al. 2013, "On the difficulty of training recurrent neural networks", algorithm 1.
"""

from collections.abc import Iterable
from math import isfinite, sqrt

import numpy as np

from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import Array, sum_dtype
from minicnn.backend.threads import at_once, tiles
from minicnn.layers.parameter import list_of_parameters


def clip_grad_norm_(parameters: Iterable[Tensor], max_norm: float) -> float:
    """Shrink the gradients of all parameters so that their common length is at most max_norm.

    Returns the length before: sqrt(sum of all g^2), summed in float64 (on a GPU this waits for the
    gradients).  If it is NaN or infinite the gradients stay as they are.
    """
    if not max_norm > 0:
        raise ValueError(f"clip_grad_norm_: max_norm must be above 0, got {max_norm}")
    listed = list_of_parameters("clip_grad_norm_", parameters)
    norm = sqrt(sum(sum_of_squares(p.grad) for p in listed if p.grad is not None))
    shrink = float(max_norm) / (norm + 1e-6)
    for parameter in listed:
        if parameter.grad is not None and shrink < 1 and isfinite(norm):
            g = parameter.grad                         # float16 could not hold a small `shrink`
            shrunk = shrink * g.astype(sum_dtype(g.dtype), copy=False)
            parameter.grad = shrunk.astype(g.dtype, copy=False)
    return norm


def sum_of_squares(g: Array) -> float:
    """In float64, a block at a time: the copies would take four times the memory of g."""
    g = g.reshape(-1)
    sums = at_once(lambda part: (g[part].astype(np.float64) ** 2).sum(), tiles(g.size, 16, 1, g), g)
    return sum(map(float, sums))


def clip_grad_value_(parameters: Iterable[Tensor], clip_value: float) -> None:
    """Hold the elements of the parameters' gradients within +-clip_value; NaN stays NaN."""
    if not clip_value > 0:
        raise ValueError(f"clip_grad_value_: clip_value must be above 0, got {clip_value}")
    for parameter in list_of_parameters("clip_grad_value_", parameters):
        if parameter.grad is not None:
            parameter.grad = parameter.grad.clip(-float(clip_value), float(clip_value))
