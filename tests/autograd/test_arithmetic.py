"""Operators against NumPy itself, and gradients by hand; the gradient checks are in gradcases."""

import numpy as np
import pytest

from minicnn.autograd.arithmetic import check_index, is_basic, unbroadcast
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import to_cpu

SHAPES = [((2, 3), (2, 3)), ((2, 3), (3,)), ((1, 3), (4, 2, 3)), ((2, 1), (1, 3)), ((), (2, 3)),
          ((2, 1, 3), (4, 1)), ((0, 3), (3,)), ((2, 0), (2, 1)), ((1,), (1,))]
DTYPES = [np.float16, np.float32, np.float64]

OPERATORS = {
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b,
    "/": lambda a, b: a / b, "**": lambda a, b: a ** b,
}


def values(shape, dtype=np.float64, seed=0):
    return np.random.default_rng(seed).uniform(0.5, 2.0, shape).astype(dtype)


def ones_back(y, *inputs):
    """Gradients for dy = 1."""
    y.backward(np.ones(y.shape))
    return [to_cpu(x.grad).tolist() for x in inputs]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shapes", SHAPES)
@pytest.mark.parametrize("symbol", OPERATORS)
def test_operators_mean_what_they_mean_in_numpy(xp, symbol, shapes, dtype):
    a, b = values(shapes[0], dtype), values(shapes[1], dtype, seed=1)
    ta, tb = (Tensor(xp.asarray(v), requires_grad=True) for v in (a, b))
    y = OPERATORS[symbol](ta, tb)
    expected = OPERATORS[symbol](a, b)
    assert y.shape == expected.shape and y.dtype == dtype
    assert np.allclose(y.numpy(), expected, rtol=2e-3 if dtype == np.float16 else 1e-6)
    y.backward(xp.ones(y.shape, dtype=dtype))
    for t in (ta, tb):
        assert t.grad.shape == t.shape and t.grad.dtype == dtype


@pytest.mark.parametrize("symbol", OPERATORS)
def test_operators_with_a_number_on_either_side(xp, symbol):
    a, op = values((2, 3), np.float32), OPERATORS[symbol]
    for number in (2, 2.5, np.float32(1.5), np.float64(1.5), np.int64(3), True):
        for y, expected in [(op(Tensor(xp.asarray(a)), number), op(a, float(number))),
                            (op(number, Tensor(xp.asarray(a))), op(float(number), a))]:
            assert isinstance(y, Tensor) and y.dtype == np.float32          # no float64 creeps in
            assert np.allclose(y.numpy(), expected)


def test_gradients_by_hand():
    def pair():
        return (Tensor(np.array([2.0, 3.0]), requires_grad=True),
                Tensor(np.array([4.0, 5.0]), requires_grad=True))

    a, b = pair()
    assert ones_back(a + b, a, b) == [[1, 1], [1, 1]]
    a, b = pair()
    assert ones_back(a - b, a, b) == [[1, 1], [-1, -1]]
    a, b = pair()
    assert ones_back(a * b, a, b) == [[4, 5], [2, 3]]
    a, b = pair()
    assert np.allclose(ones_back(a / b, a, b), [[0.25, 0.2], [-2 / 16, -3 / 25]])
    a, b = pair()
    assert ones_back(a ** b, a) == [[4 * 2.0 ** 3, 5 * 3.0 ** 4]]
    assert np.allclose(b.grad, [2.0 ** 4 * np.log(2), 3.0 ** 5 * np.log(3)])
    a, b = pair()
    assert ones_back(-a, a) == [[-1, -1]]
    a = Tensor(np.array([-2.0, 0.0, 3.0]), requires_grad=True)
    assert ones_back(abs(a), a) == [[-1, 0, 1]]


def test_powers_at_zero(xp):
    """0 ** 0 is 1; no warning and no NaN where the slope exists."""
    for exponent, slope in [(0, 0.0), (1, 1.0), (2, 0.0), (3, 0.0), (0.0, 0.0), (2.5, 0.0)]:
        x = Tensor(xp.asarray([0.0]), requires_grad=True)
        (x ** exponent).backward()
        assert to_cpu(x.grad).tolist() == [slope], exponent
    a = Tensor(xp.asarray([0.0, 0.0, 2.0]), requires_grad=True)
    b = Tensor(xp.asarray([0.0, 2.0, 0.0]), requires_grad=True)
    (a ** b).sum().backward()
    assert to_cpu(a.grad).tolist() == [0.0, 0.0, 0.0]
    assert np.allclose(to_cpu(b.grad), [0.0, 0.0, np.log(2)])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shapes", [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 4)), ((2, 3), (3, 4)),
                                    ((5, 2, 3), (3, 4)), ((2, 3), (5, 3, 4)), ((3,), (5, 3, 4)),
                                    ((5, 1, 2, 3), (4, 3, 2)), ((0, 3), (3, 2)), ((2, 0), (0, 2))])
