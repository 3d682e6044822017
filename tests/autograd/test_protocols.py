"""Every protocol of Python and NumPy: a Tensor answers it, or refuses with what to write."""

import copy
import math
import operator
import pickle

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest

from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import to_cpu
from minicnn.init import he_normal, ones
from minicnn.layers.parameter import Buffer, Parameter

matplotlib.use("Agg")


def number():
    return Tensor(2.5)


def row():
    return Tensor([1.0, 2.0, 4.0])


def learnt():
    return Tensor([1.0, 2.0], requires_grad=True)


def whole():
    return Tensor(np.array(3))


def plain(answer):
    """A Tensor or an array as lists, for a comparison."""
    return answer.tolist() if isinstance(answer, (Tensor, np.ndarray)) else answer


ANSWERS = {
    "float": (lambda: float(number()), 2.5), "float of [x]": (lambda: float(Tensor([1.0])), 1.0),
    "float of [[x]]": (lambda: float(Tensor([[1.5]])), 1.5),
    "int": (lambda: int(number()), 2), "complex": (lambda: complex(number()), 2.5 + 0j),
    "bool": (lambda: [bool(number()), bool(Tensor([[0.0]]))], [True, False]),
    "round": (lambda: round(Tensor(np.array(2.345)), 2), 2.35),
    "round to a whole": (lambda: round(number()), 2),
    "floor": (lambda: math.floor(number()), 2), "ceil": (lambda: math.ceil(number()), 3),
    "trunc": (lambda: int(Tensor(-2.5)), -2), "sqrt": (lambda: math.sqrt(Tensor(4.0)), 2.0),
    "index": (lambda: operator.index(whole()), 3),
    "range": (lambda: list(range(whole())), [0, 1, 2]),
    "list index": (lambda: "abcd"[whole()], "d"),
    "format": (lambda: f"{number():.3f} {number()!s}", "2.500 Tensor(2.5, float32)"),
    "str": (lambda: str(row()), "Tensor([1. 2. 4.], float32)"),
    "len": (lambda: len(row()), 3), "iter": (lambda: [float(x) for x in row()], [1, 2, 4]),
    "reversed": (lambda: [float(x) for x in reversed(row())], [4, 2, 1]),
    "unpacking": (lambda: plain([*row()][1]), 2.0), "sum": (lambda: plain(sum(row())), 7.0),
    "sum of several": (lambda: plain(sum([number(), number()])), 5.0),
    "max": (lambda: plain(max(row())), 4.0), "sorted": (lambda: plain(sorted(row())[2]), 4.0),
    "contains": (lambda: [2 in row(), 3 in row(), number() in [number()]], [True, False, True]),
    "hash": (lambda: len({number(), number()}), 2),
    "== None": (lambda: [row() == None, row() != None, row() == "a"],       # noqa: E711
                [False, True, False]),
    "==": (lambda: plain(row() == 2), [False, True, False]),
    "+x": (lambda: plain(+row()), [1, 2, 4]), "-x": (lambda: plain(-row()), [-1, -2, -4]),
    "abs": (lambda: plain(abs(-row())), [1, 2, 4]),
    "pow": (lambda: plain(pow(row(), 2)), [1, 4, 16]), "@": (lambda: plain(row() @ row()), 21.0),
    "slice": (lambda: plain(row()[::-2]), [4, 1]),
    "x[whole]": (lambda: plain(row()[Tensor(np.array([2, 0]))]), [4, 1]),
    "x[mask]": (lambda: plain(row()[Tensor(np.array([True, False, True]))]), [1, 4]),
    "array[x]": (lambda: plain(np.arange(4)[Tensor(np.array([2, 0]))]), [2, 0]),
    "whole numbers": (lambda: [int(x) for x in Tensor(np.array([5, 6]))], [5, 6]),
    "np.asarray": (lambda: np.asarray(row()).tolist(), [1, 2, 4]),
    "np.asarray of a dtype": (lambda: str(np.asarray(row(), dtype=np.int64).dtype), "int64"),
    "np.array of Tensors": (lambda: np.array([number(), number()]).tolist(), [2.5, 2.5]),
    "np.stack": (lambda: np.stack([row(), row()]).shape, (2, 3)),
    "np.concatenate": (lambda: np.concatenate([row(), np.ones(1)]).tolist(), [1, 2, 4, 1]),
    "np.mean": (lambda: round(float(np.mean(row())), 4), 2.3333),
    "np.var is NumPy's": (lambda: round(float(np.var(row())), 4), 1.5556),
    "np.max": (lambda: np.max(Tensor([[1.0, 2.0]]), axis=1).tolist(), [2]),
    "np.tanh": (lambda: type(np.tanh(row())), np.ndarray),
    "np.shape": (lambda: [np.shape(row()), np.ndim(row()), np.size(row())], [(3,), 1, 3]),
    "np.allclose": (lambda: np.allclose(row(), [1, 2, 4]), True),
    "np.isnan": (lambda: np.isnan(row()).any(), False),
    "np.where": (lambda: np.where(row() > 1, row(), 0).tolist(), [0, 2, 4]),
    "array + x": (lambda: type(np.ones(3, np.float32) + row()), Tensor),
    "np.float32 * x": (lambda: type(np.float32(2) * row()), Tensor),
    "np.float64 < x": (lambda: plain(np.float64(1.5) < row()), [False, True, True]),
    "tolist": (lambda: Tensor([[1.0], [2.0]]).tolist(), [[1.0], [2.0]]),
}

