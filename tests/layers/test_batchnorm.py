"""Batch norm against loops, its running averages, its modes and edges."""

import sys

import numpy as np
import pytest

from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.layers.batchnorm import BatchNorm1d, BatchNorm2d
from tests import standin
from tests.layers.checks import check_agreement, gradient_of, innermost, run
from tests.reference.normalisation import batch_norm, running_averages, scaled_by_channel

KINDS = [(BatchNorm1d, (5, 3)), (BatchNorm1d, (4, 3, 2)), (BatchNorm2d, (2, 3, 4, 5)),
         (BatchNorm2d, (1, 3, 1, 2))]


def column(*values):
    return np.array(values, np.float64).reshape(-1, 1)


def test_by_hand(xp):
    bn = BatchNorm1d(2, eps=3.0)
    y = run(bn, xp, np.array([[1.0, 2.0], [3.0, 10.0]]))
    # mean 2 and 6, var 1 and 16
    check_agreement(y, np.array([[-1 / 2, -4 / 19 ** 0.5], [1 / 2, 4 / 19 ** 0.5]]))
    # momentum 0.1 is the share of the new batch; the variance is that of n - 1: 2 and 32
    check_agreement(bn.running_mean.numpy(), np.array([0.2, 0.6]))
    check_agreement(bn.running_var.numpy(), np.array([0.9 + 0.2, 0.9 + 3.2]))
    y = run(bn.eval(), xp, np.array([[1.0, 2.0]]))
    check_agreement(y, np.array([[0.8 / 4.1 ** 0.5, 1.4 / 7.1 ** 0.5]]))


def test_scale_and_shift_can_restore_the_input(rng, xp):
    """The slide: gamma = sigma, beta = mu recovers the identity function."""
    x = 3 * rng.standard_normal((6, 2, 3, 3)) + 5
    bn = BatchNorm2d(2)
    bn.weight.data = np.sqrt(x.var(axis=(0, 2, 3)) + bn.eps)
    bn.bias.data = x.mean(axis=(0, 2, 3))
    check_agreement(run(bn, xp, x), x)


@pytest.mark.parametrize("kind, shape", KINDS)
@pytest.mark.parametrize("eps", [1e-5, 0.5])
def test_agrees_with_loops(kind, shape, eps, rng, xp):
    x, gamma, beta = 2 * rng.standard_normal(shape) + 1, rng.random(3), rng.random(3)
    bn = kind(3, eps)
    bn.weight.data, bn.bias.data = gamma, beta
    check_agreement(run(bn, xp, x), scaled_by_channel(batch_norm(x, eps), gamma, beta))
    check_agreement(run(kind(3, eps, affine=False), xp, x), batch_norm(x, eps))


@pytest.mark.parametrize("kind, shape", KINDS)
@pytest.mark.parametrize("momentum", [0.1, 0.0, 1.0, None])
def test_running_averages_agree_with_loops(kind, shape, momentum, rng, xp):
    batches = [rng.standard_normal(shape) + number for number in range(3)]
    bn = kind(3, momentum=momentum)
    for batch in batches:
        run(bn, xp, batch)
    mean, var = running_averages(batches, momentum)
    check_agreement(bn.running_mean.numpy(), mean)
    check_agreement(bn.running_var.numpy(), var)
    assert bn.num_batches_tracked.item() == 3


# --- training and test ----------------------------------------------------------------------

def test_eval_repeats_itself_and_changes_nothing(rng, xp):
    bn, x = BatchNorm2d(3), rng.standard_normal((4, 3, 2, 2))
    run(bn, xp, x)
    before = bn.eval().state_dict()
    first, second = run(bn, xp, x), run(bn, xp, x)
    assert np.array_equal(first, second)
    for name, values in bn.state_dict().items():
        assert np.array_equal(values, before[name])


