"""Learning rates that follow a formula of the number of steps."""

from collections.abc import Callable, Iterable
from math import cos, pi

from minicnn.optim.optimizer import Optimizer
from minicnn.schedule.schedule import Schedule


class StepLR(Schedule):
    """lr = lr0 gamma^floor(t / step_size): a drop every step_size steps."""

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1) -> None:
        super().__init__(optimizer)
        if step_size < 1:
            raise ValueError(f"StepLR: step_size must be at least 1, got {step_size}")
        self.step_size, self.gamma = step_size, gamma

    def at(self, t: int, lr0: float) -> float:
        return lr0 * self.gamma ** (t // self.step_size)


class MultiStepLR(Schedule):
    """lr = lr0 gamma^(how many of the milestones are reached): drops where you say."""

    def __init__(self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1) -> None:
        super().__init__(optimizer)
        self.milestones, self.gamma = sorted(milestones), gamma

    def at(self, t: int, lr0: float) -> float:
        return lr0 * self.gamma ** sum(milestone <= t for milestone in self.milestones)


class ExponentialLR(Schedule):
    """lr = lr0 gamma^t: the same share at every step."""

    def __init__(self, optimizer: Optimizer, gamma: float) -> None:
        super().__init__(optimizer)
        self.gamma = gamma

    def at(self, t: int, lr0: float) -> float:
        return lr0 * self.gamma ** t


class LambdaLR(Schedule):
    """lr = lr0 f(t), with a function f of your own; it holds from the start, f(0).

    lr_lambda : f, or a list of one for each group of parameters
    """

    def __init__(self, optimizer: Optimizer,
                 lr_lambda: Callable[[int], float] | list[Callable[[int], float]]) -> None:
        super().__init__(optimizer)
        self.lr_lambdas = list(lr_lambda) if isinstance(lr_lambda, (list, tuple)) else \
            [lr_lambda] * len(self.base_lrs)
        if len(self.lr_lambdas) != len(self.base_lrs) or not all(map(callable, self.lr_lambdas)):
            raise ValueError("LambdaLR: lr_lambda must be a function, or a list of one for each of "
                             f"the {len(self.base_lrs)} groups, got {lr_lambda!r}")
        self.set(self.lrs(0))

    def lrs(self, t: int) -> list[float]:
        return [lr0 * f(t) for lr0, f in zip(self.base_lrs, self.lr_lambdas, strict=True)]


class CosineAnnealingLR(Schedule):
    """lr = eta_min + (lr0 - eta_min) (1 + cos(pi t / T_max)) / 2: half a wave down to eta_min.

    Beyond T_max steps it rises again.  Source: Loshchilov and Hutter 2017, "SGDR", equation 5.
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0) -> None:
        super().__init__(optimizer)
        if T_max < 1:
            raise ValueError(f"CosineAnnealingLR: T_max must be at least 1, got {T_max}")
        self.T_max, self.eta_min = T_max, eta_min

    def at(self, t: int, lr0: float) -> float:
        return self.eta_min + (lr0 - self.eta_min) * (1 + cos(pi * t / self.T_max)) / 2


class PolynomialLR(Schedule):
    """lr = lr0 (1 - t / total_iters)^power, and 0 from total_iters on."""

    def __init__(self, optimizer: Optimizer, total_iters: int, power: float = 1.0) -> None:
        super().__init__(optimizer)
        if total_iters < 1:
            raise ValueError(f"PolynomialLR: total_iters must be at least 1, got {total_iters}")
        self.total_iters, self.power = total_iters, power

    def at(self, t: int, lr0: float) -> float:
        return lr0 * (1 - min(t, self.total_iters) / self.total_iters) ** self.power
