"""A stand-in for CuPy on machines without a GPU: a NumPy array behind CuPy's manners.

`sys.modules["cupy"] = tests.standin` and minicnn believes that there is a GPU.  What CuPy 14 does
differently from NumPy happens here too; the names, the keywords and the habits were read from CuPy
14.2, and tests/backend/test_standin.py also runs on CuPy itself where there is a GPU.

  - np.asarray(x) raises; so does x + numpy_array, x[:] = numpy_array, xp.exp(numpy_array)
  - a reduction returns an array of shape (), not a number; float() of it waits for the GPU
  - an index array that is out of range wraps around, silently
  - a name or keyword that CuPy lacks is missing
  - results lie in memory in the order of the axes (C), whatever lay where before; so does a NumPy
    array that comes in, unless its axes lie backwards without gaps
  - one thread works on arrays

NumPy's RuntimeWarnings stay: CuPy gives none, so a test that passes here has nothing to hide.
`synchronisations` counts how often the computer waited for the "GPU"; tests/standin_counts.py what
the GPU was given to do.
"""

import builtins  # `any`, `max`, `sum`, ... mean CuPy's functions in this file
from functools import partial
from types import SimpleNamespace

import numpy as np

from tests.cupy_names import COPYING, FREE, FUNCTIONS, KEEPING, METHODS, UFUNCS, WAITING
from tests.standin_counts import backwards, count, count_product, in_order
from tests.standin_gpu import RawKernel, _core, cuda  # noqa: F401
from tests.standin_index import host_index, known, remembered
from tests.standin_operators import give_operators

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
        fnc=self._host.flags.fnc, owndata=self._host.flags.owndata))
    data = property(lambda self: SimpleNamespace(ptr=self._host.ctypes.data))
    device = property(lambda self: cuda.Device())
    T = property(lambda self: wrap(self._host.T))
    base = property(lambda self: known(self._host.base, wrap))

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
        count("copied", self._host)
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
        index, advanced = self.host_index(index)
        y = self._host[index]
        if advanced:
            y = in_order(y)
            count("indexed", y)
        return wrap(y)

    def host_index(self, index):
        found = host_index(index, self.shape)
        if found.waits:
            wait()                                 # the size of the result must be known
        return found.parts, found.advanced

    def __setitem__(self, index, value):
        index, advanced = self.host_index(index)
        if isinstance(value, np.ndarray) and value.ndim and not advanced:
            raise ValueError("non-scalar numpy.ndarray cannot be used for fill")
        if not isinstance(value, np.ndarray) and not advanced:
            check_kinds(value)
        value = value._host if isinstance(value, ndarray) else value
        count("assigned", self._host[index], value)
        self._host[index] = value

    def astype(self, dtype, order="K", casting=None, subok=None, copy=True):
        if not copy and self.dtype == dtype:
            return self
        y = self._host.astype(dtype, order)
        count("astype", y)                             # "K": both lie the same way
        return wrap(y)

    def __deepcopy__(self, memo):
        return self.copy()


def wrap(result):
    """NumPy's results as this library's: numbers become arrays of shape ()."""
    if isinstance(result, (tuple, list)):
        return type(result)(wrap(part) for part in result)
    if isinstance(result, (np.ndarray, np.generic, bool)):
        y = ndarray.__new__(ndarray)
        y._host = np.asarray(result)
        return remembered(y)
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


def call(name, function, allowed, args, kwargs):
    """Run NumPy's function, if CuPy knows these arguments."""
    strange = set(kwargs) - set(allowed) if "**" not in allowed else set()
    if strange or len(args) > len(allowed) and "*" not in allowed:
        raise TypeError(f"cupy.{name} takes ({', '.join(allowed)}), got {len(args)} arguments and "
                        f"keywords {sorted(kwargs)}")
    if name in WAITING:
        wait()
    hosts = unwrap(args)
    result = function(*hosts, **{key: unwrap(value) for key, value in kwargs.items()})
    result = result if name in KEEPING or isinstance(result, (tuple, list)) else in_order(result)
    if name not in FREE:
        launches = len(hosts[0]) if name in ("concatenate", "stack") else 1
        count(name, result, *hosts, launches=launches)
    elif name in COPYING and not np.shares_memory(result, hosts[0]):
        count("reshaped", result, *hosts)
    return wrap(result) if kwargs.get("out") is None else kwargs["out"]


def library_function(name):
    def function(*args, **kwargs):
        return call(name, getattr(np, name), FUNCTIONS[name].split(), args, kwargs)
    return function


def method(name):
    def function(self, *args, **kwargs):
        def numpys(host, *args, **kwargs):
            return getattr(host, name)(*args, **kwargs)
        return call(name, numpys, ["a", *METHODS[name].split()], (self, *args), kwargs)
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
        index, _ = a.host_index(indices)
        np.add.at(a._host, index, b._host if isinstance(b, ndarray) else b)
        count("add.at", a._host[index])


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
    condition = condition.astype(bool, copy=False)._host
    chosen = np.where(condition, unwrap(x), unwrap(y)).copy()
    count("where", chosen, condition, unwrap(x), unwrap(y))
    return wrap(chosen)


def matmul(a, b, out=None):
    check_kinds(a, b)
    y = np.matmul(unwrap(a), unwrap(b), out=unwrap(out))
    count_product(unwrap(a), unwrap(b), np.asarray(y), unwrap(out))
    return wrap(np.asarray(y, order="C")) if out is None else out


def take(a, indices, axis=None, out=None):
    where = indices._host if isinstance(indices, ndarray) else np.asarray(indices)
    y = in_order(np.take(a._host, where, axis, mode="wrap"))
    count("take", y, a._host)
    return wrap(y)


def take_along_axis(a, indices, axis):
    y = in_order(np.take_along_axis(a._host, unwrap(indices) % a.shape[axis], axis))
    count("take_along_axis", y, a._host)
    return wrap(y)


def array(obj, dtype=None, copy=True, order="K", subok=False, ndmin=0):
    """A copy on the "GPU"; lists may hold arrays of this library."""
    host = obj._host if isinstance(obj, ndarray) else obj
    if isinstance(obj, (list, tuple)) and builtins.any(isinstance(part, ndarray) for part in obj):
        host = np.stack([part._host for part in obj])
    if order == "K" and not isinstance(obj, ndarray):
        order = backwards(host) if isinstance(host, np.ndarray) else "C"
    host = np.array(host, dtype, copy=True, order=order, ndmin=ndmin)
    count("array", host)
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
    np.copyto(dst._host, unwrap(src), casting, True if where is None else unwrap(where))
    count("copyto", dst._host, unwrap(src))


def shares_memory(a, b):
    return np.shares_memory(a._host, b._host)


give_operators(ndarray, globals())
