"""Taking turns: every round lets each contestant do a few steps, so that a machine that slows down
slows everybody down.

Each workload is measured in processes that do nothing else, one for each contestant, so that the
most memory a process has held belongs to that workload.
"""

import math
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from benchmarks.process import Contestant, Died, Process
from benchmarks.workloads import Workload

PAUSE = 0.05      # seconds: the threads of the one before wait actively until they go to sleep
MOST_STEPS = 1000

Found = dict[str, dict[str, Any]]
Tick = Callable[[str], object]


def measure(workload: Workload, contestants: list[Contestant], rounds: int, turn: float,
            found: Found, device: str = "cpu", tick: Tick = lambda text: None) -> None:
    """Fill `found`, contestant's name -> its greeting and answers, with a list of turns "seconds".

    It is filled as the rounds go on, so that it holds what was measured when Ctrl-C comes.

    turn   : seconds that a turn lasts at least, and no less than one step
    device : "cpu" or "cuda"
    tick   : told who is at work, once for each contestant's preparation and for each turn

    ValueError if OpenBLAS did not take the kernels that a contestant's column is to be about.
    """
    with ExitStack() as stack:
        ready: list[tuple[str, Process, int]] = []
        for contestant in contestants:
            name = contestant.name
            tick(f"{workload.name}: {name}")
            found[name] = {"seconds": []}
            try:
                process = stack.enter_context(Process(contestant))
                found[name].update(process.greeting)
                check_kernels(contestant, process.greeting)
                found[name].update(process.ask(workload=workload.request(device)))
                if "impossible" not in found[name]:
                    ready.append((name, process, steps_in(turn, process)))
            except Died as reason:
                found[name]["impossible"] = str(reason)
        for _ in range(rounds):
            for name, process, steps in list(ready):
                tick(f"{workload.name}: {name}")
                time.sleep(PAUSE)
                try:
                    found[name]["seconds"].append(process.ask(steps=steps)["seconds"])
                    found[name].update(process.ask(memory=True))
                except Died as reason:
                    found[name]["impossible"] = str(reason)
                    ready.remove((name, process, steps))
            ready.append(ready.pop(0)) if ready else None  # nobody always follows the same one


def check_kernels(contestant: Contestant, greeting: dict[str, Any]) -> None:
    """OpenBLAS passes over a name that it does not know, and says nothing."""
    wanted, told = contestant.environment.get("OPENBLAS_CORETYPE"), greeting.get("blas", "unknown")
    if wanted and "unknown" not in told and f", {wanted} kernels".lower() not in told.lower():
        raise ValueError(f"--coretype {wanted} was not taken; the BLAS is {told}")


def steps_in(turn: float, process: Process) -> int:
    """How many steps last `turn` seconds, by steps that warm up."""
    least = min(process.ask(steps=1)["seconds"])
    if least < turn:
        least = min(process.ask(steps=5)["seconds"])
    return max(1, min(MOST_STEPS, math.ceil(turn / least)))
