"""The stand-in has CuPy's habits.  Where there is a GPU, the same tests run on CuPy itself."""

import copy
import pickle
import sys

import numpy as np
import pytest

from minicnn.backend.arrays import gpu_problem
from tests import standin

LIBRARIES = ["standin"] + ([] if gpu_problem() else ["cupy"])


@pytest.fixture(params=LIBRARIES)
def cp(request):
    return standin if request.param == "standin" else sys.modules["cupy"]


@pytest.fixture
def x(cp):
    return cp.asarray(np.arange(6, dtype=np.float32).reshape(2, 3))


HOST = np.ones((2, 3), np.float32)


@pytest.mark.parametrize("convert", [np.asarray, np.array, lambda x: np.asarray(x, np.float64),
                                     lambda x: np.array([x, x]),
                                     lambda x: HOST.__setitem__(0, x[0])])
def test_numpy_may_not_take_it_over_in_silence(x, convert):
    with pytest.raises(TypeError, match="Implicit conversion to a NumPy array is not allowed"):
        convert(x)


@pytest.mark.parametrize("mix", [
    lambda cp, x: x + HOST, lambda cp, x: HOST + x, lambda cp, x: x * HOST, lambda cp, x: HOST / x,
    lambda cp, x: x - HOST, lambda cp, x: HOST ** x, lambda cp, x: x @ HOST.T,
    lambda cp, x: HOST.T @ x,
    lambda cp, x: cp.maximum(x, HOST), lambda cp, x: cp.where(x > 0, x, HOST),
    lambda cp, x: np.maximum(x, HOST), lambda cp, x: x.__iadd__(HOST), lambda cp, x: x > HOST,
    lambda cp, x: cp.concatenate([x, HOST]), lambda cp, x: cp.stack([x, HOST])])
def test_a_numpy_array_beside_it_is_refused(cp, x, mix):
    with pytest.raises(TypeError):
        mix(cp, x)


@pytest.mark.parametrize("index", [slice(None), Ellipsis, 0, (slice(None), 1)])
def test_a_numpy_array_cannot_be_assigned_to_a_part(x, index):
    with pytest.raises(ValueError, match="non-scalar numpy.ndarray cannot be used for fill"):
        x[index] = HOST[index].copy()


def test_numbers_mix_and_keep_the_dtype(cp, x):
    assert (x + 1).dtype == (x * 2.0).dtype == (1 / (x + 1)).dtype == np.float32
    assert (x * np.float32(2)).dtype == np.float32
    if np.__version__ >= "2":
        assert (x * np.float64(2)).dtype == np.float64
    x[0, 0] = np.float64(7)
    x[1] = np.asarray(8.0)
    x[:, 1] = 9
    assert x.get().tolist() == [[7, 9, 2], [8, 9, 8]]


@pytest.mark.parametrize("reduce", ["sum", "mean", "max", "min", "argmax", "any", "all", "var"])
def test_a_reduction_stays_an_array(cp, x, reduce):
    for y in (getattr(x, reduce)(), getattr(x, reduce)(axis=0)[0],
              x[0, 0]):
        assert isinstance(y, cp.ndarray) and y.shape == ()
    expected = getattr(np.arange(6.0).reshape(2, 3), reduce)()
    assert getattr(x, reduce)().item() == pytest.approx(expected)


def test_numpys_functions_are_handed_on(cp, x):
    host = x.get()
    for y, expected in [(np.exp(x), np.exp(host)), (np.maximum(x, 2), np.maximum(host, 2)),
                        (np.sum(x, axis=0), host.sum(0)), (np.concatenate([x, x]), [*host, *host]),
                        (np.where(x > 2, x, 0), np.where(host > 2, host, 0)),
                        (np.add(1, x), 1 + host)]:
        assert isinstance(y, cp.ndarray)
        assert np.allclose(y.get(), expected)


@pytest.mark.parametrize("index, wrapped", [
    ([1, 2, -3, 5], [1, 0, 1, 1]), ([[7]], [[1]]), ((0, [3, -4]), (0, [0, 2])),
    ((slice(None), [4, 2]), (slice(None), [1, 2])), ((Ellipsis, [5]), (Ellipsis, [2])),
    (([2, 1], [3, 1]), ([0, 1], [0, 1])), ((None, [3]), (None, [1]))])
def test_index_arrays_wrap_around(cp, x, index, wrapped):
    host = x.get()

    def moved(part):
        return cp.asarray(part) if isinstance(part, list) else part

    index = tuple(map(moved, index)) if isinstance(index, tuple) else moved(index)
    assert x[index].get().tolist() == host[wrapped].tolist()
    x[index] = 50
    host[wrapped] = 50
    assert x.get().tolist() == host.tolist()


def test_index_arrays_of_numpy_and_lists_are_taken_over(x):
    assert x[np.array([1, 4])].get().tolist() == [[3, 4, 5], [0, 1, 2]]
    assert x[[3]].get().tolist() == [[3, 4, 5]]
    assert x[[]].shape == (0, 3)
    assert x[np.array([True, False])].get().tolist() == [[0, 1, 2]]


def test_single_numbers_do_not_wrap(x):
    with pytest.raises(IndexError):
        x[2]
    with pytest.raises(IndexError):
        x[0, -4]
    with pytest.raises(IndexError):
        x[0, 0, 0]


def test_index_arrays_must_be_whole_or_boolean(cp, x):
    with pytest.raises(IndexError, match="must be of integer or boolean type"):
        x[cp.asarray([0.0])]


