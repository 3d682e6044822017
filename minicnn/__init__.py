"""minicnn: convolutional networks from scratch, written to be read.

    import minicnn
    model = minicnn.models.build("lenet5")
    layer = minicnn.layers.Conv2d(1, 6, 5)

Start with examples/lenet_mnist.py, then minicnn/autograd/engine.py, then the layer of the slide you
are at.
"""

import importlib
from typing import Any

from minicnn.autograd.hooks import detect_anomaly
from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.backend.memory import keep_freed_memory
from minicnn.backend.precision import allow_tf32
from minicnn.backend.seeds import manual_seed
from minicnn.backend.threads import set_threads
from minicnn.backend.versions import plain
from minicnn.layers.module import Module, Sequential
from minicnn.layers.parameter import Parameter

__all__ = ["Module", "Parameter", "Sequential", "Tensor", "__version__", "allow_tf32",
           "detect_anomaly", "manual_seed", "no_grad", "plain", "set_threads"]

__version__ = "0.1.0"

# Rooms that are loaded when somebody first asks for them, as in minicnn.models.
ROOMS = {name: f"minicnn.{name}" for name in (
    "analysis", "data", "gradcheck", "init", "layers", "losses", "models", "optim", "schedule",
    "slides", "training")} | {"functions": "minicnn.autograd.functions"}


def __getattr__(name: str) -> Any:
    if name not in ROOMS:
        raise AttributeError(f"module 'minicnn' has no attribute {name!r}")
    return importlib.import_module(ROOMS[name])


def __dir__() -> list[str]:
    return sorted({*globals(), *ROOMS})


keep_freed_memory()                        # a LeNet-5 step takes half the time: see memory.py
