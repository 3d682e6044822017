import numpy as np
import pytest

from minicnn.layers.layerscale import LayerScale
from tests.layers.common import (
    check_any_layout,
    check_dtypes,
    check_empty_batch,
    check_gradients,
    run,
)
from tests.layers.modern import check_stored_modern, modern_cases, stored_modern


def test_by_hand(xp):
    layer = LayerScale(2)
    layer.weight.data = np.array([2.0, -1.0])
    assert run(layer, xp, np.array([[[[1.0, 3]], [[4.0, 0]]]])).tolist() == [[[[2, 6]], [[-4, 0]]]]


def test_starts_small():
    assert LayerScale(3).weight.numpy().tolist() == pytest.approx([1e-6] * 3)
    assert LayerScale(1, 0.5).weight.numpy().tolist() == [0.5]


@pytest.mark.parametrize("case", stored_modern("LayerScale"))
def test_agrees_with_stored_numbers(case, xp, device):
    check_stored_modern(case, xp, device)


@pytest.mark.parametrize("case", modern_cases("LayerScale"))
def test_gradients(case, device):
    check_gradients(case, device)


def test_dtypes_layouts_and_empty_batch(xp, rng):
    x = rng.standard_normal((2, 4, 3, 2))
    check_dtypes(lambda: LayerScale(4, 0.5), x, xp)
    check_any_layout(lambda: LayerScale(4), x)
    check_empty_batch(lambda: LayerScale(4), (4, 3, 2), xp)


def test_says_what_is_wrong():
    with pytest.raises(ValueError, match="LayerScale: channels must be at least 1, got 0"):
        LayerScale(0)
    with pytest.raises(ValueError, match="the input has 2 channels, the layer was built for 3"):
        LayerScale(3).shape((2, 4, 4))
