"""Pickle, read without running anything: what PyTorch writes into a .pth file, and no more.

A pickle is a program for a small machine with a stack: "push 64", "push the str 'conv1.weight'",
"make a tuple of the last two".  Python's own machine also has "push any object of any module" and
"call it", which is why opening a stranger's .pth file can run the stranger's code.

This machine is written here, one `if` for a kind of step, and has no such power.  A name of a
module (step GLOBAL) is looked up in the short list CALLED; every other name is refused with its
name.  What comes out is made of dict, list, tuple, str, numbers, None, and of two notes of ours:

    Storage   so many numbers of one type under a key of the file
    Strided   a tensor: a Storage, and where in it the tensor's numbers lie

Source of the steps: Python's Lib/pickletools.py, which also takes the program apart here.
"""

import pickletools
from collections.abc import Callable
from typing import Any, NamedTuple

from minicnn.backend.messages import type_name
from minicnn.weights.error import WeightsError

# PyTorch's storage classes and dtypes, and the type of a number in NumPy's notation.
TYPES = {"Float": "f4", "Double": "f8", "Half": "f2", "BFloat16": "bfloat16", "Byte": "u1",
         "Char": "i1", "Short": "i2", "Int": "i4", "Long": "i8", "Bool": "?"}


class Storage(NamedTuple):
    """`length` numbers of one type, stored in the file under a key."""

    key: str
    kind: str                                      # as in TYPES
    length: int


class Strided(NamedTuple):
    """A tensor: element [i, j, ...] is number offset + i strides[0] + j strides[1] + ... ."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class Name(NamedTuple):
    """A name of a module, as the file spells it."""

    name: str


def strided(storage: Any, offset: Any, shape: Any, strides: Any, *rest: Any) -> Strided:
    """torch._utils._rebuild_tensor_v2; `rest` is requires_grad and hooks, which files leave empty.
    """
    whole = [offset, *(shape if type(shape) is tuple else [None]),
             *(strides if type(strides) is tuple else [None])]
    if not isinstance(storage, Storage) or any(type(i) is not int for i in whole):
        raise WeightsError("a tensor is described by something else than a storage and whole "
                           "numbers")
    return Strided(storage, offset, shape, strides)


def parameter(tensor: Any, *rest: Any) -> Any:
    """torch._utils._rebuild_parameter: a learnt tensor; that it is learnt the network knows."""
    if not isinstance(tensor, Strided):
        raise WeightsError("a parameter is described by something else than a tensor")
    return tensor


def dictionary(*pairs: Any) -> dict:
    """collections.OrderedDict: of nothing, or of a list of pairs."""
    entries: dict = {}
    for pair in [pair for listed in pairs for pair in listed]:
        name, value = pair
        put(entries, name, value)
    return entries


CALLED: dict[str, Callable[..., Any]] = {
    "collections.OrderedDict": dictionary,
    "torch._utils._rebuild_tensor": strided,
    "torch._utils._rebuild_tensor_v2": strided,
    "torch._utils._rebuild_parameter": parameter,
    "torch.Size": lambda shape=(): tuple(shape),
    "torch.device": lambda *where: "cpu",
    "torch.serialization._get_layout": lambda name: name,
}
NAMED = {"torch.storage.UntypedStorage": "u1",
         **{f"torch.{kind}Storage": code for kind, code in TYPES.items()},
         **{f"torch.cuda.{kind}Storage": code for kind, code in TYPES.items()},
         "torch.float32": "f4", "torch.float64": "f8", "torch.float16": "f2",
         "torch.bfloat16": "bfloat16", "torch.uint8": "u1", "torch.int8": "i1",
         "torch.int16": "i2", "torch.int32": "i4", "torch.int64": "i8", "torch.bool": "?"}

# Steps whose argument is the value to push.
PUSH = {"BININT", "BININT1", "BININT2", "INT", "LONG", "LONG1", "LONG4", "BINFLOAT", "FLOAT",
        "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "UNICODE", "BINSTRING", "SHORT_BINSTRING",
        "STRING", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8"}
CONSTANT = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
NEW: dict[str, Callable[[], Any]] = {"EMPTY_DICT": dict, "EMPTY_LIST": list, "EMPTY_TUPLE": tuple}
MEMO = {"PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"}
RECALL = {"GET", "BINGET", "LONG_BINGET"}
NOTHING = {"PROTO", "FRAME"}
MARK = Name("mark")                                # not a value: where a list of values begins


def unpickled(file: Any) -> Any:
    """The value of the pickle that starts at the file's place, which is then behind it.

    file : BytesIO or mmap, whose read(n) takes no memory for what is not there

    Raises WeightsError for a name that is not in the list, a step that is not known, and for a
    program that is cut off or makes no sense.
    """
    stack: list[Any] = []
    memo: dict[int, Any] = {}
    try:
        for step, argument, _ in pickletools.genops(file):
            if step.name == "STOP":
                if len(stack) != 1:
                    break
                return stack[0]
            run(step.name, argument, stack, memo)
    except WeightsError:
        raise
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError) as problem:
        raise WeightsError("its pickle is damaged, or cut off") from problem
    raise WeightsError("its pickle is damaged: it ends with several values")


def run(step: str, argument: Any, stack: list, memo: dict[int, Any]) -> None:
    """One step of the machine."""
    if step in PUSH:
        stack.append(argument)
    elif step in CONSTANT:
        stack.append(CONSTANT[step])
    elif step in NEW:
        stack.append(NEW[step]())
    elif step in MEMO:                             # note the top of the stack under a number
        memo[len(memo) if step == "MEMOIZE" else int(argument)] = stack[-1]
    elif step in RECALL:
        stack.append(memo[int(argument)])
    elif step == "MARK":
        stack.append(MARK)
    elif step in ("TUPLE1", "TUPLE2", "TUPLE3"):
        size = int(step[-1])
        stack[-size:] = [tuple(values_of(stack, size))]
    elif step == "TUPLE":
        stack.append(tuple(since_mark(stack)))
    elif step == "LIST":
        stack.append(since_mark(stack))
    elif step in ("APPEND", "APPENDS"):
        values = since_mark(stack) if step == "APPENDS" else [stack.pop()]
        a_list(stack[-1]).extend(values)
    elif step in ("SETITEM", "SETITEMS", "DICT"):
        values = [stack.pop(-2), stack.pop()] if step == "SETITEM" else since_mark(stack)
        if step == "DICT":
            stack.append({})
        for name, value in zip(values[::2], values[1::2], strict=True):
            put(stack[-1], name, value)
    elif step in ("GLOBAL", "STACK_GLOBAL"):
        module, name = argument.split(" ") if step == "GLOBAL" else (stack.pop(-2), stack.pop())
        stack.append(allowed(f"{module}.{name}"))
    elif step == "REDUCE":                         # call
        arguments, name = stack.pop(), stack.pop()
        if not isinstance(name, Name) or name.name not in CALLED or type(arguments) is not tuple:
            raise WeightsError(f"it calls {shown(name)}, which is no function of a weight file")
        stack.append(CALLED[name.name](*arguments))
    elif step == "BUILD":                          # give an object attributes: a dict's _metadata
        stack.pop()
        if type(stack[-1]) is not dict:
            raise WeightsError(f"it sets attributes of {shown(stack[-1])}, which no weight file "
                               "does")
    elif step == "BINPERSID":
        stack.append(storage_of(stack.pop()))
    elif step not in NOTHING:
        raise WeightsError(f"its pickle has the step {step}, which no weight file needs")


def allowed(name: str) -> Name:
    """The name, if it is one that a weight file needs.  Here a stranger's code would come in."""
    if name not in CALLED and name not in NAMED:
        raise WeightsError(f"it asks for {name[:80]!r}, which is not among the names that a weight "
                           "file needs; nothing was run.  A file of a whole model or of a trainer "
                           "has to be saved as weights first: torch.save(model.state_dict(), path)")
    return Name(name)


