"""sum, var, max and their kin as PyTorch has them; the numbers are PyTorch 2.13's."""

import numpy as np
import pytest

from minicnn.autograd import functions as F
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import to_cpu

ROWS = [[1.0, 5.0, 5.0], [2.0, 0.0, -1.0]]


def leaf(xp):
    return Tensor(xp.asarray(np.array(ROWS)), requires_grad=True)


# The value, and the gradient of its sum with respect to x, by PyTorch on ROWS in float32.
PYTORCHS = {
    "var(1)": (lambda x: x.var(1), [5.333333, 2.333333],
               [[-2.666667, 1.333333, 1.333333], [1.666667, -0.333333, -1.333333]]),
    "var(1, unbiased=False)": (lambda x: x.var(1, unbiased=False), [3.555556, 1.555556],
                               [[-1.777778, 0.888889, 0.888889], [1.111111, -0.222222, -0.888889]]),
    "var(1, False)": (lambda x: x.var(1, False), [3.555556, 1.555556],
                      [[-1.777778, 0.888889, 0.888889], [1.111111, -0.222222, -0.888889]]),
    "var(correction=0)": (lambda x: x.var(correction=0), 5.333333,
                          [[-0.333333, 1.0, 1.0], [0.0, -0.666667, -1.0]]),
    "var((0, 1))": (lambda x: x.var((0, 1)), 6.4, [[-0.4, 1.2, 1.2], [0.0, -0.8, -1.2]]),
    "std()": (lambda x: x.std(), 2.529822,
              [[-0.079057, 0.237171, 0.237171], [0.0, -0.158114, -0.237171]]),
    "max()": (lambda x: x.max(), 5.0, [[0, 0.5, 0.5], [0, 0, 0]]),
    "max(1).values": (lambda x: x.max(1).values, [5, 2], [[0, 1, 0], [1, 0, 0]]),
    "max(-1, True)[0]": (lambda x: x.max(-1, True)[0], [[5], [2]], [[0, 1, 0], [1, 0, 0]]),
    "min(0).values": (lambda x: x.min(0).values, [1, 0, -1], [[1, 0, 0], [0, 1, 1]]),
    "amax(1)": (lambda x: x.amax(1), [5, 2], [[0, 0.5, 0.5], [1, 0, 0]]),
    "amin(dim=(0, 1), keepdim=True)": (lambda x: x.amin(dim=(0, 1), keepdim=True), [[-1]],
                                       [[0, 0, 0], [0, 0, 1]]),
    "mean(0)": (lambda x: x.mean(0), [1.5, 2.5, 2.0], [[0.5] * 3] * 2),
    "sum((0, 1))": (lambda x: x.sum((0, 1)), 12, [[1] * 3] * 2),
    "sum([1], keepdim=True)": (lambda x: x.sum([1], keepdim=True), [[11], [1]], [[1] * 3] * 2),
    "gather": (lambda x: x.gather(1, [[0, 2, 0], [1, 1, 2]]), [[1, 5, 1], [0, 0, -1]],
               [[2, 0, 1], [0, 2, 1]]),
    "clamp(0, 2)": (lambda x: x.clamp(0, 2), [[1, 2, 2], [2, 0, 0]], [[1, 0, 0], [1, 1, 0]]),
    "clamp(min=2)": (lambda x: x.clamp(min=2), [[2, 5, 5], [2, 2, 2]], [[0, 1, 1], [1, 0, 0]]),
    "relu": (lambda x: x.relu(), [[1, 5, 5], [2, 0, 0]], [[1, 1, 1], [1, 0, 0]]),
}


@pytest.mark.parametrize("call", PYTORCHS)
def test_pytorchs_numbers(xp, call):
    run, value, grad = PYTORCHS[call]
    x = leaf(xp)
    y = run(x)
    y.sum().backward()
    assert y.shape == np.shape(value) and np.allclose(y.numpy(), value, atol=1e-6)
    assert np.allclose(to_cpu(x.grad), grad, atol=1e-6)


