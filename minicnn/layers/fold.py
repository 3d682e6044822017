"""Folding: after training, a batch norm melts into the layer before it and costs nothing.

    before   y  = w * x + b,   z = gamma (y - mu) / sqrt(var + eps) + beta
    after    z  = w' * x + b'
             w' = g w,   b' = g (b - mu) + beta,   g = gamma / sqrt(var + eps)

mu and var are the running averages, constants in eval(), so z is linear in y, and y in x.  Each
output channel (row of a fully connected layer) has its own g.

Source: Jacob et al. 2018, section 3.2.  Lecture: stanford, "Batch Normalization: Test-Time" ("Can be
fused with the previous fully-connected or conv layer").
"""

import copy

import numpy as np

from minicnn.backend import Array, device_of
from minicnn.layers.batchnorm import BatchNorm1d, BatchNorm2d
from minicnn.layers.conv import Conv2d
from minicnn.layers.linear import Linear
from minicnn.module import Module, Parameter, Sequential

FOLLOWS = {Conv2d: BatchNorm2d, Linear: BatchNorm1d}


def fold_batchnorm(layer: Module, norm: Module) -> Module:
    """A new layer that does in eval() what `layer` and then `norm` do; both stay as they are.

    layer, norm : Conv2d and BatchNorm2d, or Linear and BatchNorm1d, with running averages

    Raises TypeError for other kinds, ValueError in training mode, without running averages, or if
    the channels differ.  The new layer has a bias; device and dtype are those of `layer`.

    >>> fold_batchnorm(Conv2d(3, 8, 3, bias=False), BatchNorm2d(8).eval())
    Conv2d 3 -> 8, kernel 3x3
    """
    if not can_fold(layer, norm):
        raise TypeError("fold_batchnorm: expected Conv2d and BatchNorm2d, or Linear and BatchNorm1d, "
                        f"got {type(layer).__name__} and {type(norm).__name__}")
    if norm.training:
        raise ValueError(f"fold_batchnorm: {norm!r} is in training mode, where its mean changes with "
                         "every batch; call model.eval() first")
    if norm.running_mean is None:
        raise ValueError(f"fold_batchnorm: {norm!r} keeps no running averages "
                         "(track_running_stats=False), so there is nothing constant to fold")
    w = layer.weight.data
    F = w.shape[0]
    if norm.num_features != F:
        raise ValueError(f"fold_batchnorm: {layer!r} gives {F} channels, {norm!r} takes "
                         f"{norm.num_features}; does one really follow the other?")

    def exact(parameter: Parameter | None, default: float) -> Array:
        """In float64, so that folding rounds once."""
        return default if parameter is None else parameter.data.astype(np.float64)

    g = exact(norm.weight, 1.0) / (exact(norm.running_var, 1.0) + norm.eps) ** 0.5          # (F,)
    b = g * (exact(layer.bias, 0.0) - exact(norm.running_mean, 0.0)) + exact(norm.bias, 0.0)
    folded = copy.copy(layer)
    folded.weight = constant(exact(layer.weight, 1.0) * g.reshape(F, *[1] * (w.ndim - 1)), w.dtype)
    folded.bias = constant(b, w.dtype)
    return folded


def can_fold(layer: Module, norm: Module) -> bool:
    return FOLLOWS.get(type(layer)) is type(norm)


def constant(values: Array, dtype: np.dtype) -> Parameter:
    """A new Parameter with these values, on their device."""
    parameter = Parameter(values.shape)
    parameter.move(device_of(values), dtype)
    parameter.data = values.astype(dtype)
    return parameter


def fold_all(model: Module) -> int:
    """Fold every batch norm that directly follows a Conv2d or Linear in a Sequential of `model`.

    Returns how many.  The norms disappear, the other parts keep their names.  All or nothing: an
    error (see fold_batchnorm) leaves the model as it was.  A norm that is called in a network's own
    `forward` stays, since only that code knows what comes before it.
    """
    pairs = []
    for part in set(model.modules()):
        if type(part).forward is Sequential.forward:
            for (name, layer), (norm_name, norm) in zip(part.children(), part.children()[1:],
                                                        strict=False):
                if can_fold(layer, norm):
                    pairs.append((part, name, norm_name, fold_batchnorm(layer, norm)))
    for part, name, norm_name, folded in pairs:
        setattr(part, name, folded)
        delattr(part, norm_name)
    return len(pairs)
