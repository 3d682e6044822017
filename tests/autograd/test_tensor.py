"""Tensor: what goes in, what comes out, and how it meets NumPy."""

import copy

import numpy as np
import pytest
from PIL import Image

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


class Series:
    """As pandas has it: something with an __array__."""

    def __init__(self, values):
        self.values = values

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.values, dtype)


def test_what_numpy_can_read():
    assert Tensor(Series([1, 2])).dtype == np.int64 and Tensor(Series([1.5])).tolist() == [1.5]
    assert Tensor([Tensor(1.0), Tensor(2.0)]).tolist() == [1, 2]
    assert Tensor(Image.new("RGB", (3, 2))).shape == (2, 3, 3)
    with pytest.raises(TypeError, match=r"or a number, got tests\.?\w*; wrap it: Tensor\(x\)"):
        Tensor([1.0]) + Series([1.0])
    assert Tensor([np.ones(2), [3, 4]]).tolist() == [[1, 1], [3, 4]]


@pytest.mark.parametrize("data, kind, message", [
    ("a", TypeError, "expected an array, a number or a list of numbers, got str"),
    (None, TypeError, "got NoneType"), ({}, TypeError, "got dict"), (1j, TypeError, "got complex"),
    (["1"], TypeError, "expected numbers, got a list of <U1"),
    ([None, 1.0], TypeError, "expected numbers, got a list of object"),
    (np.array(["a"]), TypeError, "expected numbers, got an array of <U1"),
    (np.array([1j]), TypeError, "expected numbers, got an array of complex128"),
    (np.array([None]), TypeError, "expected numbers, got an array of object"),
    (np.array(["2020-01-01"], "M8[D]"), TypeError, "got an array of datetime64"),
    (Series(["a"]), TypeError, r"expected numbers, got a \w+(\.\w+)? of <U1"),
    ([[1, 2], [3]], ValueError, "the rows of this list differ in length"),
    ([Tensor([1.0], requires_grad=True)], TypeError, r"would lose it; join them: functions.stack"),
    (10 ** 400, TypeError, "expected numbers, got a int of object")])
def test_what_is_no_array_of_numbers(data, kind, message):
    with pytest.raises(kind, match=message):
        Tensor(data)


def test_a_shape_is_no_flag():
    """torch.Tensor(2, 3) makes six numbers there."""
    for flag in (3, None, "yes", [True]):
        with pytest.raises(TypeError, match=r"requires_grad is True or False.*np.zeros\(\(2, 3\)"):
            Tensor(2, flag)
    assert Tensor(2.0, np.bool_(True)).requires_grad is True


@pytest.mark.parametrize("name, dtype", [("half", np.float16), ("float", np.float32),
                                         ("double", np.float64), ("int", np.int32),
                                         ("long", np.int64), ("bool", np.bool_)])
def test_dtypes_by_pytorchs_names(xp, name, dtype):
    x = Tensor(xp.asarray([0.0, 1.0, 2.5]), requires_grad=True)
    y = getattr(x, name)()
    assert y.dtype == dtype and y.tolist() == np.array([0, 1, 2.5]).astype(dtype).tolist()
    assert (y is x) == (name == "double") and y.requires_grad == (y.dtype.kind == "f")
    for way in (x.to(dtype), x.to(dtype=dtype), x.to(np.dtype(dtype).name), x.astype(dtype)):
        assert way.dtype == dtype and way.tolist() == y.tolist()


@pytest.mark.parametrize("move", [lambda x: x.half(), lambda x: x.double(), lambda x: x.clone(),
                                  lambda x: x.to("cpu"), lambda x: x.to("cpu", "float64"),
                                  lambda x: x.sum().double(), lambda x: x.sum().clone()])
def test_gradients_flow_back_through_dtypes_and_devices(xp, move):
    """The gradient arrives in x's dtype, on x's device."""
    x = Tensor(xp.asarray(np.array([1.0, 2.0], np.float32)), requires_grad=True)
    y = move(x * 1)
    (y * 3).sum().backward()
    assert type(x.grad) is type(x.data) and x.grad.dtype == np.float32
    assert to_cpu(x.grad).tolist() == [3, 3]


def test_the_way_to_a_device_and_back(xp, device):
    x = Tensor([1.0, 2.0], requires_grad=True)
    there = x.to(device)
    assert there.device == device and there.requires_grad
    (there * there).sum().backward()
    assert isinstance(x.grad, np.ndarray) and x.grad.tolist() == [2, 4]
    labels = Tensor(xp.asarray(np.array([1, 2])))
    assert labels.cpu().tolist() == [1, 2] and labels.cpu().dtype == np.int64


def test_asking_for_a_gradient():
    x = Tensor([1.0])
    assert x.requires_grad_() is x and x.requires_grad and x.is_leaf and x.grad_fn is None
    y = x * 2
    assert not y.is_leaf and y.grad_fn is y.creator
    with pytest.raises(RuntimeError, match=r"was computed .* its values alone: x.detach\(\)"):
        y.requires_grad_(False)
    assert not x.requires_grad_(False).requires_grad
    with pytest.raises(TypeError, match=r"int64 values cannot require .*: x.float\(\)"):
        Tensor(np.array([1])).requires_grad_()


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
        y = (x * x / (x + 1)).amax(0).sum() + (x @ x.T).mean() + x.reshape(6)[1:4].sum()
        y.backward()
        results.append([y.item(), *x.grad.ravel()])
    assert results[0] == pytest.approx(results[1]) and a.tobytes() == before


def test_zero_dimensional(xp):
    x = Tensor(xp.asarray(np.float32(3)), requires_grad=True)
    y = (x * 2 + 1) / x - x ** 2
    assert y.shape == () and y.dtype == np.float32 and y.numel() == 1 and y.ndim == 0
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
    assert z.dtype == np.float32 and z.requires_grad and y.dtype == np.float64
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
    y = ((x @ x.T).amax(0) / 2 - x[:, 0] ** 2).mean()
    y.backward()
    assert xp.synchronisations == before
    y.item()
    assert xp.synchronisations == before + 1
