"""Convolution in every geometry: against loops, and backward as its adjoint."""

import itertools
from contextlib import nullcontext

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minicnn.autograd.tensor import Tensor
from minicnn.backend import threads
from minicnn.backend.cpu import convolution
from minicnn.backend.versions import plain
from minicnn.backend.windows import Window
from minicnn.layers.conv import Conv2d
from tests.layers.checks import check_agreement, gradient_of, run
from tests.reference import windows as reference


@pytest.fixture(params=["fast", "plain", "tiled"])
def mode(request, monkeypatch):
    """Everything below holds for all ways; tiles are so small that each image takes several."""
    monkeypatch.setattr(convolution, "in_one_go", lambda nbytes: request.param != "tiled")
    monkeypatch.setattr(threads.sizes, "block", 200)
    with plain() if request.param == "plain" else nullcontext():
        yield request.param


def with_weights(w, b=None, **options):
    w = np.asarray(w, np.float64)
    layer = Conv2d(w.shape[1] * options.get("groups", 1), w.shape[0], w.shape[2:],
                   bias=b is not None, **options).to(dtype="float64")
    layer.weight.data = w
    if b is not None:
        layer.bias.data = np.asarray(b, np.float64)
    return layer


def test_by_hand(xp):
    x = np.array([[[[1.0, 2, 3], [4, 5, 6], [7, 8, 9]]]])
    layer = with_weights([[[[1, 0], [0, -1]]], [[[0, 1], [2, 0]]]], [10, 0])
    assert run(layer, xp, x).tolist() == [[[[6, 6], [6, 6]],         # 1 - 5 + 10
                                           [[10, 13], [19, 22]]]]    # 2 + 2 * 4


def test_gradients_by_hand():
    x = np.array([[[[1.0, 2, 3], [4, 5, 6]]]])
    layer = with_weights([[[[1, 2]]]], [0])
    y, dx = gradient_of(layer, x, np.array([[[[1.0, 10], [100, 1000]]]]))
    assert y.tolist() == [[[[5, 8], [14, 17]]]]
    assert dx.tolist() == [[[[1, 12, 20], [100, 1200, 2000]]]]
    assert layer.weight.grad.tolist() == [[[[1 + 20 + 400 + 5000, 2 + 30 + 500 + 6000]]]]
    assert layer.bias.grad.tolist() == [1111]


def test_filter_is_not_flipped():
    x = np.arange(9.0).reshape(1, 1, 3, 3)
    w = np.zeros((1, 1, 3, 3))
    w[0, 0, 0, 2] = 1                                      # the filter's top right corner
    assert with_weights(w)(Tensor(x)).numpy().item() == 2


@pytest.mark.parametrize("kernel, stride, padding, dilation", [
    *itertools.product([1, 2, 3, (2, 3)], [1, 2, (3, 1)], [0, 1, (0, 2), "same", "valid"], [1]),
    *itertools.product([2, (3, 2)], [1, 2], [0, (2, 1), "same"], [2, (1, 3)])])
def test_agrees_with_loops(kernel, stride, padding, dilation, rng):
    x = rng.standard_normal((2, 2, 6, 7))
    layer = Conv2d(2, 3, kernel, stride, padding, dilation).to(dtype="float64")
    w, b = layer.weight.data, layer.bias.data
    check_agreement(layer(Tensor(x)).numpy(),
                    reference.conv2d(x, w, b, stride, padding, dilation))


@pytest.mark.parametrize("C, F, groups", [(4, 6, 2), (3, 3, 3), (3, 6, 3), (6, 3, 3), (4, 2, 1)])
@pytest.mark.parametrize("kernel", [1, (3, 2)])
def test_groups_agree_with_loops(C, F, groups, kernel, xp, rng):
    x = rng.standard_normal((2, C, 4, 5))
    layer = Conv2d(C, F, kernel, padding=1, groups=groups).to(dtype="float64")
    w, b = layer.weight.data, layer.bias.data
    check_agreement(run(layer, xp, x), reference.conv2d(x, w, b, 1, 1, 1, groups))


