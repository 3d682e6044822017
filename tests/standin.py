"""A stand-in for CuPy on machines without a GPU: a NumPy array behind CuPy's manners.

`sys.modules["cupy"] = tests.standin` and minicnn believes that there is a GPU.  What CuPy 14 does
differently from NumPy happens here too; the names, the keywords and the habits were read from CuPy
14.2, and tests/backend/test_standin.py also runs on CuPy itself where there is a GPU.

  - np.asarray(x) raises; so does x + numpy_array, x[:] = numpy_array, xp.exp(numpy_array)
  - a reduction returns an array of shape (), not a number; float() of it waits for the GPU
  - an index array that is out of range wraps around, silently
  - a name or keyword that CuPy lacks is missing
  - the result of a function of elements lies in memory in the order of the axes (C)

NumPy's RuntimeWarnings stay: CuPy gives none, so a test that passes here has nothing to hide.
`synchronisations` counts how often the computer waited for the "GPU".
"""

import builtins  # `any`, `max`, `sum`, ... mean CuPy's functions in this file
from functools import partial
from types import SimpleNamespace

import numpy as np

from tests.cupy_names import BINARY, COMPARISONS, FUNCTIONS, METHODS, UFUNCS, UNARY, WAITING
from tests.standin_gpu import _core, cuda  # noqa: F401

__version__ = "14.2.0"
synchronisations = 0

float16, float32, float64, bool_ = np.float16, np.float32, np.float64, np.bool_
int8, int16, int32, int64, uint8 = np.int8, np.int16, np.int32, np.int64, np.uint8
dtype, finfo, iinfo, newaxis = np.dtype, np.finfo, np.iinfo, None
inf, nan, pi, e = np.inf, np.nan, np.pi, np.e


def wait() -> None:
    global synchronisations
    synchronisations += 1


class ndarray:
    """CuPy's array as far as minicnn can tell."""

    __slots__ = ("_host", "__weakref__")
    __array_priority__ = 100
    __hash__ = None

    def __init__(self, shape, dtype=float):
        self._host = np.empty(shape, dtype)

    flags = property(lambda self: SimpleNamespace(                   # CuPy has no flags.writeable
        c_contiguous=self._host.flags.c_contiguous, f_contiguous=self._host.flags.f_contiguous,
        owndata=self._host.flags.owndata))
    T = property(lambda self: wrap(self._host.T))
    base = property(lambda self: None if self._host.base is None else wrap(self._host.base))

    # --- what NumPy may and may not do with it -----------------------------------------------

    def __array__(self, dtype=None, copy=None):
        raise TypeError("Implicit conversion to a NumPy array is not allowed. Please use `.get()` "
                        "to construct a NumPy array explicitly.")

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        if method != "__call__" or ufunc.__name__ not in (*UFUNCS.split(), "matmul"):
            return NotImplemented
        if "out" in kwargs:
            kwargs["out"], = kwargs["out"]
        return globals()[ufunc.__name__](*inputs, **kwargs)

    def __array_function__(self, func, types, args, kwargs):
        function = globals().get(func.__name__)
        if func.__module__ != "numpy" or function is None or function is func:
            return NotImplemented
        return function(*args, **kwargs)

    # --- the ways back to the computer's memory, each of which waits --------------------------

    def get(self, stream=None, order="C", out=None, blocking=True):
        wait()
        return self._host.copy(order)

    def __repr__(self):
        return repr(self.get())

    def __reduce__(self):
        return array, (self.get(),)

    # --- contents ----------------------------------------------------------------------------

    def __len__(self):
        return len(self._host)

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index):
        return wrap(self._host[host_index(index, self.shape)[0]])

    def __setitem__(self, index, value):
        index, advanced = host_index(index, self.shape)
        if isinstance(value, np.ndarray) and value.ndim and not advanced:
            raise ValueError("non-scalar numpy.ndarray cannot be used for fill")
        if not isinstance(value, np.ndarray) and not advanced:
            check_kinds(value)
        self._host[index] = value._host if isinstance(value, ndarray) else value

    def astype(self, dtype, order="K", casting=None, subok=None, copy=True):
        if not copy and self.dtype == dtype:
            return self
        return wrap(self._host.astype(dtype, order))

    def __deepcopy__(self, memo):
        return self.copy()


