"""Random search, REINFORCE and evolution, on rewards that are known."""

import numpy as np
import pytest

from minicnn.models.search.searches import (
    best_so_far,
    evolution,
    mutated,
    random_search,
    reinforce,
)
from minicnn.models.search.space import OPTIONS


def likes_last_options(design):
    """1 for the last option everywhere."""
    return sum(number == count - 1 for number, count in zip(design, OPTIONS, strict=True)) / 6


@pytest.mark.parametrize("search", [random_search, reinforce, evolution])
def test_one_seed_gives_one_search(search):
    first, again, other = (search(likes_last_options, 8, seed) for seed in (3, 3, 4))
    assert first == again != other and len(first) == 8
    assert all(trial.reward == likes_last_options(trial.design) for trial in first)


def test_the_controller_learns():
    """Random designs have 0.36 in the mean."""
    trials = reinforce(likes_last_options, 60, seed=0, lr=0.03)
    assert np.mean([trial.reward for trial in trials[-15:]]) > 0.6


def test_evolution_improves():
    trials = evolution(likes_last_options, 150, seed=0)
    assert np.mean([trial.reward for trial in trials[-20:]]) > 0.6


def test_the_oldest_dies_even_if_it_is_the_best():
    """A population of two that is always asked whole: the third is a child of the better of the
    first two, but from the fourth on the first is no parent."""
    rewards = iter([1.0, 0.0, 0.1, 0.2, 0.3])
    trials = evolution(lambda design: next(rewards), 5, seed=1, population=2, tournament=2)

    def distance(a, b):
        return sum(x != y for x, y in zip(trials[a].design, trials[b].design, strict=True))

    assert distance(2, 0) == 1                             # 1.0 against 0.0
    assert distance(3, 2) == 1                             # 0.1 against 0.0: the 1.0 is gone
    assert distance(4, 3) == 1


def test_a_mutation_changes_one_choice(rng):
    for _ in range(50):
        design = tuple(int(rng.integers(count)) for count in OPTIONS)
        child = mutated(design, rng)
        assert sum(a != b for a, b in zip(design, child, strict=True)) == 1
        assert all(0 <= number < count for number, count in zip(child, OPTIONS, strict=True))


def test_best_so_far():
    rewards = iter([0.2, 0.5, 0.3])
    trials = random_search(lambda design: next(rewards), 3)
    assert best_so_far(trials) == [0.2, 0.5, 0.5]
