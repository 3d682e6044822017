"""minicnn: convolutional networks from scratch, written to be read.

    from minicnn import Sequential, Tensor, no_grad
    from minicnn.layers import Conv2d
    from minicnn.models import LeNet5

Start with examples/lenet_mnist.py, then minicnn/engine.py, then the layer of the slide you are at.
"""

from minicnn.backend import allow_tf32, manual_seed
from minicnn.memory import keep_freed_memory
from minicnn.modes import detect_anomaly, no_grad
from minicnn.module import Module, Sequential
from minicnn.parameter import Parameter
from minicnn.tensor import Tensor
from minicnn.threads import set_threads

__all__ = ["Module", "Parameter", "Sequential", "Tensor", "__version__", "allow_tf32",
           "detect_anomaly", "manual_seed", "no_grad", "set_threads"]

__version__ = "0.1.0"

keep_freed_memory()                        # a LeNet-5 step takes half the time: see memory.py