REFUSALS = {
    "len of a number": (lambda: len(number()), TypeError, r"no parts: float\(x\), or x.reshape"),
    "sum of a number": (lambda: sum(number()), TypeError, r"a single number has no length"),
    "iter of a number": (lambda: list(number()), TypeError, r"a single number has no length"),
    "float": (lambda: float(row()), ValueError, r"float\(x\) needs a single value, this Tensor has "
              r"shape \(3,\); reduce it, x.mean\(\)"),
    "int": (lambda: int(row()), ValueError, r"int\(x\) needs a single value"),
    "complex": (lambda: complex(row()), ValueError, r"complex\(x\) needs a single value"),
    "round": (lambda: round(row()), ValueError, r"round\(x\) needs a single value"),
    "item": (lambda: row().item(), ValueError, r"item\(\) needs a single value"),
    "format": (lambda: f"{row():.2f}", ValueError, r"the format '.2f' needs a single value"),
    "bool": (lambda: bool(row()), ValueError, r"neither true nor false; .* \(x > 0\).all\(\)"),
    "bool of none": (lambda: bool(Tensor([])), ValueError, r"neither true nor false"),
    "index": (lambda: range(number()), TypeError, r"this Tensor is float32; int\(x\)"),
    "del": (lambda: operator.delitem(row(), 0), TypeError, r"keep the rest: x\[1:\]"),
    "order": (lambda: row() < "a", TypeError, "expected a Tensor, an array or a number, got str"),
    "+ None": (lambda: row() + None, TypeError, "an array or a number, got NoneType"),
    "+ Tensors": (lambda: row() + (row(), row()), TypeError, "got a tuple of Tensors; join them"),
    **{symbol: (lambda f=f: f(row(), 2), TypeError, "its array has: x.data // 2") for symbol, f in {
        "//": operator.floordiv, "%": operator.mod, "divmod": divmod, "&": operator.and_,
        "|": operator.or_, "^": operator.xor, "<<": operator.lshift, ">>": operator.rshift,
        "r//": lambda x, y: y // x, "r%": lambda x, y: y % x, "rdivmod": lambda x, y: divmod(y, x),
        "r&": lambda x, y: y & x, "r|": lambda x, y: y | x, "r^": lambda x, y: y ^ x,
        "r<<": lambda x, y: y << x, "r>>": lambda x, y: y >> x, "//=": operator.ifloordiv,
        "%=": operator.imod, "&=": operator.iand, "|=": operator.ior, "^=": operator.ixor,
        "<<=": operator.ilshift, ">>=": operator.irshift, "~": lambda x, y: ~x}.items()},
    "np.asarray": (lambda: np.asarray(learnt()), TypeError,
                   r"NumPy would lose the gradient of this Tensor; its values: x.detach\(\)"),
    "np.stack": (lambda: np.stack([learnt(), row()[:2]]), TypeError, r"np.stack: NumPy would lose"),
    "np.mean": (lambda: np.mean(learnt()), TypeError, r"here: x.mean\(\)"),
    "np.tanh": (lambda: np.tanh(learnt()), TypeError, "NumPy would lose the gradient"),
    "np.array": (lambda: np.array([learnt()]), TypeError, "NumPy would lose the gradient"),
    "no copy": (lambda: row().__array__(np.float64, copy=False), ValueError, "in a copy only"),
    "copy": (lambda: copy.copy(learnt() * 2), RuntimeError, r"x.detach\(\).clone\(\)"),
    "deepcopy": (lambda: copy.deepcopy(learnt() * 2), RuntimeError, r"x.detach\(\).clone\(\)"),
    "pickle": (lambda: pickle.dumps(learnt() * 2), RuntimeError, r"x.detach\(\).clone\(\)"),
}

