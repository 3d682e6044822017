"""All experiments within a given time: each a process of its own, several at once.

The time is that of one processor core; ten minutes on two cores are 1,200 seconds.  Where the usual
seeds of all would take longer, the dearest experiments get one seed, and so no verdict.  Those that
take the same trained networks never run at the same time: the first trains them for the others.
"""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from subprocess import STDOUT, Popen
from tempfile import TemporaryFile
from typing import IO

from minicnn.experiments.experiment import Experiment

POLL = 0.05                            # seconds
Start = Callable[[Experiment, int, float], list[str]]


def planned(experiments: Iterable[Experiment], seconds: float, seeds: int | None = None
            ) -> dict[str, int]:
    """{name: number of seeds}, so that all of them fit into that time if it can be.

    seeds : of each, if not the usual ones
    """
    each = {one.name: one for one in experiments}
    counts = {name: seeds or one.seeds for name, one in each.items()}
    while estimated(each.values(), counts) > seconds and max(counts.values()) > 1:
        several = [one for name, one in each.items() if counts[name] > 1]
        counts[max(several, key=lambda one: own_seconds(one, counts[one.name])).name] = 1
    return counts


def estimated(experiments: Iterable[Experiment], counts: dict[str, int]) -> float:
    """Seconds of one core in the quick form; networks that several take are trained once."""
    each = list(experiments)
    return sum(own_seconds(one, counts[one.name]) for one in each) + max(
        (one.shared_seconds / one.seeds * counts[one.name] for one in each), default=0.0)


def own_seconds(one: Experiment, seeds: int) -> float:
    return (one.quick_seconds - one.shared_seconds) / one.seeds * seeds


@dataclass
class Running:
    experiment: Experiment
    process: Popen
    output: IO[bytes]

    def said(self) -> str:
        self.output.seek(0)
        return self.output.read().decode(errors="replace").rstrip("\n")


def run_all(experiments: Iterable[Experiment], start: Start, counts: dict[str, int], seconds: float,
            jobs: int, say: Callable[[str], object]) -> list[str]:
    """The names of those that failed; the cheapest come first.

    start : start(experiment, seeds, seconds left) is the command of its process
    say   : receives what each has printed, when it has ended

    After Ctrl-C each ends as it does alone and says what its finished seeds made; KeyboardInterrupt
    is passed on.
    """
    waiting = sorted(experiments, key=lambda one: one.quick_seconds)
    running: list[Running] = []
    failed, before = [], children_seconds()
    with ExitStack() as files:
        try:
            while waiting or running:
                left = seconds - (children_seconds() - before)
                while waiting and len(running) < jobs:
                    one = next_of(waiting, running)
                    if left <= 0:
                        say(f"{one.name}: time is short, not run; python -m minicnn experiment "
                            f"{one.name}\n")
                        continue
                    output = files.enter_context(TemporaryFile())
                    process = Popen(start(one, counts[one.name], left), stdout=output,
                                    stderr=STDOUT, start_new_session=True)     # see below
                    running.append(Running(one, process, output))
                for ended in [each for each in running if each.process.poll() is not None]:
                    running.remove(ended)
                    say(ended.said() + "\n")
                    failed += [ended.experiment.name] if ended.process.returncode else []
                time.sleep(POLL)
        except BaseException:
            # The terminal's Ctrl-C does not reach a session of its own; so each hears it once.
            for each in running:
                each.process.send_signal(signal.SIGINT)
            for each in running:
                each.process.wait()
                say(each.said() + "\n")
            raise
    return failed


def next_of(waiting: list[Experiment], running: list[Running]) -> Experiment:
    """Taken from `waiting`: the first that shares no networks with one that runs, or the first."""
    shares = any(one.experiment.shared_seconds for one in running)
    free = [one for one in waiting if not (shares and one.shared_seconds)]
    chosen = (free or waiting)[0]
    waiting.remove(chosen)
    return chosen


def children_seconds() -> float:
    """Of a processor core, of all processes that were started here and have ended."""
    times = os.times()
    return times.children_user + times.children_system


def same_python(*arguments: str) -> list[str]:
    """The command of minicnn with this interpreter."""
    return [sys.executable, "-m", "minicnn", *arguments]