geometries = st.tuples(
    st.integers(1, 3), st.integers(1, 2), st.integers(1, 2), st.integers(1, 2),   # N, G, C/G, F/G
    st.tuples(st.integers(1, 8), st.integers(1, 8)),                              # H, W
    st.tuples(st.integers(1, 4), st.integers(1, 4)),                              # kernel
    st.tuples(st.integers(1, 3), st.integers(1, 3)),                              # stride
    st.one_of(st.sampled_from(["same", "valid"]),
              st.tuples(st.integers(0, 2), st.integers(0, 2))),                   # padding
    st.tuples(st.integers(1, 3), st.integers(1, 3)))                              # dilation


def fits(geometry):
    *_, (H, W), kernel, stride, padding, dilation = geometry
    try:
        return Window.of(kernel, stride, padding, dilation).out(H, W)
    except ValueError:
        return None


@settings(max_examples=200, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(geometries.filter(fits), st.integers(0, 2 ** 32 - 1))
def test_any_geometry_agrees_with_loops(geometry, seed):
    N, G, C, F, (H, W), kernel, stride, padding, dilation = geometry
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((N, G * C, H, W))
    w = rng.standard_normal((G * F, C, *kernel))
    layer = with_weights(w, stride=stride, padding=padding, dilation=dilation, groups=G)
    check_agreement(layer(Tensor(x)).numpy(),
                    reference.conv2d(x, w, None, stride, padding, dilation, G))


@settings(max_examples=200, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(geometries.filter(fits), st.integers(0, 2 ** 32 - 1))
def test_backward_is_the_adjoint(geometry, seed):
    """<conv(x), y> = <x, conv_T(y)>: in x a convolution is linear, and dx is its transpose."""
    N, G, C, F, (H, W), kernel, stride, padding, dilation = geometry
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((N, G * C, H, W))
    w = rng.standard_normal((G * F, C, *kernel))
    layer = with_weights(w, stride=stride, padding=padding, dilation=dilation, groups=G)
    y = rng.standard_normal((N, G * F, *fits(geometry)))
    conv_x, conv_t_y = gradient_of(layer, x, y)
    scale = np.linalg.norm(conv_x) * np.linalg.norm(y) + 1
    assert abs((conv_x * y).sum() - (x * conv_t_y).sum()) <= 1e-12 * scale
    dw = layer.weight.grad                                 # and in w as well
    assert abs((conv_x * y).sum() - (w * dw).sum()) <= 1e-12 * scale


def test_one_by_one_equals_the_general_path(rng):
    x = rng.standard_normal((2, 3, 4, 5))
    w, b = rng.standard_normal((4, 3, 1, 1)), rng.standard_normal(4)
    check_agreement(with_weights(w, b)(Tensor(x)).numpy(), reference.conv2d(x, w, b))


def test_bias_goes_to_channels_where_channels_equal_the_width(rng):
    """(F,) and (..., W) with F = W: a plain x + b would add it along the rows."""
    x = rng.standard_normal((1, 2, 5, 5))
    layer = with_weights(np.zeros((3, 2, 3, 3)), [1, 2, 3])
    y = layer(Tensor(x)).numpy()                           # (1, 3, 3, 3)
    assert y[0].tolist() == [[[value] * 3] * 3 for value in (1.0, 2.0, 3.0)]
    one_by_one = with_weights(np.zeros((5, 2, 1, 1)), [1, 2, 3, 4, 5])
    assert one_by_one(Tensor(x)).numpy()[0, :, 0, 0].tolist() == [1, 2, 3, 4, 5]


def test_sizes_that_do_not_divide_are_floored():
    assert Conv2d(3, 64, 7, 2, 3).shape((3, 224, 224)) == (64, 112, 112)
    assert Conv2d(3, 96, 11, 4).shape((3, 227, 227)) == (96, 55, 55)


def test_nan_stays_in_its_windows():
    x = np.zeros((1, 1, 5, 5))
    x[0, 0, 0, 0] = np.nan
    y = with_weights(np.ones((1, 1, 2, 2)))(Tensor(x)).numpy()
    assert np.isnan(y[0, 0, 0, 0]) and np.isnan(y).sum() == 1


def test_costs_and_names():
    C1 = Conv2d(1, 6, 5)
    assert C1.num_parameters() == 156 and C1.shape((1, 32, 32)) == (6, 28, 28)
    assert C1.macs((1, 32, 32), (6, 28, 28)) == 117_600
    oblong = Conv2d(2, 6, (2, 3), stride=(1, 2), groups=2)
    assert oblong.macs((2, 4, 9), (6, 3, 4)) == 3 * 4 * 6 * 1 * 2 * 3
    assert Conv2d(4, 8, 3, groups=4).weight.shape == (8, 1, 3, 3)
    assert repr(Conv2d(4, 8, 3, 2, groups=4)) == "Conv2d 4 -> 8, kernel 3x3, stride 2x2, 4 groups"


def test_start_is_within_pytorchs_bound():
    layer = Conv2d(6, 64, 5)
    bound = (6 * 25) ** -0.5
    for values in (layer.weight.data, layer.bias.data):
        assert abs(values).max() <= bound and abs(values).max() > 0.9 * bound


@pytest.mark.parametrize("make, message", [
    (lambda: Conv2d(3, 4, 3, groups=2), "do not divide into 2 groups"),
    (lambda: Conv2d(4, 3, 3, groups=2), "do not divide into 2 groups"),
    (lambda: Conv2d(0, 4, 3), "at least 1"),
    (lambda: Conv2d(3, 4, 0), "kernel_size must be at least 1"),
    (lambda: Conv2d(3, 4, 3, stride=0), "stride must be at least 1"),
    (lambda: Conv2d(3, 4, 3, padding=-1), "padding must be at least 0"),
    (lambda: Conv2d(3, 4, 3, dilation=0), "dilation must be at least 1"),
    (lambda: Conv2d(3, 4, 3, padding="full"), '"same" or "valid", got \'full\'')])
def test_refuses_settings(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("kernel", [2.0, (3, 3, 3), "3", True])
def test_refuses_kinds_of_settings(kernel):
    with pytest.raises(TypeError, match="kernel_size must be a whole number or a pair"):
        Conv2d(3, 4, kernel)


@pytest.mark.parametrize("shape, message", [
    ((8, 1, 28, 28), r"has 1 channel, the layer was built for 3; grey images need Conv2d\(1"),
    ((8, 4, 28, 28), r"has 4 channels, the layer was built for 3; feed it 3, or"),
    ((3, 28, 28), r"expected images \(N, C, H, W\), got \(N, 28, 28\); one image still needs"),
    ((8, 2352), r"one grey image needs two more axes.* or is a Flatten before it"),
    ((8, 3, 4, 28), r"a window of 5 pixels does not fit into 4 \+ 0 \+ 0 = 4")])
def test_refuses_inputs(shape, message):
    with pytest.raises(ValueError, match=r"Conv2d 3 -> 4, kernel 5x5.*" + message):
        Conv2d(3, 4, 5)(Tensor(np.zeros(shape, np.float32)))


def test_refuses_bytes_and_mixed_precision():
    layer = Conv2d(1, 2, 3)
    with pytest.raises(TypeError, match="uint8 values have no gradient; scale images first.*255"):
        layer(Tensor(np.zeros((1, 1, 4, 4), np.uint8)))
    with pytest.raises(TypeError, match="float64 and float32 mixed; convert the data"):
        layer(Tensor(np.zeros((1, 1, 4, 4))))
    with pytest.raises(TypeError, match="float32 and float64 mixed"):
        layer.to(dtype="float64")(Tensor(np.zeros((1, 1, 4, 4), np.float32)))
