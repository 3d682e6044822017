"""Learning rates over time, by hand and against stored numbers."""

import json
from math import inf, nan
from pathlib import Path

import pytest

from minicnn import schedule as schedules
from minicnn.autograd.tensor import Tensor
from minicnn.optim import SGD
from minicnn.schedule import (
    CosineAnnealingLR,
    MultiStepLR,
    PolynomialLR,
    ReduceLROnPlateau,
    Schedule,
    StepLR,
    Warmup,
)

STORED = json.loads((Path(__file__).parents[1] / "stored/training.json").read_text())["schedules"]


def sgd(lr=0.4):
    return SGD([Tensor([1.0])], lr)


def follow(schedule, arguments):
    """The learning rate at the start and after each step."""
    lrs = [schedule.lr]
    for argument in arguments:
        schedule.step(*argument)
        assert schedule.lr == schedule.optimizer.lr
        lrs.append(schedule.lr)
    return lrs


@pytest.mark.parametrize("case", STORED["cases"],
                         ids=lambda case: f"{case['name']} {case['options']} {case['warmup']}")
def test_equal_to_stored_numbers(case):
    schedule = getattr(schedules, case["name"])(sgd(), **case["options"])
    if case["warmup"]:
        schedule = Warmup(schedule, **case["warmup"])
    assert follow(schedule, [()] * 30) == pytest.approx(case["lr"], rel=1e-9, abs=1e-14)


@pytest.mark.parametrize("case", STORED["plateau"]["cases"], ids=lambda case: str(case["options"]))
def test_plateau_equals_stored_numbers(case):
    schedule = ReduceLROnPlateau(sgd(), **case["options"])
    measured = [(float(m),) for m in STORED["plateau"]["measured"]]
    assert follow(schedule, measured) == pytest.approx(case["lr"], rel=1e-12)


def test_by_hand():
    for schedule, expected in [
            (StepLR(sgd(), 2, 0.5), [0.4, 0.4, 0.2, 0.2, 0.1]),
            (MultiStepLR(sgd(), (3, 1)), [0.4, 0.04, 0.04, 0.004, 0.004]),
            (MultiStepLR(sgd(), [2, 2]), [0.4, 0.4, 0.004, 0.004, 0.004]),
            (CosineAnnealingLR(sgd(), 2), [0.4, 0.2, 0, 0.2, 0.4]),
            (CosineAnnealingLR(sgd(), 2, 0.2), [0.4, 0.3, 0.2, 0.3, 0.4]),
            (PolynomialLR(sgd(), 4), [0.4, 0.3, 0.2, 0.1, 0]),
            (PolynomialLR(sgd(), 2, 2), [0.4, 0.1, 0, 0, 0]),
            (Warmup(sgd(), 2, 0.5), [0.2, 0.3, 0.4, 0.4, 0.4]),
            (Warmup(sgd(), 1, 0), [0, 0.4, 0.4, 0.4, 0.4]),
            (Warmup(StepLR(sgd(), 1, 0.5), 2, 0.5), [0.2, 0.3, 0.4, 0.2, 0.1])]:
        assert follow(schedule, [()] * 4) == pytest.approx(expected, abs=1e-15)


def test_divide_by_10_when_the_error_stops_falling():
    schedule = ReduceLROnPlateau(sgd(0.1), patience=2)
    errors = [0.5, 0.4, 0.4, 0.41, 0.4, 0.3, 0.2]
    lrs = [0.1, 0.1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.01]
    assert follow(schedule, [(error,) for error in errors]) == pytest.approx(lrs)


def test_plateau_with_negative_values():
    """A log-likelihood of -5.0 is no better than -5.0, though -5.0 > -5.0 (1 + threshold)."""
    schedule = ReduceLROnPlateau(sgd(), mode="max", patience=0)
    assert follow(schedule, [(-5.0,), (-5.0,)]) == pytest.approx([0.4, 0.4, 0.04])


@pytest.mark.parametrize("value", [nan, inf])
def test_plateau_counts_nan_and_infinity_as_no_improvement(value):
    schedule = ReduceLROnPlateau(sgd(), patience=1)
    assert follow(schedule, [(value,), (value,)]) == pytest.approx([0.4, 0.4, 0.04])


