"""The networks of benchmarks/published.py as torchvision and timm have them."""

import importlib
import sys

import torch
from serve import Impossible


def library(name):
    """torchvision or timm; also where torchvision was compiled for another PyTorch.

    Its own operators are then missing, which no network for whole pictures uses.
    """
    try:
        return importlib.import_module(name)
    except ImportError:
        raise Impossible(f"{name} is not installed beside PyTorch") from None
    except RuntimeError:
        for module in [one for one in sys.modules if one.split(".")[0] in ("torchvision", name)]:
            del sys.modules[module]
        before = torch.library.register_fake
        torch.library.register_fake = lambda *_, **__: lambda function: function
        try:
            return importlib.import_module(name)
        finally:
            torch.library.register_fake = before


def published(where, name, options):
    if where == "timm":
        return library("timm").create_model(name, **options)
    return library("torchvision").models.get_model(name, **options)
