"""Seeds one after the other, or several at once; what finished ones made is kept at Ctrl-C.

A seed needs nothing of the others, so each may have a process of its own.  What an experiment
measures is often a function inside its `run`, which no other process knows.  So that one runs the
experiment itself, up to this place, measures its one seed here, and comes back with that.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from time import process_time
from typing import Any, NamedTuple, TypeVar

from minicnn.backend.seeds import manual_seed
from minicnn.experiments.experiment import Run, Settings
from minicnn.training.parallel.jobs import map_jobs

T = TypeVar("T")


class Measured(Exception):
    """One seed is measured, and this process has nothing else to do."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


class Sent(NamedTuple):
    """What comes back.  value: of measure(seed);  noted, said, seconds: by the way."""

    value: Any
    noted: dict[str, Any]
    said: list[str]
    seconds: float


def paired(settings: Settings, measure: Callable[[int], T]) -> list[T]:
    """[measure(seed) for each seed]; measure runs all arms, so that they are paired.

    It ends earlier at Ctrl-C, with `settings.stopped` saying so, and `settings.seeds` are the
    finished ones then; Ctrl-C before there is one is passed on, for there is nothing to keep.
    Where `settings.seconds` is given, seeds come one after the other; it ends where the next would
    not end within, judged by the longest so far, but not before the first.

    The numbers are the same for any number of processes: each seed begins with manual_seed of it.
    """
    again, settings.again = settings.again, None           # it runs up to the first call of paired
    if settings.is_sent:
        settings.noted.clear()                             # of the way here; what is sent back is
        raise Measured(measured(measure, settings.seeds[0]))                    # of the seed alone
    done: dict[int, T] = {}
    try:
        if again and max(settings.processes, settings.world.size) > 1 < len(settings.seeds):
            at_once(settings, measure, again, done)
        else:
            in_turn(settings, measure, done)
    except KeyboardInterrupt as stop:
        if not done:
            raise
        settings.stopped = f"interrupted: {len(done)} of {len(settings.seeds)} seeds were finished"
        settings.interrupt = stop
    settings.seeds = tuple(settings.seeds[place] for place in sorted(done))
    return [done[place] for place in sorted(done)]


def measured(measure: Callable[[int], T], seed: int) -> T:
    manual_seed(seed)
    return measure(seed)


def in_turn(settings: Settings, measure: Callable[[int], T], done: dict[int, T]) -> None:
    started, longest = process_time(), 0.0
    for place, seed in enumerate(settings.watched(settings.seeds, "seeds")):
        begun = process_time()
        if done and settings.seconds is not None and begun - started + longest > settings.seconds:
            settings.stopped = f"time is short: stopped after {len(done)} of " \
                               f"{len(settings.seeds)} seeds"
            break
        done[place] = measured(measure, seed)
        longest = max(longest, process_time() - begun)


def at_once(settings: Settings, measure: Callable[[int], T], again: Run, done: dict[int, T]
            ) -> None:
    answers: dict[int, Sent] = {}
    function: Callable[[Any], Sent]
    jobs: Sequence[Any]
    if settings.world.size > 1:                            # all of them are here already
        function, jobs = partial(here, settings, measure), settings.seeds
    else:
        function, jobs = up_to_its_seed, [
            replace(settings, seeds=(seed,), again=again, is_sent=True, say=print, bars=False)
            for seed in settings.seeds]
    try:
        map_jobs(function, jobs, settings.processes, settings.world, answers)
    finally:
        for place in sorted(answers):
            done[place], noted, said, seconds = answers[place]
            settings.noted.update(noted)
            settings.elsewhere += seconds
            for line in said:
                settings.tell(line)


def up_to_its_seed(settings: Settings) -> Sent:
    """In a process of its own: the experiment, until it measures this seed."""
    said: list[str] = []
    settings.say = said.append
    begun = process_time()
    try:
        settings.again(settings)                           # type: ignore[misc]
    except Measured as found:
        return Sent(found.value, settings.noted, said, process_time() - begun)
    raise RuntimeError("an experiment reaches its seeds in one process and not in another")


def here(settings: Settings, measure: Callable[[int], T], seed: int) -> Sent:
    """In one of mpiexec's processes; the first counts its own seconds itself."""
    begun = process_time()
    value = measured(measure, seed)
    return Sent(value, settings.noted, [],
                0.0 if settings.world.is_first else process_time() - begun)


def differences(minuends: list[float], subtrahends: list[float]) -> list[float]:
    """Of each seed, the first arm minus the second."""
    return [a - b for a, b in zip(minuends, subtrahends, strict=True)]
