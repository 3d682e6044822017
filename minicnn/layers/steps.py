"""What is noted of a layer while shapes are followed through a network: see Module.shape."""

from dataclasses import dataclass
from typing import Any

from minicnn.layers.parameter import Shape


class TracedShape(tuple):
    """A shape that knows which layers it comes from; minicnn.analysis follows them backwards."""

    sources: tuple["Step", ...] = ()


@dataclass(eq=False)                   # one is not another, and a Step is its own key
class Step:
    """One layer met while shapes were followed through a network."""

    path: str
    layer: Any
    in_shapes: tuple[Shape, ...]
    shape: Shape
    sources: tuple["Step", ...]        # the layers that its inputs come from
    count: int = 1                     # runs for one image: 300, where it sees each of 300 regions

    def __repr__(self) -> str:
        shapes = ", ".join(map(str, map(tuple, self.in_shapes)))
        return f"<{self.path}: {self.layer.heading()}, {shapes} -> {tuple(self.shape)}>"


def without_batch(x: Any) -> TracedShape:
    """The shape of one sample of a FollowedShape."""
    shape = TracedShape(x.shape[1:])
    shape.sources = x.sources
    return shape