def test_matmul(xp, shapes, dtype):
    a, b = values(shapes[0], dtype), values(shapes[1], dtype, seed=1)
    ta, tb = (Tensor(xp.asarray(v), requires_grad=True) for v in (a, b))
    y = ta @ tb
    assert y.shape == (a @ b).shape and y.dtype == dtype
    assert np.allclose(y.numpy(), a @ b, rtol=2e-3 if dtype == np.float16 else 1e-6)
    y.backward(xp.ones(y.shape, dtype=dtype))
    assert ta.grad.shape == a.shape and tb.grad.shape == b.shape
    assert ta.grad.dtype == tb.grad.dtype == dtype


def test_matmul_with_plain_arrays():
    x = Tensor(np.eye(2, dtype=np.float32))
    w = np.array([[1, 2], [3, 4]], np.float32)
    for y in (x @ w, w @ x):
        assert isinstance(y, Tensor) and y.numpy().tolist() == w.tolist()


@pytest.mark.parametrize("name", ["sum", "mean", "amax", "amin", "var", "std"])
@pytest.mark.parametrize("axis", [None, 0, 1, -1, (0, 2), (-1, 0), (0, 1, 2)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_reductions_mean_what_they_mean_in_numpy(xp, name, axis, keepdims):
    a = values((2, 3, 4))
    words = {"ddof": 1} if name in ("var", "std") else {}
    expected = getattr(np, name)(a, axis=axis, keepdims=keepdims, **words)
    method = getattr(Tensor(xp.asarray(a)), name)
    for y in (method(dim=axis, keepdim=keepdims), method(axis=axis, keepdims=keepdims)):
        assert y.shape == expected.shape and np.allclose(y.numpy(), expected)


@pytest.mark.parametrize("dtype", DTYPES)
def test_reductions_keep_the_dtype(xp, dtype):
    for name in ("sum", "mean", "amax", "amin", "var", "std"):
        x = Tensor(xp.asarray(values((2, 3), dtype)), requires_grad=True)
        y = getattr(x, name)(1)
        y.backward(xp.ones(y.shape, dtype=dtype))
        assert y.dtype == x.grad.dtype == dtype, name


def test_float16_sums_do_not_overflow_on_the_way(xp):
    """70,000 ones: float16 ends at 65,504."""
    ones = Tensor(xp.asarray(np.ones(70_000, np.float16)), requires_grad=True)
    y = ones.mean()
    assert y.item() == 1.0 and y.dtype == np.float16
    y.backward()
    assert ones.grad.dtype == np.float16
    assert Tensor(xp.asarray(np.full(4096, 3.0, np.float16))).sum().item() == 12288.0
    assert Tensor(xp.asarray(np.full(300, 300.0, np.float16))).mean().item() == 300.0
    assert Tensor(xp.asarray(np.tile(np.array([100.0, -100.0], np.float16), 300))).sum().item() == 0
    assert ones.var(correction=0).item() == 0.0
    row = Tensor(xp.asarray(np.ones((1, 2048), np.float16)))
    assert (row @ row.T).item() == 2048.0


def test_what_is_too_large_for_float16_becomes_infinite():
    with pytest.warns(RuntimeWarning, match="overflow"):
        assert Tensor(np.ones(70_000, np.float16)).sum().item() == np.inf


def test_tied_maxima_share_the_gradient(xp):
    x = Tensor(xp.asarray([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]]), requires_grad=True)
    x.amax(1).backward(xp.asarray([1.0, 3.0]))
    assert to_cpu(x.grad).tolist() == [[0, 0.5, 0.5], [1, 1, 1]]
    x = Tensor(xp.asarray([4.0, 4.0]), requires_grad=True)
    x.min().backward()
    assert to_cpu(x.grad).tolist() == [0.5, 0.5]


def test_nan_wins(xp):
    x = Tensor(xp.asarray([1.0, np.nan, 3.0]), requires_grad=True)
    y = x.max()
    assert np.isnan(y.item()) and np.isnan(x.sum().item()) and np.isnan(x.min().item())
    y.backward()
    assert to_cpu(x.grad).tolist() == [0, 1, 0]


def test_empty_sums(xp):
    x = Tensor(xp.asarray(np.zeros((0, 3))), requires_grad=True)
    x.sum().backward()
    assert x.sum(0).numpy().tolist() == [0, 0, 0] and x.grad.shape == (0, 3)
    assert x.mean(1).shape == (0,)
    with pytest.raises(ValueError, match=r"amax, amin: \(0, 3\) has no values to compare"):
        x.max()


def test_shapes(xp):
    a = values((2, 3, 4))
    x = Tensor(xp.asarray(a))
    for y, expected in [
            (x.reshape(6, 4), a.reshape(6, 4)), (x.reshape((4, -1)), a.reshape(4, -1)),
            (x.reshape(24), a.reshape(24)), (x.flatten(), a.reshape(-1)),
            (x.flatten(1), a.reshape(2, 12)), (x.flatten(2), a),
            (x.transpose(0, 2), a.swapaxes(0, 2)),
            (x.permute(1, 2, 0), a.transpose(1, 2, 0)), (x.permute((0, -1, 1)),
                                                           a.transpose(0, 2, 1))]:
        assert y.shape == expected.shape and (y.numpy() == expected).all()
    assert Tensor(xp.asarray(np.zeros((0, 3, 2)))).flatten(1).shape == (0, 6)


INDICES = [0, -1, np.int64(1), slice(None), slice(None, None, -1), Ellipsis, None, (0, 1),
           (1, 2, 3), (Ellipsis, 0), (slice(None), None, 1), [0, 1, 1], [], (0, [2, 0]),
           ([0, 1], slice(None), [3, 0]),
           (slice(1), [[0], [2]]), [True, False], (slice(None), [True, False, True])]


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_indexing_means_what_it_means_in_numpy(xp, index):
    a = values((2, 3, 4))
    x = Tensor(xp.asarray(a), requires_grad=True)
    parts = index if isinstance(index, tuple) else (index,)
    moved = tuple(xp.asarray(part, dtype=None if part else int) if isinstance(part, list) else part
                  for part in parts)
    y = x[moved if isinstance(index, tuple) else moved[0]]
    assert y.shape == a[index].shape and (y.numpy() == a[index]).all()
    y.sum().backward()
    expected = np.zeros_like(a)
    np.add.at(expected, index, 1.0)
    assert (to_cpu(x.grad) == expected).all()


def test_positions_named_twice_add_up(xp):
    x = Tensor(xp.asarray([1.0, 2.0, 3.0]), requires_grad=True)
    x[xp.asarray([0, 2, 0, 0])].backward(xp.asarray([1.0, 10.0, 100.0, 1000.0]))
    assert to_cpu(x.grad).tolist() == [1101.0, 0.0, 10.0]


def test_masks_from_comparisons(xp):
    x = Tensor(xp.asarray([1.0, -2.0, 3.0]), requires_grad=True)
    x[x > 0].sum().backward()
    assert to_cpu(x.grad).tolist() == [1, 0, 1]


@pytest.mark.parametrize("index", [[0, 3], [-4], [[7]], 3, -4, [99, 0]], ids=str)
def test_out_of_range_raises_on_every_device(xp, index):
    """CuPy would wrap around and answer with another element."""
    x = Tensor(xp.asarray([1.0, 2.0, 3.0]))
    with pytest.raises(IndexError, match="out of bounds"):
        x[xp.asarray(index) if isinstance(index, list) else index]


def test_out_of_range_in_several_axes(xp):
    x = Tensor(xp.asarray(values((2, 3, 4))))
    for index in [(slice(None), xp.asarray([3])), (Ellipsis, xp.asarray([-5])),
                  (0, xp.asarray([0]), 9), (xp.asarray([0, 1]), xp.asarray([0, 5]))]:
        with pytest.raises(IndexError):
            x[index]
    with pytest.raises(IndexError, match="too many indices"):
        x[0, 0, 0, 0]


def test_unbroadcast():
    dy = np.arange(12.0).reshape(2, 2, 3)
    assert unbroadcast(dy, (2, 2, 3)) is dy
    assert unbroadcast(dy, ()).tolist() == 66.0
    assert unbroadcast(dy, (3,)).tolist() == [18, 22, 26]
    assert unbroadcast(dy, (2, 1)).tolist() == [[3 + 21], [12 + 30]]
    assert unbroadcast(dy, (1, 2, 1)).shape == (1, 2, 1)
    assert unbroadcast(np.ones((1, 3)), (1, 3)).shape == (1, 3)
    assert unbroadcast(np.ones((0, 3)), (3,)).tolist() == [0, 0, 0]


def test_basic_indices():
    assert all(map(is_basic, [0, np.int64(1), slice(2), None, Ellipsis, (0, None, slice(1), ...)]))
    assert not any(map(is_basic, [[0], np.array([0]), True, (0, [1]), np.array(1), (True, 0)]))


def test_check_index():
    check_index((0, [1, 2]), (1, 3))
    with pytest.raises(IndexError):
        check_index(([0], [3]), (1, 3))
