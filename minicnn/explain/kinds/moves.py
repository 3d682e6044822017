"""Moves: nothing is computed, values only change place; so they are followed, not shown alone.

Where a value comes from is asked of the definition itself: it is run on the numbers 1, 2, 3, ... in
place of the values.  What comes out as 0 is none of them: a padding or an unpooling puts it there.
"""

import numpy as np

from minicnn.autograd.arithmetic import GetItemFn, ReshapeFn, TransposeFn
from minicnn.autograd.elementary import (
    BroadcastToFn,
    CastFn,
    ConcatenateFn,
    PadFn,
    ToDeviceFn,
)
from minicnn.backend.arrays import Array
from minicnn.explain.explainer import Explainer, explains
from minicnn.explain.explanation import Line, Working, number
from minicnn.explain.record import Index
from minicnn.layers.channel_slice import ChannelSliceFn
from minicnn.layers.embedding import EmbeddingFn
from minicnn.layers.maxunpool import MaxUnpool2dFn
from minicnn.layers.padding import PadFn as MirrorFn
from minicnn.layers.partial_conv import PlaceLinksFn
from minicnn.layers.residual import PadChannelsFn
from minicnn.layers.shuffle import ChannelShuffleFn


@explains(ReshapeFn, TransposeFn, GetItemFn, ConcatenateFn, BroadcastToFn, CastFn, ToDeviceFn,
          PadFn, MirrorFn, ChannelSliceFn, ChannelShuffleFn, PadChannelsFn, PlaceLinksFn,
          MaxUnpool2dFn)
class Move(Explainer):
    moves = True

    def origins(self) -> Array:
        """For each place of y the number, from 1 on, of the input element that stands there."""
        numbered, first = [], 1
        for x in self.inputs:
            numbered.append(np.arange(first, first + x.size, dtype=np.float64).reshape(x.shape))
            first += x.size
        return np.asarray(self.call.again(*numbered, **({"value": 0.0} if hasattr(
            self.kept, "value") else {})))

    def origin(self, at: Index) -> tuple[int, Index] | None:
        k = int(self.origins()[at]) - 1
        for which, x in enumerate(self.inputs):
            if 0 <= k < x.size:
                return which, tuple(map(int, np.unravel_index(k, x.shape)))
            k -= x.size
        return None

    def value(self, at: Index) -> Working:
        found = self.origin(at)
        if found is None:
            border = float(getattr(self.kept, "value", 0.0))
            return Working(border, [], f"outside: {number(border)}", abs(border))
        value = float(self.inputs[found[0]][found[1]])
        return Working(value, [], f"is {self.named(*found)} = {number(value)}", abs(value), found)

    def gradient_places(self, number_: int, at: Index) -> Array:
        """Where in y that element of that input stands."""
        x = self.inputs[number_]
        k = 1 + sum(q.size for q in self.inputs[:number_])
        k += int(np.ravel_multi_index(at, x.shape)) if x.ndim else 0
        return self.origins() == k

    def gradient(self, number_: int, at: Index) -> Working:
        found = np.argwhere(self.gradient_places(number_, at))
        places = [tuple(map(int, where)) for where in found]
        dy = np.array([self.dy[found] for found in places])
        if len(places) == 1:
            return Working(float(dy[0]), [], f"dy at {list(places[0])} = {number(dy[0])}",
                           float(abs(dy[0])), (0, at))
        before = Line(f"it stands at {len(places)} places of the result"
                      + ("" if places else ": no gradient comes back"))
        return self.sum_of(dy, lambda i: f"dy at {list(places[i])}", before=[before],
                           what="sum over these places")


@explains(EmbeddingFn)
class Looked(Move):
    """A word's row, wherever it is named; the row of the padding gets no gradient."""

    def gradient_places(self, number_: int, at: Index) -> Array:
        places = super().gradient_places(number_, at)
        return places & (at[0] != self.kept.padding_idx)
