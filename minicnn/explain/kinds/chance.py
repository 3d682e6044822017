"""Chance: what dropout keeps, and makes larger, and what it drops."""

import numpy as np

from minicnn.explain.explainer import Explainer, explains, wherever
from minicnn.explain.explanation import Working, number
from minicnn.explain.record import Index
from minicnn.layers.dropout import DropoutFn


@explains(DropoutFn)
class Dropout(Explainer):
    def kept_here(self, at: Index) -> bool:
        kept = np.asarray(self.kept.kept)
        return bool(kept[wherever(kept.shape, self.x.shape, at)])

    def through(self, q: float, at: Index, word: str) -> Working:
        """q kept and made larger, or dropped: the same mask for x and for dy."""
        scale = self.kept.scale
        if not self.kept_here(at):
            return Working(0.0, [], f"dropped: {word} {number(q)} becomes 0", 0.0, (0, at))
        return Working(q * scale, [], f"kept: {word} {number(q)} x {number(scale)} = "
                       f"{number(q * scale)}, so that the mean stays", abs(q * scale), (0, at))

    def value(self, at: Index) -> Working:
        return self.through(float(self.x[at]), at, "x")

    def gradient(self, number_: int, at: Index) -> Working:
        return self.through(float(self.dy[at]), at, "dy")
