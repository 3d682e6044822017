"""Gradient check: is every backward the derivative of its forward?

Each element q of each input and parameter is moved a little both ways, and the slope that comes out
is held against the gradient that backward() gives:

    numeric   = (L(q + h) - L(q - h)) / 2h,     L = sum(dy * y)
    error     = |numeric - analytic| / max(|numeric|, |analytic|, largest / 100, rounding)

where `largest` is the largest slope in the same array, and `rounding` what the last digits of L
alone can make of a slope of 0.  Nothing here is absolute: each of a mean's million slopes is 1e-6,
and a checker that allows an error of 1e-6 takes a gradient of 0 for right.

dy is random.  With dy = 1 everywhere, as many checkers have it, a batch norm whose dx is zero
passes: the sum of its outputs does not depend on x at all.  Everything is float64, where a right
backward has errors near 1e-9.  Where two sides of a point have different slopes, as ReLU has at 0,
neither number is the derivative: the verdict is then "kink" and not "wrong".

A backward that leaves out what nobody asks for (a first layer's dx, the dw of frozen weights) takes
another way then.  So it is asked for all gradients, for each alone, and for all but each.

Source of the method: the CS231n notes, "Gradient checks"; the kink test after Chainer's.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from minicnn.autograd.engine import Function
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import Array, to_cpu, to_device
from minicnn.backend.messages import as_html, in_lines
from minicnn.data.door import as_array
from minicnn.layers.module import Module, Parameter

STEP = 1e-5                # h; the central difference's error falls as h^2, rounding grows as 1/h
LIMIT = 1e-6               # largest error that counts as right
ROUNDING = 1e-15           # of L, relative: a few units in the last of float64's digits
VERDICTS = ["right", "kink", "WRONG"]      # the worst of them is reported


@dataclass
class Report:
    """What a check found.  `bool(report)` is True if every gradient is right."""

    elements: int = 0
    verdict: str = "right"                     # the worst: WRONG before kink before right
    error: float = 0.0                         # the largest with that verdict
    place: str = ""                            # which element has it
    analytic: float = 0.0
    numeric: float = 0.0
    functions: set[type[Function]] = field(default_factory=set)
    pairs: list[tuple[float, float, str]] = field(default_factory=list)    # analytic, numeric, so

    def __bool__(self) -> bool:
        return self.verdict == "right"

    def __str__(self) -> str:
        if self.verdict == "right":
            return f"right: {self.elements} elements, largest error {self.error:.1e}"
        text = (f"{self.verdict} at {self.place}: backward gives {self.analytic:.8g}, "
                f"the slope is {self.numeric:.8g}")
        if self.verdict == "kink":
            return text + "; the slopes on the two sides differ, so there is no derivative here"
        return text + f" (error {self.error:.1e}, allowed {LIMIT:.0e})"

    def __repr__(self) -> str:
        return in_lines(str(self))

    def _repr_html_(self) -> str:
        rows = [["elements", f"{self.elements:,}"], ["largest error", f"{self.error:.1e}"]]
        if not self:
            rows += [["at", self.place], ["backward gives", f"{self.analytic:.8g}"],
                     ["the slope is", f"{self.numeric:.8g}"]]
        rows.append(["operations", ", ".join(sorted(one.__name__ for one in self.functions))])
        return as_html(f"gradient check: {self.verdict}", ["", "value"], rows, ["", "value"])


def gradcheck(function: Callable[..., Tensor], *inputs: Any, seed: int = 0, most: int = 400,
              device: str = "cpu") -> Report:
    """Check the gradients of `function(*inputs)` with respect to each input and each parameter.

    function : a Module, or any function from Tensors to one Tensor.  It must give the same result
               each time: fix the seed inside it if it drops or draws.  A Module is checked in
               float64 with values of the checker's own, and is afterwards as it was
    inputs   : float64 arrays; their values should not lie on a kink
    most     : at most so many elements of each array are tried, drawn at random by `seed`
    device   : "cpu" or "cuda", where the gradients are computed

    Raises TypeError for inputs that are not float64, ValueError if two runs differ.

    >>> import numpy as np
    >>> print(gradcheck(lambda x: x * x, np.array([1.0, 2.0])).verdict)
    right
    """
    for x in inputs:
        dtype = as_array(x, "gradcheck: inputs").dtype
        if dtype != np.float64:
            raise TypeError(f"gradcheck: inputs must be float64, got {dtype}; in "
                            "float32 rounding alone makes errors of 1e-2")
    rng = np.random.default_rng(seed)
    leaves = {f"input {i}": Tensor(to_device(np.array(x), device), requires_grad=True)
              for i, x in enumerate(inputs)}
    with as_it_was(function):
        if isinstance(function, Module):
            function.to(device, np.float64)
            leaves.update(scattered_parameters(function, rng))
        return check(partial(function, *list(leaves.values())[:len(inputs)]), leaves, rng, most)


def check(run: Callable[[], Tensor], leaves: dict[str, Tensor], rng: np.random.Generator,
          most: int) -> Report:
    """Check the gradients of run() with respect to each leaf."""
    y = run()
    dy = rng.standard_normal(y.shape)

    def loss() -> float:
        return float((to_cpu(run().data) * dy).sum())

    first = loss()
    if not np.isfinite(first):
        raise ValueError("gradcheck: the function gives NaN or infinity for these inputs")
    if loss() != first:
        raise ValueError("gradcheck: two runs on the same input differ; fix the seed inside the "
                         "function, or switch dropout off: model.eval()")
    report = Report(functions=functions_behind(y))
    gradients = all_gradients(run, leaves, to_device(dy, y.device))
    rounding = float(np.abs(dy * to_cpu(y.data)).sum()) * ROUNDING / STEP / LIMIT
    for name, leaf in leaves.items():
        chosen = rng.permutation(leaf.numel())[:most]
        check_leaf(report, name, leaf, gradients[name], loss, rounding, chosen)
    return report


def all_gradients(run: Callable[[], Tensor], leaves: dict[str, Tensor], dy: Array
                  ) -> dict[str, dict[str, np.ndarray]]:
    """What backward gives for each leaf: asked for all, for one alone, and for all but one."""
    gradients: dict[str, dict[str, np.ndarray]] = {name: {} for name in leaves}
    asked = {"": set(leaves)}
    for name in leaves:
        asked |= {f", when only {name} is asked for": {name},
                  f", when all but {name} are asked for": set(leaves) - {name}}
    for when, names in asked.items():
        for name, leaf in leaves.items():
            leaf.requires_grad, leaf.grad = name in names, None
        y = run()
        if y.requires_grad:
            y.backward(dy)
        for name in names:
            grad = leaves[name].grad
            gradients[name][when] = np.zeros(leaves[name].shape) if grad is None else to_cpu(grad)
    return gradients


def check_leaf(report: Report, name: str, leaf: Tensor, gradients: dict[str, np.ndarray],
               loss: Callable[[], float], rounding: float, chosen: np.ndarray) -> None:
    """Compare the slope at the chosen elements of one input or parameter with its gradients."""
    start = to_cpu(leaf.data).copy()

    def at(index: tuple, step: float) -> float:
        moved = start.copy()
        moved[index] += step
        leaf.data = to_device(moved, leaf.device)
        return loss()

    def slope(index: tuple, h: float) -> float:
        return (at(index, h) - at(index, -h)) / (2 * h)

    indices = [np.unravel_index(number, start.shape) for number in chosen.tolist()]
    slopes = [slope(index, STEP) for index in indices]
    least = max(max(map(abs, slopes), default=0.0) / 100, rounding)
    for index, first in zip(indices, slopes, strict=True):
        report.elements += 1
        for when, gradient in gradients.items():
            analytic, numeric = float(gradient[index]), first
            error = relative(numeric, analytic, least)
            if not error <= LIMIT / 100:           # without the share of h^2, of a third derivative
                numeric = (4 * first - slope(index, 2 * STEP)) / 3
                error = relative(numeric, analytic, least)
            verdict = ("right" if error <= LIMIT else "WRONG"
                       if not is_kink(partial(at, index), max(abs(numeric), least)) else "kink")
            report.pairs.append((analytic, numeric, verdict))
            if (VERDICTS.index(verdict), error) > (VERDICTS.index(report.verdict), report.error):
                report.verdict, report.error = verdict, error
                report.analytic, report.numeric = analytic, numeric
                report.place = f"{name}[{', '.join(str(int(i)) for i in index)}]{when}"
    leaf.data = to_device(start, leaf.device)


def relative(numeric: float, analytic: float, least: float) -> float:
    """How far apart two slopes are, as a share of the larger one."""
    apart = abs(numeric - analytic)
    return apart / max(abs(numeric), abs(analytic), least) if apart else 0.0


def is_kink(loss_at: Callable[[float], float], scale: float) -> bool:
    """Do the slopes to the left and to the right differ, at every scale?

    For a smooth L the difference shrinks with the step; at a corner it stays.
    """
    def gap(h: float) -> float:
        middle = loss_at(0.0)
        return abs((loss_at(h) - middle) - (middle - loss_at(-h))) / h

    wide, narrow = gap(STEP), gap(STEP / 8)
    return wide > 1e-4 * scale and narrow > 0.5 * wide


@contextmanager
def as_it_was(function: Any) -> Iterator[None]:
    """Whatever happens inside, a Module has its values, dtypes and gradients back afterwards."""
    tensors = [q for _, q in function.named_state()] if isinstance(function, Module) else []
    before = [dict(vars(q)) for q in tensors]
    for q in tensors:
        if q._array is not None:                   # a running average is written into
            q._array = q._array.copy()
    try:
        yield
    finally:
        for q, kept in zip(tensors, before, strict=True):
            q.__dict__.clear()
            q.__dict__.update(kept)


def scattered_parameters(module: Module, rng: np.random.Generator) -> dict[str, Parameter]:
    """The module's parameters, moved off their starting values: ones and zeros hide mistakes."""
    parameters = dict(module.named_parameters())
    for parameter in parameters.values():
        values = to_cpu(parameter.data)
        parameter.data = to_device(values + 0.3 * rng.standard_normal(values.shape),
                                   parameter.device)
    return parameters


def functions_behind(y: Tensor) -> set[type[Function]]:
    """The classes of all Functions that took part in computing y."""
    found: set[Function] = set()
    waiting: list[Any] = [y.creator]
    while waiting:
        function = waiting.pop()
        if isinstance(function, Function) and function not in found:
            found.add(function)
            waiting += function.sources
    return {type(function) for function in found}
