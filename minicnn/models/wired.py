"""Wired: a block whose parts are connected in one place, for Tensors and for shapes alike."""

from collections.abc import Callable
from typing import Any

from minicnn.module import Module


class Wired(Module):
    """A subclass writes `wire(run, x, ...)` with run(part, x, ...) where forward had part(x, ...).

    forward follows it with Tensors and out_shape with shapes, so the two cannot differ.
    """

    def wire(self, run: Callable[..., Any], *inputs: Any) -> Any:
        raise TypeError(f"{type(self).__name__} has no wire: every Wired writes its own")

    def forward(self, *inputs: Any) -> Any:
        return self.wire(lambda part, *xs: part(*xs), *inputs)

    def out_shape(self, *in_shapes: Any) -> Any:
        return self.wire(lambda part, *shapes: part.shape(*shapes), *in_shapes)
