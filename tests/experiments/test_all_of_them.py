import signal
import sys
from dataclasses import replace

import pytest

from minicnn.experiments.all_of_them import Running, next_of, planned, run_all
from minicnn.experiments.experiment import Experiment

ONE = Experiment("a", ("d90",), "Is it?", 'stanford "More"', "It is.", 30, 1, lambda _: None, "It.")
A, B, C = ONE, replace(ONE, name="b", quick_seconds=90), replace(ONE, name="c", quick_seconds=60)
D, E = (replace(ONE, name=name, quick_seconds=60, shared_seconds=45) for name in "de")


@pytest.mark.parametrize("seconds, counts", [
    (180, {"a": 3, "b": 3, "c": 3}), (179, {"a": 3, "b": 1, "c": 3}),  # 30 + 30 + 60
    (119, {"a": 3, "b": 1, "c": 1}),                                   # 30 + 30 + 20
    (79, {"a": 1, "b": 1, "c": 1}), (1, {"a": 1, "b": 1, "c": 1})])
def test_the_dearest_get_one_seed(seconds, counts):
    assert planned([A, B, C], seconds) == counts


def test_networks_that_are_shared_count_once():
    """15 + 15 of their own, and 45 for the networks."""
    assert planned([D, E], 75) == {"d": 3, "e": 3}
    assert planned([D, E], 74)["d"] == 1


def test_seeds_that_are_asked_for():
    assert planned([A, B], 1000, seeds=5) == {"a": 5, "b": 5}
    assert planned([], 1000) == {}


def test_those_that_share_networks_run_one_after_the_other():
    running = [Running(D, None, None)]
    waiting = [E, A]
    assert next_of(waiting, running) is A and waiting == [E]
    assert next_of(waiting, running) is E                  # nothing else is left
    waiting = [E, A]
    assert next_of(waiting, [Running(B, None, None)]) is E


def start_of(script):
    return lambda one, seeds, left: [sys.executable, "-S", "-c", script, one.name, str(seeds)]


def test_what_they_print_and_who_failed():
    said = []
    script = "import sys; print(*sys.argv[1:]); sys.exit(sys.argv[1] == 'b')"
    counts = {"a": 3, "b": 1, "c": 2}
    assert run_all([B, C, A], start_of(script), counts, 100, 1, said.append) == ["b"]
    assert said == ["a 3\n", "c 2\n", "b 1\n"]              # the cheapest first


def test_no_time_is_left():
    said = []
    assert run_all([A, B], start_of("raise SystemExit(1)"), {}, 0, 2, said.append) == []
    assert [line.split(":")[0] for line in said] == ["a", "b"]
    assert said[0] == "a: time is short, not run; python -m minicnn experiment a\n"


def test_ctrl_c_reaches_each_of_them(tmp_path):
    """It comes when the first has ended, which waits until the second is in its work."""
    script = ("import os, sys, time\n"
              f"at_work = {str(tmp_path / 'at work')!r}\n"
              "try:\n"
              "    if sys.argv[1] == 'b': open(at_work, 'w').close()\n"
              "    while sys.argv[1] == 'b' or not os.path.exists(at_work): time.sleep(0.02)\n"
              "except KeyboardInterrupt:\n"
              "    print('finished seeds of', sys.argv[1])\n")
    said = []

    def say(line):
        said.append(line)
        if len(said) == 1:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        run_all([A, B], start_of(script), {"a": 1, "b": 1}, 100, 2, say)
    assert said == ["\n", "finished seeds of b\n"]