def wrap(result):
    """NumPy's results as this library's: numbers become arrays of shape ()."""
    if isinstance(result, (tuple, list)):
        return type(result)(wrap(part) for part in result)
    if isinstance(result, (np.ndarray, np.generic, bool)):
        y = ndarray.__new__(ndarray)
        y._host = np.asarray(result)
        return y
    return result


def check_kinds(*values):
    for value in values:
        if not isinstance(value, (ndarray, np.generic, bool, int, float)):
            raise TypeError(f"Unsupported type {type(value)}")


def unwrap(value):
    """What NumPy is to work on; a NumPy array among the arguments is refused as CuPy refuses it."""
    if isinstance(value, ndarray):
        return value._host
    if isinstance(value, np.ndarray):
        raise TypeError(f"Unsupported type {type(value)}")
    return type(value)(map(unwrap, value)) if isinstance(value, (tuple, list)) else value


def host_index(index, shape):
    """(index for NumPy, whether it holds arrays); integer arrays wrap around as on a GPU."""
    parts = list(index) if isinstance(index, tuple) else [index]
    for i, part in enumerate(parts):
        if isinstance(part, (list, tuple, np.ndarray, bool, np.bool_)):
            empty = isinstance(part, (list, tuple)) and not part
            part = parts[i] = wrap(np.asarray(part, np.int32 if empty else None))
        if isinstance(part, ndarray) and part.dtype.kind not in "biu":
            raise IndexError("arrays used as indices must be of integer or boolean type. "
                             f"(actual: {part.dtype.type})")
    arrays = [part for part in parts if isinstance(part, ndarray)]
    if builtins.any(part.dtype.kind == "b" for part in arrays):
        wait()                                     # the size of the result must be known

    def axes_used(part):
        if part is None or part is Ellipsis:
            return 0
        return part.ndim if isinstance(part, ndarray) and part.dtype.kind == "b" else 1

    axis, rest = 0, len(shape) - builtins.sum(map(axes_used, parts))
    for i, part in enumerate(parts):
        if isinstance(part, ndarray):
            wraps = part.dtype.kind != "b" and axis < len(shape) and shape[axis] > 0
            parts[i] = np.asarray(part._host % shape[axis]) if wraps else part._host
        axis += rest if part is Ellipsis else axes_used(part)
    return tuple(parts), bool(arrays)


def call(name, function, allowed, args, kwargs):
    """Run NumPy's function, if CuPy knows these arguments."""
    strange = set(kwargs) - set(allowed) if "**" not in allowed else set()
    if strange or len(args) > len(allowed) and "*" not in allowed:
        raise TypeError(f"cupy.{name} takes ({', '.join(allowed)}), got {len(args)} arguments and "
                        f"keywords {sorted(kwargs)}")
    if name in WAITING:
        wait()
    result = function(*unwrap(args), **{key: unwrap(value) for key, value in kwargs.items()})
    return wrap(result) if kwargs.get("out") is None else kwargs["out"]


def library_function(name):
    def function(*args, **kwargs):
        return call(name, getattr(np, name), FUNCTIONS[name].split(), args, kwargs)
    return function


def method(name):
    def function(self, *args, **kwargs):
        return call(name, getattr(self._host, name), METHODS[name].split(), args, kwargs)
    return function


def waiting_method(name):
    def function(self):
        wait()
        return getattr(self._host, name)()
    return function


class Ufunc:
    """xp.exp and the like: arrays of this library and numbers, nothing else."""

    def __init__(self, name):
        self.__name__, self.numpy = name, getattr(np, name)

    def __call__(self, *args, **kwargs):
        check_kinds(*args)
        allowed = ["x"] * self.numpy.nargs + ["out", "dtype", "casting"]
        return call(self.__name__, partial(self.numpy, order="C"), allowed, args, kwargs)

    def at(self, a, indices, b=None):
        if self.__name__ != "add":
            raise NotImplementedError(f"`{self.__name__}.at` is not supported yet")
        if a.dtype not in (np.int32, np.float16, np.float32, np.float64, np.uint32, np.uint64):
            raise TypeError("scatter_add only supports int32, float16, float32, float64, uint32, "
                            "uint64, as data type")
        index, _ = host_index(indices, a.shape)
        np.add.at(a._host, index, b._host if isinstance(b, ndarray) else b)


