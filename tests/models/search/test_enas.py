"""Shared weights: every design is the network of its own with parts of them."""

import numpy as np
import pytest

from minicnn import Tensor, manual_seed
from minicnn.models.search.controller import Controller
from minicnn.models.search.enas import SharedNet, batches, enas
from minicnn.models.search.space import child, options_of


@pytest.mark.parametrize("design", [(0, 0, 1, 2, 0, 0), (2, 1, 0, 0, 1, 1), (1, 2, 2, 1, 2, 0)])
def test_a_design_is_the_child_with_these_weights(design, rng):
    manual_seed(0)
    shared, alone, q = SharedNet(), child(design), options_of(design)
    for stage, C in ((1, 1), (2, q["filters1"])):
        F = q[f"filters{stage}"]
        bank = getattr(shared, f"conv{stage}")[(1, 3, 5).index(q[f"kernel{stage}"])]
        own = getattr(alone, f"conv{stage}")
        own.weight.data, own.bias.data = bank.weight.data[:F, :C].copy(), bank.bias.data[:F].copy()
    alone.scores.weight.data = shared.scores.weight.data[:, :16 * q["filters2"]].copy()
    alone.scores.bias.data = shared.scores.bias.data.copy()
    x = Tensor(rng.standard_normal((3, 1, 16, 16)).astype("f"))
    np.testing.assert_allclose(shared(x, design).numpy(), alone(x).numpy(), atol=1e-5)


def test_what_a_design_does_not_use_gets_no_gradient(rng):
    shared = SharedNet()
    x = Tensor(rng.standard_normal((3, 1, 16, 16)).astype("f"))
    shared(x, (0, 1, 0, 1, 0, 0)).sum().backward()
    assert shared.conv1[0].weight.grad is None
    assert not shared.conv1[1].weight.grad[4:].any() and shared.conv1[1].weight.grad[:4].any()


def test_both_halves_learn_and_one_seed_gives_one_search(rng):
    x, labels = rng.standard_normal((24, 1, 16, 16)).astype("f"), rng.integers(0, 3, 24)
    first, again = (enas(x[:16], labels[:16], x[16:], labels[16:], epochs=2, batch=8, seed=1)
                    for _ in "12")
    assert len(first.rewards) == 4 and first.rewards == again.rewards
    manual_seed(1)                                         # as they were before they learnt
    for start, learnt in zip((SharedNet(), Controller()), first[:2], strict=True):
        assert any(np.abs(a.numpy() - b.numpy()).max() > 1e-4 for a, b in
                   zip(start.parameters(), learnt.parameters(), strict=True))
    assert first.best_of(4, x, labels) == again.best_of(4, x, labels)


def test_batches_have_each_picture_once(rng):
    seen = list(batches(10, 4, rng))
    assert [len(batch) for batch in seen] == [4, 4] and len({*seen[0], *seen[1]}) == 8
