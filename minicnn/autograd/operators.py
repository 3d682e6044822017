"""The operators of a Tensor: + - * / ** @, their reflections, comparisons, and += in place.

They mean what they mean in NumPy and in PyTorch.  A comparison returns a plain array of booleans,
for nothing is learnt through it.  Each operator is a Function of arithmetic.py.
"""

import operator
from collections.abc import Callable
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from minicnn.autograd import arithmetic
from minicnn.autograd.engine import Variable
from minicnn.autograd.switches import located, state
from minicnn.backend.arrays import Array, is_array, xp_of
from minicnn.backend.messages import type_name


class NotANumber(TypeError):
    """What stands beside a Tensor in an operator is nothing to calculate with."""


class Operators(Variable):
    """What Tensor inherits to be calculated with; `like(array)` makes another Tensor."""

    __array_priority__ = 1000                      # array * tensor asks the Tensor, not the array

    def lift(self, value: Any) -> Any:
        """A number, list or array as a constant beside this Tensor, in its dtype where that fits.

        Numbers, lists and whole-number arrays follow a float dtype; float arrays keep their own.
        """
        if isinstance(value, Operators):
            return value
        array = self.data
        dtype = array.dtype if array.dtype.kind == "f" else None
        if not isinstance(value, (int, float, np.number, np.bool_)):
            if is_array(value):
                if value.ndim and (dtype is None or value.dtype.kind == "f"):
                    return self.like(native(value))
            elif not isinstance(value, (list, tuple)):
                cure = "; wrap it: Tensor(x)" if hasattr(value, "__array__") else ""
                raise NotANumber("expected a Tensor, an array or a number, got "
                                 f"{type_name(value)}{cure}")
            refuse_several(value)
        return self.like(xp_of(array).asarray(value, dtype=dtype))

    def beside(self, value: Any) -> Any:
        """`lift(value)` for an operator that works position by position: the shapes must fit."""
        other = self.lift(value)
        if other.shape not in ((), self.shape):
            for m, n in zip(reversed(self.shape), reversed(other.shape), strict=False):
                if m != n and 1 not in (m, n):
                    raise ValueError(f"{located('Tensor')}: shapes {self.shape} and {other.shape} "
                                     "do not fit; counted from the right, sizes must be equal or 1")
        return other

    # --- a + b: each is one Function ----------------------------------------------------------

    def __add__(self, other: Any) -> Any:
        return arithmetic.AddFn()(self, self.beside(other))

    def __sub__(self, other: Any) -> Any:
        return arithmetic.SubFn()(self, self.beside(other))

    def __rsub__(self, other: Any) -> Any:
        return arithmetic.SubFn()(self.beside(other), self)

    def __mul__(self, other: Any) -> Any:
        return arithmetic.MulFn()(self, self.beside(other))

    def __truediv__(self, other: Any) -> Any:
        return arithmetic.DivFn()(self, self.beside(other))

    def __rtruediv__(self, other: Any) -> Any:
        return arithmetic.DivFn()(self.beside(other), self)

    def __pow__(self, other: Any) -> Any:
        if isinstance(other, (int, float)):
            return arithmetic.PowerFn(float(other))(self)      # np.float64 is a float, too
        return arithmetic.PowerOfFn()(self, self.beside(other))

    def __rpow__(self, other: Any) -> Any:
        return arithmetic.PowerOfFn()(self.beside(other), self)

    def __matmul__(self, other: Any) -> Any:
        return matmul(self, self.lift(other))

    def __rmatmul__(self, other: Any) -> Any:
        return matmul(self.lift(other), self)

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self) -> Any:
        return arithmetic.NegFn()(self)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return arithmetic.AbsFn()(self)

    # --- a < b: plain arrays of booleans -------------------------------------------------------

    def __lt__(self, other: Any) -> Array:
        return self.data < self.beside(other).data

    def __le__(self, other: Any) -> Array:
        return self.data <= self.beside(other).data

    def __gt__(self, other: Any) -> Array:
        return self.data > self.beside(other).data

    def __ge__(self, other: Any) -> Array:
        return self.data >= self.beside(other).data

    def __eq__(self, other: Any) -> Array:         # type: ignore[override]
        try:
            return self.data == self.beside(other).data
        except NotANumber:                         # x == None is False, as everywhere in Python
            return NotImplemented

    def __ne__(self, other: Any) -> Array:         # type: ignore[override]
        try:
            return self.data != self.beside(other).data
        except NotANumber:
            return NotImplemented

    __hash__ = object.__hash__                     # == compares values, a dict wants the object

    # --- a += b: in place, where no gradient is to go through ----------------------------------

    def __iadd__(self, other: Any) -> Any:
        return self.in_place("+", operator.add, operator.iadd, other)

    def __isub__(self, other: Any) -> Any:
        return self.in_place("-", operator.sub, operator.isub, other)

    def __imul__(self, other: Any) -> Any:
        return self.in_place("*", operator.mul, operator.imul, other)

    def __itruediv__(self, other: Any) -> Any:
        return self.in_place("/", operator.truediv, operator.itruediv, other)

    def __ipow__(self, other: Any) -> Any:
        return self.in_place("**", operator.pow, operator.ipow, other)

    def in_place(self, symbol: str, compute: Callable, write: Callable, other: Any) -> Any:
        """x += y.  Inside no_grad(), and for plain data, x's own memory is written into.

        Where a gradient goes through, `x += y` is `x = x + y`: a new Tensor, and every gradient is
        right.  PyTorch writes into the old one; who else holds it sees the difference there only.
        """
        reached = getattr(other, "requires_grad", False)
        if state.recording and (self.creator or reached and not self.requires_grad):
            return compute(self, other)
        array, other = self.writable(f"x {symbol}= ..."), self.beside(other)
        if np.broadcast_shapes(self.shape, other.shape) != self.shape:
            raise ValueError(f"x {symbol}= y: y of shape {other.shape} does not fit into x of "
                             f"shape {self.shape}; a new Tensor: x = x {symbol} y")
        try:
            write(array, other.data)
        except TypeError:
            raise TypeError(f"x {symbol}= y: {array.dtype} values cannot hold the result; a new "
                            f"Tensor: x = x.float() {symbol} y") from None
        self.mark_written()
        return self

    def writable(self, what: str) -> Array:
        """The array to write into, or an error: a gradient must not read what has changed."""
        if self.creator is not None or self.owner is COMPUTED:
            raise RuntimeError(f"{what}: this Tensor was computed, or shares the memory of one "
                               "that was, and backward may read it; write into a copy, "
                               "x.detach().clone(), or choose: functions.where(condition, a, b)")
        if self.requires_grad and state.recording:
            raise RuntimeError(f"{what}: a Tensor that requires a gradient is written into inside "
                               "`with no_grad():` only, as an optimiser's step does")
        if isinstance(self.data, np.ndarray) and not self.data.flags.writeable:
            raise ValueError(f"{what}: this memory is read-only (a file, or one value repeated); "
                             "write into a copy: x = x.clone()")
        return self.data

    # --- whose memory: backward refuses to read what forward has seen otherwise -------------------

    owner: Any = None                              # whose memory `data` is, if not its own
    views: Any = None                              # the Tensors that show its memory

    def shares(self, other: "Operators") -> Any:
        """This Tensor, which shows the memory of `other`: writing into one changes both."""
        if self.creator is None and not self.is_shape:     # what was computed is not written into
            owner = other if other.owner is None else other.owner
            self.owner = COMPUTED if other.creator else owner
            if isinstance(self.owner, Operators):
                if self.owner.views is None:
                    self.owner.views = WeakValueDictionary()
                self.owner.views[id(self)] = self
        return self

    def mark_written(self) -> None:
        """After a write into this memory, whoever shows it."""
        if self.owner is self.views is None:           # nobody else does
            return super().mark_written()
        owner = self.owner if isinstance(self.owner, Operators) else self
        super(Operators, owner).mark_written()
        for view in list((owner.views or {}).values()):
            super(Operators, view).mark_written()

    # --- what is refused -----------------------------------------------------------------------

    def _no_operator(self, *_: Any) -> Any:
        raise TypeError("a Tensor has no //, %, divmod, &, |, ^, ~, << and >>, through which "
                        "nothing is learnt; its array has: x.data // 2, ~(x.data > 0)")

    __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __divmod__ = __rdivmod__ = _no_operator
    __and__ = __rand__ = __or__ = __ror__ = __xor__ = __rxor__ = __invert__ = _no_operator
    __lshift__ = __rlshift__ = __rshift__ = __rrshift__ = _no_operator


COMPUTED = object()                                # an owner that was computed; not kept alive


def refuse_several(value: Any) -> None:
    """A list of Tensors, or what x.max(dim) returns, is no Tensor."""
    if isinstance(value, (list, tuple)) and any(isinstance(part, Variable) for part in value):
        raise NotANumber(f"expected one Tensor, got a {type_name(value)} of Tensors; join them, "
                         "functions.stack(tensors); of x.max(dim) take .values")


def native(array: Array) -> Array:
    """The array in this machine's byte order: files may be big-endian; BLAS and CuPy are not."""
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def matmul(a: Any, b: Any) -> Any:
    """a @ b, the inner sizes compared first."""
    if not a.ndim or not b.ndim:
        raise ValueError(f"@: shapes {a.shape} and {b.shape}; a single number is multiplied with *")
    inner = b.shape[-2] if b.ndim > 1 else b.shape[0]
    if a.shape[-1] != inner:
        raise ValueError(f"@: shapes {a.shape} and {b.shape} do not fit: the last size of the "
                         f"left, {a.shape[-1]}, must be the last but one of the right, {inner}")
    return arithmetic.MatMulFn()(a, b)
