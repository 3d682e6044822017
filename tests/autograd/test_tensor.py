"""Tensor: what goes in, what comes out, and how it meets NumPy."""

import copy

import numpy as np
import pytest

from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import to_cpu


@pytest.mark.parametrize("data", [1.5, 2, True, [1, 2], [[1.0], [2.0]], (1, 2), []])
def test_numbers_and_lists_become_float32(data):
    assert Tensor(data).dtype == np.float32
    assert Tensor(data).numpy().tolist() == np.array(data, np.float32).tolist()


def test_arrays_are_kept_without_a_copy(xp):
    for dtype in (np.float16, np.float32, np.float64, np.int64, np.uint8, bool):
        data = xp.asarray(np.ones((2, 3), dtype))
        assert Tensor(data).data is data
    x = Tensor(data)
    assert Tensor(x).data is data
    assert Tensor(np.float64(2)).dtype == np.float64 and Tensor(np.float64(2)).shape == ()


def test_big_endian_files():
    x = Tensor(np.array([1.0, 2.0], ">f4"), requires_grad=True)
    assert x.dtype.isnative and x.dtype == np.float32
    (x * 3).sum().backward()
    assert x.grad.tolist() == [3, 3] and x.grad.dtype.isnative
    assert (Tensor([1.0, 1.0]) * np.array([1.0, 2.0], ">f4")).numpy().tolist() == [1, 2]


@pytest.mark.parametrize("view", [lambda a: a[::-1], lambda a: a[:, ::-1].T, np.asfortranarray,
                                  lambda a: np.lib.stride_tricks.as_strided(a, (2, 3), (0, 8)),
                                  lambda a: np.frombuffer(a.tobytes()).reshape(3, 2)])
def test_any_memory_layout(view):
    """Negative strides, Fortran order, repeated and read-only memory: the same numbers come out."""
    a = view(np.arange(1.0, 7.0).reshape(2, 3))
    before = a.tobytes()
    results = []
    for values in (a, np.array(a.tolist())):
        x = Tensor(values, requires_grad=True)
        y = (x * x / (x + 1)).max(0).sum() + (x @ x.transpose()).mean() + x.reshape(6)[1:4].sum()
        y.backward()
        results.append([y.item(), *x.grad.ravel()])
    assert results[0] == pytest.approx(results[1]) and a.tobytes() == before


def test_zero_dimensional(xp):
    x = Tensor(xp.asarray(np.float32(3)), requires_grad=True)
    y = (x * 2 + 1) / x - x ** 2
    assert y.shape == () and y.dtype == np.float32 and y.size == 1 and y.ndim == 0
    assert y.item() == pytest.approx(7 / 3 - 9) and float(y) == y.item() and bool(y)
    y.backward()
    assert to_cpu(x.grad) == pytest.approx(-1 / 9 - 6)
    with pytest.raises(TypeError):
        len(x)


def test_comparisons_return_arrays_of_booleans(xp):
    x = Tensor(xp.asarray([1.0, 2.0, 3.0]), requires_grad=True)
    two = Tensor(xp.asarray([2.0, 2.0, 2.0]))
    for other in (2, 2.0, np.float32(2), two):
        for result, expected in [(x < other, [1, 0, 0]), (x <= other, [1, 1, 0]),
                                 (x > other, [0, 0, 1]), (x >= other, [0, 1, 1]),
                                 (x == other, [0, 1, 0]), (x != other, [1, 0, 1])]:
            assert type(result) is type(x.data) and result.dtype == bool
            assert to_cpu(result).tolist() == expected


def test_tensors_are_keys_by_identity():
    a, b = Tensor([1.0]), Tensor([1.0])
    assert len({a, b, a}) == 2 and {a: 1}[a] == 1


