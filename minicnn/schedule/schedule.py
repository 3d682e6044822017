"""What all schedules share: they count steps and set the learning rate of each group."""

from inspect import signature
from typing import Any, NoReturn

from minicnn.backend.messages import in_lines, type_name
from minicnn.optim.optimizer import Optimizer


class Schedule:
    """Sets the learning rates of an optimiser.

    optimizer : whose learning rates are set, each group's by itself

    A subclass writes `at(t, lr0)`, the learning rate after t steps of a group that began at lr0.
    """

    names: tuple[str, ...] = ("base_lrs", "t")         # what is saved, beside lrs

    def __init__(self, optimizer: Optimizer) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{type(self).__name__}: expected an optimiser, got "
                            f"{type_name(optimizer)}")
        self.optimizer, self.t = optimizer, 0
        self.base_lrs = self.get_last_lr()             # lr0 of each group

    lr = property(lambda self: self.optimizer.lr, doc="the learning rate now")

    def get_last_lr(self) -> list[float]:
        """The learning rate of each group, now."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def at(self, t: int, lr0: float) -> float:
        raise TypeError(f"{type(self).__name__} has no at(t, lr0): every schedule writes its own")

    def lrs(self, t: int) -> list[float]:
        """The learning rate of each group after t steps."""
        return [self.at(t, lr0) for lr0 in self.base_lrs]

    def step(self) -> None:
        """Count one step, and set the learning rates for what follows."""
        self.t += 1
        self.set(self.lrs(self.t))

    def set(self, lrs: list[float]) -> None:
        groups = self.optimizer.param_groups
        if len(lrs) != len(groups):
            raise ValueError(f"{type(self).__name__}: {len(lrs)} learning rates for {len(groups)} "
                             "groups of parameters; make the schedule after the last "
                             "add_param_group, and load only what the same groups have saved")
        for group, lr in zip(groups, lrs, strict=True):
            group["lr"] = lr

    def state_dict(self) -> dict[str, Any]:
        """What changes while training proceeds, and the lrs it has led to: plain numbers."""
        return {"lrs": self.get_last_lr()} | {name: getattr(self, name) for name in self.names}

    def load_state_dict(self, values: dict[str, Any]) -> None:
        """Take over what state_dict gave, and set the lrs; nothing if the names differ."""
        self.check_state(values)
        self.set(values["lrs"])
        for name in self.names:
            setattr(self, name, values[name])

    def check_state(self, values: dict[str, Any]) -> None:
        own = self.state_dict()
        if own.keys() != values.keys():
            raise ValueError(f"{type(self).__name__}.load_state_dict: expected {sorted(own)}, got "
                             f"{sorted(values)}; was this saved by another schedule?")

    def __getattr__(self, name: str) -> NoReturn:
        cure = {"get_lr": "; it is get_last_lr()", "last_epoch": "; it is t"}.get(name, "")
        raise AttributeError(f"{type(self).__name__} has no {name!r}{cure}", name=name, obj=self)

    def __repr__(self) -> str:
        own = [f"{name}={getattr(self, name)}" for name in signature(type(self)).parameters
               if name != "optimizer" and hasattr(self, name)]
        lrs = ", ".join(f"{lr:g}" for lr in self.get_last_lr())
        return in_lines(f"{type(self).__name__}({', '.join(own)}): lr {lrs} after {self.t} steps")
