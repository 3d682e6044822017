"""A small learning rate at the start, while the weights are still far from anything good."""

from typing import Any

from minicnn.optim.optimizer import Optimizer
from minicnn.schedule.schedule import Schedule


class Warmup(Schedule):
    """lr rises in a straight line from start_factor lr0 to lr0, then another schedule begins.

    rising=False: lr stays at start_factor lr0 until then, as in He et al. 2016, section 4.2.

    schedule : the schedule that follows, or the optimiser alone if lr0 is to stay
    steps : length of the rise
    start_factor : share of lr0 at the start

    step(...) passes on what the other schedule's step wants.  Source: Goyal et al. 2017, "Accurate,
    large minibatch SGD", section 2.2.
    """

    def __init__(self, schedule: Schedule | Optimizer, steps: int,
                 start_factor: float = 0.1, rising: bool = True) -> None:
        self.after = schedule if isinstance(schedule, Schedule) else None
        super().__init__(schedule.optimizer if isinstance(schedule, Schedule) else schedule)
        if steps < 1 or not 0 <= start_factor <= 1:
            raise ValueError("Warmup: steps must be at least 1 and start_factor in [0, 1], got "
                             f"{steps} and {start_factor}")
        self.steps, self.start_factor, self.rising = steps, start_factor, rising
        self.set(self.lrs(0))

    def at(self, t: int, lr0: float) -> float:
        share = min(t, self.steps) / self.steps if self.rising else float(t >= self.steps)
        return lr0 * (self.start_factor + (1 - self.start_factor) * share)

    def step(self, *measured: float) -> None:
        if self.t < self.steps:
            super().step()
        else:
            self.t += 1
            if self.after:
                self.after.step(*measured)

    def state_dict(self) -> dict[str, Any]:
        return super().state_dict() | ({"after": self.after.state_dict()} if self.after else {})

    def load_state_dict(self, values: dict[str, Any]) -> None:
        super().load_state_dict(values)
        if self.after:
            self.after.load_state_dict(values["after"])

    def check_state(self, values: dict[str, Any]) -> None:
        super().check_state(values)
        if self.after:
            self.after.check_state(values["after"])