def test_plain_arrays_on_the_left(xp):
    x, a = Tensor(xp.asarray([1.0, 2.0])), xp.asarray([3.0, 5.0])
    for y, expected in [(a + x, [4, 7]), (a - x, [2, 3]), (a * x, [3, 10]), (a / x, [3, 2.5]),
                        (a @ x, 13.0), (a ** x, [3, 25])]:
        assert isinstance(y, Tensor) and y.numpy().tolist() == expected
    assert to_cpu(a > x).tolist() == [True, True]


def test_numpy_does_not_take_a_tensor_apart():
    with pytest.raises(TypeError):
        np.exp(Tensor([1.0]))


def test_whole_number_arrays_take_the_dtype(xp):
    x = Tensor(xp.asarray(np.array([1.0, 2.0], np.float32)))
    for other in (xp.asarray([1, 2]), xp.asarray([True, False])):
        assert (x + other).dtype == np.float32
    assert (x + [1, 2]).numpy().tolist() == [2, 4]
    assert (x * xp.asarray(2.0)).dtype == np.float32                        # shape (): a number


def test_float64_arrays_are_not_mixed_in():
    x = Tensor(np.ones(2, np.float32))
    with pytest.raises(TypeError, match="float32 and float64 mixed"):
        x + np.ones(2)
    for value in ("1", None, {}):
        with pytest.raises(TypeError, match="expected a Tensor, an array or a number"):
            x + value


def test_detach_and_copies(xp):
    x = Tensor(xp.asarray([1.0, 2.0]), requires_grad=True)
    y = x * 2
    assert y.detach().data is y.data and not y.detach().requires_grad
    assert y.detach().creator is None
    (y.detach() * x).sum().backward()
    assert to_cpu(x.grad).tolist() == [2.0, 4.0]
    z = y.astype("float32")
    assert z.dtype == np.float32 and z.requires_grad and z.creator is None and y.dtype == np.float64
    w = copy.deepcopy(x)
    w.data[0] = 9.0
    assert x.numpy()[0] == 1.0


def test_devices(xp, device):
    x = Tensor(xp.asarray([1.0, 2.0]))
    assert x.device == device
    moved = x.to("cpu")
    assert moved.device == "cpu" and moved.numpy().tolist() == [1, 2]
    assert x.to(device).data is x.data
    assert Tensor([1.0]).to(device).device == device
    with pytest.raises(ValueError, match=r'device must be "cpu" or "cuda", got \'gpu\''):
        x.to("gpu")


def test_item_needs_one_value(xp):
    assert isinstance(Tensor(xp.asarray([[2.5]])).item(), float)
    with pytest.raises(ValueError):
        Tensor(xp.asarray([1.0, 2.0])).item()


def test_repr():
    x = Tensor(np.array([1.0, 2.5], np.float32), requires_grad=True)
    assert repr(x) == "Tensor([1.  2.5], float32, requires_grad=True)"
    assert repr(Tensor(np.array(3))) == "Tensor(3, int64)"


def test_iteration_and_length(xp):
    x = Tensor(xp.asarray([[1.0, 2.0], [3.0, 4.0]]))
    assert len(x) == 2
    assert [row.numpy().tolist() for row in x] == [[1, 2], [3, 4]]


def test_var(xp):
    a = np.random.default_rng(0).standard_normal((5, 4))
    x = Tensor(xp.asarray(a))
    for axis, ddof in [(None, 0), (0, 1), (1, 0), ((0, 1), 1), (-1, 2)]:
        assert np.allclose(x.var(axis, ddof=ddof).numpy(), a.var(axis, ddof=ddof))


def test_arithmetic_does_not_wait_for_the_gpu(xp):
    if not hasattr(xp, "synchronisations"):
        pytest.skip("only the stand-in counts")
    x = Tensor(xp.asarray(np.ones((4, 3))), requires_grad=True)
    before = xp.synchronisations
    y = ((x @ x.transpose()).max(0) / 2 - x[:, 0] ** 2).mean()
    y.backward()
    assert xp.synchronisations == before
    y.item()
    assert xp.synchronisations == before + 1
