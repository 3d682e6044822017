"""float32 stays float32 where more than 65,535 values are averaged.

NumPy 1 makes float64 of a float32 array that is divided by such a whole number.
"""

import numpy as np
import pytest

from minicnn import Tensor
from minicnn.layers import (
    AdaptiveAvgPool2d,
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    GlobalAvgPool2d,
    GroupNorm,
    InstanceNorm2d,
    LayerNorm2d,
    LocalResponseNormWithin,
    SqueezeExcite,
)
from minicnn.losses import cross_entropy, mse_loss

SIDE = 260                                                 # 67,600 pixels


@pytest.mark.parametrize("layer", [
    AdaptiveAvgPool2d(1), AvgPool2d(SIDE), BatchNorm2d(2), GlobalAvgPool2d(), GroupNorm(1, 2),
    InstanceNorm2d(2), LayerNorm2d(2), LocalResponseNormWithin(3), SqueezeExcite(2, 1)],
    ids=lambda layer: type(layer).__name__)
def test_layers(layer, rng):
    x = Tensor(rng.standard_normal((1, 2, SIDE, SIDE)).astype(np.float32), requires_grad=True)
    y = layer(x)
    y.backward(np.ones(y.shape, np.float32))
    assert (y.dtype, x.grad.dtype) == (np.float32, np.float32)


def test_vectors(rng):
    x = Tensor(rng.standard_normal((SIDE * SIDE, 2)).astype(np.float32), requires_grad=True)
    for loss in (BatchNorm1d(2)(x).mean(), mse_loss(x, np.zeros(x.shape, np.float32)),
                 cross_entropy(x, np.zeros(len(x), int)), x.var(), x.mean()):
        assert loss.dtype == np.float32
        loss.backward()
        assert x.grad.dtype == np.float32
