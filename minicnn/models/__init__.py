"""Architectures by name: `build("lenet5", variant="paper")`.  One file is one family."""

import difflib
from collections.abc import Callable
from typing import Any

from minicnn.models.lenet import LeNet5
from minicnn.module import Module

__all__ = ["MODELS", "LeNet5", "build"]

MODELS: dict[str, Callable[..., Module]] = {
    "lenet5": LeNet5,
}


def build(name: str, **options: Any) -> Module:
    """The network of that name; options are its constructor's.  ValueError for an unknown name.

    >>> build("lenet5", variant="paper").num_parameters()
    60000
    """
    if name not in MODELS:
        near = difflib.get_close_matches(name, MODELS, n=3, cutoff=0.4)
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(MODELS)}"
        raise ValueError(f"no network is called {name!r}; {hint}")
    return MODELS[name](**options)
