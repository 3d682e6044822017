"""What may be assigned to a Module under which name.

A network learns what `parameters()` finds.  Where an assignment would leave something unlearnt
without a word, a Parameter overwritten by a computed Tensor, layers in a set or in a lambda, or
where it would hide a method that the package calls, it is refused, and the message says what to
write.
"""

import dis
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from types import FunctionType, GeneratorType, MethodType, ModuleType
from typing import Any, NoReturn

import numpy as np

from minicnn.autograd.switches import state
from minicnn.autograd.tensor import Tensor
from minicnn.backend.messages import type_name
from minicnn.layers.parameter import Buffer, Parameter
from minicnn.layers.parts import PLAIN, Parts, inside


def check_name(owner: Any, name: str, value: Any, method: Any) -> None:
    """Refuse a name under which the class has a method that the value would hide."""
    kind = type(owner).__name__
    if isinstance(method, property) and method.fset is None:
        raise AttributeError(f"{kind}.{name} follows from what the layer was built with; build "
                             "another one")
    if callable(method) and (isinstance(value, Parts) or not callable(value)):
        raise TypeError(f"{kind}: the name {name!r} is taken, by the method {kind}.{name}(), which "
                        f"this {type_name(value)} would hide; call it {name}_ or otherwise")


def in_place_of(owner: Any, name: str, held: Any, value: Any) -> Any:
    """What `held` may be replaced by: None, or something of its kind."""
    where, came = f"{type(owner).__name__}.{name}", type_name(value)
    if isinstance(held, Buffer):
        if isinstance(value, Tensor) and not isinstance(value, Parameter):
            if value.requires_grad:
                raise TypeError(f"{where} is a Buffer, which has no gradient; assign "
                                "values.detach()")
            kept, value = held, Buffer(value)
            value.persistent = kept.persistent
        elif not isinstance(value, (Parameter, type(None))):
            raise TypeError(f"{where} is a Buffer, and this {came} in its place would not be "
                            f"saved; write {name}.data = array, or assign Buffer(values)")
    elif isinstance(held, Parameter):
        if value is not None and not (isinstance(value, Parameter) and value.learnt):
            raise TypeError(f"{where} is a Parameter, and this {came} in its place would not be "
                            f"learnt; to change its values write {name}.data = array, to replace "
                            f"it {name} = Parameter(values)")
    elif isinstance(held, Parts) and not isinstance(value, (Parts, type(None))):
        raise TypeError(f"{where} is a part, {type_name(held)}, and this {came} in its place "
                        "would not be one; assign a Module, or None")
    return value


def take_in(owner: Any, name: str, held: Any, value: Any) -> None:
    """Name the parts in `value`; refuse what would not be learnt there."""
    found = [] if isinstance(value, PLAIN) else list(inside(value, name))
    for path, part in found:
        if isinstance(part, Parts):
            if part is owner or (owner._name and any(own is owner for own in part.modules())):
                raise ValueError(f"{type(owner).__name__}.{name}: a network cannot be part of "
                                 "itself; hand what is needed to forward")
            vars(part)["_name"] = path
            if vars(part).pop("_replaced", False):         # it has found another place
                note_kept(part)
        elif not isinstance(part, Parameter) and part.requires_grad and part.creator is None \
                and not state.path:                        # inside a forward it is a note
            raise TypeError(f"{type(owner).__name__}.{path}: a Tensor that requires a gradient, but"
                            " is no Parameter, would not be learnt; assign Parameter(values)")
    if found and (not name or "." in name):
        raise ValueError(f"{type(owner).__name__}: {name!r} cannot be the name of a part; it is a "
                         "word without dots")
    if not found and not isinstance(value, PLAIN):
        check_hidden(owner, name, value)
    if held is not None and value is not None:
        note_replaced(f"{owner._name}.{name}".lstrip("."), held, value)


def check_hidden(owner: Any, name: str, value: Any) -> None:
    """Refuse what holds something to be learnt where parameters() does not look."""
    where, kind = f"{type(owner).__name__}.{name}", type_name(value)
    if isinstance(value, (GeneratorType, map, filter, zip)):
        raise TypeError(f"{where}: a {kind} is used up after one pass; keep a list: list(...)")
    held = [part for item in holds(value) for _, part in inside(item, name)
            if isinstance(part, (Parts, Parameter))]
    own = {id(part) for part in (*owner.modules(), *owner.parameters())} if held else set()
    if any(id(part) not in own and (isinstance(part, Parameter) or learns(part))
           for part in held):
        raise TypeError(f"{where}: parts inside a {kind} would not be learnt; assign them to the "
                        "network too, before this, as attributes or in a list or dict")


def learns(module: Any) -> bool:
    return next(module.parameters(), None) is not None


def holds(value: Any) -> Iterator[Any]:
    """What an object that is no container keeps hold of."""
    if isinstance(value, partial):
        yield from (value.func, *value.args, *value.keywords.values())
    elif isinstance(value, MethodType):
        yield value.__self__
    elif isinstance(value, FunctionType):
        for cell in value.__closure__ or ():
            with suppress(ValueError):                     # of a cell that has nothing in it yet
                yield cell.cell_contents
        yield from value.__defaults__ or ()
        yield from (value.__globals__.get(step.argval) for step in dis.get_instructions(value)
                    if step.opname == "LOAD_GLOBAL")
    elif isinstance(value, np.ndarray):
        yield from value.flat if value.dtype.hasobject else ()
    elif not isinstance(value, (type, ModuleType)):
        yield from getattr(value, "__dict__", {}).values()


def parameters_in(value: Any) -> Iterator[Any]:
    for _, part in inside(value, ""):
        if isinstance(part, Parts):
            yield from part.parameters()
        elif isinstance(part, Parameter):
            yield part


def note_replaced(path: str, held: Any, value: Any) -> None:
    """So that an optimiser that still has the old parameters says so: see Optimizer.step."""
    if not isinstance(held, PLAIN):
        for _, part in inside(held, ""):
            if isinstance(part, Parts):
                vars(part)["_replaced"] = True
        for parameter in parameters_in(held):
            vars(parameter)["replaced"] = path
        note_kept(value)


def note_kept(value: Any) -> None:
    for parameter in () if isinstance(value, PLAIN) else parameters_in(value):
        vars(parameter).pop("replaced", None)


def check_class(cls: type, base: type, own: set[str]) -> None:
    """Refuse a class whose attributes hide methods that the package calls."""
    for name, value in vars(cls).items():
        method = getattr(base, name, None)
        if name.startswith("__") or not callable(method):
            continue
        if not callable(value) and not isinstance(value, (staticmethod, classmethod)):
            refuse_class(cls, name, f"this {type_name(value)}")
        if name in own:
            refuse_class(cls, name, "another method")


def refuse_class(cls: type, name: str, what: str) -> NoReturn:
    raise TypeError(f"class {cls.__name__}: the name {name!r} is taken, by the method "
                    f"Module.{name}(), which {what} would hide; call it {name}_ or otherwise")
