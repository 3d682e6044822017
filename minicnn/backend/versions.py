"""The layer's file holds the definition; a faster version may run instead of it.

    @faster(cpu=max_pool, cuda=cuda.max_pool)
    class MaxPool2dFn(Function):
        def forward(self, x): ...                          the definition
        def backward(self, dy): ...

A faster version of such a Function is one plain function

    version(*arrays, **settings) -> (y, backward)          backward(dy) -> the gradients

where `settings` are the attributes that the Function's __init__ has set, and `needs_grad`.  It
takes the place of forward and backward together, for what the two keep differs: which version runs
is decided once, in forward, and backward follows.  NotImplemented says that it does not take this
case (a dtype, a layout, a size); the definition does.  What others read from the Function
afterwards comes third: (y, backward, {"mean": mean}).

With MINICNN_FAST=0 in the environment, and inside `with plain():`, only the definitions run.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import numpy as np

from minicnn.backend.arrays import Array, xp_of
from minicnn.backend.layout import batch_first, batch_last, images_of

Version = Callable[..., Any] | None


class _Switch:
    fast = os.environ.get("MINICNN_FAST") != "0"


switch = _Switch()


@contextmanager
def plain() -> Iterator[None]:
    """Inside it the definitions run, more slowly: what a debugger should meet.

    Gradients of what ran before follow the version that ran then.
    """
    before, switch.fast = switch.fast, False
    try:
        yield
    finally:
        switch.fast = before


def faster(both: Version = None, *, cpu: Version = None, cuda: Version = None, within: float = 0.0
           ) -> Callable[[Any], Any]:
    """Decorator that names the faster versions, for NumPy and CuPy, of a Function or a function.

    both : one version that serves both libraries
    within : where the version for NumPy does not give the definition's numbers to rounding: how far
             y may be from the true one, as a share of max(1, |x|), in a convolution of the sum of
             |w| times the largest |x|.  It serves float32 only

    A version of a function of arrays takes the same arguments and gives the same result, or
    NotImplemented.
    """
    cpu, cuda = both or cpu, both or cuda

    def decorate(definition: Any) -> Any:
        if isinstance(definition, type):
            definition.versions = cpu, cuda                 # type: ignore[attr-defined]
            definition.within = within                      # type: ignore[attr-defined]
            return definition

        @wraps(definition)
        def either(x: Array, *args: Any, **kwargs: Any) -> Any:
            version, y = cpu if isinstance(x, np.ndarray) else cuda, NotImplemented
            if version and switch.fast and (version is cpu or has_compiler(x)):
                y = version(x, *args, **kwargs)
            return definition(x, *args, **kwargs) if y is NotImplemented else y
        either.versions = cpu, cuda                         # type: ignore[attr-defined]
        return either
    return decorate


def elementwise(cls: Any) -> Any:
    """Decorator of a Function that works element by element: it names no axis, and keeps the shape.

    So a shape passes it unchanged, and on a GPU it sees (N, C, H, W) in the order of memory.
    """
    cls.elementwise = True
    if cls.versions[1] is None:
        cls.versions = cls.versions[0], in_memory_order
    return cls


def in_float32(cls: Any) -> Any:
    """Decorator of a Function with sums: its definition gets float16 as float32, and y is rounded.

    70,000 ones add up to infinity in float16, whose largest number is 65,504.
    """
    cls.in_float32 = True
    return cls


def has_compiler(x: Array) -> bool:
    """Whether kernels can run; tests/standin.py, which stands in for CuPy, has no compiler."""
    return hasattr(xp_of(x), "RawModule")


def dispatch(function: Any, version: Version, arrays: list[Array]) -> Array:
    """y of a Function by a faster version, if that takes the case; else by the definition."""
    on_cpu = isinstance(arrays[0], np.ndarray)
    if version and version is not in_memory_order and (on_cpu or has_compiler(arrays[0])):
        answer = version(*arrays, **vars(function))
        if answer is not NotImplemented:
            function.backward = answer[1]
            for kept in answer[2:]:
                vars(function).update(kept)
            return answer[0]
    if function.in_float32 and arrays[0].dtype == np.float16:
        return between(function, arrays, lambda x: x.astype(np.float32), to_float16)
    if version and function.elementwise and not on_cpu:
        return in_memory_order(function, arrays)
    return function.forward(*arrays)


def in_memory_order(function: Any, arrays: list[Array]) -> Array:
    """y of an elementwise Function on a GPU, computed along the axes as they lie in memory.

    A network's images lie as (C, H, W, N) and are seen as (N, C, H, W).  NumPy goes through an
    array as it lies; CuPy goes along the axes, and puts its result in their order: both scatter
    each access over 8 times the memory.
    """
    if max(x.ndim for x in arrays) != 4 or all(x.flags.c_contiguous for x in arrays):
        return function.forward(*arrays)
    y = between(function, list(map(images_of, arrays)), batch_last, batch_first)
    definition, shapes = function.backward, [x.shape for x in arrays]

    def backward(dy: Array) -> tuple:                      # (1, C, 1, 1) -> (C, 1, 1)
        return tuple(dx if dx is None else dx.reshape(shape)
                     for dx, shape in zip(definition(dy), shapes, strict=True))

    if any(function.needs_grad) and any(x.ndim != 4 for x in arrays):
        function.backward = backward
    return y


def to_float16(y: Array) -> Array:
    with np.errstate(over="ignore"):                       # what is too large becomes infinity
        return y.astype(np.float16)


def between(function: Any, arrays: list[Array], there: Callable, back: Callable) -> Array:
    """The definition between two changes of its arrays: y = back(forward(there(x)))."""
    y = function.forward(*map(there, arrays))
    definition = function.backward

    def backward(dy: Array) -> tuple:
        dxs = definition(there(dy))
        dxs = dxs if isinstance(dxs, tuple) else (dxs,)
        return tuple(dx if dx is None else back(dx) for dx in dxs)

    if any(function.needs_grad):
        function.backward = backward
    return back(y)
