"""What every layer of a network answers to an input."""

from typing import Any

import numpy as np

from minicnn.autograd.hooks import record_outputs
from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.layers.module import Module
from minicnn.models.table import TableNet


class Outputs(dict[str, np.ndarray]):
    """Arrays by the names of layers.  At the prompt: their shapes and ranges, not their numbers."""

    def __repr__(self) -> str:
        width = max(map(len, self), default=0)
        return "\n".join(
            f"{name:{width}}  {'x'.join(map(str, y.shape)):16}  "
            + (f"{y.min():9.3g} to {y.max():9.3g}" if y.size else "nothing")
            for name, y in self.items())


def activations(model: Module, x: Any) -> Outputs:
    """Output of every layer and block by its path, for one input batch.

    model : any Module; it runs in the mode it is in, so call model.eval() first
    x     : Tensor or array, (N, C, H, W), on the model's device

    Returns NumPy arrays in the order in which the layers ran; "" is the network itself.  A layer
    that runs several times is found under "path", "path#2", "path#3"; of several answers, as of a
    network with auxiliary classifiers, the first counts.
    """
    found = Outputs()

    def tap(path: str, layer: Module, y: Any) -> None:
        key, count = path, 1
        while key in found:
            count += 1
            key = f"{path}#{count}"
        found[key] = (y[0] if isinstance(y, tuple) else y).numpy()

    with record_outputs(tap), no_grad():
        model(x if isinstance(x, Tensor) else Tensor(x))
    return found


def row_outputs(model: TableNet, x: Any) -> Outputs:
    """What each row of the slide's table answers: {"C1": (N, 6, 28, 28), "S2": ..., ...}."""
    found = activations(model, x)
    return Outputs({label: found[name] for label, name in model.row_ends.items()})
