"""The controller: its count, its chances, and the gradient of REINFORCE."""

import numpy as np
import pytest

from minicnn import manual_seed
from minicnn.models.search.controller import Controller, MovingAverage, policy_loss


def test_20767_parameters():
    """Three choices of four options, asked for any number of layers; one bias a cell."""
    assert Controller((4, 4, 4)).num_parameters() == Controller((4, 4, 4), 9).num_parameters() \
        == 2 * (4 * 35 * 70 + 4 * 35) + 13 * 35 + 12 * 36 == 20_767


def test_chances_of_all_designs_add_up_to_one():
    manual_seed(0)
    controller = Controller((2, 3), repeats=2, hidden=5)
    every = [(a, b, c, d) for a in range(2) for b in range(3) for c in range(2) for d in range(3)]
    chances = np.exp([controller.followed(design).log_p.item() for design in every])
    assert chances.sum() == pytest.approx(1, abs=1e-5) and chances.std() > 0
    doubts = -sum(p * np.log(p) for p in chances)          # of the design: at most log 36
    assert 0 < doubts <= np.log(36)


def test_what_it_draws_is_what_it_follows(rng):
    manual_seed(0)
    controller = Controller((2, 3))
    drawn = controller(rng)
    again = controller.followed(drawn.design)
    assert again.log_p.item() == drawn.log_p.item()
    assert again.entropy.item() == drawn.entropy.item()


def test_mean_of_the_estimates_is_the_gradient_of_the_mean_reward():
    """sum_a p(a) R(a) d log p(a)/dw = d/dw sum_a p(a) R(a), whatever is subtracted from R."""
    manual_seed(1)
    controller = Controller((2, 2), hidden=4).to(dtype="float64")
    weight = controller.scores[0].weight
    every = [(a, b) for a in range(2) for b in range(2)]
    reward = dict(zip(every, (0.1, 0.9, 0.4, 0.3), strict=True))

    def mean_reward():
        return sum(np.exp(controller.followed(a).log_p.item()) * reward[a] for a in every)

    estimates = []
    for b in (0.0, 0.5):
        total = np.zeros(weight.shape)
        for a in every:
            controller.zero_grad()
            sampled = controller.followed(a)
            policy_loss(sampled, reward[a] - b).backward()
            total -= np.exp(sampled.log_p.item()) * np.asarray(weight.grad)
        estimates.append(total)
    np.testing.assert_allclose(estimates[0], estimates[1], atol=1e-12)
    step, start = 1e-6, weight.data.copy()
    numeric = np.zeros(weight.shape)
    for place in np.ndindex(weight.shape):
        for sign in (1, -1):
            weight.data = start.copy()
            weight.data[place] += sign * step
            numeric[place] += sign * mean_reward() / (2 * step)
    np.testing.assert_allclose(estimates[0], numeric, atol=1e-8)


def test_the_bonus_for_doubt():
    manual_seed(0)
    sampled = Controller((3,)).followed((1,))
    assert policy_loss(sampled, 0.0, 2.0).item() == pytest.approx(-2 * sampled.entropy.item())
    assert sampled.entropy.item() == pytest.approx(np.log(3), abs=1e-2)        # it starts in doubt


def test_moving_average():
    baseline = MovingAverage(0.5)
    assert [baseline.advantage(reward) for reward in (2.0, 4.0, 4.0)] == [0.0, 2.0, 1.0]


def test_says_what_is_wrong():
    with pytest.raises(ValueError, match="options is empty"):
        Controller(())
