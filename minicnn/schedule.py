"""Schedules: how the learning rate changes while training proceeds.

    optimizer = SGD(model.parameters(), lr=0.1)
    schedule = StepLR(optimizer, step_size=30)
    ...
    schedule.step()                                  after each epoch (or after each batch)

lr0 is the optimiser's lr when the schedule is made; t counts the calls of step().  The values are
PyTorch's.  Lectures: virginia, stanford "AlexNet" and "ResNet" ("divided by 10 when validation
error plateaus": ReduceLROnPlateau).
"""

from collections.abc import Iterable
from math import cos, inf, isfinite, pi
from typing import Any

from minicnn.optim import Optimizer


class Schedule:
    """Sets optimizer.lr.  A subclass writes `at(t)`, the learning rate after t steps."""

    names: tuple[str, ...] = ("lr0", "t")              # what is saved, beside lr

    def __init__(self, optimizer: Optimizer) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{type(self).__name__}: expected an optimiser, got "
                            f"{type(optimizer).__name__}")
        self.optimizer, self.lr0, self.t = optimizer, optimizer.lr, 0

    lr = property(lambda self: self.optimizer.lr, doc="the learning rate now")

    def at(self, t: int) -> float:
        raise TypeError(f"{type(self).__name__} has no at(t): every schedule writes its own")

    def step(self) -> None:
        """Count one step, and set the learning rate for what follows."""
        self.t += 1
        self.optimizer.lr = self.at(self.t)

    def state_dict(self) -> dict[str, Any]:
        """What changes while training proceeds, and the lr it has led to: plain numbers."""
        return {"lr": self.lr} | {name: getattr(self, name) for name in self.names}

    def load_state_dict(self, values: dict[str, Any]) -> None:
        """Take over what state_dict gave, and set optimizer.lr; nothing if the names differ."""
        self.check_state(values)
        for name in self.names:
            setattr(self, name, values[name])
        self.optimizer.lr = values["lr"]

    def check_state(self, values: dict[str, Any]) -> None:
        own = self.state_dict()
        if own.keys() != values.keys():
            raise ValueError(f"{type(self).__name__}.load_state_dict: expected {sorted(own)}, got "
                             f"{sorted(values)}; was this saved by another schedule?")