def test_masks(cp, x):
    assert x[x > 3].get().tolist() == [4, 5]
    x[x > 3] = 0
    assert x.get().tolist() == [[0, 1, 2], [3, 0, 0]]
    with pytest.raises(IndexError):
        x[cp.asarray([True, False, True])]


def test_add_at_adds_up_and_wraps(cp, x):
    cp.add.at(x, cp.asarray([0, 0, 3]), cp.ones(3, np.float32))
    assert x.get().tolist() == [[2, 3, 4], [4, 5, 6]]
    with pytest.raises(TypeError, match="scatter_add only supports"):
        cp.add.at(cp.zeros(3, np.int64), cp.asarray([0]), cp.ones(1, np.int64))


def test_parts_share_memory_and_copies_do_not(cp, x):
    part = x[:, 1:]
    part += 10
    part[0, 0] = -1
    assert x.get().tolist() == [[0, -1, 12], [3, 14, 15]]
    assert cp.shares_memory(x, x.reshape(3, 2)) and cp.shares_memory(x, x.T)
    assert not cp.shares_memory(x, x.copy()) and not cp.shares_memory(x, x[[0]])
    assert x.astype(np.float32, copy=False) is x
    assert not cp.shares_memory(x, x.astype(np.float32))
    assert x.base is None and x.copy().base is None
    assert part.base is not None and x.T.base is not None and x.swapaxes(0, 1).base is not None


def test_in_place_results_are_the_same_object(cp, x):
    y = x
    y *= 2
    y -= 1
    y /= 1
    assert y is x
    out = cp.empty_like(x)
    assert cp.exp(x, out=out) is out and np.allclose(out.get(), np.exp(x.get()))


def test_only_get_and_asnumpy_come_back(cp, x):
    for host in (x.get(), cp.asnumpy(x)):
        assert isinstance(host, np.ndarray)
        host[0] = 99
        assert x[0, 0].item() == 0
    assert cp.asnumpy(HOST) is HOST


def test_shape_methods(cp, x):
    for y in (x.T, x.transpose(), x.transpose(1, 0), x.transpose((1, 0)), x.swapaxes(0, 1)):
        assert y.shape == (3, 2)
    for y in (x.reshape(-1), x.reshape((6,)), x.ravel(), x.flatten()):
        assert y.shape == (6,)
    assert x[None].squeeze(0).shape == (2, 3) and len(x) == 2 and x.ndim == 2 and x.size == 6
    assert [row.shape for row in x] == [(3,), (3,)]
    assert x.flags.c_contiguous and not x.T.flags.c_contiguous and not hasattr(x.flags, "writeable")
    assert x.clip(1, 4).get().tolist() == [[1, 1, 2], [3, 4, 4]]
    assert x.clip(1, None).get().max() == 5


def test_copies_and_pickles(cp, x):
    for y in (copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        assert isinstance(y, cp.ndarray) and y.get().tolist() == x.get().tolist()
        assert not cp.shares_memory(x, y)


def test_what_cupy_lacks_is_missing(cp, x):
    for name in ("errstate", "vecdot", "ndenumerate"):
        assert not hasattr(cp, name), name
    for refused in [lambda: x.sum(where=x > 1), lambda: x.max(initial=0), lambda: cp.exp([1.0]),
                    lambda: cp.exp(HOST), lambda: range(x[0, 0])]:
        with pytest.raises(TypeError):
            refused()
    with pytest.raises(ValueError, match="Unsupported dtype"):
        cp.asarray(np.array(["text"]))
    with pytest.raises(TypeError):
        hash(x)


def test_an_object_that_claims_the_operators_gets_them(x):
    class Claims:
        def __radd__(self, other):
            return "mine"

        def __gt__(self, other):
            return "mine too"

    class ByUfunc(Claims):
        __array_ufunc__ = None

    class ByPriority(Claims):
        __array_priority__ = 1000                            # as Tensor

    for claims in (ByUfunc(), ByPriority()):
        assert x + claims == "mine" and (x < claims) == "mine too"


def test_truth_needs_one_value(x):
    with pytest.raises(ValueError, match="ambiguous"):
        bool(x)
    assert bool(x[0, 1]) and not bool(x[0, 0])


def test_synchronisations_are_counted():
    x = standin.ones((2, 3))
    start = standin.synchronisations
    y = (x.sum() * 2 + x[0, 0]).mean()
    x[1, :] = y
    assert standin.synchronisations == start                 # so far, nobody waited
    for step, wait in enumerate([float, bool, int, lambda y: y.item(), lambda y: y.get(), repr,
                                 lambda y: y.tolist(), standin.asnumpy, lambda y: x[x > 0]], 1):
        wait(y)
        assert standin.synchronisations == start + step


def test_new_arrays(cp):
    assert cp.zeros((2, 3)).dtype == np.float64 and cp.ones(2, np.float16).dtype == np.float16
    assert cp.full((2,), 3.5, dtype=np.float32).get().tolist() == [3.5, 3.5]
    assert cp.asarray([1.5, 2.5]).shape == (2,) and cp.asarray(3).shape == ()
    x = cp.asarray(HOST)
    assert cp.asarray(x) is x and cp.array(x) is not x
    assert cp.asarray(x, dtype=np.float64).dtype == np.float64
    assert cp.zeros_like(x).shape == (2, 3) and cp.cuda.is_available()
    assert int(cp.__version__.split(".")[0]) >= 14
