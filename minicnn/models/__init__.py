"""Architectures by name: `build("lenet5", variant="paper")`.

One file is one family of networks.  What families share is in table.py (rows), network.py (the
classifier, branches, residual blocks), units.py (residual units), paths.py (paths of Inception
modules) and auxiliary.py (auxiliary classifiers).
"""

import inspect
from collections.abc import Callable
from typing import Any

from minicnn.backend.messages import did_you_mean
from minicnn.layers.module import Module
from minicnn.models import (
    alexnet,
    capsnet,
    convnext,
    densenet,
    efficientnet,
    fractalnet,
    googlenet,
    inception_resnet,
    inception_v2,
    inception_v3,
    inception_v4,
    lenet,
    mobilenet,
    nasnet,
    nin,
    polynet,
    preact_resnet,
    recurrent,
    res2net,
    resnet,
    resnet_cifar,
    resnext,
    senet,
    shufflenet,
    vgg,
    vit,
    wide_resnet,
    xception,
    zfnet,
)
from minicnn.models.lenet import LeNet5

__all__ = ["MODELS", "LeNet5", "build"]

FAMILIES = (lenet, alexnet, zfnet, vgg, nin, googlenet, inception_v2, inception_v3, inception_v4,
            inception_resnet, xception, resnet, resnet_cifar, preact_resnet, wide_resnet, resnext,
            senet, densenet, fractalnet, mobilenet, shufflenet, efficientnet, nasnet, res2net,
            polynet, capsnet, recurrent, convnext, vit)

MODELS: dict[str, Callable[..., Module]] = {
    name: constructor for family in FAMILIES for name, constructor in family.NETWORKS.items()}


def build(name: str, **options: Any) -> Module:
    """The network of that name; options are its constructor's.

    ValueError for an unknown name, TypeError for an option that this network does not have.

    >>> build("lenet5", variant="paper").num_parameters()
    60000
    """
    if name not in MODELS:
        hint = did_you_mean(name, MODELS) or "`python -m minicnn networks` lists them"
        raise ValueError(f"no network is called {name!r}; {hint}")
    known = inspect.signature(MODELS[name]).parameters
    unknown = [option for option in options if option not in known]
    if unknown:
        raise TypeError(f"{name} has no option {', '.join(unknown)}; it has {', '.join(known)}")
    return MODELS[name](**options)
