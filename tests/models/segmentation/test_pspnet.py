"""PSPNet: the pyramid's means, its head, and what it refuses."""

import numpy as np
import pytest

from minicnn import Tensor, no_grad
from minicnn.models import build
from minicnn.models.segmentation.pspnet import PSPNet, Pyramid
from tests.models.network_checks import stage_shapes


def test_the_pyramid_by_hand():
    """Means of the whole and of quarters, handed on by 1x1 weights of 1; then beside x."""
    pyramid = Pyramid(1, 1, (1, 2)).eval()
    for level in pyramid.levels:
        unit = level.get_submodule("1")
        unit.conv.weight.data = np.ones((1, 1, 1, 1), "f")
        unit.norm.eps = 0.0
    x = np.arange(16, dtype="f").reshape(1, 1, 4, 4)
    with no_grad():
        y = pyramid(Tensor(x)).numpy()[0]
    assert y.shape == (3, 4, 4) and np.array_equal(y[0], x[0, 0])
    np.testing.assert_allclose(y[1], np.full((4, 4), 7.5))
    quarters = [2.5, 4.5, 10.5, 12.5]                      # in the corners, thirds between
    assert y[2][[0, 0, 3, 3], [0, 3, 0, 3]].tolist() == quarters
    np.testing.assert_allclose(y[2][0], 2.5 + 2 * np.arange(4) / 3, rtol=1e-6)


def test_the_head_behind_conv4_x():
    found = stage_shapes(build("pspnet50"))
    assert found["conv4_x"] == [1024, 60, 60] and found["aux_classifier"] == [150, 60, 60]
    model = build("pspnet50", variant="small", aux=False)
    assert model.shape((3, 64, 64)) == (4, 64, 64)
    assert not any(name.startswith("aux") for name, _ in model.named_parameters())


def test_deeper_ones():
    from_resnet = 44_549_160 - 25_557_032                  # the same units more
    assert PSPNet(101).num_parameters() == PSPNet().num_parameters() + from_resnet
    with pytest.raises(ValueError, match="PSPNet: no depth 34; there are 50, 101, 152"):
        PSPNet(34)
