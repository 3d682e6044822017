import pytest

from minicnn.experiments import paired as module
from minicnn.experiments.experiment import Settings
from minicnn.experiments.paired import differences, paired


def settings(**more):
    return Settings(seeds=(0, 1, 2), bars=False, **more)


def test_each_seed_in_turn():
    assert paired(settings(), lambda seed: 10 * seed) == [0, 10, 20]
    assert differences([1.0, 2.0], [3.0, 5.0]) == [-2.0, -3.0]
    with pytest.raises(ValueError):
        differences([1.0], [1.0, 2.0])


def test_ctrl_c_keeps_the_seeds_that_are_finished():
    def measure(seed):
        if seed == 2:
            raise KeyboardInterrupt
        return seed

    own = settings()
    assert paired(own, measure) == [0, 1]
    assert own.seeds == (0, 1) and own.stopped == "interrupted: 2 of 3 seeds were finished"
    assert isinstance(own.interrupt, KeyboardInterrupt)


def test_ctrl_c_in_the_first_seed_leaves_nothing_to_keep():
    def measure(seed):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        paired(settings(), measure)


@pytest.mark.parametrize("budget, finished", [(5, 1), (19, 1), (20, 2), (29, 2), (30, 3)])
def test_it_ends_at_a_seed_where_time_is_short(budget, finished, monkeypatch):
    """Each seed takes 10 seconds of a clock that only they move; the first is always run."""
    clock = [0.0]
    monkeypatch.setattr(module, "process_time", lambda: clock[0])

    def measure(seed):
        clock[0] += 10
        return seed

    own = settings(seconds=budget)
    assert len(paired(own, measure)) == finished == len(own.seeds)
    assert own.stopped == ("" if finished == 3 else
                           f"time is short: stopped after {finished} of 3 seeds")
