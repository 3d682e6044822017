"""Features: what a network answers at one of its layers, for many images.

A network that has learnt one thing well says at its last layers much that helps with another:
"features off the shelf", on which a linear classifier or a nearest neighbour works (stanford,
"Transfer learning with CNNs").
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.layers.module import Module


class Reached(Exception):
    """The layer has answered: what stands behind it need not be computed."""


def features(model: Module, x: Any, layer: str, batch: int = 64) -> np.ndarray:
    """(N, ...), what a layer of the model answers to images x (N, C, H, W), in test mode.

    layer : a path such as "stage3.1.body.conv2"; "" is the whole network.  Of a layer that runs
            several times its first answer counts, and the first of several outputs

    The images go through in parts of `batch`, and no further than the layer.
    """
    return features_at(model, x, [layer], batch)[layer]


@no_grad()
def features_at(model: Module, x: Any, layers: Sequence[str], batch: int = 64
                ) -> dict[str, np.ndarray]:
    """{layer: (N, ...)} of several layers, the images going through once: see `features`."""
    found: dict[str, list[np.ndarray]] = {layer: [] for layer in layers}
    missing: set[str] = set()

    def keeper(layer: str) -> Callable[[Module, tuple, Any], None]:
        def keep(_: Module, __: tuple, y: Any) -> None:
            if layer in missing:
                missing.remove(layer)
                found[layer].append((y[0] if isinstance(y, tuple) else y).numpy())
                if not missing:
                    raise Reached
        return keep

    parts = {layer: model.get_submodule(layer) for layer in layers}
    images = x.data if isinstance(x, Tensor) else np.asarray(x)
    if not len(images):
        raise ValueError("features: no image")
    device = next((value.device for _, value in model.named_state()), "cpu")
    training = model.training
    hooks = [part.register_forward_hook(keeper(layer)) for layer, part in parts.items()]
    try:
        model.eval()
        for start in range(0, len(images), batch):
            missing.update(layers)
            with suppress(Reached):
                model(Tensor(images[start:start + batch]).to(device))
            if missing:
                raise ValueError(f"features: {min(missing)!r} takes no part in "
                                 f"{type(model).__name__}'s forward in test mode")
    finally:
        for hook in hooks:
            hook.remove()
        model.train(training)
    return {layer: np.concatenate(answers) for layer, answers in found.items()}
