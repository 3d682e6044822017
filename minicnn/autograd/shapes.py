"""A shape on its way through a network: what `model.shape((3, 224, 224))` sends through `forward`.

A FollowedShape stands where a Tensor would, and answers what can be said without values: layers,
`+ - * /` and other elementwise operations, `reshape`, `flatten`, `transpose`, slices, `mean`, `sum`
and `max` over axes, `concatenate`, `len`, `.shape`, `.dtype`.  No arithmetic is done and no memory
taken, so VGG-16's table prints without its 553 MB.  Two shapes that are added must be equal: a
broadcast would hide a mistake.

It has a batch axis, of BATCH samples, or of 300 times as many where a detector has cut 300 regions
out of each image.  Whoever asks for values (`y.numpy()`, `if y > 0:`,
`float(y)`) gets a ValuesNeeded that names the line.
"""

import linecache
import sys
from math import prod
from typing import Any

import numpy as np

from minicnn.autograd.arithmetic import AddFn
from minicnn.autograd.checks import ValuesNeeded
from minicnn.autograd.operators import refuse_several
from minicnn.autograd.reductions import ValuesAndIndices
from minicnn.autograd.reshaping import numpys_words, one_tuple
from minicnn.autograd.switches import located
from minicnn.autograd.tensor import Tensor

BATCH = 2                              # samples in every followed shape; any number would do
Shape = tuple[int, ...]


class FollowedShape(Tensor):
    """The shape (BATCH, ...) of a Tensor that is never computed.

    sources : what it comes from, as Module.shape notes it: the layers that it has last passed
    """

    is_shape = True

    def __init__(self, shape: Shape, sources: tuple = ()) -> None:
        self._shape, self.sources = tuple(shape), sources

    shape = property(lambda self: self._shape)
    dtype = property(lambda self: np.dtype(np.float32))
    ndim = property(lambda self: len(self._shape))
    device = property(lambda self: "cpu")

    @property
    def data(self) -> Any:                         # type: ignore[override]
        raise ValuesNeeded(who_asked())

    def __len__(self) -> int:
        return self._shape[0]

    def __repr__(self) -> str:
        return f"FollowedShape{in_words(self._shape)}"

    def of(self, shape: Shape) -> "FollowedShape":
        """Another shape, made from this one."""
        return FollowedShape(shape, self.sources)

    def lift(self, value: Any) -> Tensor:
        refuse_several(value)
        return value if isinstance(value, Tensor) else Tensor(value)

    beside = lift                                  # `met` compares the shapes

    def through(self, function: Any, inputs: tuple) -> "FollowedShape":
        """The shape that a Function makes of its inputs."""
        if hasattr(function, "out_shape"):
            shape = function.out_shape(*[x.shape for x in inputs])
        elif function.elementwise or function.keeps_shape:
            shape = self.met(function, inputs)
        else:
            raise ValuesNeeded(who_asked())
        sources = [step for x in inputs if x.is_shape for step in x.sources]
        return FollowedShape(shape, tuple(dict.fromkeys(sources)))

    def met(self, function: Any, inputs: tuple) -> Shape:
        """The shape of an elementwise operation; what is added must be equal."""
        shapes = [x.shape for x in inputs]
        added = [x.shape for x in inputs if x.is_shape] if type(function) is AddFn else []
        try:
            if len(set(added)) < 2:
                return np.broadcast_shapes(*shapes)
        except ValueError:
            pass
        name = type(function).__name__.removesuffix("Fn")
        raise ValueError(f"{located(name)}: shapes {' and '.join(map(in_words, shapes))} meet; "
                         "they must be equal")

    def reshape(self, *shape: Any) -> "FollowedShape":
        wanted = one_tuple(shape)
        known = prod(size for size in wanted if size != -1)
        if -1 in wanted and known and self.numel() % known == 0:
            wanted = tuple(self.numel() // known if size == -1 else size for size in wanted)
        if prod(wanted) != self.numel() or min(wanted, default=1) < 0:
            raise ValueError(f"{located('reshape')}: {in_words(self._shape)} does not become "
                             f"{in_words(one_tuple(shape))}")
        return self.of(wanted)

    def permute(self, *dims: Any) -> "FollowedShape":
        return self.of(tuple(self._shape[dim] for dim in self.dims("permute", one_tuple(dims))))

    def __getitem__(self, index: Any) -> "FollowedShape":
        return self.of(self.hollow()[index].shape)

    @numpys_words
    def sum(self, dim: Any = None, keepdim: bool = False) -> "FollowedShape":
        gone = range(self.ndim) if dim is None else np.atleast_1d(self.dims("sum", dim))
        sides = [1 if number in gone else size for number, size in enumerate(self._shape)
                 if keepdim or number not in gone]
        return self.of(tuple(sides))

    mean = amax = amin = sum                       # var and std are made of them

    def extreme(self, name: str, dim: Any, keepdim: bool) -> ValuesAndIndices:
        return ValuesAndIndices(self.sum(dim, keepdim), self.sum(dim, keepdim))

    def index_of(self, name: str, dim: Any, keepdim: bool) -> "FollowedShape":
        return self.sum(dim, keepdim)

    def __matmul__(self, other: Any) -> "FollowedShape":
        return self.of(product_shape(self._shape, self.lift(other).shape))

    def __rmatmul__(self, other: Any) -> "FollowedShape":
        return self.of(product_shape(self.lift(other).shape, self._shape))

    def hollow(self) -> np.ndarray:
        """An array of this shape around a single byte: what views NumPy makes of it."""
        return np.broadcast_to(np.int8(0), self._shape)


def product_shape(a: Shape, b: Shape) -> Shape:
    """Of a @ b:  (..., N, K) @ (..., K, M) -> (..., N, M)."""
    if len(a) < 2 or len(b) < 2 or a[-1] != b[-2]:
        raise ValueError(f"@: shapes {in_words(a)} and {in_words(b)} do not fit")
    return *np.broadcast_shapes(a[:-2], b[:-2]), a[-2], b[-1]


def in_words(shape: Shape) -> str:
    """(BATCH, 3, 32, 32) -> "(N, 3, 32, 32)"."""
    sides = ["N" if shape[:1] == (BATCH,) and not number else str(size)
             for number, size in enumerate(shape)]
    return f"({', '.join(sides)})"


def who_asked() -> str:
    """The innermost line outside this room, functions and modules, and what to do there."""
    frame: Any = sys._getframe(1)
    while frame.f_back is not None and is_house(frame.f_globals.get("__name__", "")):
        frame = frame.f_back
    path, number = frame.f_code.co_filename, frame.f_lineno
    line = linecache.getline(path, number).strip()
    return (f"{located('forward')} was given a shape, which has no values, but {path}:{number} "
            f"asks for some, `{line}`; a block whose forward needs values also writes "
            "out_shape(self, in_shape), which returns the shape of its output for one sample")


def is_house(module: str) -> bool:
    return module.startswith("minicnn.autograd") or module in (
        "minicnn.layers.module", "minicnn.layers.containers", "minicnn.nn.functional")