# Special methods that Python calls for an operator, a built-in or a statement, and that Tensor has
# none of: what happens then is right as it is.  (x @= w is x = x @ w; a Tensor is no context.)
LEFT_TO_PYTHON = {"__imatmul__", "__call__", "__enter__", "__exit__", "__aenter__", "__aexit__",
                  "__await__", "__aiter__", "__anext__", "__next__", "__del__", "__bytes__",
                  "__fspath__", "__length_hint__", "__missing__", "__reversed__", "__buffer__",
                  "__floor__", "__ceil__", "__trunc__", "__iand__", "__ior__", "__ixor__",
                  "__ilshift__", "__irshift__", "__ifloordiv__", "__imod__"}
PROTOCOLS = """
    __abs__ __add__ __aenter__ __aexit__ __aiter__ __and__ __anext__ __array__ __array_function__
    __array_priority__ __await__ __bool__ __buffer__ __bytes__ __call__ __ceil__ __complex__
    __contains__ __copy__ __del__ __delitem__ __dir__ __divmod__ __enter__ __eq__ __exit__ __float__
    __floor__ __floordiv__ __format__ __fspath__ __ge__ __getitem__ __getstate__ __gt__ __hash__
    __iadd__ __iand__ __ifloordiv__ __ilshift__ __imatmul__ __imod__ __imul__ __index__ __int__
    __invert__ __ior__ __ipow__ __irshift__ __isub__ __iter__ __itruediv__ __ixor__ __le__ __len__
    __length_hint__ __lshift__ __lt__ __matmul__ __missing__ __mod__ __mul__ __ne__ __neg__ __next__
    __or__ __pos__ __pow__ __radd__ __rand__ __rdivmod__ __repr__ __reversed__ __rfloordiv__
    __rlshift__ __rmatmul__ __rmod__ __rmul__ __ror__ __round__ __rpow__ __rrshift__ __rshift__
    __rsub__ __rtruediv__ __rxor__ __setitem__ __sub__ __truediv__ __trunc__ __xor__
"""


@pytest.mark.parametrize("name", ANSWERS)
def test_answers(name):
    ask, answer = ANSWERS[name]
    assert ask() == answer


@pytest.mark.parametrize("name", REFUSALS)
def test_refusals_name_the_cure(name):
    ask, kind, cure = REFUSALS[name]
    with pytest.raises(kind, match=cure):
        ask()


