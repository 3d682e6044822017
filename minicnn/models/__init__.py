"""Architectures by name: `build("lenet5", variant="paper")`.

One file is one family of networks.  What families share is in table.py (rows), network.py (the
classifier, branches, residual blocks), units.py (residual units), paths.py (paths of Inception
modules) and auxiliary.py (auxiliary classifiers); options.py has what may be given for an option.
Networks that answer with maps or boxes have rooms of their own: segmentation/, detection/.
"""

import inspect
from collections.abc import Callable
from typing import Any, NoReturn

from minicnn.backend.messages import did_you_mean
from minicnn.layers.module import Module
from minicnn.models import (
    alexnet,
    amoebanet,
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
from minicnn.models.detection import DETECTORS
from minicnn.models.lenet import LeNet5
from minicnn.models.nearest import best_fits
from minicnn.models.options import check_options
from minicnn.models.segmentation import SEGMENTERS
from minicnn.weights.error import DoesNotFit, WeightsError
from minicnn.weights.fill import load

__all__ = ["DETECTORS", "MODELS", "NETWORKS", "SEGMENTERS", "LeNet5", "build"]

FAMILIES = (lenet, alexnet, zfnet, vgg, nin, googlenet, inception_v2, inception_v3, inception_v4,
            inception_resnet, xception, resnet, resnet_cifar, preact_resnet, wide_resnet, resnext,
            senet, densenet, fractalnet, mobilenet, shufflenet, efficientnet, nasnet, amoebanet,
            res2net, polynet, capsnet, recurrent, convnext, vit)

# the classifiers
MODELS: dict[str, Callable[..., Module]] = {
    name: constructor for family in FAMILIES for name, constructor in family.NETWORKS.items()}

NETWORKS: dict[str, Callable[..., Module]] = {**MODELS, **SEGMENTERS, **DETECTORS}


def build(name: str, *, weights: Any = None, **options: Any) -> Module:
    """The network of that name; options are its constructor's.

    weights : path of a file that fills it, .pth, .safetensors or .npz: see minicnn.weights.load

    ValueError for an unknown name or a size out of range, TypeError for an option that this network
    does not have, or for a value of another kind: minicnn/models/options.py.

    >>> build("lenet5", variant="paper").num_parameters()
    60000
    """
    if not isinstance(name, str) or name not in NETWORKS:
        hint = did_you_mean(name, NETWORKS) or "`python -m minicnn networks` lists them"
        raise ValueError(f"no network is called {name!r}; {hint}")
    known = inspect.signature(NETWORKS[name]).parameters
    unknown = [option for option in options if option not in known]
    if unknown:
        hint = did_you_mean(unknown[0], known)
        raise TypeError(f"{name} has no option {', '.join(unknown)}; "
                        f"{f'{hint} It' if hint else 'it'} has {', '.join(known)}")
    check_options(name, NETWORKS[name], options)
    model = NETWORKS[name](**options)
    if weights is None:
        return model
    try:
        return load(model, weights)
    except DoesNotFit as problem:
        fits = [] if problem.cured else best_fits(problem.shapes, NETWORKS)
        if not fits:
            raise
        raise WeightsError(f"{problem} The nearest network: {fits[0]}") from None


def __getattr__(name: str) -> NoReturn:
    """torchvision.models.resnet18() is build("resnet18") here."""
    near = name if name in NETWORKS else name.lower()
    known = [*__all__, *NETWORKS]
    hint = f'write build("{near}")' if near in NETWORKS else did_you_mean(name, known)
    raise AttributeError(f"module 'minicnn.models' has no attribute {name!r}"
                         + (f"; {hint}" if hint and not name.startswith("_") else ""))
