"""A network of units in a row, put together anew: without some of them, or in another order.

    chain = chain_of(model)
    chain.scores([*chain.units[:3], *chain.units[4:]], x)      without unit 3

What is left out is replaced by the way around it: x itself, or where the shape changes shortcut A,
which has no weights: every second pixel, and zeros for new channels.  For a residual unit that is
its own shortcut; a plain unit has none and gets the same.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.experiments.networks import BATCH
from minicnn.layers.containers import Sequential
from minicnn.layers.module import Module
from minicnn.layers.residual import Shortcut


class Chain(NamedTuple):
    """y = end(unit_n(... unit_1(start(x))))"""

    start: Module
    units: list[Module]
    end: Module

    @no_grad()
    def scores(self, units: Sequence[Module], x: np.ndarray) -> np.ndarray:
        """(N, classes) with these units in place of its own."""
        return np.concatenate([
            self.end(Sequential(*units)(self.start(Tensor(x[n:n + BATCH])))).numpy()
            for n in range(0, len(x), BATCH)])

    def bypass(self, number: int) -> Module:
        """What stands for that unit when it is left out."""
        convs = self.units[number].body                    # type: ignore[attr-defined]
        C, F, (stride, _) = convs.conv1.in_channels, convs.conv2.out_channels, convs.conv1.stride
        return Shortcut(C, F, stride, option="A")

    def without(self, numbers: Sequence[int]) -> list[Module]:
        """The units, those of these numbers replaced by the way around them."""
        return [self.bypass(n) if n in numbers else unit for n, unit in enumerate(self.units)]

    def same_shape(self) -> list[int]:
        """Numbers of the units that leave the shape as it is."""
        return [n for n in range(len(self.units)) if getattr(self.bypass(n), "identity", False)]


def chain_of(model: Module) -> Chain:
    """The start, the units and the end of a CifarResNet, in test mode."""
    model.eval()
    parts = model.named_parts()
    stages = [number for number, (name, _) in enumerate(parts) if name.startswith("stage")]
    units = [unit for number in stages for unit in parts[number][1]]
    return Chain(model[:stages[0]], units, model[stages[-1] + 1:])
