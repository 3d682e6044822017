"""New Tensors by PyTorch's names: values, dtypes, seeds, and what is no size."""

import numpy as np
import pytest

import minicnn as torch
from minicnn import Tensor
from minicnn.autograd import creation


def test_values_and_dtypes():
    assert torch.tensor([1, 2]).dtype == torch.tensor(5).dtype == torch.int64 == np.int64
    assert torch.tensor([True, False]).dtype == torch.bool
    assert torch.tensor([1, 2.5]).dtype == torch.tensor(1e300 * 0).dtype == torch.float32
    assert torch.tensor(2 ** 53 + 1).item() == 2 ** 53 + 1             # not by way of float32
    assert torch.tensor(np.ones(2)).dtype == torch.float64             # arrays keep theirs
    assert torch.tensor([1, 2], dtype=torch.float64).tolist() == [1.0, 2.0]
    assert torch.tensor([[1, 2], [3, 4]], dtype=torch.float32, requires_grad=True).requires_grad
    with pytest.raises(TypeError, match="int64 values cannot require a gradient"):
        torch.tensor([1], requires_grad=True)
    with pytest.raises(ValueError, match="rows of this list differ in length"):
        torch.tensor([[1], [2, 3]])
    with pytest.raises(TypeError, match="expected numbers, got a list of"):
        torch.tensor(["a"])


def test_a_copy_or_the_same_memory():
    array = np.arange(3)
    copy, same, also = torch.tensor(array), torch.from_numpy(array), torch.as_tensor(array)
    array[0] = 9
    assert (copy.tolist()[0], same.tolist()[0], also.tolist()[0]) == (0, 9, 9)
    assert torch.as_tensor(same) is same and torch.as_tensor([1, 2]).dtype == torch.int64
    assert torch.as_tensor(array, torch.float32).dtype == torch.float32
    x = Tensor([1.0, 2.0])
    y = torch.tensor(x)
    x[0] = 5
    assert y.tolist() == [1, 2]
    with pytest.raises(TypeError, match=r"from_numpy: expected a NumPy array, got list; .* tensor"):
        torch.from_numpy([1])


@pytest.mark.parametrize("made, array", [
    (torch.zeros(2, 3), np.zeros((2, 3), "f")), (torch.ones((2,)), np.ones(2, "f")),
    (torch.ones([2, 1], dtype=torch.int64), np.ones((2, 1), int)),
    (torch.zeros(()), np.zeros((), "f")), (torch.empty(2, 1), np.zeros((2, 1), "f")),
    (torch.full((2, 2), 7), np.full((2, 2), 7)), (torch.full((2,), 0.5), np.full(2, 0.5, "f")),
    (torch.eye(2), np.eye(2, dtype="f")), (torch.eye(2, 3), np.eye(2, 3, dtype="f")),
    (torch.arange(4), np.arange(4)), (torch.arange(1, 2, 0.25), np.arange(1, 2, 0.25, "f")),
    (torch.arange(3.0), np.arange(3, dtype="f")), (torch.arange(5, 0, -2), np.arange(5, 0, -2)),
    (torch.linspace(0, 1, 5), np.linspace(0, 1, 5, dtype="f")),
    (torch.zeros_like(torch.arange(3)), np.zeros(3, int)),
    (torch.ones_like(torch.arange(3), dtype=torch.float64), np.ones(3))])
def test_against_numpy(made, array):
    assert isinstance(made, Tensor) and made.dtype == array.dtype
    assert made.shape == array.shape and np.array_equal(made.numpy(), array)


def test_random_numbers_follow_the_seed():
    draws = {"rand": (1000,), "randn": (1000,), "randint": (0, 5, (1000,)), "randperm": (1000,)}
    for name, arguments in draws.items():
        first, again = [(torch.manual_seed(3), getattr(torch, name)(*arguments))[1] for _ in "ab"]
        after = getattr(torch, name)(*arguments)
        assert first.tolist() == again.tolist() != after.tolist(), name
    u, z, k = torch.rand(1000), torch.randn(1000), torch.randint(5, (1000,))
    assert u.min().item() >= 0 and u.max().item() < 1 and abs(u.mean().item() - 0.5) < 0.05
    assert abs(z.mean().item()) < 0.15 and abs(z.std().item() - 1) < 0.1
    assert {*k.tolist()} == {0, 1, 2, 3, 4} and k.dtype == torch.int64
    assert sorted(torch.randperm(9).tolist()) == [*range(9)]
    assert torch.randn(()).shape == () and torch.rand(2, 3, requires_grad=True).requires_grad
    assert torch.rand_like(torch.zeros(2, dtype=torch.float64)).dtype == torch.float64
    assert torch.randn_like(u).shape == u.shape


def test_no_dtype_is_float32():
    for make in (torch.zeros, torch.ones, torch.empty, torch.rand, torch.randn, torch.eye):
        assert make(2, dtype=None).dtype == make(2, dtype="float32").dtype == torch.float32
    assert torch.linspace(0, 1, 3, dtype=None).dtype == torch.float32


@pytest.mark.parametrize("name", ["rand", "randn", "rand_like", "randn_like"])
def test_random_numbers_are_not_rounded_to_whole_ones(name):
    given = torch.arange(3) if name.endswith("like") else 3
    with pytest.raises(TypeError, match="int64 would round all numbers to whole ones; .* randint"):
        getattr(torch, name)(given, dtype=torch.int64)
    if name.endswith("like"):
        with pytest.raises(TypeError, match="int64 would round"):
            getattr(torch, name)(given)


@pytest.mark.parametrize("name", ["zeros", "ones", "empty", "rand", "randn"])
def test_what_is_no_size(name):
    with pytest.raises(TypeError, match=rf"{name}: sizes are whole numbers, .*{name}\(2, 3, dt"):
        getattr(torch, name)((2, 3), np.float32)
    with pytest.raises(ValueError, match=rf"{name}: no size is below 0, got \(2, -1\)"):
        getattr(torch, name)(2, -1)
    with pytest.raises(TypeError, match="sizes are whole numbers"):
        getattr(torch, name)(2.0)


@pytest.mark.parametrize("name", creation.__all__)
def test_on_the_device(name, xp):
    """Where the array is told to be on, which the words "cpu" and "cuda" say."""
    arguments = {"tensor": ([1.0],), "as_tensor": ([1.0],), "from_numpy": (np.ones(1),),
                 "full": ((1,), 2.0), "linspace": (0, 1, 2), "randint": (0, 2, (1,))}
    takes = arguments.get(name, (xp.ones(1),) if name.endswith("_like") else (1,))
    if name.endswith("_like"):
        takes = (Tensor(takes[0]),)
    y = getattr(torch, name)(*takes)
    assert y.device == (takes[0].device if name.endswith("_like") else "cpu")
    if name not in ("from_numpy",) and not name.endswith("_like"):
        assert getattr(torch, name)(*takes, device="cpu").device == "cpu"
        with pytest.raises(ValueError, match='device must be "cpu" or "cuda"'):
            getattr(torch, name)(*takes, device="tpu")
