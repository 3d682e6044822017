import math

import pytest

from minicnn.experiments.experiment import Effect, Exact
from minicnn.experiments.verdict import mean_and_error, verdict


def word(differences, sign=1):
    return verdict(Effect("a claim", differences, sign)).word


def test_by_hand():
    """1, 2, 3: mean 2, standard deviation 1, standard error 1 / sqrt(3) = 0.577; 2 > 1.155."""
    mean, error = mean_and_error([1.0, 2.0, 3.0])
    assert mean == 2 and math.isclose(error, 1 / math.sqrt(3))
    assert word([1, 2, 3]) == "as in the lecture"
    assert word([-1, -2, -3]) == "not as in the lecture"
    assert word([-1, -2, -3], sign=-1) == "as in the lecture"
    assert word([1, 2, 3], sign=-1) == "not as in the lecture"


@pytest.mark.parametrize("differences", [
    [5, 5, -0.1],                      # one seed of the other sign
    [0.1, 0.1, 9],                     # all of one sign, but the mean is 3.07 and 2 s is 5.9
    [0, 5, 5],                         # 0 has no sign
    [0, 0, 0],
    [3, -3, 0.0]])
def test_neither(differences):
    assert word(differences) == word(differences, sign=-1) == "not at this size"


def test_equal_differences_have_no_error():
    assert word([2, 2, 2]) == "as in the lecture"


def test_on_the_limit_it_does_not_show():
    """0, 0, 3: the mean 1 is 1 s; 1, 1, 4 has the same s = 1, and its mean 2 is 2 s, not more."""
    assert mean_and_error([1.0, 1.0, 4.0]) == (2.0, 1.0)
    assert word([1, 1, 4]) == "not at this size"
    assert word([1.01, 1.01, 4.01]) == "as in the lecture"


@pytest.mark.parametrize("differences, words", [([9], "one seed: no verdict"),
                                                ([9, 9], "two seeds: no verdict")])
def test_too_few_seeds(differences, words):
    assert word(differences) == words
    assert "+9" in verdict(Effect("a claim", differences)).shown


def test_what_is_shown():
    assert verdict(Effect("a claim", [1, 2, 3], 1, "nats")).shown == \
        "+2 ± 0.58 nats over 3 seeds: +1, +2, +3 nats"
    assert verdict(Effect("a claim", [-1, -1, -1], 1, "")).shown == \
        "-1 ± 0 over 3 seeds: -1, -1, -1"


@pytest.mark.parametrize("value, expected, words", [
    (0.0, 0.0, "equal"), (1e-30, 0.0, "not equal"), ("854M", "854M", "equal"),
    ((1, 10), (1, 10), "equal"), ((1, 10), (1, 11), "not equal"), (True, True, "equal"),
    (math.nan, math.nan, "not equal")])
def test_exact(value, expected, words):
    assert verdict(Exact("a claim", value, expected)).word == words


@pytest.mark.parametrize("effect, words", [
    (Effect("a claim", [1.0, math.nan, 2.0]), "expected finite numbers"),
    (Effect("a claim", [math.inf]), "expected finite numbers"),
    (Effect("a claim", []), "one a seed"),
    (Effect("a claim", [1.0, 2.0, 3.0], 0), "sign is 0, expected 1 or -1")])
def test_says_what_is_wrong(effect, words):
    with pytest.raises(ValueError, match=words):
        verdict(effect)
