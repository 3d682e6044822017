"""Elementary functions against NumPy, gradients by hand, and every refusal."""

import numpy as np
import pytest

from minicnn.autograd import functions as F
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import to_cpu

DTYPES = [np.float16, np.float32, np.float64]


def leaf(xp, values, dtype=np.float64):
    return Tensor(xp.asarray(np.asarray(values, dtype)), requires_grad=True)


def slopes(y, x):
    y.sum().backward()
    return to_cpu(x.grad).tolist()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["exp", "log", "sqrt"])
def test_against_numpy(xp, name, dtype):
    a = np.random.default_rng(0).uniform(0.5, 2, (3, 4)).astype(dtype)[:, ::-1]
    a.flags.writeable = False
    x = Tensor(xp.asarray(a), requires_grad=True)
    y = getattr(F, name)(x)
    y.backward(xp.ones(y.shape, dtype=dtype))
    assert y.dtype == x.grad.dtype == dtype
    assert np.allclose(y.numpy(), getattr(np, name)(a), rtol=1e-2 if dtype == np.float16 else 1e-6)
    assert isinstance(getattr(F, name)(a), Tensor)               # plain arrays are taken too


def test_gradients_by_hand(xp):
    x = leaf(xp, [0.0, 1.0])
    assert np.allclose(slopes(F.exp(x), x), [1.0, np.e])
    x = leaf(xp, [0.5, 4.0])
    assert slopes(F.log(x), x) == [2.0, 0.25]
    x = leaf(xp, [0.25, 4.0])
    assert slopes(F.sqrt(x), x) == [1.0, 0.25]


def test_maximum_and_minimum(xp):
    a, b = leaf(xp, [1.0, 5.0, 2.0]), leaf(xp, [3.0, 4.0, 2.0])
    y = F.maximum(a, b)
    assert y.numpy().tolist() == [3, 5, 2]
    assert slopes(y, a) == [0, 1, 0.5] and to_cpu(b.grad).tolist() == [1, 0, 0.5]
    a, b = leaf(xp, [1.0, 5.0, 2.0]), leaf(xp, [3.0, 4.0, 2.0])
    y = F.minimum(a, b)
    assert y.numpy().tolist() == [1, 4, 2]
    assert slopes(y, a) == [1, 0, 0.5] and to_cpu(b.grad).tolist() == [0, 1, 0.5]
    x = leaf(xp, [-1.0, 2.0], np.float32)
    for y in (F.maximum(x, 0), F.maximum(0, x), F.maximum(x, np.float64(0))):
        assert y.numpy().tolist() == [0, 2] and y.dtype == np.float32
    nan = leaf(xp, [np.nan, 1.0])
    assert np.isnan(F.maximum(nan, 0.0).numpy()[0]) and np.isnan(F.minimum(0.0, nan).numpy()[0])


def test_clip(xp):
    x = leaf(xp, [-2.0, -1.0, 0.5, 1.0, 3.0])
    y = F.clip(x, -1, 1)
    assert y.numpy().tolist() == [-1, -1, 0.5, 1, 1]
    assert slopes(y, x) == [0, 1, 1, 1, 0]                       # the ends belong to the inside
    assert F.clip(leaf(xp, [1.0], np.float16), 0, np.float64(0.5)).dtype == np.float16
    assert np.isnan(F.clip(leaf(xp, [np.nan]), 0, 1).item())
    with pytest.raises(ValueError, match=r"clamp: min 2 is above max 1"):
        F.clip(x, 2, 1)


