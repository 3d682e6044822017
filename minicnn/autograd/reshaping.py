"""A Tensor's methods for shapes: reshape, permute, squeeze, expand, split, ... and `dims`.

They have PyTorch's names, arguments and defaults; NumPy's words for the same arguments, axis=,
keepdims= and ddof=, are taken too.  Where NumPy and PyTorch have a name in common and mean
different things by it (transpose, repeat, size, split), it means what it means in PyTorch; x.data
is an array, with NumPy's methods.  The whole list: docs/from_pytorch.md.
"""

from collections.abc import Callable
from functools import wraps
from math import prod
from typing import Any

import numpy as np

from minicnn.autograd import arithmetic, elementary
from minicnn.autograd.protocols import Protocols
from minicnn.backend.messages import type_name
from minicnn.backend.windows import is_whole, whole

NUMPYS_WORDS = {"axis": "dim", "keepdims": "keepdim", "ddof": "correction"}


def numpys_words(method: Callable) -> Callable:
    """axis=, keepdims= and ddof= mean dim=, keepdim= and correction=."""
    @wraps(method)
    def either(*args: Any, **words: Any) -> Any:
        if words:
            words = {NUMPYS_WORDS.get(word, word): value for word, value in words.items()}
        return method(*args, **words)
    return either


class Reshaping(Protocols):
    """What Tensor inherits to take other shapes."""

    def dims(self, name: str, dim: Any) -> Any:
        """None, a number or a tuple, counted from the front, or an error that knows the shape."""
        if dim is None:
            return None
        if isinstance(dim, (tuple, list)):
            dims = tuple(self.dims(name, one) for one in dim)
            if None in dims or len(set(dims)) < len(dims):
                raise ValueError(f"{name}: the dims {tuple(dim)} of shape {self.shape} repeat one")
            return dims
        if type(dim) is not int and not is_whole(dim):
            raise TypeError(f"{name}: dim is a whole number, or several; got {type_name(dim)}")
        ndim = self.ndim
        if not -ndim <= dim < ndim:
            raise ValueError(f"{name}: there is no dim {dim} in shape {self.shape}")
        return int(dim) % ndim

    def numel(self) -> int:
        return prod(self.shape)

    def dim(self) -> int:
        return self.ndim

    def size(self, dim: int | None = None) -> Any:
        """The shape, or one size of it; NumPy's x.size, the number of values, is x.numel()."""
        return self.shape if dim is None else self.shape[self.dims("size", dim)]

    def reshape(self, *shape: Any) -> Any:
        """The same values in another shape; one size may be -1: as many as are left."""
        wanted = one_tuple(shape)
        try:
            y = arithmetic.ReshapeFn(wanted)(self)
        except (TypeError, ValueError):
            refuse_shape(self.shape, wanted)
            raise
        return y if y.creator else y.shares(self)

    def view(self, *shape: Any) -> Any:
        """reshape; another dtype is astype."""
        return self.reshape(*shape)

    @numpys_words
    def flatten(self, start_dim: int = 0, end_dim: int = -1) -> Any:
        """The dims from `start_dim` to `end_dim` as one: flatten(1) keeps the batch."""
        if not self.ndim:
            return self.reshape(1)
        first, last = self.dims("flatten", start_dim), self.dims("flatten", end_dim)
        if first > last:
            raise ValueError(f"flatten: dim {start_dim} comes after {end_dim} in {self.shape}")
        shape = self.shape
        return self.reshape(shape[:first] + (prod(shape[first:last + 1]),) + shape[last + 1:])

    def permute(self, *dims: Any) -> Any:
        """The dims in another order, all of them: what NumPy calls transpose."""
        order = self.dims("permute", one_tuple(dims))
        if len(order) != self.ndim:
            raise ValueError(f"permute: {one_tuple(dims)} names {len(order)} dims of shape "
                             f"{self.shape}; each must be named once")
        y = arithmetic.TransposeFn(order)(self)
        return y if y.creator else y.shares(self)

    def transpose(self, dim0: Any = None, dim1: Any = None, *others: Any) -> Any:
        """Two dims change places, as in PyTorch; NumPy's transpose is permute."""
        if dim1 is None or others:
            raise TypeError("transpose swaps two dims, x.transpose(0, 1); all of them in a new "
                            "order: x.permute(2, 0, 1); a matrix turned over: x.T")
        first, second = self.dims("transpose", dim0), self.dims("transpose", dim1)
        order = list(range(self.ndim))
        order[first], order[second] = second, first
        return self.permute(order)

    def t(self) -> Any:
        """A matrix turned over; what has one dim or none stays."""
        if self.ndim > 2:
            raise ValueError(f"T: shape {self.shape} is no matrix; the last two dims: x.mT, all in "
                             "a new order: x.permute(...)")
        return self.permute(*reversed(range(self.ndim)))

    T = property(t)
    mT = property(lambda self: self.transpose(-2, -1), doc="Each matrix of a stack turned over.")

    @numpys_words
    def squeeze(self, dim: Any = None) -> Any:
        """Without the dims of size 1, or without `dim` if its size is 1."""
        dims = range(self.ndim) if dim is None else np.atleast_1d(self.dims("squeeze", dim))
        return self.reshape([size for number, size in enumerate(self.shape)
                             if number not in dims or size != 1])

    @numpys_words
    def unsqueeze(self, dim: int) -> Any:
        """A new dim of size 1 in place `dim`: NumPy's expand_dims."""
        if not is_whole(dim) or not -self.ndim - 1 <= dim <= self.ndim:
            raise ValueError(f"unsqueeze: there is no place {dim!r} in shape {self.shape}")
        place = dim % (self.ndim + 1)
        return self.reshape(self.shape[:place] + (1,) + self.shape[place:])

    def expand(self, *sizes: Any) -> Any:
        """Dims of size 1, and new ones in front, repeated up to `shape`; -1 keeps a size."""
        wanted = list(one_tuple(sizes))
        added = len(wanted) - self.ndim
        for number, size in enumerate(self.shape if added >= 0 else (), max(added, 0)):
            wanted[number] = size if wanted[number] == -1 else wanted[number]
        if added < 0 or min(wanted, default=0) < 0 or any(
                m not in (1, n) for m, n in zip(self.shape, wanted[added:], strict=True)):
            raise ValueError(f"expand: {self.shape} does not become {one_tuple(sizes)}; counted "
                             "from the right, sizes must be equal or 1")
        return elementary.BroadcastToFn(tuple(wanted))(self).shares(self)

    def repeat(self, *times: Any) -> Any:
        """So many copies along each dim, as in PyTorch; NumPy calls it tile."""
        times = one_tuple(times)
        if len(times) < self.ndim or any(not is_whole(n) or n < 0 for n in times):
            raise ValueError(f"repeat: {times} for shape {self.shape}; how many times, one whole "
                             "number for each dim")
        shape = (1,) * (len(times) - self.ndim) + self.shape
        apart = self.reshape([side for size in shape for side in (1, size)])
        copies = apart.expand([side for pair in zip(times, shape, strict=True) for side in pair])
        return copies.reshape([n * size for n, size in zip(times, shape, strict=True)])

    def contiguous(self) -> Any:
        """This Tensor: reshape and view copy by themselves where the memory asks for it."""
        return self

    @numpys_words
    def split(self, split_size: Any, dim: int = 0) -> list:
        """Parts of that size along a dim, the last may be smaller; or a list of the parts' sizes.

        NumPy's split, into a number of equal parts, is chunk.
        """
        axis, sizes = self.dims("split", dim), split_size
        length = self.shape[axis]
        if not is_whole(split_size) and not isinstance(split_size, (list, tuple)):
            raise TypeError("split: the size of the parts, or a list of their sizes; got "
                            f"{split_size!r}")
        if is_whole(split_size):
            if split_size < 1:
                raise ValueError(f"split: parts of size {split_size}; the smallest is 1")
            starts = range(0, max(length, 1), split_size)
            sizes = [min(split_size, length - start) for start in starts]
        if sum(sizes) != length or min(sizes, default=0) < 0:
            raise ValueError(f"split: parts of {list(sizes)} do not add up to the {length} places "
                             f"of dim {dim}; equal parts: chunk(number, dim)")
        ends = np.cumsum(sizes).tolist()
        before = (slice(None),) * axis
        return [self[(*before, slice(end - size, end))]
                for size, end in zip(sizes, ends, strict=True)]

    @numpys_words
    def chunk(self, chunks: int, dim: int = 0) -> list:
        """As many parts of equal size along a dim; the last may be smaller, as in PyTorch."""
        chunks = whole(chunks, "chunk: the number of parts")
        return self.split(max(-(-self.size(dim) // chunks), 1), dim)


def refuse_shape(shape: tuple, wanted: tuple) -> None:
    """Say why `shape` does not become `wanted`, if that is why."""
    if not all(map(is_whole, wanted)):
        raise TypeError(f"reshape: sizes are whole numbers, got {wanted}; another dtype: x.astype")
    known = prod(size for size in wanted if size != -1)
    left = wanted.count(-1)
    if min(wanted, default=1) < -1 or left > 1 or (
            prod(shape) != known if not left else not known or prod(shape) % known):
        raise ValueError(f"reshape: {shape}, {prod(shape)} values, does not become {wanted}; one "
                         "size may be -1: as many as are left")


def one_tuple(numbers: tuple) -> tuple:
    """f(2, 3), f((2, 3)) and f([2, 3]) mean the same."""
    return tuple(numbers[0]) if len(numbers) == 1 and isinstance(numbers[0], (tuple, list)) \
        else numbers
