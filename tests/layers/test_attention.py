"""Attention against loops, its shares by hand, its cost."""

import numpy as np
import pytest

from minicnn import Tensor
from minicnn.layers.attention import Attention, SelfAttention
from tests.layers.checks import check_agreement, run
from tests.reference import features as reference


def test_by_hand(xp):
    """Token 1 asks with q = ln 3 where keys are 1 and 0: shares 3/4 and 1/4; token 2 with q = 0."""
    q, k, v = np.array([[np.log(3)], [0.0]]), np.array([[1.0], [0.0]]), np.array([[4.0], [8.0]])
    y = run(Attention(1, 1), xp, np.concatenate([q, k, v], axis=1)[None])
    check_agreement(y, np.array([[[5.0], [6.0]]]))


@pytest.mark.parametrize("D, heads", [(4, 1), (4, 2), (6, 3), (3, 3)])
@pytest.mark.parametrize("L", [1, 5])
def test_agrees_with_loops(D, heads, L, xp, rng):
    qkv = 2 * rng.standard_normal((2, L, 3 * D))
    check_agreement(run(Attention(D, heads), xp, qkv), reference.attention(qkv, heads))


def test_self_attention_is_linear_attend_linear(xp, rng):
    layer, x = SelfAttention(6, 2).to(dtype="float64"), rng.standard_normal((2, 4, 6))
    into, out = ((part.weight.data, part.bias.data) for part in (layer.in_proj, layer.out_proj))
    attended = reference.attention(reference.token_linear(x, *into), 2)
    check_agreement(run(layer, xp, x), reference.token_linear(attended, *out))


def test_order_of_the_tokens_does_not_matter(xp, rng):
    layer, x = SelfAttention(4, 2), rng.standard_normal((1, 5, 4))
    order = rng.permutation(5)
    check_agreement(run(layer, xp, x[:, order]), run(layer, xp, x)[:, order])


def test_large_scores_do_not_overflow(xp):
    x = np.array([[[200.0, 200, 1], [200, -200, 2]]], np.float16)
    y = run(Attention(1, 1), xp, x, "float16")
    assert y.tolist() == [[[1], [1]]]


def test_costs_and_names():
    layer = SelfAttention(768, 12)
    assert layer.attend.macs((197, 3 * 768), (197, 768)) == 2 * 197 * 197 * 768
    assert [name for name, _ in layer.named_parameters()] == [
        "in_proj.weight", "in_proj.bias", "out_proj.weight", "out_proj.bias"]


def test_says_what_is_wrong():
    with pytest.raises(ValueError, match="Attention: 5 features do not divide into 2 heads"):
        SelfAttention(5, 2)
    with pytest.raises(ValueError, match="Attention: num_heads must be at least 1, got 0"):
        Attention(4, 0)
    with pytest.raises(ValueError, match=r"^in_proj \(TokenLinear .*have 5 features, .*for 4"):
        SelfAttention(4, 2)(Tensor(np.zeros((1, 3, 5), np.float32)))
    with pytest.raises(ValueError, match="have 4 features, the layer was built for 12"):
        Attention(4, 2).shape((3, 4))
