"""TableNet: a network written as its lecture slide is, one row after the other.

Each Row has the slide's label, the layers that it stands for, and what the slide says of it, so
that `python -m minicnn summary` can put the computed figure beside the slide's.
"""

from typing import Any, NamedTuple

from minicnn.layers.containers import Sequential
from minicnn.layers.module import Module, Shape


class Row(NamedTuple):
    """One row of a slide.

    label  : the slide's name for it ("C1"), also in the names of its layers: see TableNet
    layers : the layers of the row, in order; the row's output is that of the last
    slide  : what the slide prints, by column: {"output": "6x28x28", "kernel": "5x5", ...}
    """

    label: str
    layers: tuple[Module, ...]
    slide: dict[str, Any]


def row(label: str, *layers: Module, **slide: Any) -> Row:
    """row("C1", Conv2d(1, 6, 5), Tanh(), output="6x28x28"); a column that is None is left out."""
    return Row(label, layers, {column: said for column, said in slide.items() if said is not None})


class TableNet(Sequential):
    """Rows of layers, one after the other.

    The layer of a row that has weights bears the row's label (or the first one, where none has),
    the others the label and their kind: C1, C1_tanh, S2, ...; so there is a weight C1.weight, and
    the output of row C1 is found under C1_tanh.
    """

    input_shape: Shape                                     # (C, H, W) of the images it was made for

    def __init__(self, *rows: Row) -> None:
        self.row_ends: dict[str, str] = {}                 # row label -> name of its last layer
        self.row_names: list[tuple[str, list[str], dict[str, Any]]] = []
        named: dict[str, Module] = {}
        for label, layers, slide in rows:
            if not layers:
                raise ValueError(f"TableNet: row {label!r} has no layers")
            self.row_names.append((label, [], slide))
            main = next((layer for layer in layers if layer.num_parameters()), layers[0])
            for layer in layers:
                name = label if layer is main else f"{label}_{type(layer).__name__.lower()}"
                if name in named:
                    raise ValueError(f"TableNet: two layers would be called {name!r}; give the "
                                     "second a row of its own, with another label")
                named[name] = layer
                self.row_names[-1][1].append(name)
            self.row_ends[label] = name
        super().__init__(**named)

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows with the layers that stand there now."""
        return tuple(Row(label, tuple(vars(self)[name] for name in names if name in vars(self)),
                         slide) for label, names, slide in self.row_names)
