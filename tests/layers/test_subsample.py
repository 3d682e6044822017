"""LeNet's pooling with a factor and a bias for each map, against loops."""

import numpy as np
import pytest

from minicnn.autograd.tensor import Tensor
from minicnn.layers.subsample import Subsample2d
from tests.layers.checks import check_agreement, gradient_of, run
from tests.reference import windows as reference


def with_weights(a, b, kernel=2):
    layer = Subsample2d(len(a), kernel).to(dtype="float64")
    layer.weight.data, layer.bias.data = np.array(a, np.float64), np.array(b, np.float64)
    return layer


def test_by_hand(xp):
    x = np.array([[[[1.0, 3], [5, 7]], [[0, 0], [0, 8]]]])
    assert run(with_weights([10, -1], [1, 2]), xp, x).tolist() == [[[[41]], [[0]]]]


def test_gradients_by_hand():
    layer = with_weights([10], [1])
    _, dx = gradient_of(layer, np.array([[[[1.0, 3], [5, 7]]]]), np.array([[[[2.0]]]]))
    assert dx.tolist() == [[[[5, 5], [5, 5]]]]             # 2 * 10 / 4
    assert layer.weight.grad.tolist() == [8] and layer.bias.grad.tolist() == [2]


@pytest.mark.parametrize("kernel", [1, 2, 3, (3, 2)])
@pytest.mark.parametrize("H, W", [(4, 6), (5, 7)])
def test_agrees_with_loops(kernel, H, W, xp, rng):
    x, a, b = rng.standard_normal((2, 3, H, W)), rng.standard_normal(3), rng.standard_normal(3)
    check_agreement(run(with_weights(a, b, kernel), xp, x), reference.subsample2d(x, a, b, kernel))


def test_starts_as_average_pooling(rng):
    x = rng.standard_normal((1, 2, 4, 4)).astype("float32")
    check_agreement(Subsample2d(2)(Tensor(x)).numpy(), reference.avg_pool2d(x, 2), 1e-6)


def test_two_parameters_a_map():
    assert Subsample2d(6).num_parameters() + Subsample2d(16).num_parameters() == 12 + 32
    assert repr(Subsample2d(6)) == "Subsample2d 6, kernel 2x2"


def test_float16_does_not_overflow():
    x = np.full((1, 1, 2, 2), 40000, np.float16)
    assert Subsample2d(1).to(dtype="float16")(Tensor(x)).item() == 40000


def test_coefficients_go_to_channels_where_channels_equal_the_width():
    y = with_weights([1, 2], [0, 0])(Tensor(np.ones((1, 2, 4, 4)))).numpy()
    assert y.tolist() == [[[[1, 1], [1, 1]], [[2, 2], [2, 2]]]]


def test_nan_stays_in_its_window():
    x = np.ones((1, 1, 4, 4))
    x[0, 0, 3, 3] = np.nan
    y = with_weights([1], [0])(Tensor(x)).numpy()
    assert np.isnan(y[0, 0, 1, 1]) and np.isnan(y).sum() == 1


def test_says_what_is_wrong():
    with pytest.raises(ValueError, match="channels must be at least 1, got 0"):
        Subsample2d(0)
    with pytest.raises(ValueError, match="has 4 channels, the layer was built for 6"):
        Subsample2d(6)(Tensor(np.zeros((1, 4, 8, 8), np.float32)))
    with pytest.raises(ValueError, match="a window of 2 pixels does not fit"):
        Subsample2d(6)(Tensor(np.zeros((1, 6, 1, 8), np.float32)))
    with pytest.raises(ValueError, match="expected images"):
        Subsample2d(6)(Tensor(np.zeros((1, 6), np.float32)))