def test_plateau_stops_at_min_lr():
    schedule = ReduceLROnPlateau(sgd(), patience=0, min_lr=0.01)
    assert follow(schedule, [(1.0,)] * 4) == pytest.approx([0.4, 0.4, 0.04, 0.01, 0.01])


def test_warmup_before_a_plateau():
    schedule = Warmup(ReduceLROnPlateau(sgd(), patience=0), steps=2, start_factor=0)
    lrs = follow(schedule, [(1.0,)] * 5)
    assert lrs == pytest.approx([0, 0.2, 0.4, 0.4, 0.04, 0.004])


MAKERS = [lambda o: StepLR(o, 3), lambda o: MultiStepLR(o, [2, 5]), lambda o: PolynomialLR(o, 9),
          lambda o: CosineAnnealingLR(o, 8), lambda o: Warmup(o, 6),
          lambda o: Warmup(CosineAnnealingLR(o, 8), 3), lambda o: ReduceLROnPlateau(o, patience=1),
          lambda o: Warmup(ReduceLROnPlateau(o, patience=1, cooldown=1), 3)]


@pytest.mark.parametrize("number", range(len(MAKERS)))
@pytest.mark.parametrize("stop", [0, 2, 4])
def test_a_resumed_schedule_is_the_uninterrupted_one(number, stop):
    whole = MAKERS[number](sgd())
    takes_value = isinstance(whole, ReduceLROnPlateau) or (
        isinstance(whole, Warmup) and isinstance(whole.after, ReduceLROnPlateau))
    arguments = [(1.0,) if takes_value else ()] * 9
    follow(whole, arguments[:stop])
    saved = json.loads(json.dumps(whole.state_dict()))
    resumed = MAKERS[number](sgd(lr=123.0))
    resumed.load_state_dict(saved)
    assert follow(resumed, arguments[stop:]) == follow(whole, arguments[stop:])


def test_state_of_another_schedule_is_refused():
    saved = ReduceLROnPlateau(sgd()).state_dict()
    schedule = StepLR(sgd(), 2)
    with pytest.raises(ValueError, match=r"load_state_dict: expected \['base_lrs', 'lrs', 't'\]"):
        schedule.load_state_dict(saved)
    with pytest.raises(ValueError, match="Warmup.load_state_dict: expected"):
        Warmup(schedule, 2).load_state_dict(schedule.state_dict())


@pytest.mark.parametrize("make, error, message", [
    (lambda: StepLR([Tensor([1.0])], 3), TypeError, "StepLR: expected an optimiser, got list"),
    (lambda: Warmup(0.1, 3), TypeError, "Warmup: expected an optimiser, got float"),
    (lambda: StepLR(sgd(), 0), ValueError, "step_size must be at least 1, got 0"),
    (lambda: CosineAnnealingLR(sgd(), 0), ValueError, "T_max must be at least 1"),
    (lambda: PolynomialLR(sgd(), 0), ValueError, "total_iters must be at least 1"),
    (lambda: ReduceLROnPlateau(sgd(), "lowest"), ValueError, "mode must be"),
    (lambda: ReduceLROnPlateau(sgd(), threshold_mode="x"), ValueError, "threshold_mode"),
    (lambda: ReduceLROnPlateau(sgd(), factor=1.0), ValueError, "factor must lie between 0 and 1"),
    (lambda: Warmup(sgd(), 0), ValueError, "Warmup: steps must be at least 1"),
    (lambda: Warmup(sgd(), 2, 1.5), ValueError, "start_factor in"),
    (lambda: Schedule(sgd()).step(), TypeError, r"Schedule has no at\(t, lr0\)"),
])
def test_errors(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_a_state_that_fits_in_part_changes_nothing():
    saved = Warmup(CosineAnnealingLR(sgd(0.9), 8), 3).state_dict()
    saved["after"]["best"] = 1.0
    schedule = Warmup(CosineAnnealingLR(sgd(), 8), 3)
    before = schedule.state_dict()
    with pytest.raises(ValueError, match="CosineAnnealingLR.load_state_dict"):
        schedule.load_state_dict(saved)
    assert schedule.state_dict() == before
