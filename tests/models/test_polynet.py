"""PolyNet: its modules and scales."""

import numpy as np
import pytest

from minicnn import Tensor
from minicnn.models.inception_resnet import Scale
from minicnn.models.paths import narrow
from minicnn.models.polynet import BLOCK_B, Poly, PolyNet, TwoWay
from tests.models.network_checks import check_against, golden


def test_golden():
    check_against(PolyNet(), golden("polynet")["polynet"])


def test_scales_fall_evenly_from_1_to_0_7():
    factors = [part.factor for part in PolyNet().modules() if isinstance(part, Scale)]
    assert len(factors) == 40
    np.testing.assert_allclose(factors, np.linspace(1, 0.7, 40))


def test_poly_3_and_2_way_take_turns():
    kinds = [type(part).__name__ for _, part in PolyNet().stage_b.named_parts()]
    assert kinds == ["Poly", "TwoWay"] * 10
    assert {type(part) for _, part in PolyNet().stage_a.named_parts()} == {TwoWay}


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


def test_too_small_an_image():
    with pytest.raises(ValueError, match=r"^reduction_b.* does not fit into 2 .*PolyNet is 75x75"):
        PolyNet().shape((3, 60, 60))