def test_eval_treats_every_image_alone(rng, xp):
    x = rng.standard_normal((4, 3, 2, 2))
    bn = BatchNorm2d(3)
    run(bn, xp, x)
    bn.eval()
    check_agreement(run(bn, xp, x[:1]), run(bn, xp, x)[:1])
    assert run(BatchNorm1d(2).eval(), xp, np.ones((1, 2))).shape == (1, 2)


def test_without_running_averages_eval_uses_the_batch(rng, xp):
    x = rng.standard_normal((4, 3, 2, 2))
    bn = BatchNorm2d(3, track_running_stats=False)
    assert list(bn.state_dict()) == ["weight", "bias"]
    check_agreement(run(bn.eval(), xp, x), batch_norm(x))


def test_training_updates_the_averages_even_under_no_grad(rng):
    bn = BatchNorm1d(3)
    with no_grad():
        bn(Tensor(rng.standard_normal((4, 3)).astype(np.float32)))
    assert bn.num_batches_tracked.item() == 1 and bn.running_mean.numpy().any()


def test_running_averages_keep_no_graph_and_get_no_gradient(rng):
    bn = BatchNorm1d(3).to(dtype="float64")
    gradient_of(bn, rng.standard_normal((4, 3)))
    assert bn.running_mean.grad is None and bn.running_mean.creator is None
    assert [name for name, _ in bn.named_parameters()] == ["weight", "bias"]


def test_training_never_waits_for_the_gpu(monkeypatch, rng):
    monkeypatch.setitem(sys.modules, "cupy", standin)
    for momentum in (0.1, None):
        bn = BatchNorm2d(3, momentum=momentum).to("cuda", "float64")
        x = Tensor(standin.asarray(rng.standard_normal((2, 3, 4, 4))), requires_grad=True)
        bn(x)
        before = standin.synchronisations
        bn(x).backward(x.data)
        assert standin.synchronisations == before


# --- state ----------------------------------------------------------------------------------

def test_state_has_pytorchs_names_and_survives_a_round_trip(rng):
    bn = BatchNorm2d(3)
    bn(Tensor(rng.standard_normal((4, 3, 2, 2)).astype(np.float32)))
    state = bn.state_dict()
    assert list(state) == ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]
    other = BatchNorm2d(3)
    other.load_state_dict(state)
    for name, values in other.state_dict().items():
        assert np.array_equal(values, state[name]) and values.dtype == state[name].dtype
    other(Tensor(rng.standard_normal((4, 3, 2, 2)).astype(np.float32)))
    assert other.num_batches_tracked.item() == 2 and state["num_batches_tracked"] == 1


def test_the_number_of_batches_stays_a_whole_number(rng, xp, device):
    bn = BatchNorm1d(3).to(device, "float16")
    bn(Tensor(xp.asarray(rng.standard_normal((4, 3)).astype(np.float16))))
    assert bn.num_batches_tracked.dtype == np.int64
    assert bn.running_mean.dtype == bn.running_var.dtype == np.float16


# --- edges ----------------------------------------------------------------------------------

def test_equal_values_come_out_as_the_bias(xp):
    bn = BatchNorm1d(2)
    bn.bias.data = np.array([0.0, 7.0])
    y = run(bn, xp, np.array([[3.0, 4.0], [3.0, 4.0]]))
    assert y.tolist() == [[0.0, 7.0], [0.0, 7.0]]
    _, dx = gradient_of(BatchNorm1d(1).to(dtype="float64"), column(3, 3), column(1, 2))
    assert np.isfinite(dx).all()


@pytest.mark.parametrize("lie", [np.array, innermost])
@pytest.mark.parametrize("shape", [(10, 2, 10, 10), (8, 2, 128, 128)])
def test_a_large_mean_loses_no_digits(lie, shape, rng):
    """float32 near 10,000 has steps of 0.001; E[x^2] - mu^2 would be wrong by 10."""
    x = (rng.standard_normal(shape) + 1e4).astype(np.float32)
    exact = batch_norm_of_large(x.astype(np.float64))
    y, dx = gradient_of(BatchNorm2d(2), lie(x), lie(x - np.float32(1e4)))
    assert abs(y - exact).max() < 2e-3
    assert abs(dx).max() < 0.1                             # dy is x_hat, stretched: undone


