"""What may be given for an option of a network: its annotation in the constructor says it.

    int                 a whole number, for classes, channels or pixels up to a million, for layers
                        and blocks up to 10,000
    float               a number; a probability lies between 0 and 1
    bool, str           True or False; a word
    tuple, Sequence     several of these, in a tuple or a list
    ... | None          or None

Which of these numbers and words a network knows, its constructor checks.
"""

from collections.abc import Callable
from functools import partial
from inspect import isclass
from math import isfinite
from numbers import Real
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from minicnn.backend.windows import is_whole
from minicnn.models.network import check_classes

LARGEST, DEEPEST = 1_000_000, 10_000
COUNTS = {"depth", "blocks", "layers", "modules", "repeats", "steps"}
PROBABILITIES = {"dropout", "drop", "drop_path", "global_share"}


def check_options(name: str, constructor: Callable[..., Any], options: dict[str, Any]) -> None:
    """An error for the first option that does not fit; `name` is the network's."""
    while isinstance(constructor, partial):
        constructor = constructor.func
    fewest = getattr(constructor, "fewest_classes", 2)
    hints = get_type_hints(constructor.__init__ if isclass(constructor) else constructor)
    for option, value in options.items():
        what = f"{name}: {option}"
        if option == "classes" and value is not None:
            check_classes(name, value, fewest)
        check(what, value, hints[option], DEEPEST if option in COUNTS else LARGEST)
        if option in PROBABILITIES and value is not None and not 0 <= value <= 1:
            raise ValueError(f"{what} is a probability, from 0 to 1, got {value!r}")


def check(what: str, value: Any, hint: Any, most: int = LARGEST) -> None:
    """TypeError for a value of another kind than the hint's, ValueError for a size out of range."""
    kinds = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    if value is None and NoneType in kinds:
        return
    kind = next(kind for kind in kinds if kind is not NoneType)
    if get_origin(kind) is not None:
        check_several(what, value, kind, most)
    elif kind is bool and not isinstance(value, bool):
        raise TypeError(f"{what} must be True or False, got {value!r}")
    elif kind is str and not isinstance(value, str):
        raise TypeError(f"{what} must be a word, got {value!r}")
    elif kind is float and (not isinstance(value, Real) or isinstance(value, bool)):
        raise TypeError(f"{what} must be a number, got {value!r}")
    elif kind is float and not isfinite(value):
        raise ValueError(f"{what} must be a finite number, got {value!r}")
    elif kind is int and not is_whole(value):
        raise TypeError(f"{what} must be a whole number, got {value!r}")
    elif kind is int and not 1 <= value <= most:
        raise ValueError(f"{what} must be from 1 to {most:,}, got {value!r}")


def check_several(what: str, value: Any, kind: Any, most: int) -> None:
    """Each of the values; as many as tuple[int, int] says, or any number from 1."""
    items = get_args(kind)
    fixed = get_origin(kind) is tuple and Ellipsis not in items
    if not isinstance(value, (tuple, list)):
        raise TypeError(f"{what} must be a tuple or a list, got {value!r}")
    if fixed and len(value) != len(items):
        raise ValueError(f"{what} must have {len(items)} values, got {value!r}")
    if not value:
        raise ValueError(f"{what} is empty; give at least one value")
    for number, one in enumerate(value):
        check(f"{what}[{number}]", one, items[number] if fixed else items[0], most)