def test_where(xp):
    a, b = leaf(xp, [1.0, 2.0]), leaf(xp, [10.0, 20.0])
    y = F.where(xp.asarray([True, False]), a, b)
    assert y.numpy().tolist() == [1, 20]
    assert slopes(y, a) == [1, 0] and to_cpu(b.grad).tolist() == [0, 1]
    assert F.where(a > 1, a, 0.0).numpy().tolist() == [0, 2]
    assert F.where([True, False], 5.0, a).numpy().tolist() == [5, 2]
    assert F.where(np.array([True, False]), a, b).numpy().tolist() == [1, 20]
    for condition, kind in [([1, 0], "int64"), ([0.5, 1.0], "float64")]:
        with pytest.raises(TypeError, match=f"where: the condition must be booleans, got {kind}"):
            F.where(xp.asarray(condition), a, b)


@pytest.mark.parametrize("value", [0.0, -np.inf, 2.5])
@pytest.mark.parametrize("given, widths", [
    (1, 1), (0, 0), (((0, 1), (2, 3)), ((0, 1), (2, 3))), (((1, 1), (0, 0)), ((1, 1), (0, 0))),
    ((1, 2), ((0, 0), (1, 2))), ((1, 2, 3, 4), ((3, 4), (1, 2))), ([0, 1], ((0, 0), (0, 1)))])
def test_pad(xp, given, widths, value):
    """A flat list is PyTorch's, the last dim first; pairs and a single number are NumPy's."""
    a = np.arange(6.0).reshape(2, 3)
    x = leaf(xp, a)
    y = F.pad(x, given, value=value)
    assert (y.numpy() == np.pad(a, widths, constant_values=value)).all()
    dy = np.random.default_rng(0).standard_normal(y.shape)
    y.backward(xp.asarray(dy))
    top, left = np.broadcast_to(widths, (2, 2))[:, 0]
    assert (to_cpu(x.grad) == dy[top:top + 2, left:left + 3]).all()


def test_pad_refuses():
    x = Tensor(np.ones((2, 2)))
    for given, complaint in [((-1, 0), "whole numbers from 0 on, got .* to cut off: x\\[..., 1:-1"),
                             ((0.5, 0), "whole numbers from 0 on"),
                             ((1, 2, 3), "give \\(left, right, top, bottom\\)"),
                             ((1, 1, 1, 1, 1, 1), "give \\(left, right, top, bottom\\)")]:
        with pytest.raises(ValueError, match=f"pad: .*{complaint}"):
            F.pad(x, given)
    with pytest.raises(ValueError, match='must be "constant", got 3.0; for a value: value=2.5'):
        F.pad(x, 1, 3.0)


@pytest.mark.parametrize("axis", [0, 1, -1, -2])
def test_concatenate_stack_and_split(xp, axis):
    a, b = np.arange(6.0).reshape(2, 3), np.arange(6.0, 12.0).reshape(2, 3)
    ta, tb = leaf(xp, a), leaf(xp, b)
    joined = F.concatenate([ta, tb], axis)
    assert (joined.numpy() == np.concatenate([a, b], axis)).all()
    assert (F.cat(tensors=(ta, tb), dim=axis).numpy() == joined.numpy()).all()
    joined.backward(joined.data)
    assert (to_cpu(ta.grad) == a).all() and (to_cpu(tb.grad) == b).all()
    assert (F.stack([ta, tb], axis).numpy() == np.stack([a, b], axis)).all()
    length = a.shape[axis]
    for size, cuts in [(1, range(1, length)), (2, range(2, length, 2)), (9, []), ([length], []),
                       ([1, length - 1], [1]), ([0, length], [0])]:
        parts, expected = F.split(ta, size, axis), np.split(a, cuts, axis)
        assert len(parts) == len(expected)
        assert all((p.numpy() == e).all() for p, e in zip(parts, expected, strict=True))
        assert [p.shape for p in ta.split(size, dim=axis)] == [e.shape for e in expected]


