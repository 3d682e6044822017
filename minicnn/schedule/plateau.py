"""Dividing the learning rate when a measured value has stopped getting better."""

from math import inf, isfinite

from minicnn.optim.optimizer import Optimizer
from minicnn.schedule.schedule import Schedule


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

    names = ("base_lrs", "t", "best", "bad", "resting")

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
            for group in self.optimizer.param_groups:
                lr = max(group["lr"] * self.factor, self.min_lr)
                if group["lr"] - lr > self.eps:
                    group["lr"] = lr
            self.resting, self.bad = self.cooldown, 0

    def is_better(self, value: float) -> bool:
        sign = 1 if self.mode == "max" else -1
        margin = self.threshold * (abs(self.best) if self.threshold_mode == "rel" else 1)
        return sign * value > sign * self.best + (margin if isfinite(self.best) else 0)
