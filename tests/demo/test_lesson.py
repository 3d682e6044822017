"""The second tab: the network learns, step by step and in a run; nothing is queued."""

import json
import threading
import time

import numpy as np
import pytest

from minicnn.data.dataset import Dataset
from minicnn.data.digits import digits
from minicnn.data.mnist import CLASSES
from minicnn.demo import lesson
from minicnn.demo.lesson import Lesson
from minicnn.demo.packing import unpacked


def few():
    return tuple(Dataset(one.images, one.labels, CLASSES, f"{len(one.labels)} digits")
                 for one in (digits(70, 0), digits(20, 1)))


@pytest.fixture(scope="module")
def learner():
    return Lesson(few)


def test_it_begins_with_random_weights(learner):
    state = learner.restart()
    assert state["steps"] == 0 and state["losses"] == [] and state["tested"] == 20
    assert 5 < state["error"] <= 20 and "70 digits" in state["source"]


def test_one_step_is_one_step(learner):
    before = learner.restart()
    after = learner.one_step()
    assert after["steps"] == 1 and len(after["losses"]) == 1 and after["seen"] == 32
    assert after["losses"][0] == pytest.approx(np.log(10), abs=0.7)
    assert not np.array_equal(unpacked(before["filters"]), unpacked(after["filters"]))
    assert unpacked(after["filters"]).shape == (6, 5, 5)


def test_the_same_weights_again(learner):
    first = learner.restart(), learner.one_step()
    assert (learner.restart(), learner.one_step()) == first


def test_a_run_learns_and_says_every_loss_once(learner):
    learner.restart()
    learner.rate(0.01)                                     # at 0.05 it bounces
    losses, last = [], {}
    for event in learner.events():
        losses += event["losses"]
        last = event
        if event["steps"] >= 40:
            break
    losses += learner.state()["losses"]
    assert len(losses) == learner.state()["steps"] and last["speed"] > 0
    assert np.mean(losses[-5:]) < np.mean(losses[:5])


def test_pausing_ends_the_run(learner):
    learner.restart()
    told = []
    thread = threading.Thread(target=lambda: told.extend(learner.events()), daemon=True)
    thread.start()
    while not told:
        time.sleep(0.01)
    learner.pause()
    thread.join(10)
    assert not thread.is_alive()
    steps = learner.state()["steps"]
    assert learner.state()["steps"] == steps


def test_a_page_that_goes_ends_the_run(learner):
    run = learner.events()
    next(run)
    run.close()
    assert learner.running == 0


def test_a_second_run_replaces_the_first(learner):
    first, second = learner.events(), learner.events()
    next(first)
    next(second)
    assert list(first) == []
    second.close()


def test_a_slow_page_gets_few_events(learner):
    """However long it waits: what happened since is one event."""
    run = learner.events()
    before = next(run)
    event = next(run)
    assert event["steps"] == before["steps"] + len(event["losses"])
    run.close()


def test_a_rate_that_is_too_large_is_no_number(learner):
    """NaN is no JSON: it comes as null."""
    learner.restart()
    learner.rate(lesson.HIGHEST)
    with np.errstate(all="ignore"):
        losses = [loss for _ in range(60) for loss in learner.one_step()["losses"]]
    json.dumps(losses, allow_nan=False)
    learner.rate(0.02)


@pytest.mark.parametrize("lr", [0, -1, 10, float("nan"), float("inf")])
def test_rates_have_a_range(learner, lr):
    with pytest.raises(ValueError, match="lr is"):
        learner.rate(lr)


def test_data_that_cannot_be_had_are_said():
    def nowhere():
        raise FileNotFoundError("there are no digits")
    with pytest.raises(ValueError, match="there are no digits"):
        Lesson(nowhere).state()


def test_drawn_digits(monkeypatch):
    monkeypatch.setattr(lesson, "TRAINED", 12)
    monkeypatch.setattr(lesson, "TESTED", 5)
    train, test = lesson.drawn_digits()
    assert train.images.shape == (12, 1, 28, 28) and len(test.labels) == 5
    assert not np.array_equal(train.images[:5], test.images)
