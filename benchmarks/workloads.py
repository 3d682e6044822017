"""What is timed: each workload returns a function without arguments that does one step."""

from collections.abc import Callable

import numpy as np

from minicnn import Tensor, manual_seed
from minicnn.layers.conv import Conv2d
from minicnn.losses import cross_entropy
from minicnn.models import LeNet5
from minicnn.optim import SGD

Step = Callable[[], object]


def lenet() -> Step:
    """LeNet-5 (slide), 64 digits: forward, loss, backward, SGD with momentum."""
    manual_seed(0)
    rng = np.random.default_rng(0)
    images = rng.standard_normal((64, 1, 32, 32), np.float32)
    labels = rng.integers(0, 10, 64)
    model = LeNet5()
    optimizer = SGD(model.parameters(), lr=0.01, momentum=0.9)

    def step() -> float:
        loss = cross_entropy(model(Tensor(images)), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()
    return step


def conv3x3() -> Step:
    """Convolution 3x3, 64 -> 64 maps of 56 x 56, batch 8, padding 1: forward and backward."""
    manual_seed(0)
    rng = np.random.default_rng(0)
    x = Tensor(rng.standard_normal((8, 64, 56, 56), np.float32), requires_grad=True)
    dy = rng.standard_normal((8, 64, 56, 56), np.float32)
    layer = Conv2d(64, 64, 3, padding=1)

    def step() -> None:
        x.grad = None
        layer.zero_grad()
        layer(x).backward(dy)
    return step


WORKLOADS: dict[str, Callable[[], Step]] = {"lenet": lenet, "conv3x3": conv3x3}
