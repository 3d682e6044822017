"""A Tensor's methods that make several values one: sum, mean, var, max, argmax, any, ...

PyTorch's names, arguments and defaults, x.sum(dim, keepdim): see reshaping.py.
"""

from collections import namedtuple
from typing import Any

import numpy as np

from minicnn.autograd import arithmetic
from minicnn.autograd.protocols import Protocols, arrays_in
from minicnn.autograd.reshaping import Reshaping, numpys_words
from minicnn.backend.arrays import Array, xp_of
from minicnn.backend.messages import type_name


class ValuesAndIndices(namedtuple("ValuesAndIndices", ["values", "indices"])):
    """What x.max(dim) and x.min(dim) return, as in PyTorch."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"(values, indices) have no {name}; {VALUES_ALONE}")

    def __mul__(self, other: Any) -> Any:          # of a tuple, times 2 would be two of them
        raise TypeError(f"(values, indices) are not calculated with; {VALUES_ALONE}")

    __rmul__ = __add__ = __radd__ = __sub__ = __truediv__ = __lt__ = __gt__ = __mul__


VALUES_ALONE = "the values: x.max(dim).values, or x.amax(dim)"


class Reductions(Reshaping):
    """What Tensor inherits to be summed, averaged and searched."""

    @numpys_words
    def sum(self, dim: Any = None, keepdim: bool = False) -> Any:
        return arithmetic.SumFn(self.dims("sum", dim), keepdim)(self)

    @numpys_words
    def mean(self, dim: Any = None, keepdim: bool = False) -> Any:
        return arithmetic.MeanFn(self.dims("mean", dim), keepdim)(self)

    @numpys_words
    def var(self, dim: Any = None, unbiased: bool = True, keepdim: bool = False, *,
            correction: int | None = None) -> Any:
        """Squared distances from the mean, added up and divided by (number of values - correction).

        correction : 1 if unbiased, 0 if not;  1, the default, is PyTorch's, 0 is NumPy's
        """
        if isinstance(dim, bool):
            raise TypeError(f"var: dim is {dim}; write unbiased={dim}")
        correction = int(unbiased) if correction is None else correction
        mean = self.mean(dim, keepdim=True)
        count = self.numel() / max(mean.numel(), 1)
        if count <= correction:
            raise ValueError(f"var: {count:g} values share a mean, and the sum is to be divided by "
                             f"{count:g} - {correction}; var(correction=0) divides by {count:g}")
        return ((self - mean) ** 2).mean(dim, keepdim) * (count / (count - correction))

    @numpys_words
    def std(self, dim: Any = None, unbiased: bool = True, keepdim: bool = False, *,
            correction: int | None = None) -> Any:
        """The root of var; its slope where all values are equal is infinite."""
        return self.var(dim, unbiased, keepdim, correction=correction).sqrt()

    @numpys_words
    def amax(self, dim: Any = None, keepdim: bool = False) -> Any:
        """The largest value; where several are largest, they share the gradient equally."""
        return arithmetic.MaxFn(self.dims("amax", dim), keepdim)(self)

    @numpys_words
    def amin(self, dim: Any = None, keepdim: bool = False) -> Any:
        return -(-self).amax(dim, keepdim)

    @numpys_words
    def max(self, dim: Any = None, keepdim: bool = False) -> Any:
        """The largest value of all; along a dim (values, indices), with the first of the largest.

        NumPy's x.max(1), values alone, is x.amax(1).
        """
        return self.amax(None, keepdim) if dim is None else self.extreme("max", dim, keepdim)

    @numpys_words
    def min(self, dim: Any = None, keepdim: bool = False) -> Any:
        return self.amin(None, keepdim) if dim is None else self.extreme("min", dim, keepdim)

    def extreme(self, name: str, dim: Any, keepdim: bool) -> ValuesAndIndices:
        if isinstance(dim, (Protocols, tuple, list)):
            cure = (f"x.a{name}({dim})" if isinstance(dim, (tuple, list))
                    else f"position by position: x.{name}imum(y)")
            raise TypeError(f"{name}: one dim, got {type_name(dim)}; {cure}")
        where = self.argmax(dim, True) if name == "max" else self.argmin(dim, True)
        values = self.gather(dim, where)
        if not keepdim:
            values, where = values.squeeze(dim), where.squeeze(dim)
        return ValuesAndIndices(values, where)

    @numpys_words
    def argmax(self, dim: int | None = None, keepdim: bool = False) -> Any:
        """Where the largest value is, the first of several; of all values counted row by row."""
        return self.index_of("argmax", dim, keepdim)

    @numpys_words
    def argmin(self, dim: int | None = None, keepdim: bool = False) -> Any:
        return self.index_of("argmin", dim, keepdim)

    def index_of(self, name: str, dim: int | None, keepdim: bool) -> Any:
        if not self.numel():
            raise ValueError(f"{name}: a Tensor of shape {self.shape} has no values")
        axis = self.dims(name, dim)
        index = getattr(self.data, name)(axis=axis)
        if keepdim:
            index = index.reshape([1 if axis in (None, number) else size
                                   for number, size in enumerate(self.shape)])
        return self.like(xp_of(self.data).asarray(index))

    @numpys_words
    def gather(self, dim: int, index: Any) -> Any:
        """y[i, j] = x[i, index[i, j]] for dim 1: each row's own choice of columns."""
        axis, index = self.dims("gather", dim), arrays_in(index)
        index = xp_of(self.data).asarray(index)
        if index.ndim != self.ndim or index.dtype.kind not in "iu":
            raise ValueError(f"gather: the index is {index.dtype} {index.shape}; whole numbers "
                             f"with {self.ndim} axes are needed, as x has")
        places = list(np.ogrid[tuple(slice(size) for size in index.shape)])
        places = [xp_of(index).asarray(place) for place in places]
        places[axis] = index
        return self[tuple(places)]

    @numpys_words
    def any(self, dim: Any = None, keepdim: bool = False) -> Array:
        return self.data.any(axis=self.dims("any", dim), keepdims=keepdim)

    @numpys_words
    def all(self, dim: Any = None, keepdim: bool = False) -> Array:
        return self.data.all(axis=self.dims("all", dim), keepdims=keepdim)
