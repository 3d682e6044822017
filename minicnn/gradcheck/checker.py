"""Gradient check: is every backward the derivative of its forward?

Each element q of each input and parameter is moved a little both ways, and the slope that comes out
is held against the gradient that backward() gives:

    numeric   = (L(q + h) - L(q - h)) / 2h,     L = sum(dy * y)
    error     = |numeric - analytic| / max(|numeric|, |analytic|, 1)

dy is random.  With dy = 1 everywhere, as many checkers have it, a batch norm whose dx is zero
passes: the sum of its outputs does not depend on x at all.  Everything is float64, where a right
backward has errors near 1e-9.  Where two sides of a point have different slopes, as ReLU has at 0,
neither number is the derivative: the verdict is then "kink" and not "wrong".

Source of the method: the CS231n notes, "Gradient checks"; the kink test after Chainer's.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from minicnn.autograd.engine import Function
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import to_cpu, to_device
from minicnn.layers.module import Module, Parameter

STEP = 1e-5                # h; the central difference's error falls as h^2, rounding grows as 1/h
LIMIT = 1e-6               # largest error that counts as right
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


def gradcheck(function: Callable[..., Tensor], *inputs: Any, seed: int = 0, most: int = 400,
              device: str = "cpu") -> Report:
    """Check the gradients of `function(*inputs)` with respect to each input and each parameter.

    function : a Module, or any function from Tensors to one Tensor.  It must give the same result
               each time: fix the seed inside it if it drops or draws
    inputs   : float64 arrays; their values should not lie on a kink
    most     : at most so many elements of each array are tried, drawn at random

    Raises TypeError for inputs that are not float64, ValueError if two runs differ.

    >>> import numpy as np
    >>> print(gradcheck(lambda x: x * x, np.array([1.0, 2.0])).verdict)
    right
    """
    for x in inputs:
        if np.asarray(x).dtype != np.float64:
            raise TypeError(f"gradcheck: inputs must be float64, got {np.asarray(x).dtype}; in "
                            "float32 rounding alone makes errors of 1e-2")
    rng = np.random.default_rng(seed)
    leaves = {f"input {i}": Tensor(to_device(np.array(x), device), requires_grad=True)
              for i, x in enumerate(inputs)}
    xs = list(leaves.values())
    if isinstance(function, Module):
        function.to(device, np.float64)
        leaves.update(scattered_parameters(function, rng))
    y = function(*xs)
    dy = rng.standard_normal(y.shape)

    def loss() -> float:
        return float((to_cpu(function(*xs).data) * dy).sum())

    first = loss()
    if not np.isfinite(first):
        raise ValueError("gradcheck: the function gives NaN or infinity for these inputs")
    if loss() != first:
        raise ValueError("gradcheck: two runs on the same input differ; fix the seed inside the "
                         "function, or switch dropout off: model.eval()")
    report = Report(functions=functions_behind(y))
    y.backward(to_device(dy, device))
    for name, leaf in leaves.items():
        check_leaf(report, name, leaf, loss, rng, most, device)
    return report


def check_leaf(report: Report, name: str, leaf: Tensor, loss: Callable[[], float],
               rng: np.random.Generator, most: int, device: str) -> None:
    """Compare both slopes at (a sample of) the elements of one input or parameter."""
    start = to_cpu(leaf.data).copy()
    gradient = np.zeros(leaf.shape) if leaf.grad is None else to_cpu(leaf.grad)

    def at(index: tuple, step: float) -> float:
        moved = start.copy()
        moved[index] += step
        leaf.data = to_device(moved, device)
        return loss()

    chosen = rng.permutation(start.size)[:most]
    for number in chosen.tolist():
        index = np.unravel_index(number, start.shape)
        analytic = float(gradient[index])
        numeric = (at(index, STEP) - at(index, -STEP)) / (2 * STEP)
        error = abs(numeric - analytic) / max(abs(numeric), abs(analytic), 1.0)
        verdict = ("right" if error <= LIMIT
                   else "kink" if is_kink(partial(at, index)) else "WRONG")
        report.elements += 1
        if (VERDICTS.index(verdict), error) >= (VERDICTS.index(report.verdict), report.error):
            report.verdict, report.error = verdict, error
            report.analytic, report.numeric = analytic, numeric
            report.place = f"{name}[{', '.join(str(int(i)) for i in index)}]"
    leaf.data = to_device(start, device)


def is_kink(loss_at: Callable[[float], float]) -> bool:
    """Do the slopes to the left and to the right differ, at every scale?

    For a smooth L the difference shrinks with the step; at a corner it stays.
    """
    def gap(h: float) -> float:
        middle = loss_at(0.0)
        return abs((loss_at(h) - middle) - (middle - loss_at(-h))) / h

    wide, narrow = gap(STEP), gap(STEP / 8)
    return wide > 1e-4 and narrow > 0.5 * wide


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
