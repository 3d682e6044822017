import numpy as np
import pytest

from minicnn import Tensor
from minicnn.backend.together import Rows, sharing
from minicnn.layers import BatchNorm2d
from minicnn.layers.batchnorm import BatchNormFn
from minicnn.layers.sync_batchnorm import SyncBatchNormFn
from tests.thread_world import together


def shared(x, dy, size, rows):
    """y, dx, the sums of dgamma and dbeta, and the running averages, by `size` processes."""
    def one(world):
        start, stop = rows[world.rank]
        own, weight = Rows(start, stop, len(x)), (stop - start) / len(x)
        norm = BatchNorm2d(x.shape[1]).to(dtype="float64")
        norm.weight.data[...] = np.arange(1, x.shape[1] + 1)
        part = Tensor(x[start:stop].copy(), requires_grad=True)
        with sharing(own, world.sum, True):
            y = norm(part)
            y.backward(dy[start:stop] / weight)            # of the part's own mean loss
        return (y.numpy(), part.grad * weight, norm.weight.grad * weight, norm.bias.grad * weight,
                norm.running_mean.numpy(), norm.running_var.numpy())

    y, dx, dgamma, dbeta, mean, var = zip(*together(size, one), strict=True)
    assert all(map(np.array_equal, mean, mean[:1] * size))
    return np.concatenate(y), np.concatenate(dx), sum(dgamma), sum(dbeta), mean[0], var[0]


@pytest.mark.parametrize("rows", [[(0, 3), (3, 6)], [(0, 1), (1, 6)], [(0, 2), (2, 4), (4, 6)]])
def test_processes_normalise_as_one(rows, rng):
    x, dy = rng.normal(5, 2, (6, 3, 2, 2)), rng.normal(size=(6, 3, 2, 2))
    norm = BatchNorm2d(3).to(dtype="float64")
    norm.weight.data[...] = [1, 2, 3]
    whole = Tensor(x, requires_grad=True)
    y = norm(whole)
    y.backward(dy)
    expected = (y.numpy(), whole.grad, norm.weight.grad, norm.bias.grad, norm.running_mean.numpy(),
                norm.running_var.numpy())
    for found, right in zip(shared(x, dy, len(rows), rows), expected, strict=True):
        np.testing.assert_allclose(found, right, rtol=1e-11, atol=1e-12)


def test_by_hand():
    """0 here and 2 there: mean 1, variance 1, so -1 and 1."""
    def one(world):
        with sharing(Rows(world.rank, world.rank + 1, 2), world.sum, True):
            return BatchNorm2d(1, eps=1e-12)(Tensor([[[[2.0 * world.rank]]]])).item()

    assert together(2, one) == [pytest.approx(-1), pytest.approx(1)]


def test_alone_it_is_batch_norm(rng):
    x, dy = rng.normal(size=(2, 3, 4, 3, 2))
    norms = [SyncBatchNormFn(1e-5, lambda array: array, 1.0), BatchNormFn(1e-5)]
    tensors = [Tensor(x.copy(), requires_grad=True) for _ in norms]
    for norm, tensor in zip(norms, tensors, strict=True):
        norm(tensor).backward(dy)
    np.testing.assert_allclose(tensors[0].grad, tensors[1].grad, rtol=1e-12, atol=1e-13)


def test_not_shared_unless_asked_for(rng):
    x = Tensor(rng.normal(size=(4, 2, 3, 3)))
    with sharing(Rows(0, 4, 8), lambda array: array * 0, False):
        found = BatchNorm2d(2).to(dtype="float64")(x)
    np.testing.assert_array_equal(found.numpy(), BatchNorm2d(2).to(dtype="float64")(x).numpy())
