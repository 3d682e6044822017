"""The optimisers' steps, for all weights in one launch, held to the definitions on NumPy."""

import numpy as np
import pytest

from minicnn import Tensor
from minicnn.backend.arrays import to_cpu
from minicnn.backend.cuda import steps
from minicnn.optim import SGD, Adagrad, Adam, AdamW, RMSprop
from tests import host_cuda
from tests.backend.cuda.cuda_common import DTYPES, PLACES, close, library, normal

if not PLACES:
    pytest.skip("neither g++ nor a GPU", allow_module_level=True)

SHAPES = [(5, 7), (1,), (40,), (2, 3, 1, 1), (0, 4)]
KINDS = [(SGD, {}), (SGD, {"weight_decay": 0.1}), (SGD, {"momentum": 0.9, "nesterov": True}),
         (SGD, {"momentum": 0.5, "dampening": 0.2, "weight_decay": 0.1}),
         (Adam, {"weight_decay": 0.1}), (AdamW, {"weight_decay": 0.1}), (RMSprop, {}),
         (RMSprop, {"centered": True, "momentum": 0.9, "weight_decay": 0.1}), (Adagrad, {}),
         (Adagrad, {"initial_accumulator_value": 0.1, "lr_decay": 0.5, "weight_decay": 0.1})]


def stepped(kind, options, move, dtype):
    """The weights after three steps; one of them has no gradient in the second."""
    weights = [Tensor(move(normal(shape, dtype, n)), requires_grad=True)
               for n, shape in enumerate(SHAPES)]
    optimizer = kind(weights, lr=0.1, **options)
    for step in range(3):
        for n, weight in enumerate(weights):
            weight.grad = None if (step, n) == (1, 2) else move(
                normal(weight.shape, dtype, 10 * step + n))
        optimizer.step()
    return [to_cpu(weight.data) for weight in weights]


@pytest.mark.parametrize("kind, options", KINDS, ids=str)
@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: dtype.__name__)
def test_steps_agree_with_the_definitions(cp, kind, options, dtype):
    ours = stepped(kind, options, cp.asarray, dtype)
    for own, expected in zip(ours, stepped(kind, options, np.array, dtype), strict=True):
        close(own, expected, 5)


def test_nan_in_a_gradient_is_not_hidden(cp):
    for kind, options in KINDS:
        w = Tensor(cp.ones(3, np.float32), requires_grad=True)
        w.grad = cp.asarray(np.array([1, np.nan, 1], np.float32))
        kind([w], lr=0.1, **options).step()
        assert np.isnan(to_cpu(w.data)).tolist() == [False, True, False]


@pytest.mark.skipif(not host_cuda.COMPILER, reason="g++ is not installed")
def test_weights_with_the_same_settings_share_a_launch(tmp_path_factory, monkeypatch):
    monkeypatch.setattr(host_cuda.RawModule, "started", [])
    with library("host", tmp_path_factory) as cp:
        first, second, half = (Tensor(cp.ones(4, dtype), requires_grad=True)
                               for dtype in (np.float32, np.float32, np.float16))
        for weight in (first, second, half):
            weight.grad = weight.data * 1
        SGD([first, second, half], lr=0.1).step()
        assert host_cuda.RawModule.started == ["sgd_steps"] * 2        # one for each dtype


def test_if_anything_goes_wrong_no_weight_is_changed(cp):
    w, g = cp.ones(4, np.float32), cp.ones(4, np.float32)
    with pytest.raises(ZeroDivisionError), steps.at_once():
        steps.descent_step(w, g, 0.1)
        raise ZeroDivisionError
    assert to_cpu(w).tolist() == [1] * 4
    steps.descent_step(w, g, 0.5)                          # outside, and after it, at once
    assert to_cpu(w).tolist() == [0.5] * 4


def test_steps_decline_what_does_not_lie_flat(cp):
    w = cp.ones((3, 4), np.float32)
    for other in (cp.ones((4, 3), np.float32).T, cp.ones((3, 4), np.float16)):
        assert steps.descent_step(w, other, 0.1) is NotImplemented
        assert steps.momentum_step(w, other, w.copy(), 0.1, 0.9) is NotImplemented
        assert steps.adam_step(w, other, w.copy(), w.copy(), 1, 0.1, (0.9, 0.999),
                               1e-8) is NotImplemented