def storage_of(note: Any) -> Storage:
    """The Storage of the note ('storage', its class, key, device, count) or, longer, with a view.
    """
    if (type(note) is not tuple or len(note) not in (5, 6) or note[0] != "storage"
            or not isinstance(note[1], Name) or note[1].name not in NAMED
            or type(note[2]) is not str or type(note[4]) is not int or note[4] < 0):
        raise WeightsError("its pickle refers to something else than numbers of the file")
    if len(note) == 6 and note[5] is not None:
        raise WeightsError("its storages are views of other storages, as PyTorch before 0.4 wrote; "
                           "save it once more with a newer PyTorch")
    return Storage(note[2], NAMED[note[1].name], note[4])


def since_mark(stack: list) -> list:
    """What was pushed since the last mark; both leave the stack."""
    since = next((i for i, value in enumerate(reversed(stack)) if value is MARK), None)
    if since is None:
        raise ValueError("no mark")
    start = len(stack) - since
    values = stack[start:]
    del stack[start - 1:]
    return values


def values_of(stack: list, size: int) -> list:
    """The last `size` values."""
    if len(stack) < size or any(value is MARK for value in stack[-size:]):
        raise ValueError("fewer values than the step needs")
    return stack[-size:]


def a_list(value: Any) -> list:
    if type(value) is not list:
        raise WeightsError(f"it appends to {shown(value)}")
    return value


def put(entries: Any, name: Any, value: Any) -> None:
    """entries[name] = value.  Only str and whole numbers are names: hashing them cannot go deep."""
    if type(entries) is not dict or type(name) not in (str, int):
        raise WeightsError(f"an entry of {shown(entries)} is called {shown(name)}: names are str "
                           "or whole numbers")
    entries[name] = value


def shown(value: Any) -> str:
    """What something is, in a message: never its contents, which may be long and deep."""
    return repr(value.name[:80]) if isinstance(value, Name) else f"a {type_name(value)}"