globals().update({_name: library_function(_name) for _name in FUNCTIONS})
globals().update({_name: Ufunc(_name) for _name in UFUNCS.split()})
for _name in METHODS:
    setattr(ndarray, _name, method(_name))
for _name in ("item", "tolist", "__bool__", "__float__", "__int__"):
    setattr(ndarray, _name, waiting_method(_name))
for _name in ("shape", "dtype", "ndim", "size", "nbytes", "itemsize", "strides"):
    setattr(ndarray, _name, property(lambda self, name=_name: getattr(self._host, name)))


def where(condition, x=None, y=None):
    if x is None and y is None:
        return condition.nonzero()
    check_kinds(condition, x, y)
    return wrap(np.where(condition.astype(bool, copy=False)._host, unwrap(x), unwrap(y)).copy())


def matmul(a, b, out=None):
    check_kinds(a, b)
    y = np.matmul(unwrap(a), unwrap(b), out=unwrap(out))
    return wrap(y) if out is None else out


def take(a, indices, axis=None, out=None):
    where = indices._host if isinstance(indices, ndarray) else np.asarray(indices)
    return wrap(np.take(a._host, where, axis, mode="wrap"))


def take_along_axis(a, indices, axis):
    return wrap(np.take_along_axis(a._host, unwrap(indices) % a.shape[axis], axis))


def array(obj, dtype=None, copy=True, order="K", subok=False, ndmin=0):
    """A copy on the "GPU"; lists may hold arrays of this library."""
    host = obj._host if isinstance(obj, ndarray) else obj
    if isinstance(obj, (list, tuple)) and builtins.any(isinstance(part, ndarray) for part in obj):
        host = np.stack([part._host for part in obj])
    host = np.array(host, dtype, copy=True, order=order, ndmin=ndmin)
    if host.dtype.kind not in "biufc":
        raise ValueError(f"Unsupported dtype {host.dtype}")
    return wrap(host)


def asarray(a, dtype=None, order=None):
    if isinstance(a, ndarray):
        return a if dtype is None else a.astype(dtype, copy=False)
    return array(a, dtype)


def asnumpy(a, stream=None, order="C", out=None):
    return a.get() if isinstance(a, ndarray) else np.asarray(a, order=order)


def copyto(dst, src, casting="same_kind", where=None):
    check_kinds(dst, src)
    np.copyto(dst._host, unwrap(src), casting, True if where is None else unwrap(where))


def shares_memory(a, b):
    return np.shares_memory(a._host, b._host)


def binary(ufunc):
    """x + y; y answers instead if its __array_ufunc__ is None, or is missing and y comes first."""
    def operator(self, other):
        usual = None if getattr(other, "__array_priority__", 0) > self.__array_priority__ else 0
        if not isinstance(other, ndarray) and getattr(other, "__array_ufunc__", usual) is None:
            return NotImplemented
        return globals()[ufunc](self, other)
    return operator


for _symbol, _ufunc in (BINARY | COMPARISONS).items():
    setattr(ndarray, f"__{_symbol}__", binary(_ufunc))
for _symbol, _ufunc in BINARY.items():
    setattr(ndarray, f"__r{_symbol}__", lambda x, y, ufunc=_ufunc: globals()[ufunc](y, x))
    if _symbol != "matmul":                         # a @= b becomes a = a @ b, as in CuPy
        setattr(ndarray, f"__i{_symbol}__", lambda x, y, u=_ufunc: globals()[u](x, y, out=x))
for _symbol, _ufunc in UNARY.items():
    setattr(ndarray, f"__{_symbol}__", lambda x, ufunc=_ufunc: globals()[ufunc](x))