def batch_norm_of_large(x):
    mean, var = x.mean((0, 2, 3), keepdims=True), x.var((0, 2, 3), keepdims=True)
    return (x - mean) / np.sqrt(var + 1e-5)


def test_nan_stays_in_its_channel(rng, xp):
    x = rng.standard_normal((3, 2, 2, 2))
    x[1, 0, 0, 0] = np.nan
    y = run(BatchNorm2d(2), xp, x)
    assert np.isnan(y[:, 0]).all() and np.isfinite(y[:, 1]).all()
    y = run(BatchNorm2d(2).eval(), xp, x)
    assert np.isnan(y).sum() == 1


# --- errors ---------------------------------------------------------------------------------

@pytest.mark.parametrize("layer, shape", [(BatchNorm1d(2), (1, 2)), (BatchNorm1d(2), (1, 2, 1)),
                                          (BatchNorm2d(2), (1, 2, 1, 1))])
def test_refuses_one_value_per_channel(layer, shape):
    x = Tensor(np.ones(shape, np.float32))
    with pytest.raises(ValueError, match="one value for each mean.*the batch size is 1: use 2 or "
                                         r"more, drop_last=True .*or eval\(\)"):
        layer.train()(x)
    assert layer.eval()(x).shape == shape
    assert layer.num_batches_tracked.item() == 0


@pytest.mark.parametrize("kind", [BatchNorm1d, BatchNorm2d])
@pytest.mark.parametrize("arguments, message", [
    ({"num_features": 0}, "num_features must be at least 1, got 0"),
    ({"num_features": 3, "eps": 0}, "eps must be above 0, got 0; a channel whose values"),
    ({"num_features": 3, "momentum": 9}, "momentum must lie in 0..1 or be None, got 9; it is the "
                                         "share of the new batch")])
def test_says_what_is_wrong(kind, arguments, message):
    with pytest.raises(ValueError, match=f"{kind.__name__}: {message}"):
        kind(**arguments)


def test_the_cure_is_one_that_helps():
    """eval() is none where there are no running averages: it uses the batch, too."""
    x = Tensor(np.ones((1, 3), np.float32))
    with pytest.raises(ValueError, match=r"use 2 or more, .* that small, or eval\(\), which has"):
        BatchNorm1d(3)(x)
    for layer in (BatchNorm1d(3, track_running_stats=False),
                  BatchNorm1d(3, track_running_stats=False).eval()):
        with pytest.raises(ValueError, match="use 2 or more, drop_last=True .* is that small$"):
            layer(x)


def test_names_the_shapes():
    with pytest.raises(ValueError, match=r"BatchNorm2d 3: the input \(N, 1, 8, 8\) has 1 channel, "
                                         "the layer was built for 3; grey images need BatchNorm2d"):
        BatchNorm2d(3).shape((1, 8, 8))
    with pytest.raises(ValueError, match="BatchNorm2d 3: expected images"):
        BatchNorm2d(3).shape((3,))
    with pytest.raises(ValueError, match=r"BatchNorm1d 3: expected \(N, C\) or \(N, C, L\), got "
                                         r"\(N, 3, 8, 8\); images need BatchNorm2d"):
        BatchNorm1d(3).shape((3, 8, 8))
    with pytest.raises(ValueError, match="has 4 channels, the layer was built for 3"):
        BatchNorm1d(3)(Tensor(np.ones((2, 4), np.float32)))


@pytest.mark.parametrize("training", [True, False])
def test_another_dtype_than_the_averages_is_refused(training):
    with pytest.raises(TypeError, match="float64 and float32 mixed"):
        BatchNorm1d(3, affine=False).train(training)(Tensor(np.ones((2, 3))))
