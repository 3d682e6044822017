"""L2 normalisation of each pixel's channels."""

import numpy as np
import pytest

from minicnn.autograd.tensor import Tensor
from minicnn.layers.l2norm import L2Norm
from tests.layers.checks import check_agreement, check_keeps_layout, gradient_of, run
from tests.reference import maps as reference


def test_by_hand(xp):
    x = np.array([[[[3.0, 0]], [[4.0, -2]]]])              # pixels (3, 4) and (0, -2)
    assert run(L2Norm(2, scale=10), xp, x).tolist() == [[[[6, 0]], [[8, -10]]]]


def test_gradients_by_hand():
    layer = L2Norm(2, scale=5).to(dtype="float64")
    _, dx = gradient_of(layer, np.array([[[[3.0]], [[4.0]]]]), np.array([[[[25.0]], [[0.0]]]]))
    check_agreement(dx.ravel(), np.array([16.0, -12]))     # (1 - .6 .6, -.6 .8) 5 25 / 5
    check_agreement(layer.weight.grad, np.array([15.0, 0]))


def test_agrees_with_loops(rng, xp):
    x, layer = rng.standard_normal((2, 3, 4, 5)), L2Norm(3)
    x[0, :, 1, 2] = 0
    layer.weight.data = rng.standard_normal(3).astype("f")
    check_agreement(run(layer, xp, x), reference.l2_norm(x, layer.weight.data), 1e-9)


def test_scale_does_not_matter_and_only_what_is_across_moves(rng):
    x, dy = rng.standard_normal((2, 2, 3, 4, 4))
    y, dx = gradient_of(L2Norm(3).to(dtype="float64"), x, dy)
    check_agreement(gradient_of(L2Norm(3).to(dtype="float64"), 7 * x, dy)[0], y)
    assert abs((x * dx).sum(axis=1)).max() < 1e-12


def test_pixels_of_zeros_and_huge_values(xp):
    """A dead pixel stays 0, and is no NaN; 60,000 in float16 has no square there."""
    x = np.zeros((1, 2, 1, 3))
    x[0, :, 0, 1] = 1e-20, 0
    x[0, :, 0, 2] = 60000, 0
    y, dx = gradient_of(L2Norm(2).to(dtype="float64"), x, np.ones(x.shape))
    assert np.isfinite(y).all() and np.isfinite(dx).all()
    check_agreement(y[0, 0, 0], np.array([0, 20 * 1e-8, 20]), 1e-9)
    half = run(L2Norm(2), xp, x.astype(np.float16), "float16")
    assert half[0, 0, 0, 2] == 20


def test_layout_and_names(rng):
    check_keeps_layout(L2Norm(2).to(dtype="float64"), rng.standard_normal((3, 2, 4, 3)))
    layer = L2Norm(512)
    assert layer.num_parameters() == 512 and (layer.weight.data == 20).all()
    assert repr(layer) == "L2Norm 512 channels" and layer.shape((512, 38, 38)) == (512, 38, 38)


def test_says_what_is_wrong():
    with pytest.raises(ValueError, match="eps must be above 0, got 0; a pixel of zeros would be"):
        L2Norm(3, eps=0)
    with pytest.raises(ValueError, match="L2Norm: channels must be at least 1, got 0"):
        L2Norm(0)
    with pytest.raises(ValueError, match=r"has 2 channels, the layer was built for 3; feed it 3, or"
                                         r" build it with L2Norm\(2\)"):
        L2Norm(3)(Tensor(np.ones((1, 2, 4, 4))))
