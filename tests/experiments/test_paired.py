import os
import signal
import subprocess
import sys
import time
from multiprocessing import active_children
from pathlib import Path

import pytest

from minicnn.backend.seeds import generator
from minicnn.backend.threads import thread_count
from minicnn.experiments import EXPERIMENTS
from minicnn.experiments import paired as module
from minicnn.experiments.experiment import Effect, Experiment, Result, Settings
from minicnn.experiments.outcome import run_experiment
from minicnn.experiments.paired import differences, paired
from tests.several import all_end
from tests.thread_world import together

ROOT = Path(__file__).parents[2]


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


# --- several at once --------------------------------------------------------------------------

def run(settings):
    """Measures with a function of its own, which no other process could be sent."""
    settings.note(on_the_way=True)
    offset, done = 10, settings.data and Path(settings.data)

    def one(seed):
        settings.tell("the same in all of them")
        settings.note(offset=offset)
        if settings.form == "full" and seed == 1:
            raise ValueError("seed 1 has no picture")
        if done and seed:                                  # until Ctrl-C
            time.sleep(60)
        if done:
            done.touch()
        return offset + seed, os.getpid(), thread_count(), float(generator().random())

    found = paired(settings, one)
    differs = [value - offset for value, *_ in found]
    return Result([{"seed": seed, "value": value, "process": process, "threads": threads,
                    "drawn": drawn} for seed, (value, process, threads, drawn)
                   in zip(settings.seeds, found, strict=True)], None, "It is.",
                  [Effect("more is more", differs)])


OWN = Experiment("own", ("d98",), "Is it?", 'stanford "More"', "It is.", 1, 1, run, "It is.")


def rows(outcome):
    return [{name: value for name, value in row.items() if name != "process"}
            for row in outcome.result.rows]


def test_two_processes_find_what_one_finds():
    said = {1: [], 2: []}
    one, two = (run_experiment(OWN, settings(processes=count, say=said[count].append))
                for count in (1, 2))
    assert rows(one) == rows(two) and [row["value"] for row in rows(two)] == [10, 11, 12]
    assert len({row["drawn"] for row in rows(two)}) == 3
    assert {row["process"] for row in one.result.rows} == {os.getpid()}
    assert os.getpid() not in {row["process"] for row in two.result.rows}
    assert said[1] == said[2] == ["the same in all of them"] and not active_children()
    own = ("seconds of one core",)                         # of both, which differ
    assert [(name, value) for name, value in one.settings.items() if name not in own] == \
        [(name, value) for name, value in two.settings.items() if name not in own]
    assert two.settings["on the way"] and two.settings["offset"] == 10 and two.seconds > 0


@pytest.mark.parametrize("size", [2, 4])
def test_those_of_mpiexec_find_it_too(size):
    """With more processes than seeds, too."""
    def work(world):
        outcome = run_experiment(OWN, settings(world=world, say=lambda line: None))
        return [row["value"] for row in outcome.result.rows], outcome.settings["offset"]

    assert together(size, work) == [([10, 11, 12], 10)] * size


@pytest.mark.slow
def test_an_error_in_one_ends_all():
    with pytest.raises(ValueError, match="seed 1 has no picture"):
        run_experiment(OWN, settings(processes=2, form="full", say=lambda line: None))
    assert all_end()


@pytest.mark.slow
def test_ctrl_c_leaves_no_process_and_keeps_what_is_finished(tmp_path):
    """All of the terminal hear it: those at work, and those that are only starting."""
    done = tmp_path / "done"
    process = subprocess.Popen(
        [sys.executable, "-c", "from tests.experiments.test_paired import *\n"
         f"own = settings(processes=2, data={str(done)!r}, say=print)\n"
         "print(rows(run_experiment(OWN, own)), own.stopped, type(own.interrupt).__name__)"],
        cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        start_new_session=True)
    while not done.exists() and process.poll() is None:
        time.sleep(0.05)
    time.sleep(0.5)                                        # its result is on the way
    os.killpg(process.pid, signal.SIGINT)
    text, _ = process.communicate(timeout=30)
    assert process.returncode == 0 and "Traceback" not in text, text
    assert "'value': 10" in text and "'value': 11" not in text
    assert "interrupted: 1 of 3 seeds were finished KeyboardInterrupt" in text
    with pytest.raises(ProcessLookupError):                # Python's own helper ends with its pipe
        for _ in range(100):
            os.killpg(process.pid, 0)
            time.sleep(0.05)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["augment", "captions", "lrn", "neighbours"])
def test_an_experiment_finds_the_same_numbers(name, tmp_path):
    """What comes back may be networks, pictures, sentences."""
    def found(count):
        outcome = run_experiment(EXPERIMENTS[name], Settings(
            (0, 1), "tiny", "digits" if name in ("augment", "neighbours") else "shapes",
            tmp_path / str(count), processes=count, bars=False))
        return outcome.result.rows, outcome.result.finding, outcome.settings["seeds"]

    assert found(1) == found(2)