def test_every_protocol_has_been_decided():
    """Tensor writes it itself, or it is among those that are left to Python: one or the other."""
    own = {name for kind in Tensor.__mro__ if kind.__module__.startswith("minicnn")
           for name in vars(kind)}
    assert {name for name in PROTOCOLS.split() if name not in own} == LEFT_TO_PYTHON


def test_numbers_and_parameters_answer_alike():
    """Parameter and Buffer inherit all of it."""
    weight = Parameter((2,), ones)
    assert float(sum(weight)) == 2.0 and len(weight) == 2 and [float(x) for x in weight] == [1, 1]
    assert float(Buffer((1,))) == 0.0 and np.asarray(Buffer((2,))).tolist() == [0, 0]
    with pytest.raises(TypeError, match="NumPy would lose the gradient"):
        np.asarray(weight)


def test_numpy_may_read_what_is_learnt_where_nothing_is_recorded():
    x = learnt()
    with no_grad():
        assert np.asarray(x).tolist() == [1, 2] and np.mean(x) == 1.5
    assert np.asarray(x.detach()) is x.data


def test_numpys_copies():
    x = row()
    assert np.asarray(x) is x.data and np.shares_memory(x.__array__(copy=False), x.data)
    assert not np.shares_memory(np.array(x), x.data)
    assert not np.shares_memory(x.__array__(np.float64), x.data)
    kind = type("Kind", (np.ndarray,), {})                 # as np.memmap
    y = Tensor(np.ones(2).view(kind))
    assert np.shares_memory(y.__array__(copy=False), y.data)
    assert not np.shares_memory(y.__array__(copy=True), y.data)


def test_a_gpu_array_does_not_become_numpys_by_itself(xp, device):
    x = Tensor(xp.asarray([1.0, 2.0]))
    if device == "cpu":
        assert np.asarray(x).tolist() == [1, 2]
        return
    for ask in (lambda: np.asarray(x), lambda: np.mean(x)):
        with pytest.raises(TypeError, match=r"on the GPU, NumPy is not; bring it: x.cpu\(\)"):
            ask()
    assert np.asarray(x.cpu()).tolist() == [1, 2]


def test_matplotlib_takes_tensors():
    picture = Tensor(np.arange(6.0).reshape(2, 3))
    figure, axes = plt.subplots()
    shown, (line,) = axes.imshow(picture), axes.plot(picture[0], picture[1])
    assert shown.get_array().tolist() == picture.tolist()
    assert np.asarray(line.get_ydata()).tolist() == [3, 4, 5]
    with pytest.raises(TypeError, match=r"its values: x.detach\(\)"):
        axes.imshow(Tensor(picture, requires_grad=True))
    plt.close(figure)


def test_list_membership_of_several_values_is_pythons():
    """`x in [a, x]` compares with a first, and several booleans are neither true nor false."""
    x, a = row(), row()
    assert x in [x, a]
    with pytest.raises(ValueError, match=r"a.any\(\) or a.all\(\)"):
        assert x in [a, x]


def test_shallow_copies_share_the_memory(xp):
    x = Tensor(xp.asarray([1.0, 2.0]), requires_grad=True)
    y = copy.copy(x)
    assert y.data is x.data and y.requires_grad and y is not x
    with no_grad():
        y += 1
    assert to_cpu(x.data).tolist() == [2, 3] and min(x.written, y.written) > -1


@pytest.mark.parametrize("twin", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_deep_copies_are_on_their_own(twin):
    x = learnt()
    (x * x).sum().backward()
    part = x.detach()[:1]
    for original in (x, part):
        y = twin(original)
        assert y.tolist() == original.tolist() and y.requires_grad == original.requires_grad
        with no_grad():
            y += 1
        assert x.tolist() == [1, 2] and x.written == -1
    assert twin(x).grad.tolist() == [2, 4] and twin(x).grad is not x.grad
    weight = Parameter((3, 4), he_normal())
    assert twin(weight).tolist() == weight.tolist() and type(twin(weight)) is Parameter
