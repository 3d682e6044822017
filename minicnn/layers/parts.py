"""What belongs to a Module: the Modules, Parameters and Buffers that are assigned to it.

    self.conv = Conv2d(3, 8, 3)                     conv.weight, conv.bias
    self.blocks = [Block(8), [Block(8), Block(8)]]  blocks.0..., blocks.1.0..., blocks.1.1...
    self.scale = Parameter((8, 1, 1))               scale

They are looked for when they are asked for, also in lists, tuples and dicts inside one another, so
that what is appended later belongs to it too.  What nobody would find there, and so nobody learn,
is refused when it is assigned: assigned.py.
"""

from collections import deque
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NoReturn, TypeVar

from minicnn.autograd.tensor import Tensor
from minicnn.backend.messages import did_you_mean, type_name
from minicnn.layers.parameter import Buffer, Parameter, zero_gradients

P = TypeVar("P", bound="Parts")

CONTAINERS = (list, tuple, dict, deque, set, frozenset)
PLAIN = (int, float, str, type(None))

# Names of PyTorch's Module that are written otherwise here.
ELSEWHERE = {
    "cuda": 'write .to("cuda")', "cpu": 'write .to("cpu")',
    **dict.fromkeys(("xpu", "ipu", "mtia"), 'there are the devices "cpu" and "cuda": .to("cuda")'),
    "float": "write .to(dtype=numpy.float32)", "double": "write .to(dtype=numpy.float64)",
    "half": "write .to(dtype=numpy.float16)", "type": "write .to(dtype=...)",
    "bfloat16": "NumPy has no such numbers; write .to(dtype=numpy.float16)",
    "compile": "there is nothing to compile; the faster versions run already",
    "share_memory": "threads share a network as it is",
    "to_empty": "weights are drawn when they are first read, so .to(...) moves nothing before",
    "set_submodule": "assign it: net.block.conv = Conv2d(...)",
    **dict.fromkeys(("get_extra_state", "set_extra_state"),
                    "what is saved beside the weights is a buffer: register_buffer(name, values)"),
    **dict.fromkeys(("register_full_backward_hook", "register_full_backward_pre_hook",
                     "register_backward_hook"),
                    "keep the output in a register_forward_hook, call its retain_grad(), and read "
                    "its .grad after backward()"),
    **dict.fromkeys(("register_state_dict_pre_hook", "register_state_dict_post_hook",
                     "register_load_state_dict_pre_hook", "register_load_state_dict_post_hook"),
                    "change the dict of state_dict(), or the one for load_state_dict()"),
}


