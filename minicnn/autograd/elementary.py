"""The elementary operations: exp, log, sqrt, maximum, clip, where, pad, concatenate, other dtypes.

Each Function states its gradient beside it; dy is the gradient of the loss with respect to y.
"""

import numpy as np

from minicnn.autograd.arithmetic import unbroadcast
from minicnn.autograd.engine import Function
from minicnn.backend.arrays import device_of, to_device, xp_of
from minicnn.backend.cuda import joining
from minicnn.backend.masks import where_kept
from minicnn.backend.versions import elementwise, faster


@elementwise
class ExpFn(Function):
    def forward(self, x):
        self.y = xp_of(x).exp(x)
        return self.y

    def backward(self, dy):
        return dy * self.y


@elementwise
class LogFn(Function):
    def forward(self, x):
        self.x = x
        return xp_of(x).log(x)

    def backward(self, dy):
        return dy / self.x


@elementwise
class SqrtFn(Function):
    def forward(self, x):
        self.y = xp_of(x).sqrt(x)
        return self.y

    def backward(self, dy):
        return dy * 0.5 / self.y


@elementwise
class MaximumFn(Function):                           # where a == b, each receives half
    def forward(self, a, b):
        self.a, self.b = a, b
        return xp_of(a).maximum(a, b)

    def backward(self, dy):
        a, b = self.a, self.b
        dy = xp_of(dy).where(a == b, 0.5 * dy, dy)
        da, db = where_kept(dy, ~(a < b)), where_kept(dy, ~(a > b))
        return unbroadcast(da, a.shape), unbroadcast(db, b.shape)


@elementwise
class ClipFn(Function):                              # gradient 1 inside [low, high], 0 outside
    def __init__(self, low, high):
        self.low, self.high = low, high

    def forward(self, x):
        self.inside = (x >= self.low) & (x <= self.high)
        return x.clip(self.low, self.high)

    def backward(self, dy):
        return where_kept(dy, self.inside)


class WhereFn(Function):                             # condition ? a : b
    def __init__(self, condition):
        self.condition = condition

    def out_shape(self, *shapes):
        return np.broadcast_shapes(self.condition.shape, *shapes)

    def forward(self, a, b):
        self.shapes = a.shape, b.shape
        return xp_of(a).where(self.condition, a, b)

    def backward(self, dy):
        return (unbroadcast(where_kept(dy, self.condition), self.shapes[0]),
                unbroadcast(where_kept(dy, ~self.condition), self.shapes[1]))


@faster(cuda=joining.pad)
class PadFn(Function):
    """`value` around x: widths ((before, after), ...) for each axis."""

    def __init__(self, widths, value):
        self.widths, self.value = widths, value

    def out_shape(self, shape):
        return tuple(before + size + after for (before, after), size
                     in zip(self.widths, shape, strict=True))

    def forward(self, x):
        self.inner = tuple(slice(before, before + size) for (before, _), size
                           in zip(self.widths, x.shape, strict=True))
        return xp_of(x).pad(x, self.widths, constant_values=self.value)

    def backward(self, dy):
        return dy[self.inner]


@faster(cuda=joining.concatenate)
class ConcatenateFn(Function):
    any_numbers = True

    def __init__(self, axis):
        self.axis = axis

    def out_shape(self, *shapes):
        sides = list(shapes[0])
        sides[self.axis] = sum(shape[self.axis] for shape in shapes)
        return tuple(sides)

    def forward(self, *arrays):
        self.ends = np.cumsum([x.shape[self.axis] for x in arrays]).tolist()
        return xp_of(arrays[0]).concatenate(arrays, axis=self.axis)

    def backward(self, dy):
        return tuple(xp_of(dy).split(dy, self.ends[:-1], axis=self.axis))


class BroadcastToFn(Function):
    any_numbers = True

    def __init__(self, shape):
        self.shape = shape

    def out_shape(self, shape):
        return self.shape

    def forward(self, x):
        self.x_shape = x.shape
        return xp_of(x).broadcast_to(x, self.shape)

    def backward(self, dy):
        return unbroadcast(dy, self.x_shape)


class CastFn(Function):                              # a copy, in x's dtype or another
    keeps_shape = any_numbers = True

    def __init__(self, dtype):
        self.dtype = dtype

    def forward(self, x):
        self.x_dtype = x.dtype
        return x.astype(self.dtype)

    def backward(self, dy):
        return dy.astype(self.x_dtype, copy=False)


class ToDeviceFn(Function):
    keeps_shape = any_numbers = True

    def __init__(self, device):
        self.device = device

    def forward(self, x):
        self.home = device_of(x)
        return to_device(x, self.device)

    def backward(self, dy):
        return to_device(dy, self.home)
