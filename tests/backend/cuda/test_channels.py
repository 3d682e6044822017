"""The kernels of normalisation and of single elements, held to the definitions on NumPy.

Where g++ is installed they run on the CPU (tests/host_cuda.py), where there is a GPU, on it.
"""

import numpy as np
import pytest

from minicnn import Tensor
from minicnn.backend.arrays import to_cpu
from minicnn.backend.cuda import channels, elements, pixels
from minicnn.layers import BatchNorm2d, LocalResponseNorm, ReLU
from minicnn.layers.channelnorm import averaged
from minicnn.training.transforms import scaled
from tests.backend.cuda.cuda_common import DTYPES, PLACES, close, normal, through

if not PLACES:
    pytest.skip("neither g++ nor a GPU", allow_module_level=True)


@pytest.fixture(params=DTYPES, ids=lambda dtype: dtype.__name__)
def dtype(request):
    return request.param


# --- normalisation --------------------------------------------------------------------------------

def by_channel(x):
    """(N, C, ...) -> (C, 1, n), as it lies in a network."""
    return np.ascontiguousarray(np.moveaxis(x, 0, -1)).reshape(x.shape[1], 1, -1)


def as_images(rows, shape):
    return np.moveaxis(to_cpu(rows).reshape(*shape[1:], shape[0]), -1, 0)


@pytest.mark.parametrize("stretch", [7, 4096])                       # several in a channel, or one
@pytest.mark.parametrize("shape", [(4, 3, 5, 6), (1, 2, 1, 2), (5, 1, 4, 4)], ids=str)
def test_batch_norm(cp, shape, stretch, dtype, monkeypatch):
    monkeypatch.setattr(channels, "STRETCH", stretch)
    C, kind = shape[1], np.float32 if dtype == np.float16 else dtype
    x, dy = normal(shape, dtype) * 2 + 1, normal(shape, dtype, 1)
    layer = BatchNorm2d(C, eps=1e-3, momentum=1.0).to(dtype=dtype)
    gamma, beta = normal((C, 1, 1), dtype, 2), normal((C, 1, 1), dtype, 3)
    layer.weight.data, layer.bias.data = gamma.reshape(C), beta.reshape(C)
    expected, dx = through(layer, x, dy)

    rows, gamma = cp.asarray(by_channel(x)), cp.asarray(gamma)
    y, mean, var, _ = channels.normalise(rows, gamma, cp.asarray(beta), 1e-3)
    assert mean.dtype == var.dtype == kind and mean.shape == var.shape == (C, 1, 1)
    close(as_images(y, shape), expected, 5)
    wide = x.astype(np.float64)
    close(mean, wide.mean((0, 2, 3)).reshape(C, 1, 1).astype(kind), 5)
    close(var, wide.var((0, 2, 3)).reshape(C, 1, 1).astype(kind), 5)
    dy = cp.asarray(by_channel(dy))
    back, dgamma, dbeta = channels.normalise_backward(dy, rows, mean, var, gamma, 1e-3)
    close(as_images(back, shape), dx, 20)
    close(dgamma.reshape(C), layer.weight.grad, 20)
    close(dbeta.reshape(C), layer.bias.grad, 20)


def test_batch_norm_at_test_time(cp, dtype):
    layer, x = BatchNorm2d(3).to(dtype=dtype).eval(), normal((4, 3, 5, 6), dtype)
    layer.running_mean.data, layer.running_var.data = normal(3, dtype), abs(normal(3, dtype, 1))
    a = 1 / np.sqrt(layer.running_var.data.astype(np.float64) + layer.eps)
    b = -layer.running_mean.data * a
    wide = np.float32 if dtype == np.float16 else dtype
    a, b = (cp.asarray(q.astype(wide).reshape(3, 1, 1)) for q in (a, b))
    close(channels.scale_and_shift(cp.asarray(x), a, b), layer(Tensor(x)).numpy(), 5)
    assert channels.scale_and_shift(cp.asarray(x), a.astype(np.float16), b) is NotImplemented


def test_the_variance_far_from_zero_does_not_cancel(cp):
    x, ones = normal((2, 1, 200), np.float32) * 1e-2 + 1e3, cp.ones((2, 1, 1), np.float32)
    _, _, var, _ = channels.normalise(cp.asarray(x), ones, ones, 1e-5)
    assert np.allclose(to_cpu(var), x.astype(float).var((1, 2), keepdims=True), rtol=1e-2)


def test_nan_stays_in_its_channel(cp):
    x, ones = normal((2, 1, 9), np.float32), cp.ones((2, 1, 1), np.float32)
    x[0, 0, 4] = np.nan
    for result in channels.normalise(cp.asarray(x), ones, ones, 1e-5)[:3]:
        assert np.isnan(to_cpu(result)).all((1, 2)).tolist() == [True, False]


def test_an_empty_batch_is_left_to_the_definition(cp):
    x, ones = cp.ones((2, 1, 0), np.float32), cp.ones((2, 1, 1), np.float32)
    assert channels.normalise(x, ones, ones, 1e-5) is NotImplemented
    assert channels.normalise_backward(x, x, ones, ones, ones, 1e-5) is NotImplemented