def test_places(xp):
    """x.argmax(), x.argmax(1, keepdim=True), x.max(1).indices, x.min(0).indices."""
    x = leaf(xp)
    assert x.argmax().item() == 1 and x.argmin().item() == 5
    assert x.argmax(1, keepdim=True).tolist() == [[1], [0]]
    assert x.max(1).indices.tolist() == [1, 0] and x.min(0).indices.tolist() == [0, 1, 1]
    assert x.argmin(dim=None, keepdim=True).shape == (1, 1)
    values, places = x.max(1)
    assert values.requires_grad and not places.requires_grad and places.dtype == np.int64
    for both in (x.max(1, keepdims=True), x.max(axis=1, keepdim=True)):
        assert both.values.shape == both.indices.shape == (2, 1)
    assert (x.argmax(1) == xp.asarray([1, 0])).all()       # accuracy, as it is counted
    with pytest.raises(ValueError, match=r"argmax: a Tensor of shape \(0, 3\) has no values"):
        x[:0].argmax(0)


def test_nan_is_the_largest_and_the_smallest():
    x = Tensor([1.0, np.nan, 2.0], requires_grad=True)
    for values, places in (x.max(0), x.min(0)):
        assert np.isnan(values.item()) and places.item() == 1


def test_numpys_words_mean_the_same(xp):
    x = leaf(xp)
    for name in ("sum", "mean", "var", "std", "amax", "amin"):
        method = getattr(x, name)
        assert method(axis=1, keepdims=True).tolist() == method(1, keepdim=True).tolist()
    assert x.var(ddof=0).item() == x.var(correction=0).item() == pytest.approx(np.var(ROWS))
    assert x.std(axis=0, ddof=0).numpy() == pytest.approx(np.std(ROWS, axis=0))
    for name in ("any", "all"):
        assert getattr(x, name)(axis=1).tolist() == getattr(x, name)(dim=1).tolist()
    assert x.all(1).tolist() == [True, False] and bool(x.any())
    assert F.cat([x, x], axis=1).shape == F.stack([x, x], axis=1).reshape(2, 6).shape
    with pytest.raises(TypeError, match="multiple values for argument 'dim'"):
        x.sum(0, axis=1)
    with pytest.raises(TypeError, match="unexpected keyword argument 'dims'"):
        x.sum(dims=0)


@pytest.mark.parametrize("name", ["sum", "mean", "var", "std", "amax", "amin", "max", "min",
                                  "argmax", "argmin", "any", "all"])
def test_dims_that_are_not_there(name):
    x = Tensor(ROWS)
    for dim, kind, complaint in [(2, ValueError, "there is no dim 2 in shape"),
                                 (-3, ValueError, "there is no dim -3 in shape"),
                                 (0.5, TypeError, "dim is a whole number, or several; got float"),
                                 ("0", TypeError, "got str")]:
        with pytest.raises(kind, match=complaint):
            getattr(x, name)(dim)
    if name not in ("max", "min", "argmax", "argmin"):
        with pytest.raises(ValueError, match=r"dims \(0, -2\) of shape \(2, 3\) repeat one"):
            getattr(x, name)((0, -2))


def test_refusals():
    x = Tensor(ROWS)
    with pytest.raises(ValueError, match=r"var: 1 values share a mean, .* 1 - 1; var\(corr"):
        x[:1, :1].var()
    with pytest.raises(TypeError, match=r"max: one dim, got tuple; x.amax\(\(0, 1\)\)"):
        x.max((0, 1))
    with pytest.raises(TypeError, match=r"min: one dim, got Tensor; .* x.minimum\(y\)"):
        x.min(x)
    with pytest.raises(AttributeError, match=r"no shape; the values: x.max\(dim\).values"):
        print(x.max(1).shape)
    for use in (lambda y: y * 2, lambda y: 2 * y, lambda y: y + 1, lambda y: y / 2,
                lambda y: y > 0):
        with pytest.raises(TypeError, match=r"not calculated with; .* x.amax\(dim\)"):
            use(x.max(1))
    with pytest.raises(ValueError, match=r"gather: the index is int64 \(2,\); whole numbers"):
        x.gather(1, [0, 1])
