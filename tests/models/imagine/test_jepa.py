"""JEPA: what is hidden, what learns, what only follows, and the collapse."""

import numpy as np
import pytest

from minicnn import Tensor, manual_seed
from minicnn.models.imagine.jepa import JEPA, momentum_at, split, standardised
from minicnn.optim import Adam


def small(**options):
    manual_seed(0)
    return JEPA(1, 16, 4, D=12, heads=3, layers=1, width=6, **options)


@pytest.fixture
def images(rng):
    return Tensor(rng.standard_normal((6, 1, 16, 16)).astype("f"))


@pytest.mark.parametrize("grid", [4, 7, 14])
def test_nothing_hidden_is_seen(grid, rng):
    for _ in range(20):
        where = split(grid, rng)
        assert not {*where.visible} & {*where.hidden} and len(where.visible) >= 4
        assert len(where.hidden) and max(*where.visible, *where.hidden) < grid * grid


def test_the_loss_asks_the_right_patches(images, rng):
    """By hand, from the parts: smooth L1 is half the square below 1."""
    model, where = small(), split(4, rng)
    predicted = model.predictor(model.context(images, where.visible), where).numpy()
    wanted = standardised(model.target(images)).numpy()[:, where.hidden]
    d = np.abs(predicted - wanted)
    loss = np.where(d < 1, d * d / 2, d - 0.5).mean()
    assert model(images, where).item() == pytest.approx(loss, rel=1e-4)


def test_hidden_patches_do_not_reach_the_context(images, rng):
    model, where = small(), split(4, rng)
    before = model.context(images, where.visible).numpy()
    changed = images.numpy().copy()
    for patch in where.hidden:
        i, j = divmod(int(patch), 4)
        changed[:, :, 4 * i:4 * i + 4, 4 * j:4 * j + 4] += 5
    np.testing.assert_array_equal(model.context(Tensor(changed), where.visible).numpy(), before)


def test_the_target_gets_no_gradient_and_follows(images, rng):
    model = small()
    start = [old.numpy().copy() for old in model.target.parameters()]
    for ours, theirs in zip(model.context.parameters(), start, strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs)            # both begin alike
    model(images, split(4, rng)).backward()
    assert all(old.grad is None for old in model.target.parameters())
    for ours in model.context.parameters():
        ours.data = ours.data + 1
    model.age(0.75)
    for old, theirs in zip(model.target.parameters(), start, strict=True):
        np.testing.assert_allclose(old.numpy(), theirs + 0.25, atol=1e-5)


def test_targets_that_learn_collapse(images, rng):
    """What makes its own targets comes to say the same of every picture; what follows does not."""
    spreads = {}
    for follows in ("average", "itself"):
        model = small(follows=follows)
        before, optimiser = model.spread(images), Adam(model.learnt(), lr=3e-3)
        for step in range(25):
            optimiser.zero_grad()
            model(images, split(4, rng)).backward()
            optimiser.step()
            model.age(momentum_at(step, 25))
        spreads[follows] = model.spread(images) / before
    assert spreads["itself"] < 0.5 * spreads["average"]


def test_features_are_the_patches_side_by_side(images):
    model = small()
    rows = model.features(images)
    assert rows.shape == (6, 16 * 12)
    np.testing.assert_array_equal(rows[:, 12:24], model.target(images).numpy()[:, 1])


def test_momentum():
    assert (momentum_at(0, 11), momentum_at(10, 11)) == (0.996, 1.0)


def test_says_what_is_wrong():
    with pytest.raises(ValueError, match="JEPA: images of 28 pixels do not divide into patches of"):
        JEPA(patch=5)
    with pytest.raises(ValueError, match="JEPA: no follows 'nothing'"):
        JEPA(follows="nothing")
