"""Folding: after training, a batch norm melts into the layer before it and costs nothing.

    before   y  = w * x + b,   z = gamma (y - mu) / sqrt(var + eps) + beta
    after    z  = w' * x + b'
             w' = g w,   b' = g (b - mu) + beta,   g = gamma / sqrt(var + eps)

mu and var are the running averages, constants in eval(), so z is linear in y, and y in x.  Each
output channel (row of a fully connected layer) has its own g.

Source: Jacob et al. 2018, section 3.2.  Lecture: stanford, "Batch Normalization: Test-Time" (where
it is called fusing).
"""

import copy
from typing import Any

import numpy as np

from minicnn.backend.arrays import Array
from minicnn.backend.messages import type_name
from minicnn.layers.batchnorm import BatchNorm1d, BatchNorm2d
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d
from minicnn.layers.linear import Linear
from minicnn.layers.module import Module, Parameter


def can_fold(layer: Module, norm: Module) -> bool:
    """Exactly these classes: a class derived from one of them may compute something else."""
    return (type(layer), type(norm)) in [(Conv2d, BatchNorm2d), (Linear, BatchNorm1d)]


def fold_batchnorm(layer: Any, norm: Any) -> Any:
    """A new layer that does in eval() what `layer` and then `norm` do; both stay as they are.

    layer, norm : Conv2d and BatchNorm2d, or Linear and BatchNorm1d

    The new layer is of the kind, device and dtype of `layer`, and has a bias.  TypeError for other
    kinds; ValueError in training mode, without running averages, or if the channels differ.

    >>> fold_batchnorm(Conv2d(3, 8, 3, bias=False), BatchNorm2d(8).eval())
    Conv2d 3 -> 8, kernel 3x3
    """
    check_fold(layer, norm)
    w, b = exact(layer.weight, 1), exact(layer.bias, 0)
    gamma, beta = exact(norm.weight, 1), exact(norm.bias, 0)
    mu, var = exact(norm.running_mean, 0), exact(norm.running_var, 1)
    g = gamma / (var + norm.eps) ** 0.5                                       # (F,)
    folded = copy.copy(layer)
    vars(folded).update(                                   # not by `=`: layer keeps its own
        weight=constant(w * g.reshape(w.shape[0], *[1] * (w.ndim - 1)), layer.weight.dtype),
        bias=constant(g * (b - mu) + beta, layer.weight.dtype))
    return folded


def check_fold(layer: Any, norm: Any) -> None:
    if not can_fold(layer, norm):
        raise TypeError("fold_batchnorm: expected Conv2d and BatchNorm2d, or Linear and "
                        f"BatchNorm1d, got {type_name(layer)} and {type_name(norm)}")
    if norm.training:
        raise ValueError(f"fold_batchnorm: {norm!r} is in training mode, where its mean changes "
                         "with every batch; call model.eval() first")
    if norm.running_mean is None:
        raise ValueError(f"fold_batchnorm: {norm!r} keeps no running averages "
                         "(track_running_stats=False), so there is nothing constant to fold")
    F = layer.weight.shape[0]
    if norm.num_features != F:
        raise ValueError(f"fold_batchnorm: {layer!r} gives {F} channels, {norm!r} takes "
                         f"{norm.num_features}; does one really follow the other?")


def exact(parameter: Parameter | None, default: float) -> Array:
    """The values in float64, so that folding rounds only once; `default` for what is not there."""
    return default if parameter is None else parameter.data.astype(np.float64)


def constant(values: Array, dtype: np.dtype) -> Parameter:
    """A new Parameter with these values, on their device."""
    return Parameter(values.astype(dtype))


def fold_all(model: Module) -> int:
    """Fold every batch norm that directly follows a Conv2d or Linear in a Sequential of `model`.

    Returns how many.  The folded norms disappear, and from a network with rows they leave an empty
    Sequential behind; all other parts keep their names.  All or nothing: an error (see
    fold_batchnorm) leaves the model as it was.  Norms that a network calls in a forward of its own
    stay, because only that code says what comes before them.
    """
    found = foldable(model)
    for chain, name, norm_name in found:                   # one by one: no weights are there twice
        setattr(chain, name, fold_batchnorm(getattr(chain, name), getattr(chain, norm_name)))
        if type(chain) is Sequential:
            delattr(chain, norm_name)
        else:
            setattr(chain, norm_name, Sequential())
    return len(found)


def foldable(model: Module) -> list[tuple[Any, str, str]]:
    """(Sequential, name of a layer in it, name of the norm behind), all of them checked."""
    found = []
    for chain in dict.fromkeys(model.modules()):           # each once, even where it is shared
        if getattr(type(chain).forward, "in_order", False):
            parts = chain.named_parts()
            for (name, layer), (norm_name, norm) in zip(parts, parts[1:], strict=False):
                if can_fold(layer, norm):
                    check_fold(layer, norm)
                    found.append((chain, name, norm_name))
    return found
