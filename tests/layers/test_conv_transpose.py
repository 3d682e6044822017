"""Transposed convolution: by hand, against loops, and as the adjoint of the convolution."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minicnn import init
from minicnn.autograd.tensor import Tensor
from minicnn.layers.conv import Conv2d
from minicnn.layers.conv_transpose import ConvTranspose2d
from minicnn.layers.interpolate import interpolate
from tests.layers.checks import check_agreement, check_keeps_layout, gradient_of, run
from tests.reference import maps as reference


def with_weights(w, b=None, **options):
    w = np.asarray(w, np.float64)
    groups = options.get("groups", 1)
    layer = ConvTranspose2d(w.shape[0], w.shape[1] * groups, w.shape[2:], bias=b is not None,
                            **options).to(dtype="float64")
    layer.weight.data = w
    if b is not None:
        layer.bias.data = np.asarray(b, np.float64)
    return layer


def test_by_hand(xp):
    """Each pixel lays down the filter: 1 at the top right, 2 and 3 below; where they meet, sums."""
    square = [[0.0, 1], [2, 3]]
    y = run(with_weights([[square]]), xp, np.array([[square]]))
    assert y.tolist() == [[[[0, 0, 1], [0, 4, 6], [4, 12, 9]]]]
    y = run(with_weights([[square]], [10], stride=2), xp, np.array([[[[1.0, 2]]]]))
    assert y.tolist() == [[[[10, 11, 10, 12], [12, 13, 14, 16]]]]


def test_gradients_by_hand():
    layer = with_weights([[[[1, 2]]]], [0], stride=2)      # (1, 2) -> (1, 2, 2, 4): 1 x, 2 x, ...
    y, dx = gradient_of(layer, np.array([[[[3.0, 5]]]]), np.array([[[[1.0, 10, 100, 1000]]]]))
    assert y.tolist() == [[[[3, 6, 5, 10]]]]
    assert dx.tolist() == [[[[1 + 20, 100 + 2000]]]]
    assert layer.weight.grad.tolist() == [[[[3 + 500, 30 + 5000]]]]
    assert layer.bias.grad.tolist() == [1111]


def test_output_padding_adds_no_zeros():
    """It makes room that the filters reach (pytorch#8816)."""
    ones = np.ones((1, 1, 3, 3))
    assert with_weights(ones, stride=2, padding=1)(Tensor(ones)).shape == (1, 1, 5, 5)
    y = with_weights(ones, stride=2, padding=1, output_padding=1)(Tensor(ones)).numpy()
    assert y.shape == (1, 1, 6, 6) and (y[0, 0, -1] == [1, 2, 1, 2, 1, 1]).all()
    y = with_weights(ones, stride=2, output_padding=1)(Tensor(ones)).numpy()
    assert y.shape == (1, 1, 8, 8) and (y[0, 0, -1] == 0).all()          # here none reaches it


sides = st.tuples(st.integers(1, 3), st.integers(1, 3))
geometries = st.fixed_dictionaries({
    "kernel": st.tuples(st.integers(1, 4), st.integers(1, 4)), "stride": sides, "dilation": sides,
    "padding": st.tuples(st.integers(0, 2), st.integers(0, 2)), "groups": st.integers(1, 2),
    "more": sides, "sizes": st.tuples(*[st.integers(1, 4)] * 2, *[st.integers(1, 2)] * 3)})


@settings(max_examples=150, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(geometries, st.integers(0, 2 ** 32 - 1))
def test_any_geometry_agrees_with_loops_and_is_the_adjoint(geometry, seed):
    rng, (H, W, N, C, F) = np.random.default_rng(seed), geometry["sizes"]
    G, stride, dilation = geometry["groups"], geometry["stride"], geometry["dilation"]
    more = tuple(min(a, max(s, d)) - 1
                 for a, s, d in zip(geometry["more"], stride, dilation, strict=True))
    same = {"stride": stride, "padding": geometry["padding"], "dilation": dilation, "groups": G}
    x = rng.standard_normal((N, G * C, H, W))
    w, b = rng.standard_normal((G * C, F, *geometry["kernel"])), rng.standard_normal(G * F)
    layer = with_weights(w, b, output_padding=more, **same)
    try:
        layer.shape(x.shape[1:])
    except ValueError as problem:
        assert "would become" in str(problem)
        return
    dy = rng.standard_normal((N, *layer.shape(x.shape[1:])))
    y, dx = gradient_of(layer, x, dy)
    check_agreement(y, reference.conv_transpose2d(x, w, b, output_padding=more, **same))
    forward = Conv2d(G * F, G * C, w.shape[2:], bias=False, **same).to(dtype="float64")
    forward.weight.data = w                                # the convolution that it transposes
    check_agreement(dx, forward(Tensor(dy)).numpy()[..., :H, :W])
    check_agreement(layer.bias.grad, dy.sum((0, 2, 3)))
    inner = (y - b.reshape(-1, 1, 1)) * dy                 # linear in w: <y, dy> = <w, dw>
    assert abs(inner.sum() - (w * layer.weight.grad).sum()) <= 1e-11 * (1 + abs(inner).sum())


def test_what_leaves_it_lies_with_the_batch_innermost(rng, mode):
    if mode == "fast":
        check_keeps_layout(ConvTranspose2d(3, 2, 3, 2).to(dtype="float64"),
                           rng.standard_normal((4, 3, 3, 2)))


@pytest.mark.parametrize("size", [(5, 7), (6, 7), (6, 8), (2, 9, 6, 8)])
def test_output_size_chooses_the_padding(size, rng, xp):
    layer = ConvTranspose2d(2, 3, 3, 2, 1).to(dtype="float64")
    same = ConvTranspose2d(2, 3, 3, 2, 1, (size[-2] - 5, size[-1] - 7)).to(dtype="float64")
    same.load_state_dict(layer.state_dict())
    x = rng.standard_normal((2, 2, 3, 4))
    y = layer(Tensor(x), output_size=size)
    assert np.array_equal(y.numpy(), same(Tensor(x)).numpy()) and y.shape[2:] == size[-2:]
    assert layer.out_shape((2, 3, 4), size) == y.shape[1:]
    assert layer.out_shape((2, 4, 4), 8) == (3, 8, 8)


@pytest.mark.parametrize("factor", [2, 3, 4, 8])
@pytest.mark.parametrize("groups", [1, 4])
def test_bilinear_start_enlarges_as_interpolate_does(factor, groups, rng):
    """Inside; at the border it sees zeros where interpolate repeats the edge."""
    kernel, padding = 2 * factor - factor % 2, factor // 2
    layer = ConvTranspose2d(4, 4, kernel, factor, padding, groups=groups, bias=False)
    layer.weight.draw_again(init.bilinear(groups))
    x = Tensor(rng.standard_normal((2, 4, 5, 6)))
    y = layer.to(dtype="float64")(x).numpy()
    z = interpolate(x, scale_factor=factor, mode="bilinear").numpy()
    assert y.shape == z.shape
    inside = (..., slice(factor, -factor), slice(factor, -factor))
    check_agreement(y[inside], z[inside], 1e-6)            # the weights are drawn in float32
    assert abs(y - z).max() > 0.1


def test_costs_and_names():
    up = ConvTranspose2d(1024, 512, 2, 2)
    assert up.num_parameters() == 1024 * 512 * 4 + 512
    assert up.shape((1024, 28, 28)) == (512, 56, 56)
    assert up.macs((1024, 28, 28), (512, 56, 56)) == 28 * 28 * 1024 * 512 * 4
    assert ConvTranspose2d(21, 21, 64, 32, bias=False).num_parameters() == 1_806_336   # FCN-32s
    assert ConvTranspose2d(21, 21, 64, 32).shape((21, 16, 16)) == (21, 544, 544)
    assert ConvTranspose2d(4, 6, 3, groups=2).weight.shape == (4, 3, 3, 3)
    assert abs(ConvTranspose2d(50, 8, 3, groups=2).weight.data).max() <= (4 * 9) ** -0.5
    assert repr(ConvTranspose2d(4, 6, 3, 2, 1, 1, 2, False)) == (
        "ConvTranspose2d 4 -> 6, kernel 3x3, stride 2x2, padding 1x1, output padding 1x1, "
        "2 groups, no bias")


def test_says_what_is_wrong():
    with pytest.raises(ValueError, match="5 channels in and 4 out do not divide into 2 groups"):
        ConvTranspose2d(5, 4, 2, groups=2)
    with pytest.raises(TypeError, match="padding must be numbers, got 'same'; it is cut off the"):
        ConvTranspose2d(1, 1, 2, padding="same")
    with pytest.raises(ValueError, match="output_padding 2x0 must be below the stride or the "
                                         "dilation, 2x2 here"):
        ConvTranspose2d(1, 1, 3, 2, output_padding=(2, 0))
    with pytest.raises(ValueError, match=r"ConvTranspose2d 1 -> 1, kernel 2x2, padding 1x1: an "
                                         "image of 1x3 would become 0x2; pad less, or use a lar"):
        ConvTranspose2d(1, 1, 2, padding=1)(Tensor(np.ones((1, 1, 1, 3))))
    with pytest.raises(ValueError, match="an image of 0x3 would become"):
        ConvTranspose2d(1, 1, 2).shape((1, 0, 3))
    with pytest.raises(ValueError, match="has 2 channels, the layer was built for 3; feed it 3, or "
                                         r"build it with ConvTranspose2d\(2, ...\)"):
        ConvTranspose2d(3, 1, 2).shape((2, 4, 4))
    for size in ((4, 7), (7, 7)):
        with pytest.raises(ValueError, match="an image of 3x4 becomes 5x7 to 6x8, not output_size"):
            ConvTranspose2d(2, 3, 3, 2, 1).out_shape((2, 3, 4), size)
    with pytest.raises(ValueError, match=r"expected images \(N, C, H, W\), got \(N, 4, 4\)"):
        ConvTranspose2d(1, 1, 2)(Tensor(np.ones((2, 4, 4))))