class StepLR(Schedule):
    """lr = lr0 gamma^floor(t / step_size): a drop every step_size steps."""

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1) -> None:
        super().__init__(optimizer)
        if step_size < 1:
            raise ValueError(f"StepLR: step_size must be at least 1, got {step_size}")
        self.step_size, self.gamma = step_size, gamma

    def at(self, t: int) -> float:
        return self.lr0 * self.gamma ** (t // self.step_size)


class MultiStepLR(Schedule):
    """lr = lr0 gamma^(how many of the milestones are reached): drops where you say."""

    def __init__(self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1) -> None:
        super().__init__(optimizer)
        self.milestones, self.gamma = sorted(milestones), gamma

    def at(self, t: int) -> float:
        return self.lr0 * self.gamma ** sum(milestone <= t for milestone in self.milestones)


class CosineAnnealingLR(Schedule):
    """lr = eta_min + (lr0 - eta_min) (1 + cos(pi t / T_max)) / 2: half a wave down to eta_min.

    Beyond T_max steps it rises again.  Source: Loshchilov and Hutter 2017, "SGDR", equation 5.
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0) -> None:
        super().__init__(optimizer)
        if T_max < 1:
            raise ValueError(f"CosineAnnealingLR: T_max must be at least 1, got {T_max}")
        self.T_max, self.eta_min = T_max, eta_min

    def at(self, t: int) -> float:
        return self.eta_min + (self.lr0 - self.eta_min) * (1 + cos(pi * t / self.T_max)) / 2


class PolynomialLR(Schedule):
    """lr = lr0 (1 - t / total_iters)^power, and 0 from total_iters on."""

    def __init__(self, optimizer: Optimizer, total_iters: int, power: float = 1.0) -> None:
        super().__init__(optimizer)
        if total_iters < 1:
            raise ValueError(f"PolynomialLR: total_iters must be at least 1, got {total_iters}")
        self.total_iters, self.power = total_iters, power

    def at(self, t: int) -> float:
        return self.lr0 * (1 - min(t, self.total_iters) / self.total_iters) ** self.power


class ReduceLROnPlateau(Schedule):
    """lr <- factor lr when a measured value has stopped getting better.

    mode : "min" for errors and losses, "max" for accuracies
    factor, min_lr : lr becomes max(factor lr, min_lr)
    patience : so many steps in a row without a new best value are forgiven; the next one acts
    threshold, threshold_mode : a value counts as better if it beats the best so far by this share
                              of it ("rel") or by this amount ("abs")
    cooldown : so many steps after a drop nothing is counted
    eps : a change of lr smaller than this is not made

    A measured NaN is never better.

    >>> from minicnn.optim import SGD
    >>> from minicnn.autograd.tensor import Tensor
    >>> schedule = ReduceLROnPlateau(SGD([Tensor([1.0])], lr=0.1), patience=1)
    >>> for error in (0.9, 0.9, 0.9):
    ...     schedule.step(error)
    >>> round(schedule.lr, 6)
    0.01
    """

    names = ("lr0", "t", "best", "bad", "resting")

    def __init__(self, optimizer: Optimizer, mode: str = "min", factor: float = 0.1,
                 patience: int = 10, threshold: float = 1e-4, threshold_mode: str = "rel",
                 cooldown: int = 0, min_lr: float = 0.0, eps: float = 1e-8) -> None:
        super().__init__(optimizer)
        if mode not in ("min", "max") or threshold_mode not in ("rel", "abs"):
            raise ValueError('ReduceLROnPlateau: mode must be "min" or "max", threshold_mode "rel" '
                             f'or "abs", got {mode!r} and {threshold_mode!r}')
        if not 0 < factor < 1:
            raise ValueError(f"ReduceLROnPlateau: factor must lie between 0 and 1, got {factor}")
        self.mode, self.factor, self.patience, self.threshold = mode, factor, patience, threshold
        self.threshold_mode, self.cooldown, self.min_lr, self.eps = (threshold_mode, cooldown,
                                                                     min_lr, eps)
        self.best = inf if mode == "min" else -inf
        self.bad = self.resting = 0                    # steps without improvement; of cooldown left

    def step(self, value: float) -> None:              # type: ignore[override]
        """Count one step that ended with the measured `value`."""
        self.t += 1
        value = float(value)
        better = self.is_better(value)
        self.best, self.bad = (value, 0) if better else (self.best, self.bad + 1)
        if self.resting:
            self.resting, self.bad = self.resting - 1, 0
        if self.bad > self.patience:
            lr = max(self.lr * self.factor, self.min_lr)
            if self.lr - lr > self.eps:
                self.optimizer.lr = lr
            self.resting, self.bad = self.cooldown, 0

    def is_better(self, value: float) -> bool:
        sign = 1 if self.mode == "max" else -1
        margin = self.threshold * (abs(self.best) if self.threshold_mode == "rel" else 1)
        return sign * value > sign * self.best + (margin if isfinite(self.best) else 0)


class Warmup(Schedule):
    """lr rises in a straight line from start_factor lr0 to lr0, then another schedule begins.

    schedule : the schedule that follows, or the optimiser alone if lr0 is to stay
    steps : length of the rise
    start_factor : share of lr0 at the start

    step(...) passes on what the other schedule's step wants.  Source: Goyal et al. 2017, "Accurate,
    large minibatch SGD", section 2.2.
    """

    def __init__(self, schedule: Schedule | Optimizer, steps: int,
                 start_factor: float = 0.1) -> None:
        self.after = schedule if isinstance(schedule, Schedule) else None
        super().__init__(schedule.optimizer if isinstance(schedule, Schedule) else schedule)
        if steps < 1 or not 0 <= start_factor <= 1:
            raise ValueError("Warmup: steps must be at least 1 and start_factor in [0, 1], got "
                             f"{steps} and {start_factor}")
        self.steps, self.start_factor = steps, start_factor
        self.optimizer.lr = self.at(0)

    def at(self, t: int) -> float:
        share = min(t, self.steps) / self.steps
        return self.lr0 * (self.start_factor + (1 - self.start_factor) * share)

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
