import numpy as np
import pytest

from minicnn import Tensor
from minicnn.analysis import summary
from minicnn.models import polynet
from minicnn.models.inception_resnet import Scale
from minicnn.models.paths import narrow
from minicnn.models.polynet import BLOCK_B, Poly, PolyNet, TwoWay, polynet_small
from tests.models.network_checks import (
    check_against,
    golden,
    gradient_along_random_directions,
    one_step_lowers_the_loss,
    shape_agrees_with_forward,
)
from tests.models.sure import sure


def test_golden():
    check_against(PolyNet(), golden("polynet")["polynet"])


def test_the_docstring_has_the_totals():
    for table in (summary(PolyNet()), summary(polynet_small())):
        assert f"{table.parameters:,}" in polynet.__doc__ and f"{table.macs:,}" in polynet.__doc__


def test_scales_fall_evenly_from_1_to_0_7():
    factors = [part.factor for part in PolyNet().modules() if isinstance(part, Scale)]
    assert len(factors) == 40
    np.testing.assert_allclose(factors, np.linspace(1, 0.7, 40))


def test_poly_3_and_2_way_take_turns():
    kinds = [type(part).__name__ for _, part in PolyNet().stage_b.children()]
    assert kinds == ["Poly", "TwoWay"] * 10
    assert {type(part) for _, part in PolyNet().stage_a.children()} == {TwoWay}


def test_powers_share_their_filters():
    """Three powers need three times the norms and last convolutions, but one set of filters."""
    one, three = (Poly(1152, BLOCK_B, 1.0, order) for order in (1, 3))
    filters = sum(conv.num_parameters() for conv in three.convs)
    assert three.num_parameters() - filters == 3 * (one.num_parameters() - filters)


def test_poly_of_order_1_is_inception_resnets_block(rng):
    """relu(x + s F(x)), with F's last norm at 0: relu(x)."""
    module = Poly(32, narrow(BLOCK_B, 16), 0.5, order=1)
    module.expand[0].norm.weight.data = np.zeros(32, np.float32)
    x = rng.standard_normal((2, 32, 7, 7)).astype("float32")
    np.testing.assert_array_equal(module(Tensor(x)).numpy(), np.maximum(x, 0))


def test_shape_agrees_with_forward(device):
    shape_agrees_with_forward(polynet_small(), device)


def test_gradient_along_random_directions(device):
    gradient_along_random_directions(sure(polynet_small()), device, h=1e-9)


@pytest.mark.parametrize("training", [True, False])
def test_one_step_lowers_the_loss(training, device):
    one_step_lowers_the_loss(polynet_small(), device, training, lr=1e-4)


def test_too_small_an_image():
    with pytest.raises(ValueError, match=r"^reduction_b.* does not fit into 2 .*PolyNet is 75x75"):
        PolyNet().shape((3, 60, 60))
