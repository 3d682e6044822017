"""The operations behind a Tensor's operators: + - * / ** @ and [], sums, means and new shapes.

Each Function states its gradient beside it; dy is the gradient of the loss with respect to y.
Where NumPy broadcasts an input of a smaller shape, that input received copies of itself in several
places, so its gradient is the sum over those places: `unbroadcast`.
"""

from math import prod

import numpy as np

from minicnn.autograd.engine import Function, ViewFn
from minicnn.autograd.switches import located
from minicnn.backend.arrays import Array, average, matmul, to_cpu, total, xp_of
from minicnn.backend.cpu import squeeze
from minicnn.backend.cuda import elements, joining
from minicnn.backend.masks import where_kept
from minicnn.backend.versions import elementwise, faster


def unbroadcast(dy: Array, shape: tuple[int, ...]) -> Array:
    """Sum dy over the axes along which an input of `shape` was repeated."""
    if dy.shape == shape:
        return dy
    added = dy.ndim - len(shape)
    stretched = [axis for axis, size in enumerate(shape, added) if size == 1 != dy.shape[axis]]
    return total(dy, axis=(*range(added), *stretched)).reshape(shape)


@elementwise
class AddFn(Function):
    def forward(self, a, b):
        self.shapes = a.shape, b.shape
        return a + b

    def backward(self, dy):
        return (unbroadcast(dy, self.shapes[0]) if self.needs_grad[0] else None,
                unbroadcast(dy, self.shapes[1]) if self.needs_grad[1] else None)


@elementwise
class SubFn(Function):
    def forward(self, a, b):
        self.shapes = a.shape, b.shape
        return a - b

    def backward(self, dy):
        return (unbroadcast(dy, self.shapes[0]) if self.needs_grad[0] else None,
                unbroadcast(-dy, self.shapes[1]) if self.needs_grad[1] else None)


@elementwise
@faster(cpu=squeeze.multiply, cuda=elements.multiply)
class MulFn(Function):
    def forward(self, a, b):
        self.a, self.b = a, b
        return a * b

    def backward(self, dy):
        return (unbroadcast(dy * self.b, self.a.shape) if self.needs_grad[0] else None,
                unbroadcast(dy * self.a, self.b.shape) if self.needs_grad[1] else None)


@elementwise
class DivFn(Function):
    def forward(self, a, b):
        self.a, self.b = a, b
        return a / b

    def backward(self, dy):
        da = dy / self.b
        return (unbroadcast(da, self.a.shape) if self.needs_grad[0] else None,
                unbroadcast(-da * self.a / self.b, self.b.shape) if self.needs_grad[1] else None)


@elementwise
class NegFn(Function):
    def forward(self, a):
        return -a

    def backward(self, dy):
        return -dy


@elementwise
class AbsFn(Function):                               # at 0 the gradient is 0
    def forward(self, a):
        self.a = a
        return abs(a)

    def backward(self, dy):
        return dy * xp_of(dy).sign(self.a)


@elementwise
class PowerFn(Function):                             # a ** number
    def __init__(self, exponent):
        self.exponent = exponent

    def forward(self, a):
        self.a = a
        return a ** self.exponent

    def backward(self, dy):
        if self.exponent == 0:                     # 0 * a ** -1 would be NaN where a is 0
            return xp_of(dy).zeros_like(dy)
        return dy * self.exponent * self.a ** (self.exponent - 1)


@elementwise
class PowerOfFn(Function):                           # a ** b, both with a gradient
    def forward(self, a, b):
        self.a, self.b, self.y = a, b, a ** b
        return self.y

    def backward(self, dy):
        xp, da, db = xp_of(dy), None, None
        if self.needs_grad[0]:
            slope = self.b * self.a ** (self.b - (self.b != 0))
            da = unbroadcast(where_kept(dy * slope, self.b != 0), self.a.shape)
        if self.needs_grad[1]:                     # d a**b / db = a**b log a, the limit of which
            still = (self.a == 0) & (self.b >= 0)  # is 0 where a is 0
            log_a = xp.log(self.a + still)         # log 1 there
            db = unbroadcast(where_kept(dy * self.y * log_a, ~still), self.b.shape)
        return da, db


