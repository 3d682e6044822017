"""What all optimisers share: the weights they change, in groups, and what they remember of each.

    SGD(net.parameters(), lr=0.1)                                   one group
    SGD([{"params": net.features.parameters(), "lr": 0.001},
         {"params": net.classifier.parameters()}], lr=0.1)          two, of which one has its own lr
"""

from collections.abc import Callable, Iterable
from typing import Any, NoReturn

import numpy as np

from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import Array, sum_dtype, to_cpu, to_device, xp_of
from minicnn.backend.cuda.steps import at_once
from minicnn.backend.messages import in_lines
from minicnn.backend.threads import in_blocks, sizes
from minicnn.layers.parameter import list_of_parameters, zero_gradients
from minicnn.optim.groups import Group

HOOKS = ("OptimizerPreHook", "OptimizerPostHook", "profile_hook_step")     # names of PyTorch's
AROUND = "call what you want before or after step(), state_dict() or load_state_dict()"


class Optimizer:
    """What all optimisers share; a subclass writes `update(w, g, state, first, settings)`.

    params : the Tensors to learn, as model.parameters() gives them, or a list of groups, dicts with
             "params" and the settings of their own; the other settings hold for all groups
    unknown : names of settings that there are not, and a TypeError that says so

    Weights are changed in place, gradients are left as they are.  Parameters without a gradient are
    skipped.  NaN in a gradient goes into the weight: it is not hidden.  What an optimiser remembers
    is made at the first step, 0, with the dtype of the weight (float32 for float16: squares of
    small gradients would vanish), and follows the weight to another device.
    """

    names: tuple[str, ...] = ()        # what is remembered of each parameter; "t" counts its steps

    def __init__(self, params: Iterable[Any], unknown: Iterable[str] = (), **settings: Any) -> None:
        self.defaults = Group(settings, type(self).__name__)        # of groups that say nothing
        for name in unknown:
            self.defaults.refuse(name)
        if isinstance(params, dict):
            raise TypeError(f"{type(self).__name__}: groups stand in a list, [{{'params': ...}}]; "
                            "for one dict of parameters pass its values()")
        self.param_groups: list[Group] = []
        self.state: dict[Tensor, dict[str, Any]] = {}          # what is remembered of each
        if isinstance(params, (list, tuple)) and params and isinstance(params[0], dict):
            for group in params:
                self.add_param_group(group)
        else:
            self.add_param_group({"params": list_of_parameters(type(self).__name__, params)})

    def add_param_group(self, group: dict[str, Any]) -> None:
        """More parameters to learn: {"params": ..., "lr": 0.01}; what it leaves out is the same."""
        name = type(self).__name__
        if not isinstance(group, dict) or "params" not in group:
            raise TypeError(f'{name}: a group is a dict with "params" in it, such as {{"params": '
                            f'net.fc.parameters(), "lr": 0.01}}, got {group!r}')
        params = group["params"]
        listed = list_of_parameters(name, [params] if isinstance(params, Tensor) else params)
        for number, parameter in enumerate(listed):
            if parameter.creator is not None:
                raise ValueError(f"{name}: parameter {number} is computed from other Tensors, so no"
                                 " gradient stays on it and it would never be learnt; pass what it "
                                 "is computed from")
        if {*map(id, listed)} & {*map(id, self.parameters)}:
            raise ValueError(f"{name}: a parameter is in two groups; each step would change it "
                             "twice")
        new = Group(self.defaults.data, name)
        new.update({key: value for key, value in group.items() if key != "params"})
        new.data["params"] = listed
        self.check_group(new.data)
        self.param_groups.append(new)

    def check_group(self, settings: dict[str, Any]) -> None:
        """What settings must be to one another; each by itself is checked in groups.py."""

    @property
    def parameters(self) -> list[Tensor]:
        return [parameter for group in self.param_groups for parameter in group["params"]]

    @property
    def lr(self) -> float:
        """The learning rate of all groups; where they have their own, ask param_groups."""
        rates = {group["lr"] for group in self.param_groups}
        if len(rates) > 1:
            raise ValueError(f"{type(self).__name__}: the groups have learning rates of their own, "
                             f"{', '.join(map(str, sorted(rates)))}; each is "
                             'optimizer.param_groups[number]["lr"]')
        return rates.pop()

    @lr.setter
    def lr(self, lr: float) -> None:
        _ = self.lr                                    # an error where one would overwrite several
        for group in self.param_groups:
            group["lr"] = lr

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients; with set_to_none=False they become arrays of zeros."""
        zero_gradients(self.parameters, set_to_none)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change every parameter that has a gradient.

        closure : computes the loss and calls backward(), before the step; its result comes back
        """
        loss = closure() if closure is not None else None
        with at_once():                                # on a GPU
            for group in self.param_groups:
                settings = group.data
                names = self.remembered(settings)
                for parameter in settings["params"]:
                    if parameter.grad is not None:
                        self.change(parameter, settings, names)
                    elif "replaced" in vars(parameter):
                        self.refuse_replaced(parameter)
        return loss

    def change(self, parameter: Any, settings: dict[str, Any], names: tuple[str, ...]) -> None:
        """One step of one parameter, whose state is made at its first."""
        w, g, state = parameter.data, parameter.grad, self.state.get(parameter)
        first = state is None
        if state is None:
            state = self.state[parameter] = {}
        if g.shape != w.shape:
            raise ValueError(f"{type(self).__name__}: parameter {self.number_of(parameter)} is "
                             f"{w.shape}, its gradient {g.shape}")
        for name in names:
            dtype = sum_dtype(w.dtype)
            if name == "t":
                state["t"] = state.get("t", 0) + 1
            elif name not in state:
                state[name] = xp_of(w).zeros(w.shape, dtype)
            elif type(state[name]) is not type(w) or state[name].dtype != dtype:    # model.to()
                state[name] = to_device(state[name].astype(dtype), parameter.device)
        if w.nbytes <= sizes.least or xp_of(w) is not np:
            self.update(w, g, state, first, settings)
        else:
            self.update_in_blocks(w, g, state, first, settings)
        parameter.mark_written()                       # a graph that read it is stale now

    def update_in_blocks(self, w: Array, g: Array, state: dict[str, Any], first: bool,
                         settings: dict[str, Any]) -> None:
        """A few rows at a time: what update computes on the way stays small, and in the cache."""
        def work(rows: slice) -> None:
            part = {name: value if name == "t" else value[rows] for name, value in state.items()}
            self.update(w[rows], g[rows], part, first, settings)
        in_blocks(work, len(w), (2 + len(state)) * w.nbytes)

    def remembered(self, settings: dict[str, Any]) -> tuple[str, ...]:
        """`names`, where they depend on the settings of a group."""
        return self.names

    def update(self, w: Array, g: Array, state: dict[str, Any], first: bool,
               settings: dict[str, Any]) -> None:
        raise TypeError(f"{type(self).__name__} has no update: every optimiser writes its own")

    def number_of(self, parameter: Any) -> int:
        return next(n for n, other in enumerate(self.parameters) if other is parameter)

    def refuse_replaced(self, parameter: Any) -> None:
        raise ValueError(f"{type(self).__name__}: parameter {self.number_of(parameter)} is no "
                         f"longer part of the network: `{parameter.replaced}` was replaced after "
                         "the optimiser was made, and what stands there now would not be learnt; "
                         "make the optimiser after the last change of the network")

    def __getattr__(self, name: str) -> NoReturn:
        hook = name.startswith("register_") or name in HOOKS
        raise AttributeError(f"{type(self).__name__} has no {name!r}" + f"; {AROUND}" * hook,
                             name=name, obj=self)

    def __repr__(self) -> str:
        name, groups = type(self).__name__, [repr(group) for group in self.param_groups]
        if len(groups) == 1:
            return in_lines(f"{name}({groups[0]})")
        lines = [in_lines(f"  {n}: {group}") for n, group in enumerate(groups)]
        return "\n".join([f"{name}(", *lines, ")"])

    # --- saving -------------------------------------------------------------------------------

    def rates(self) -> dict[str, Group]:
        """The names under which the learning rates are saved: "lr", or "lr.0", "lr.1", ..."""
        groups = self.param_groups
        return {"lr": groups[0]} if len(groups) == 1 else {
            f"lr.{number}": group for number, group in enumerate(groups)}

    def state_dict(self) -> dict[str, Any]:
        """{"lr": 0.1, "v.0": array, ...}: what is remembered, by name and parameter number."""
        return {name: group["lr"] for name, group in self.rates().items()} | {
            f"{name}.{number}": value if name == "t" else np.array(to_cpu(value))
            for number, parameter in enumerate(self.parameters)
            for name, value in self.state.get(parameter, {}).items()}

    def load_state_dict(self, values: dict[str, Any]) -> None:
        """Take over what state_dict gave: all of it or, if anything does not fit, nothing."""
        rates = self.rates()
        wanted = {f"{name}.{number}": parameter for number, (parameter, names) in enumerate(
            (p, self.remembered(group.data)) for group in self.param_groups
            for p in group["params"]) for name in names}
        wrong = [f"missing: {name}" for name in rates if name not in values]
        wrong += [f"unexpected: {key}" for key in values if key not in rates and key not in wanted]
        started = {key.split(".")[1] for key in values if key in wanted}
        for key, parameter in wanted.items():
            shape = () if key.startswith("t.") else parameter.shape
            if key not in values:
                wrong += [f"missing: {key}"] if key.split(".")[1] in started else []
            elif np.shape(values[key]) != shape:
                wrong.append(f"{key}: {np.shape(values[key])} given, {shape} needed")
        if wrong:
            more = f"; and {len(wrong) - 8} more" if len(wrong) > 8 else ""
            raise ValueError(f"{type(self).__name__}.load_state_dict: {'; '.join(wrong[:8])}{more};"
                             " nothing was changed. Was this saved with another optimiser, other "
                             "settings or another network?")
        loaded: dict[Tensor, dict[str, Any]] = {}
        for key, parameter in wanted.items():
            name = key.split(".")[0]
            if key in values:
                loaded.setdefault(parameter, {})[name] = \
                    int(values[key]) if name == "t" else to_device(
                        np.array(values[key], sum_dtype(parameter.dtype)), parameter.device)
        for name, group in rates.items():
            group["lr"] = values[name]
        self.state = loaded


def decayed(w: Array, g: Array, weight_decay: float) -> Array:
    """g + wd w, in at least float32"""
    g = g.astype(sum_dtype(w.dtype), copy=False)
    return g + weight_decay * w.astype(g.dtype, copy=False) if weight_decay else g
