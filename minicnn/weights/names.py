"""What an array is called here, and in a published file.

    published = {"torchvision": Names((r"^conv1\\.conv", "conv1"), (r"^conv1\\.norm", "bn1"))}

stands in a network's class.  The rules turn our name into theirs, one after the other; read the
other way round, by writing down both for every array of the network, they turn theirs into ours.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

Shape = tuple[int, ...]
Replacement = str | Callable[[re.Match[str]], str]


class Names:
    """How another library calls a network's arrays.

    rules   : (pattern, replacement) pairs for re.sub, each applied to what the former made
    shapes  : {pattern of our names: their shape}.  Letters are the first sizes of ours, in order:
              "F C 1 1" where our matrix is a 1x1 convolution there
    absent  : a pattern of our names that the other library does not have
    heads   : a pattern of their names that aux=True builds: auxiliary classifiers
    variant : the one that these weights were trained as; "" where all variants compute the same
    sign    : {their name: shape}, of arrays by which a file is known to be for that variant; {}
              where all variants have the same arrays
    """

    def __init__(self, *rules: tuple[str, Replacement], shapes: Mapping[str, str] = {},
                 absent: str = "", heads: str = "", variant: str = "",
                 sign: Mapping[str, Shape] = {}) -> None:
        self.rules = [(re.compile(pattern), new) for pattern, new in rules]
        self.shapes = [(re.compile(pattern), form.split()) for pattern, form in shapes.items()]
        self.absent = re.compile(absent) if absent else None
        self.heads = re.compile(heads) if heads else None
        self.variant, self.sign = variant, dict(sign)

    def theirs(self, name: str) -> str:
        """Their name of what we call `name`."""
        for pattern, new in self.rules:
            name = pattern.sub(new, name)
        return name

    def by_their_name(self, ours: Iterable[str]) -> dict[str, str]:
        """their name -> our name."""
        return {self.theirs(name): name for name in ours if not self.lacks(name)}

    def lacks(self, name: str) -> bool:
        return self.absent is not None and self.absent.search(name) is not None

    def is_head(self, theirs: str) -> bool:
        return self.heads is not None and self.heads.search(theirs) is not None

    def shape(self, name: str, shape: Shape) -> Shape:
        """The shape that our array `name` has there."""
        for pattern, form in self.shapes:
            if pattern.search(name):
                sizes = iter(shape)
                return tuple(1 if word == "1" else next(sizes) for word in form)
        return shape


def numbered(form: str, more: int) -> Callable[[re.Match[str]], str]:
    """A replacement whose {} is the pattern's first group, a number, and `more`.

    >>> re.sub(r"^conv(\\d)_x", numbered("layer{}", -1), "conv2_x.0")
    'layer1.0'
    """
    return partial(fill, form, more)               # not a lambda: networks are pickled with it


def fill(form: str, more: int, found: re.Match[str]) -> str:
    return form.format(int(found[1]) + more)


def published_names(model: Any) -> dict[str, Names]:
    """The names under which a network's weights are published: {"torchvision": Names, ...}."""
    return getattr(model, "published", {})


def of_other_variants(model: Any) -> dict[str, Names]:
    """Those under which weights of its class are published, but not of this variant."""
    fit = published_names(model)
    return {library: names for library, names in published_names(type(model)).items()
            if library not in fit}


def no_such_names(model: Any, names: str) -> str:
    """What to say where somebody asks for names that are not the network's."""
    others = of_other_variants(model)
    cure = f"variant={(other := others[names].variant)!r} has them (--variant {other})" \
        if names in others else f"there are {', '.join(['minicnn', *published_names(model)])}"
    return f"no names of {names!r} are known for this {type(model).__name__}; {cure}"
