"""minicnn: convolutional networks from scratch, written to be read.

    from minicnn import Tensor, no_grad
    from minicnn.layers import Conv2d
    from minicnn.models import LeNet5

Start with examples/lenet_mnist.py, then minicnn/engine.py, then the layer of the slide you are at.
"""

from minicnn.backend import manual_seed
from minicnn.modes import detect_anomaly, no_grad
from minicnn.tensor import Tensor

__all__ = ["Tensor", "__version__", "detect_anomaly", "manual_seed", "no_grad"]

__version__ = "0.1.0"
