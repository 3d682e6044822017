"""Sequential, ModuleList, ModuleDict, ParameterList: parts that are counted or named in a row.

    y = f_n(... f_2(f_1(x)))           Sequential(f_1, f_2, ..., f_n)

A plain list, tuple or dict of layers that is assigned to a Module belongs to it as well; these are
PyTorch's words for them, with Python's operations: len, in, for, [2], [-1], [:2], del, +, append,
insert, extend, pop.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from operator import index as whole_number
from typing import Any, TypeVar

from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import is_array
from minicnn.backend.messages import type_name
from minicnn.layers.module import Module
from minicnn.layers.parameter import Parameter

L = TypeVar("L", bound="Listed")


def in_order(forward: Any) -> Any:
    """Marks a forward that, in eval mode, runs the parts one after the other: see fold_all."""
    forward.in_order = True
    return forward


class Listed(Module):
    """What they share: a list of parts, each under a name, which is its number unless given."""

    holds: type = Module

    def named_items(self) -> list[tuple[str, Any]]:
        return self.named_parts()

    def checked(self, part: Any, name: Any) -> Any:
        if isinstance(part, type):
            raise TypeError(f"{type(self).__name__}: part {name} is the class {part.__name__}; "
                            f"build one: {part.__name__}()")
        if not isinstance(part, self.holds):
            raise TypeError(f"{type(self).__name__}: part {name} must be a {self.holds.__name__}, "
                            f"got {type_name(part)}")
        return part

    def place(self, number: Any) -> int:
        """A number from 0 on, for one that may count from the end."""
        count = len(self)
        try:
            place = whole_number(number)
        except TypeError:
            raise TypeError(f"{type(self).__name__}: parts are numbered, net[0], and attributes, "
                            f"net.conv1; got net[{number!r}]") from None
        if not -count <= place < count:
            raise IndexError(f"{type(self).__name__}: no part {number}, there are {count}")
        return place % count

    def renew(self, items: Iterable[tuple[str, Any]]) -> None:
        """These parts, in this order; where all their names are numbers, they count anew."""
        items = list(items)
        numbered = all(name.isdigit() for name, _ in items)
        for name, _ in self.named_items():
            vars(self).pop(name)
        for number, (name, part) in enumerate(items):
            setattr(self, str(number) if numbered else name, part)

    def view(self: L, items: Iterable[tuple[str, Any]]) -> L:
        """A new one around the same parts, which keep the names that messages know them by."""
        other: Any = Sequential() if isinstance(self, Sequential) else type(self)()
        vars(other).update(items, training=self.training)
        return other

    def free_name(self) -> str:
        number = len(self)
        while str(number) in vars(self):
            number += 1
        return str(number)

    def __len__(self) -> int:
        return len(self.named_items())

    def __iter__(self) -> Iterator[Any]:
        return iter([part for _, part in self.named_items()])

    def __getitem__(self, number: Any) -> Any:
        items = self.named_items()
        if isinstance(number, slice):
            return self.view(items[number])
        return items[self.place(number)][1]

    def __setitem__(self, number: Any, part: Any) -> None:
        if isinstance(number, slice):
            raise TypeError(f"{type(self).__name__}: one part at a time is replaced, net[2] = part")
        setattr(self, self.named_items()[self.place(number)][0], self.checked(part, number))

    def __delitem__(self, number: Any) -> None:
        items = self.named_items()
        del items[number if isinstance(number, slice) else self.place(number)]
        self.renew(items)

    def append(self: L, part: Any) -> L:
        setattr(self, self.free_name(), self.checked(part, len(self)))
        return self

    def extend(self: L, parts: Iterable[Any]) -> L:
        for part in [self.checked(part, number) for number, part in enumerate(parts)]:
            self.append(part)
        return self

    def insert(self: L, number: int, part: Any) -> L:
        items = self.named_items()
        items.insert(number, (self.free_name(), self.checked(part, number)))
        self.renew(items)
        return self

    def pop(self, number: int = -1) -> Any:
        part = self[number]
        del self[number]
        return part

    def __add__(self: L, other: Any) -> L:
        if not isinstance(other, Listed) or other.holds is not self.holds:
            raise TypeError(f"{type(self).__name__} + {type_name(other)}: a list of layers is "
                            "joined to one of its kind; a single layer is appended")
        return self.view(()).extend(self).extend(other)

    def __iadd__(self: L, other: Any) -> L:
        return self.extend(other)

    def __mul__(self, times: Any) -> Any:
        raise TypeError(f"{type(self).__name__} * {times}: the same layers again would share their "
                        "weights; build others: [make() for _ in range(n)]")

    __rmul__ = __mul__


class Sequential(Listed):
    """Modules one after the other.

    Names are their numbers, or keywords, Sequential(conv1=...), or those of a dict or OrderedDict.
    """

    def __init__(self, *modules: Any, **named: Module) -> None:
        first = modules[0] if len(modules) == 1 else None
        if not isinstance(first, (Module, Mapping, type)) and hasattr(first, "__iter__"):
            raise TypeError(f"Sequential: expected layers, got one {type_name(first)} of them; "
                            "unpack it: Sequential(*layers)")
        parts = first if isinstance(first, Mapping) else dict(
            zip(map(str, count()), modules, strict=False))
        for name, part in {**parts, **named}.items():
            setattr(self, name, self.checked(part, name))

    @in_order
    def forward(self, x: Any) -> Any:
        for _, part in self.named_parts():
            x = part(x)
        return x


class Identity(Module):
    """y = x: what takes the place of a layer that is not wanted, `net.fc = Identity()`.

    Settings of the layer that stood there may stay: Identity(54, bias=False).
    """

    def __init__(self, *settings: Any, **named: Any) -> None:
        pass

    def forward(self, x: Any) -> Any:
        return x


class ModuleList(Listed):
    """A list of Modules; it is not called, its parts are.

    >>> from minicnn.layers.linear import Linear
    >>> blocks = ModuleList(Linear(4, 4) for _ in range(3))
    >>> len(blocks), blocks[-1], blocks.num_parameters()
    (3, Linear 4 -> 4, 60)
    """

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        self.extend(modules)

    def forward(self, *inputs: Any, **settings: Any) -> Any:
        raise TypeError(f"{self.located()}: it is called part by part: for part in parts: "
                        "x = part(x); or use Sequential")


class ParameterList(ModuleList):
    """A list of Parameters; arrays and Tensors become some.

    >>> [p.shape for p in ParameterList([Parameter((2, 3)), Parameter((3,))])]
    [(2, 3), (3,)]
    """

    holds = Parameter

    def checked(self, part: Any, name: Any) -> Any:
        values = isinstance(part, Tensor) or is_array(part)
        return super().checked(Parameter(part) if values and not isinstance(part, Parameter)
                               else part, name)

    def named_items(self) -> list[tuple[str, Any]]:
        return list(self.named_parameters(recurse=False))

    def extra_repr(self) -> str:
        return ", ".join(map(str, (part.shape for part in self)))


class ModuleDict(Module):
    """Modules by name; it is not called, its parts are.

    >>> from minicnn.layers.linear import Linear
    >>> heads = ModuleDict({"age": Linear(4, 1), "kind": Linear(4, 3)})
    >>> list(heads), heads["kind"], "sex" in heads
    (['age', 'kind'], Linear 4 -> 3, False)
    """

    def __init__(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]] = ()) -> None:
        self.update(modules)

    def __len__(self) -> int:
        return len(self.named_parts())

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __contains__(self, name: object) -> bool:
        return name in self.keys()

    def __getitem__(self, name: str) -> Any:
        if name not in self:
            raise KeyError(f"{type(self).__name__}: no part {name!r}, there are "
                           f"{', '.join(self.keys()) or 'none'}")
        return vars(self)[name]

    def __setitem__(self, name: str, part: Module) -> None:
        if not isinstance(part, Module) or not isinstance(name, str):
            raise TypeError(f"{type(self).__name__}: a name and a Module belong together, got "
                            f"{name!r} and {type_name(part)}")
        setattr(self, name, part)

    def __delitem__(self, name: str) -> None:
        _ = self[name]                                     # an error where there is none
        delattr(self, name)

    def keys(self) -> list[str]:
        return [name for name, _ in self.named_parts()]

    def values(self) -> list[Any]:
        return [part for _, part in self.named_parts()]

    def items(self) -> list[tuple[str, Any]]:
        return self.named_parts()

    def update(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]]) -> None:
        for name, part in dict(modules).items():
            self[name] = part

    def pop(self, name: str) -> Any:
        part = self[name]
        del self[name]
        return part

    def clear(self) -> None:
        for name in self.keys():
            del self[name]

    def forward(self, *inputs: Any, **settings: Any) -> Any:
        raise TypeError(f"{self.located()}: it is called part by part: parts[name](x)")