class Parts:
    """The half of Module that keeps its parts."""

    _name = ""                         # what the enclosing Module calls it; errors begin with it

    def __getattr__(self, name: str) -> Any:
        cure = f"; {ELSEWHERE[name]}" if name in ELSEWHERE else ""
        raise AttributeError(f"{type(self).__name__} has no {name!r}{cure}", name=name, obj=self)

    # --- the Modules inside ---------------------------------------------------------------------

    def named_parts(self) -> list[tuple[str, Any]]:
        """(name, Module) of the Modules directly inside, as often as they are named."""
        found = []
        for name, value in vars(self).items():
            if isinstance(value, Parts):
                found.append((name, value))
            elif is_container(value.__class__):
                found += [(path, part) for path, part in inside(value, name)
                          if isinstance(part, Parts)]
        return found

    def named_children(self) -> Iterator[tuple[str, Any]]:
        """(name, Module) of the Modules directly inside, each once even where it is shared."""
        return iter(once(self.named_parts()))

    def children(self) -> Iterator[Any]:
        return (part for _, part in self.named_children())

    def named_modules(self, prefix: str = "",
                      remove_duplicate: bool = True) -> Iterator[tuple[str, Any]]:
        """(path, Module) of this Module (path "") and of everything inside, outermost first.

        Each once even where it is shared, unless remove_duplicate is False.
        """
        found: list[tuple[str, Any]] = []
        note_modules(self, prefix, found)
        return iter(once(found) if remove_duplicate else found)

    def modules(self) -> Iterator[Any]:
        return (part for _, part in self.named_modules())

    def get_submodule(self, target: str) -> Any:
        """The Module at a path such as "block3.conv2"; "" is this one."""
        return found_at(self, "part", target, self.named_modules(remove_duplicate=False))

    def add_module(self, name: str, module: Any) -> None:
        """setattr(self, name, module), for a name that is still free."""
        if module is not None and not isinstance(module, Parts):
            raise TypeError(f"add_module: {name} must be a Module, got {type_name(module)}")
        self.register(name, module, Parts)

    register_module = add_module

    def apply(self: P, fn: Callable[[Any], Any]) -> P:
        """fn(module) for all Modules inside, innermost first, then for this one."""
        for part in self.children():
            part.apply(fn)
        fn(self)
        return self

    # --- Parameters and Buffers -----------------------------------------------------------------

    def named_state(self, recurse: bool = True,
                    remove_duplicate: bool = True) -> Iterator[tuple[str, Parameter]]:
        """(path, Parameter or Buffer), each once even where it is shared."""
        modules = self.named_modules("", remove_duplicate) if recurse else [("", self)]
        found = [(f"{path}.{name}" if path else name, value)
                 for path, part in modules for name, value in own_state(part)]
        return iter(once(found) if remove_duplicate else found)

    def named_parameters(self, recurse: bool = True) -> Iterator[tuple[str, Parameter]]:
        return ((name, value) for name, value in self.named_state(recurse) if value.learnt)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        return (value for _, value in self.named_parameters(recurse))

    def named_buffers(self, recurse: bool = True) -> Iterator[tuple[str, Parameter]]:
        return ((name, value) for name, value in self.named_state(recurse) if not value.learnt)

    def buffers(self, recurse: bool = True) -> Iterator[Parameter]:
        return (value for _, value in self.named_buffers(recurse))

    def get_parameter(self, target: str) -> Parameter:
        """The Parameter at a path such as "block3.conv2.weight"."""
        return found_at(self, "parameter", target, (
            (name, value) for name, value in self.named_state(remove_duplicate=False)
            if value.learnt))

    def get_buffer(self, target: str) -> Parameter:
        return found_at(self, "buffer", target, (
            (name, value) for name, value in self.named_state(remove_duplicate=False)
            if not value.learnt))

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """setattr(self, name, param), for a name that is still free."""
        if param is not None and not (isinstance(param, Parameter) and param.learnt):
            raise TypeError(f"register_parameter: {name} must be a Parameter, got "
                            f"{type_name(param)}; Parameter(values) makes one")
        self.register(name, param, Parameter)

    def register_buffer(self, name: str, tensor: Any, persistent: bool = True) -> None:
        """State that is not learnt: self.NAME = Buffer(values).

        persistent : False leaves it out of state_dict()
        """
        buffer = tensor if tensor is None or isinstance(tensor, Buffer) else Buffer(tensor)
        if buffer is not None:
            buffer.persistent = persistent
        self.register(name, buffer, Buffer)

    def register(self, name: str, value: Any, kind: type) -> None:
        if not isinstance(name, str) or not name or "." in name:
            raise ValueError(f"{type(self).__name__}: {name!r} cannot be a name; it is a word "
                             "without dots")
        if hasattr(self, name) and not isinstance(getattr(self, name), (kind, type(None))):
            raise ValueError(f"{type(self).__name__} has a {name!r} already; take another name")
        setattr(self, name, value)

    def num_parameters(self) -> int:
        """How many numbers are learnt.  Nothing is allocated to count them."""
        return sum(parameter.numel() for parameter in self.parameters())

    def requires_grad_(self: P, requires_grad: bool = True) -> P:
        """Learn all Parameters inside from here on, or with False none of them."""
        for parameter in self.parameters():
            parameter.requires_grad = bool(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients; with set_to_none=False they become arrays of zeros."""
        zero_gradients(self.parameters(), set_to_none)


@cache
def is_container(kind: type) -> bool:
    """Whether parts are looked for in values of this type."""
    return issubclass(kind, CONTAINERS)


def inside(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    """(path, Module or Tensor): the value itself, or what its lists, tuples and dicts hold."""
    if isinstance(value, (Parts, Tensor)):
        yield name, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from inside(item, f"{name}.{key}")
    elif isinstance(value, (list, tuple, deque)):
        for number, item in enumerate(value):
            if not isinstance(item, PLAIN):
                yield from inside(item, f"{name}.{number}")
    elif isinstance(value, (set, frozenset)) and any(
            isinstance(item, (Parts, Parameter)) for item in value):
        raise TypeError(f"{name}: parts in a {type_name(value)} have no order, so no names; "
                        "keep them in a list or a dict")


def note_modules(module: Any, path: str, found: list[tuple[str, Any]]) -> None:
    """Append (path, Module) of a Module and of everything inside, outermost first."""
    found.append((path, module))
    for name, part in module.named_parts():
        note_modules(part, f"{path}.{name}" if path else name, found)


def own_state(module: Any) -> list[tuple[str, Parameter]]:
    """(name, Parameter or Buffer) of a Module without the Modules inside."""
    found = []
    for name, value in vars(module).items():
        if isinstance(value, Parameter):
            found.append((name, value))
        elif is_container(value.__class__):
            found += [(path, part) for path, part in inside(value, name)
                      if isinstance(part, Parameter)]
    return found


def once(named: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """The pairs, but each object only under the first of its names."""
    first = {id(pair[1]): pair for pair in reversed(named)}
    return [pair for pair in named if first[id(pair[1])] is pair]


def found_at(module: Any, kind: str, path: str, named: Iterator[tuple[str, Any]]) -> Any:
    found = dict(named)
    if path not in found:
        refuse_path(module, kind, path, list(found))
    return found[path]


def refuse_path(module: Any, kind: str, path: str, known: list[str]) -> NoReturn:
    hint = did_you_mean(path, known) or f"there are {', '.join(filter(None, known)) or 'none'}"
    raise AttributeError(f"{type(module).__name__} has no {kind} {path!r}; {hint}")