def test_split_counts_as_pytorch_does():
    """torch.arange(7.).split(3) and .chunk(3), .chunk(4), .chunk(9), PyTorch 2.13."""
    x = Tensor(np.arange(7.0))
    for parts, sizes in [
            (x.split(3), [3, 3, 1]), (x.chunk(3), [3, 3, 1]), (x.chunk(4), [2, 2, 2, 1]),
            (F.chunk(x, 9), [1] * 7), (F.split(x, [5, 2]), [5, 2])]:
        assert [len(part) for part in parts] == sizes
        assert np.concatenate([part.numpy() for part in parts]).tolist() == list(range(7))


def test_stack_along_a_new_last_axis(xp):
    assert F.stack([leaf(xp, 1.0), leaf(xp, 2.0)]).numpy().tolist() == [1, 2]
    assert F.stack([leaf(xp, [1.0]), leaf(xp, [2.0])], -1).shape == (1, 2)


def test_refusals(xp):
    a, b = leaf(xp, [1.0, 2.0]), leaf(xp, [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="cat: nothing to join, the list is empty"):
        F.concatenate([])
    with pytest.raises(ValueError, match=r"stack: the shapes differ: \[\(2,\), \(3,\)\]"):
        F.stack([a, b])
    with pytest.raises(ValueError, match="stack: nothing to join"):
        F.stack([])
    with pytest.raises(ValueError, match=r"stack: there is no place 2 beside the dims of \(2,\)"):
        F.stack([a, a], 2)
    for join in (F.cat, F.stack):
        with pytest.raises(TypeError, match=r"expected several Tensors, got one; \w+\(\[x, y\]\)"):
            join(a)
    for size, complaint in [(0, "split: parts of size 0; the smallest is 1"),
                            ([1, 2], r"split: parts of \[1, 2\] do not add up to the 2 places")]:
        with pytest.raises(ValueError, match=complaint):
            F.split(a, size)
    with pytest.raises(ValueError, match="chunk: the number of parts must be at least 1, got 0"):
        a.chunk(0)
    with pytest.raises(TypeError, match="Concatenate: float64 and float32 mixed"):
        F.concatenate([a, a.astype("float32")])
    with pytest.raises(TypeError, match="expected a Tensor, an array or a number, got str"):
        F.maximum(a, "0")


@pytest.mark.parametrize("shape", [(2, 3), (4, 2, 3), (2, 1), (0, 2, 1)])
def test_broadcast_to(xp, shape):
    a = np.array([[1.0], [2.0]])
    x = leaf(xp, a)
    y = F.broadcast_to(x, shape)
    assert (y.numpy() == np.broadcast_to(a, shape)).all()
    assert slopes(y, x) == [[np.prod(shape) / 2]] * 2


def test_logarithm_of_zero_says_so():
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        assert F.log(np.zeros(1)).item() == -np.inf


@pytest.mark.parametrize("dtype", DTYPES)
def test_dtypes_stay(xp, dtype):
    mask = xp.asarray([[True, False, True]])
    for function in [lambda x: F.maximum(x, 0.5), lambda x: F.minimum(x, x * 2),
                     lambda x: F.clip(x, 0.1, 0.9), lambda x: F.where(mask, x, 2.0),
                     lambda x: F.pad(x, 1, value=3.0), lambda x: F.concatenate([x, x], 1),
                     lambda x: F.broadcast_to(x, (3, 2, 3)), lambda x: F.stack([x, x])]:
        x = leaf(xp, np.linspace(0.2, 1.5, 6).reshape(2, 3), dtype)
        y = function(x)
        y.backward(xp.ones(y.shape, dtype=dtype))
        assert y.dtype == x.grad.dtype == dtype and x.grad.shape == (2, 3)


def test_empty(xp):
    x = leaf(xp, np.zeros((0, 3)))
    for y in (F.exp(x), F.log(x), F.sqrt(x), F.maximum(x, 0), F.clip(x, 0, 1),
              F.concatenate([x, x]), F.where(xp.asarray(np.zeros((0, 3), bool)), x, x)):
        assert y.shape == (0, 3)
    assert F.pad(x, 1).shape == (2, 5)
