"""minicnn: convolutional networks from scratch, written to be read.

    import minicnn
    model = minicnn.models.build("lenet5")
    layer = minicnn.layers.Conv2d(1, 6, 5)
    x = minicnn.rand(8, 1, 32, 32)

Start with examples/lenet_mnist.py, then minicnn/autograd/engine.py, then the layer of the slide you
are at.
"""

import importlib
from typing import Any

# isort: off
from minicnn.backend import starting       # noqa: F401  before what takes time to load
# isort: on
from minicnn.autograd import creation
from minicnn.autograd.hooks import detect_anomaly
from minicnn.autograd.stand_ins import missing_function
from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.backend.memory import keep_freed_memory
from minicnn.backend.precision import allow_tf32
from minicnn.backend.seeds import manual_seed
from minicnn.backend.threads import set_threads
from minicnn.backend.versions import plain
from minicnn.layers.containers import Sequential
from minicnn.layers.module import Module
from minicnn.layers.parameter import Parameter

__all__ = ["Module", "Parameter", "Sequential", "Tensor", "__version__", "allow_tf32",
           "detect_anomaly", "manual_seed", "no_grad", "plain", "set_threads"]

__version__ = "0.1.0"

# Rooms that are loaded when somebody first asks for them, as in minicnn.models.
ROOMS = {name: f"minicnn.{name}" for name in (
    "analysis", "data", "explain", "functions", "gradcheck", "init", "layers", "losses", "models",
    "nn", "optim", "schedule", "slides", "training", "weights")}
ROOMS["cuda"] = "minicnn.backend.devices"
HOMES = ("layers", "losses", "optim", "schedule", "init", "data", "analysis", "models", "training")
PICKED = {"device": "minicnn.backend.devices", "load": "minicnn.weights.read",
          "save": "minicnn.weights.save"}


def __getattr__(name: str) -> Any:
    """A room, a dtype, or a function of Tensors: minicnn.layers, minicnn.float32, minicnn.zeros."""
    if name in ROOMS:
        return importlib.import_module(ROOMS[name])
    if name in creation.DTYPES:
        return creation.DTYPES[name]
    if name in PICKED:
        return getattr(importlib.import_module(PICKED[name]), name)
    if name in creation.__all__:
        return getattr(creation, name)
    if name.startswith("__"):              # Python asks for such names; nothing is loaded for it
        raise missing_function("minicnn", name, (), Tensor)
    functions = importlib.import_module(ROOMS["functions"])
    if name in (*functions.__all__, *functions.METHODS):
        return getattr(functions, name)
    homes = [f"minicnn.{room}" for room in HOMES
             if name in importlib.import_module(ROOMS[room]).__all__]
    raise missing_function("minicnn", name, __dir__(), Tensor, *homes[:1])


def __dir__() -> list[str]:
    return sorted({*globals(), *ROOMS, *PICKED, *creation.DTYPES, *creation.__all__})


keep_freed_memory()                        # a LeNet-5 step takes half the time: see memory.py
