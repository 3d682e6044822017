"""The settings of one group of parameters, each checked when it is written.

    optimizer.param_groups[0]["lr"] = 0.01
"""

from collections import UserDict
from collections.abc import Callable
from math import isfinite
from typing import Any, NoReturn

import numpy as np

from minicnn.backend.messages import did_you_mean

Rule = tuple[Callable[[Any], bool], str]

AT_LEAST_0: Rule = (lambda value: value >= 0, "at least 0")
BELOW_1: Rule = (lambda value: 0 <= value < 1, "in [0, 1)")
RULES: dict[str, Rule] = {
    "lr": (lambda lr: lr >= 0 and isfinite(lr), "a number >= 0"),
    "alpha": BELOW_1,
    **dict.fromkeys(("momentum", "weight_decay", "eps", "lr_decay", "initial_accumulator_value"),
                    AT_LEAST_0),
}

# What PyTorch's optimisers also take.
CURES = {
    "maximize": "to make a value large, make its negative small: (-value).backward()",
    "amsgrad": "it is not here; Adam and AdamW are as in their papers",
    **dict.fromkeys(("foreach", "fused", "capturable", "differentiable"),
                    "it chooses one of PyTorch's implementations; leave it out"),
}


class Group(UserDict):
    """A dict of settings and, under "params", the list of Tensors that they hold for.

    settings : all that there are, numbers, switches and pairs of numbers
    owner    : the optimiser's name, for messages
    """

    def __init__(self, settings: dict[str, Any], owner: str = "Optimizer") -> None:
        self.owner, self.data = owner, dict(settings)
        for name, value in settings.items():
            self[name] = value

    def __setitem__(self, name: str, value: Any) -> None:
        if name == "params":
            raise TypeError(f'{self.owner}: the "params" of a group stay; more of them come with '
                            "optimizer.add_param_group")
        if name not in self.data:
            self.refuse(name)
        self.data[name] = self.checked(name, value)

    def __delitem__(self, name: str) -> NoReturn:
        raise TypeError(f"{self.owner}: the settings of a group stay; to do without {name}, set it "
                        "to 0")

    def refuse(self, name: str) -> NoReturn:
        own = [key for key in self.data if key != "params"]
        cure = CURES.get(name) or did_you_mean(name, own) or f"there are {', '.join(own)}"
        raise TypeError(f"{self.owner}: no setting {name!r}; {cure}")

    def checked(self, name: str, value: Any) -> Any:
        if name == "betas":
            if len(value) != 2 or not all(0 <= beta < 1 for beta in value):
                raise ValueError(f"{self.owner}: betas must be two numbers in [0, 1), got {value}")
            return float(value[0]), float(value[1])
        if name in ("nesterov", "centered"):
            return bool(value)
        right, wanted = RULES.get(name, (isfinite, "a number"))
        if not isinstance(value, (int, float, np.number)):
            raise TypeError(f"{self.owner}: {name} must be {wanted}, got {value!r}")
        if not right(value):
            raise ValueError(f"{self.owner}: {name} must be {wanted}, got {value}")
        return float(value)

    def __repr__(self) -> str:
        count = len(self.data.get("params", ()))
        return ", ".join([f"{count} parameter{'s' * (count != 1)}",
                          *[f"{key}={value}" for key, value in self.data.items()
                            if key != "params"]])
