"""Images as tokens: order, class token, positions, linear layers."""

import numpy as np
import pytest

from minicnn import Tensor
from minicnn.layers.tokens import ClassToken, FirstToken, ImageToTokens, Positions, TokenLinear
from tests.layers.checks import check_agreement, run
from tests.reference import features as reference


def test_by_hand(xp):
    x = np.array([[[[1.0, 2]], [[10.0, 20]]]])             # 2 channels, 1 x 2 pixels
    assert run(ImageToTokens(), xp, x).tolist() == [[[1, 10], [2, 20]]]
    first = ClassToken(2)
    first.weight.data = np.array([7.0, 8.0])
    z = run(first, xp, np.array([[[1.0, 10]], [[2.0, 20]]]))
    assert z.tolist() == [[[7, 8], [1, 10]], [[7, 8], [2, 20]]]
    assert run(FirstToken(), xp, z).tolist() == [[7, 8], [7, 8]]
    where = Positions(2, 2)
    where.weight.data = np.array([[0.0, 1], [2, 3]])
    assert run(where, xp, z).tolist() == [[[7, 9], [3, 13]], [[7, 9], [4, 23]]]


def test_agrees_with_loops(xp, rng):
    x = rng.standard_normal((2, 3, 2, 4))
    check_agreement(run(ImageToTokens(), xp, x), reference.tokens(x), 0)
    layer, z = TokenLinear(4, 5).to(dtype="float64"), rng.standard_normal((2, 3, 4))
    w, b = layer.weight.data, layer.bias.data
    check_agreement(run(layer, xp, z), reference.token_linear(z, w, b))


def test_costs():
    assert TokenLinear(4, 5).macs((3, 4), (3, 5)) == 60
    assert [name for name, _ in Positions(3, 4).named_parameters()] == ["weight"]


@pytest.mark.parametrize("layer, shape, words", [
    (ImageToTokens(), (4,), "expected images"),
    (ClassToken(4), (3, 5), "the tokens have 5 features, the layer was built for 4"),
    (ClassToken(4), (4, 2, 2), r"expected tokens \(N, L, 4\), got \(N, 4, 2, 2\); put ImageTo"),
    (Positions(3, 4), (2, 4), "2 tokens came, there are positions for 3; the image must have"),
    (FirstToken(), (4,), r"expected tokens \(N, L, D\), got \(N, 4\)"),
    (FirstToken(), (0, 4), r"expected tokens \(N, L, D\), got \(N, 0, 4\)"),
    (TokenLinear(4, 5), (4,), r"expected tokens \(N, L, 4\), got \(N, 4\)"),
])
def test_says_what_is_wrong(layer, shape, words):
    with pytest.raises(ValueError, match=words):
        layer.shape(shape)
    with pytest.raises(ValueError, match=words):
        layer(Tensor(np.zeros((1, *shape), np.float32)))