@pytest.mark.parametrize("size", [1, 2, 5, 9])
def test_local_response_normalisation(cp, size, dtype):
    layer = LocalResponseNorm(size, alpha=0.7, beta=0.75, k=2.0)
    x, dy = normal((3, 6, 4, 5), dtype), normal((3, 6, 4, 5), dtype, 1)
    expected, dx = through(layer, x, dy)
    y, backward = channels.local_response(cp.asarray(x), axes=(1,), size=size, a=0.7 / size,
                                          beta=0.75, k=2.0, needs_grad=(True,))
    close(y, expected, 2)
    close(backward(cp.asarray(dy)), dx, 5)


def test_a_square_of_pixels_is_left_to_the_definition(cp):
    assert channels.local_response(cp.ones((1, 1, 3, 3), np.float32), axes=(2, 3), size=3, a=1.0,
                                   beta=0.75, k=2.0, needs_grad=(True,)) is NotImplemented


# --- element by element ---------------------------------------------------------------------------

@pytest.mark.parametrize("shape", [(3, 4, 5, 2), (7, 5), (0, 3)])
def test_relu(cp, shape, dtype):
    x = normal(shape, dtype)
    if x.size:
        x.flat[0] = np.nan
        x.flat[-1] = 0
    dy = normal(shape, dtype, 1)
    expected, dx = through(ReLU(), x, dy)
    y, backward = elements.relu(cp.asarray(x), needs_grad=(True,))
    assert np.array_equal(to_cpu(y), expected, equal_nan=True) and y.dtype == dtype
    assert np.array_equal(to_cpu(backward(cp.asarray(dy))), dx)
    passed = backward.keywords["passed"]
    assert passed.dtype == bool and passed.size == x.size
    assert elements.relu(cp.asarray(x), needs_grad=(False,))[1].keywords["passed"] is None
    assert elements.relu(cp.ones((), dtype), needs_grad=(True,)) is NotImplemented


@pytest.mark.parametrize("stretch", [2, 4096])                       # several for a channel, or one
@pytest.mark.parametrize("shape", [(9, 1, 1), (2, 1, 1), (1, 1)], ids=str)
def test_images_times_a_number_each(cp, shape, stretch, dtype, monkeypatch):
    """s (N, C, 1, 1) or (C, 1, 1), to the left or to the right of x."""
    monkeypatch.setattr(elements, "STRETCH", stretch)
    N, C = (shape[0], 3) if len(shape) == 3 else (4, 3)
    x, dy = normal((N, C, 5, 4), dtype), normal((N, C, 5, 4), dtype, 1)
    s = normal((N, C, 1, 1) if len(shape) == 3 else (C, 1, 1), dtype, 2)
    wide = (x.astype(float) * dy).sum(axis=(2, 3) if s.ndim == 4 else (0, 2, 3))
    for left in (True, False):
        pair = (cp.asarray(x), cp.asarray(s))[::1 if left else -1]
        y, backward = elements.multiply(*pair, needs_grad=(True, True))
        close(y, x * s)
        dx, ds = backward(cp.asarray(dy))[::1 if left else -1]
        close(dx, dy * s)
        close(ds, wide.reshape(s.shape).astype(dtype), 20)
        alone = elements.multiply(*pair, needs_grad=(left, not left))[1](cp.asarray(dy))
        assert [q is None for q in alone] == [not left, left]
        close(alone[not left], dy * s)


def test_products_of_other_shapes_are_left_to_the_definition(cp):
    x = cp.ones((2, 3, 4, 4), np.float32)
    for other in (x, cp.ones((4,), np.float32), cp.ones((2, 1, 4, 4), np.float32),
                  cp.ones((), np.float32)):
        assert elements.multiply(x, other, needs_grad=(True, True)) is NotImplemented
        assert elements.multiply(other, x, needs_grad=(True, True)) is NotImplemented


# --- running averages, pixels ---------------------------------------------------------------------

@pytest.mark.parametrize("momentum", [0.1, None])
def test_running_averages(cp, momentum, dtype):
    """They move inside the kernel of batch norm."""
    x = normal((40, 3, 3), dtype)                          # more channels than threads
    x_wide = x.astype(np.float32 if dtype == np.float16 else dtype)
    mean, var = x_wide.mean((1, 2)), x_wide.var((1, 2))
    before = normal((40,), dtype, 1), normal((40,), dtype, 2), np.array(3)
    right = averaged(mean, var, 9, *before, momentum, 1)
    given, ones = [cp.asarray(q) for q in before], cp.ones((40, 1, 1), dtype)
    ours = channels.normalise(cp.asarray(x), ones, ones, 1e-5, (*given, momentum, 1))[3]
    close(ours[0], right[0], 5)
    close(ours[1], right[1], 5)
    assert int(ours[2]) == int(right[2]) == 4 and int(given[2]) == 3       # replaced, not written
    given[2] = given[2].astype(np.int32)                   # not as the kernel has it
    assert channels.normalise(cp.asarray(x), ones, ones, 1e-5, (*given, momentum, 1))[3] is None


def test_bytes_become_what_they_become_on_a_cpu(cp):
    """To the last bit: a division is the same everywhere."""
    images = np.random.default_rng(0).integers(0, 256, (5, 3, 4, 7), np.uint8)
    mean, std = np.float32([0.5, 0.4, 0.3]), np.float32([0.2, 0.3, 0.7])
    ours = pixels.standardised(cp.asarray(images), mean, std)
    assert np.array_equal(to_cpu(ours), scaled(images, mean, std)) and ours.dtype == np.float32
    assert ours.transpose(1, 2, 3, 0).flags.c_contiguous
