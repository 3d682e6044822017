"""RefineNet: the parts of its blocks, each by hand."""

import numpy as np

from minicnn import Tensor, no_grad
from minicnn.init import apply_init, constant, zeros
from minicnn.models.segmentation.refinenet import (
    ChainedPooling,
    Fusion,
    RefineBlock,
    RefineNet,
    rcu,
)
from tests.models.network_checks import stage_shapes


def images(*shapes):
    draw = np.random.default_rng(0)
    return [Tensor(draw.standard_normal(shape).astype("f")) for shape in shapes]


def test_a_residual_unit_without_weights_is_the_identity():
    x, = images((2, 4, 5, 6))
    assert np.array_equal(apply_init(rcu(4), zeros, zeros)(x).numpy(), x.numpy())


def test_fusion_takes_the_fewest_maps_and_the_most_pixels():
    x, y = images((1, 2, 8, 8), (1, 6, 4, 4))
    fusion = Fusion((2, 6))
    assert fusion(x, y).shape == (1, 2, 8, 8) == fusion(x, Tensor(y.numpy())).shape
    apply_init(fusion.convs[1], zeros, constant(3.0))      # the second is 3 everywhere
    with no_grad():
        np.testing.assert_allclose(fusion(x, y).numpy(), fusion.convs[0](x).numpy() + 3,
                                   rtol=1e-6)


def test_chained_pooling_by_hand():
    """x + p + q, with weights that hand on the middle: p and q are maxima over 5 x 5 and 9 x 9."""
    x = np.zeros((1, 1, 11, 11), "f")
    x[0, 0, 5, 5], x[0, 0, 0, 0] = 1, -7
    pooling = ChainedPooling(1)
    for step in pooling.steps:
        conv = step.get_submodule("1")
        conv.weight.data = np.float32(np.arange(9).reshape(1, 1, 3, 3) == 4)
        conv.bias.data = np.zeros(1, "f")
    y = pooling(Tensor(x)).numpy()[0, 0]
    far = np.maximum(*np.abs(np.indices((11, 11)) - 5))
    assert np.array_equal(y, (far == 0) * 1.0 + (far <= 2) + (far <= 4))


def test_a_block():
    block = RefineBlock((4, 8), ending=3)
    assert block.shape((4, 16, 16), (8, 8, 8)) == (4, 16, 16)
    assert len(block.ending.named_parts()) == 3
    assert RefineBlock((8,)).fusion is None and RefineBlock((8,)).shape((8, 4, 4)) == (8, 4, 4)


def test_the_cascade():
    found = stage_shapes(RefineNet())
    assert [found[f"refine{n}"] for n in (4, 3, 2, 1)] == [
        [512, 16, 16], [256, 32, 32], [256, 64, 64], [256, 128, 128]]


def test_it_starts_with_scores_of_a_moderate_size():
    """Sums without batch norm grow from block to block; the small starting weights hold them."""
    model = RefineNet(variant="small")
    x, = images((2, 3, 64, 64))
    with no_grad():
        assert 1e-4 < np.abs(model(x).numpy()).max() < 10
