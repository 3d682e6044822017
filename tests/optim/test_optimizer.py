"""Optimisers by hand and against stored numbers."""

import json
from math import inf, nan, sqrt
from pathlib import Path

import numpy as np
import pytest

from minicnn import optim
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import is_array, to_cpu
from minicnn.backend.seeds import manual_seed
from minicnn.layers.linear import Linear
from minicnn.losses import l2_penalty
from minicnn.optim import (
    SGD,
    Adagrad,
    Adam,
    AdamW,
    RMSProp,
    RMSprop,
    clip_grad_norm_,
)

STORED = json.loads((Path(__file__).parents[1] / "stored/training.json").read_text())
KINDS = [(SGD, {"lr": 0.1}), (SGD, {"lr": 0.1, "momentum": 0.9}),
         (SGD, {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
         (RMSprop, {}), (RMSprop, {"centered": True, "momentum": 0.9, "weight_decay": 0.01}),
         (Adam, {}), (Adam, {"weight_decay": 0.01}), (AdamW, {}), (Adagrad, {}),
         (Adagrad, {"lr_decay": 1e-3, "initial_accumulator_value": 0.1, "weight_decay": 0.01})]
every_kind = pytest.mark.parametrize("kind, options", KINDS)


def parameters(xp, *values, dtype="float64"):
    return [Tensor(xp.asarray(np.array(value, dtype)), requires_grad=True) for value in values]


def give(parameter, g):
    parameter.grad = parameter.data * 0 + g


# --- by hand ---------------------------------------------------------------------------------

def follow(optimiser, w, gradients):
    values = []
    for g in gradients:
        give(w, g)
        optimiser.step()
        values.append(w.item())
    return pytest.approx(values)


def test_sgd_by_hand(xp):
    w, = parameters(xp, 1.0)
    assert follow(SGD([w], lr=0.1), w, [2, 3]) == [0.8, 0.5]
    w, = parameters(xp, 1.0)                           # v = 2, then 0.5 2 + 3 = 4
    assert follow(SGD([w], lr=0.1, momentum=0.5), w, [2, 3]) == [0.8, 0.4]
    w, = parameters(xp, 1.0)                           # g + 0.5 v: 2 + 1, then 3 + 2
    assert follow(SGD([w], lr=0.1, momentum=0.5, nesterov=True), w, [2, 3]) == [0.7, 0.2]
    w, = parameters(xp, 1.0)                           # v = 2, then 0.5 2 + 0.25 4 = 2
    assert follow(SGD([w], 0.1, momentum=0.5, dampening=0.75), w, [2, 4]) == [0.8, 0.6]
    w, = parameters(xp, 1.0)                           # g = 2 + 0.5 1
    assert follow(SGD([w], lr=0.1, weight_decay=0.5), w, [2]) == [0.75]


def test_rmsprop_by_hand(xp):
    w, = parameters(xp, 1.0)                           # s = 0.25 4 = 1: the step is 0.1 2 / 1
    assert follow(RMSprop([w], lr=0.1, alpha=0.75, eps=0), w, [2]) == [0.8]
    w, = parameters(xp, 1.0)                           # s - a^2 = 1 - 0.25
    assert [1 - 0.2 / sqrt(0.75)] == follow(RMSprop([w], 0.1, 0.75, 0, centered=True), w, [2])
    w, = parameters(xp, 1.0)                           # v = 2; s = 7/4, v = 1 + 2 / sqrt(7/4)
    assert [0.8, 0.8 - 0.1 * (1 + 2 / sqrt(1.75))] == follow(
        RMSprop([w], 0.1, 0.75, 0, momentum=0.5), w, [2, 2])


def test_adam_by_hand(xp):
    """The first step has length lr whatever g is, and so has each while g stays the same."""
    for g in (1e-3, 5.0):
        w, = parameters(xp, 1.0)
        assert follow(Adam([w], lr=0.1, eps=0), w, [g, g]) == [0.9, 0.8]
    w, = parameters(xp, 1.0)                           # the decay first: 1 - 0.1 0.5
    assert follow(AdamW([w], lr=0.1, eps=0, weight_decay=0.5), w, [3]) == [0.85]


def test_krizhevskys_momentum_takes_the_same_path_while_lr_is_constant(xp):
    w, = parameters(xp, 1.0)
    theirs, v = 1.0, 0.0
    optimiser = SGD([w], lr=0.1, momentum=0.9)
    for g in (1.0, -2.0, 0.5):
        v = 0.9 * v - 0.1 * g
        theirs += v
        give(w, g)
        optimiser.step()
    assert w.item() == pytest.approx(theirs)


@pytest.mark.parametrize("case", STORED["optimisers"]["cases"],
                         ids=lambda case: f"{case['name']} {case['options']}")
def test_equal_to_stored_numbers(xp, case):
    ws = parameters(xp, *STORED["optimisers"]["starts"])
    optimiser = getattr(optim, case["name"])(iter(ws), **case["options"])
    for number, gradients in enumerate(STORED["optimisers"]["gradients"]):
        for w, g in zip(ws, gradients, strict=True):
            w.grad = xp.asarray(np.array(g))
        if number == 2:
            ws[1].grad = None
        optimiser.step()
    for w, end in zip(ws, case["end"], strict=True):
        np.testing.assert_allclose(w.numpy(), end, rtol=1e-10)


def test_weight_decay_is_the_gradient_of_the_l2_penalty(xp):
    one, other = parameters(xp, [1.0, -2.0], [1.0, -2.0])
    l2_penalty([one], 0.3).backward()
    SGD([one], 0.1).step()
    give(other, 0.0)
    SGD([other], 0.1, weight_decay=0.3).step()
    np.testing.assert_allclose(one.numpy(), other.numpy(), rtol=1e-15)


# --- what all of them keep -------------------------------------------------------------------

@every_kind
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_dtype_place_and_gradient_are_kept(xp, kind, options, dtype):
    w, = parameters(xp, [[1.0, -2.0]], dtype=dtype)
    optimiser, array = kind([w], **options), w.data
    optimiser.lr = np.float64(0.01)                    # a NumPy number must not widen anything
    for _ in range(3):
        w.grad = xp.asarray(np.array([[0.5, 0.25]], dtype))
        optimiser.step()
        assert to_cpu(w.grad).tolist() == [[0.5, 0.25]]
    assert w.data is array
    assert w.data.dtype == dtype
    remembered = [value for value in optimiser.state[w].values() if is_array(value)]
    assert {value.dtype for value in remembered} <= {np.dtype("float32" if dtype == "float16"
                                                              else dtype)}


@every_kind
def test_small_gradients_do_not_vanish_in_float16(xp, kind, options):
    """Squares below 6e-8 are 0 in float16; the step must be as in float32, but for rounding."""
    ends = []
    for dtype in ("float16", "float32"):
        w, = parameters(xp, [1.0, 0.5], dtype=dtype)
        optimiser = kind([w], **options)
        for g in (1e-4, 2e-4, 0.0):
            w.grad = xp.asarray(np.array([g, 0.0], dtype))
            optimiser.step()
        ends.append(w.numpy().astype("float64"))
    np.testing.assert_allclose(*ends, atol=3e-3)


@every_kind
@pytest.mark.parametrize("bad", [nan, inf])
def test_nan_and_infinity_are_not_hidden(xp, kind, options, bad):
    w, other = parameters(xp, [1.0, 1.0], [1.0])
    optimiser = kind([w, other], **options)
    w.grad, other.grad = xp.asarray([bad, 1.0]), xp.asarray([1.0])
    with np.errstate(invalid="ignore"):
        optimiser.step()
        w.grad = xp.asarray([1.0, 1.0])
        optimiser.step()
    assert not np.isfinite(w.numpy()[0]) or (bad == inf and kind in (RMSprop, Adam, AdamW))
    assert np.isfinite(w.numpy()[1]) and np.isfinite(other.numpy()).all()


@every_kind
def test_a_parameter_without_gradient_is_left_alone(xp, kind, options):
    w, frozen = parameters(xp, [1.0], [5.0])
    optimiser = kind([frozen, w], **options)
    give(w, 1.0)
    optimiser.step()
    assert frozen.item() == 5.0 and w.item() < 1.0
    assert frozen not in optimiser.state
    optimiser.zero_grad()
    assert w.grad is None
    optimiser.step()                                   # nothing to do is no error


@every_kind
def test_learning_continues_after_a_move_to_another_device_and_dtype(device, kind, options):
    def end(move):
        layer = Linear(2, 1)
        optimiser = kind(layer.parameters(), **options)
        for number in range(3):
            if move and number == 1:
                layer.to(device, "float64")
            for parameter in layer.parameters():
                parameter.grad = parameter.data * 0.5
            optimiser.step()
        return {name: value.astype("float32") for name, value in layer.state_dict().items()}

    manual_seed(1)
    stayed = end(False)
    manual_seed(1)
    for name, value in end(True).items():
        np.testing.assert_allclose(value, stayed[name], rtol=1e-5)


@every_kind
def test_each_of_them_goes_downhill(xp, kind, options):
    w, = parameters(xp, [2.0, -1.5])
    optimiser = kind([w], **options)
    optimiser.lr = 0.5 if kind is Adagrad else 0.05
    for _ in range(400):
        loss = (w * w).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert loss.item() < 0.01


def test_numbers_at_rest_make_no_nan(xp):
    """A gradient that is always 0, as behind a dead ReLU."""
    for kind, options in KINDS:
        w, = parameters(xp, [1.0], dtype="float32")
        optimiser = kind([w], **options)
        for _ in range(3):
            give(w, 0.0)
            optimiser.step()
        assert np.isfinite(w.item())


def test_centered_rmsprop_survives_rounding(xp):
    """A constant gradient has variance 0, which rounding may push below."""
    w, = parameters(xp, [1.0] * 50, dtype="float32")
    optimiser = RMSprop([w], lr=1e-6, alpha=0.5, eps=1e-3, centered=True)
    for _ in range(60):
        w.grad = xp.asarray(np.linspace(0.1, 1, 50, dtype="float32"))
        optimiser.step()
    assert np.isfinite(w.numpy()).all()


# --- errors ----------------------------------------------------------------------------------

@pytest.mark.parametrize("given, error, message", [
    ([], ValueError, "no parameters; was the generator model.parameters"),
    (Tensor([1.0]), TypeError, "expected several parameters, got one Tensor"),
    (Linear(2, 1), TypeError, r"got one Linear; pass model.parameters\(\)"),
    ([np.zeros(2)], TypeError, "parameter 0 is a numpy.ndarray, not a Tensor"),
    (["w"], TypeError, "parameter 0 is a str"),
    ([Tensor([1.0])] * 2, ValueError, "a parameter occurs twice"),
])
def test_wrong_parameters(given, error, message):
    for function in (lambda p: SGD(p, 0.1), Adam, lambda p: clip_grad_norm_(p, 1.0)):
        with pytest.raises(error, match=message):
            function(given)


@pytest.mark.parametrize("kind, options, message", [
    (SGD, {"lr": -0.1}, "SGD: lr must be a number >= 0, got -0.1"),
    (Adam, {"lr": nan}, "Adam: lr"), (RMSprop, {"lr": inf}, "RMSprop: lr"),
    (SGD, {"lr": 1, "momentum": -1}, "momentum must be at least 0"),
    (SGD, {"lr": 1, "weight_decay": -1}, "weight_decay must be at least 0"),
    (SGD, {"lr": 1, "nesterov": True}, "nesterov needs momentum > 0 and dampening 0"),
    (SGD, {"lr": 1, "nesterov": True, "momentum": 0.9, "dampening": 0.1}, "dampening 0.1"),
    (RMSprop, {"alpha": 1.0}, r"alpha must be in \[0, 1\), got 1.0"),
    (RMSprop, {"eps": -1}, "eps"), (RMSprop, {"momentum": -1}, "momentum"),
    (Adam, {"betas": (0.9, 1.0)}, r"betas must be two numbers in \[0, 1\)"),
    (Adam, {"betas": (0.9,)}, "two numbers"),
    (AdamW, {"eps": -1}, "AdamW: eps must be at least 0, got -1"),
])
def test_wrong_settings(kind, options, message):
    with pytest.raises(ValueError, match=message):
        kind([Tensor([1.0])], **options)


def test_a_gradient_of_another_shape_is_refused(xp):
    w, = parameters(xp, [[1.0], [2.0]])
    w.grad = xp.zeros(2)
    with pytest.raises(ValueError, match=r"SGD: parameter 0 is \(2, 1\), its gradient \(2,\)"):
        SGD([w], 0.1).step()


def test_the_lectures_spelling():
    assert RMSProp is RMSprop


def test_an_optimiser_without_update():
    optimiser = optim.Optimizer([w := Tensor([1.0])], lr=0.1)
    w.grad = w.data
    with pytest.raises(TypeError, match="Optimizer has no update"):
        optimiser.step()
