"""A factor for each channel."""

import numpy as np
import pytest

from minicnn.layers.layerscale import LayerScale
from tests.layers.checks import run


def test_by_hand(xp):
    layer = LayerScale(2)
    layer.weight.data = np.array([2.0, -1.0])
    assert run(layer, xp, np.array([[[[1.0, 3]], [[4.0, 0]]]])).tolist() == [[[[2, 6]], [[-4, 0]]]]


def test_starts_small():
    assert LayerScale(3).weight.numpy().tolist() == pytest.approx([1e-6] * 3)
    assert LayerScale(1, 0.5).weight.numpy().tolist() == [0.5]


def test_says_what_is_wrong():
    with pytest.raises(ValueError, match="LayerScale: channels must be at least 1, got 0"):
        LayerScale(0)
    with pytest.raises(ValueError, match="the input has 2 channels, the layer was built for 3"):
        LayerScale(3).shape((2, 4, 4))
