"""Seeds one after the other; what finished ones made is kept at Ctrl-C, or when time is short."""

from collections.abc import Callable
from time import process_time
from typing import TypeVar

from minicnn.experiments.experiment import Settings

T = TypeVar("T")


def paired(settings: Settings, measure: Callable[[int], T]) -> list[T]:
    """[measure(seed) for each seed]; measure runs all arms, so that they are paired.

    It ends earlier, with `settings.stopped` saying why, where the next seed would not end within
    settings.seconds, judged by the longest so far, and at Ctrl-C; the first seed is always run, and
    Ctrl-C in it is passed on, for there is nothing to keep.  `settings.seeds` are the finished ones
    then.
    """
    found: list[T] = []
    started, longest = process_time(), 0.0
    for seed in settings.watched(settings.seeds, "seeds"):
        begun = process_time()
        if found and settings.seconds is not None \
                and begun - started + longest > settings.seconds:
            settings.stopped = f"time is short: stopped after {len(found)} of " \
                               f"{len(settings.seeds)} seeds"
            break
        try:
            found.append(measure(seed))
        except KeyboardInterrupt as stop:
            if not found:
                raise
            settings.stopped = f"interrupted: {len(found)} of {len(settings.seeds)} seeds were " \
                               "finished"
            settings.interrupt = stop
            break
        longest = max(longest, process_time() - begun)
    settings.seeds = settings.seeds[:len(found)]
    return found


def differences(minuends: list[float], subtrahends: list[float]) -> list[float]:
    """Of each seed, the first arm minus the second."""
    return [a - b for a, b in zip(minuends, subtrahends, strict=True)]