class MatMulFn(Function):
    """a @ b:  (..., N, K) @ (..., K, M) -> (..., N, M);  da = dy @ b^T,  db = a^T @ dy.

    A one-dimensional a is one row, a one-dimensional b one column, and the axis goes away again.
    """

    def forward(self, a, b):
        self.a, self.b = a, b
        return matmul(a, b)

    def backward(self, dy):
        a = self.a[None, :] if self.a.ndim == 1 else self.a          # (..., N, K)
        b = self.b[:, None] if self.b.ndim == 1 else self.b          # (..., K, M)
        if self.b.ndim == 1:
            dy = dy[..., None]
        if self.a.ndim == 1:
            dy = dy[..., None, :]                                    # (..., N, M)
        da = db = None
        if self.needs_grad[0]:
            da = unbroadcast(matmul(dy, b.swapaxes(-1, -2)), a.shape).reshape(self.a.shape)
        if self.needs_grad[1]:
            db = unbroadcast(matmul(a.swapaxes(-1, -2), dy), b.shape).reshape(self.b.shape)
        return da, db


class SumFn(Function):
    def __init__(self, axis=None, keepdims=False):
        self.axis, self.keepdims = axis, keepdims

    def forward(self, x):
        self.x_shape = x.shape
        return total(x, self.axis, self.keepdims)

    def backward(self, dy):
        return repeat_along(dy, self.x_shape, self.axis, self.keepdims)


class MeanFn(Function):
    def __init__(self, axis=None, keepdims=False):
        self.axis, self.keepdims = axis, keepdims

    def forward(self, x):
        self.x_shape = x.shape
        return average(x, self.axis, self.keepdims)

    def backward(self, dy):
        share = repeat_along(dy, self.x_shape, self.axis, self.keepdims)
        return share * (dy.size / max(prod(self.x_shape), 1))        # dy / (elements in each mean)


class MaxFn(Function):
    def __init__(self, axis=None, keepdims=False):
        self.axis, self.keepdims = axis, keepdims

    def forward(self, x):
        try:
            self.x, self.y = x, x.max(axis=self.axis, keepdims=True)
        except ValueError:                           # of no values there is none
            raise ValueError(f"{located('amax, amin')}: {x.shape} has no values to compare"
                             + ("" if self.axis is None else f" along dim {self.axis}")) from None
        return self.y if self.keepdims else self.y.squeeze(self.axis)

    def backward(self, dy):
        dy = repeat_along(dy, self.x.shape, self.axis, self.keepdims)
        winner = (self.x == self.y) | (self.x != self.x)             # NaN is not equal to itself
        share = where_kept(dy, winner) / winner.sum(axis=self.axis, keepdims=True)
        return share.astype(dy.dtype, copy=False)


def repeat_along(y: Array, shape: tuple[int, ...], axis, keepdims: bool) -> Array:
    """Undo a reduction's change of shape: repeat y along the axes that were reduced."""
    xp = xp_of(y)
    if axis is not None and not keepdims:
        y = xp.expand_dims(y, axis)
    return xp.broadcast_to(y, shape)


class ReshapeFn(ViewFn):
    def __init__(self, shape):
        self.shape = shape

    def forward(self, x):
        self.x_shape = x.shape
        return x.reshape(self.shape)

    def backward(self, dy):
        return dy.reshape(self.x_shape)


class TransposeFn(ViewFn):
    def __init__(self, axes):
        self.axes = axes

    def forward(self, x):
        axes = self.axes or tuple(reversed(range(x.ndim)))
        self.back = tuple(int(i) for i in np.argsort([axis % x.ndim for axis in axes]))
        return x.transpose(axes)

    def backward(self, dy):
        return dy.transpose(self.back)


@faster(cuda=joining.part_of)
class GetItemFn(ViewFn):
    """x[index], with everything NumPy allows as an index; positions named twice add up."""

    def __init__(self, index):
        self.index = index

    def forward(self, x):
        self.x_shape = x.shape
        if xp_of(x) is not np:                     # a GPU wraps what is out of range, silently
            check_index(self.index, x.shape)
        return x[self.index]

    def backward(self, dy):
        xp = xp_of(dy)
        every = is_basic(self.index) and dy.size == prod(self.x_shape)         # as in x[::-1]
        dx = (xp.empty if every else xp.zeros)(self.x_shape, dy.dtype)
        if is_basic(self.index):
            dx[self.index] = dy
        else:
            xp.add.at(dx, self.index, dy)
        return dx


def is_basic(index) -> bool:
    """True for slices, numbers, None and ...: such an index names no position twice."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(part is None or part is Ellipsis or isinstance(part, (slice, int, np.integer))
               and not isinstance(part, bool) for part in parts)


def check_index(index, shape: tuple[int, ...]) -> None:
    """Raise NumPy's IndexError for an index out of range, by indexing a dummy of that shape."""
    parts = index if isinstance(index, tuple) else (index,)
    host = tuple(to_cpu(part) if hasattr(part, "dtype") and part.ndim else part for part in parts)
    np.broadcast_to(np.zeros(()), shape)[host]
