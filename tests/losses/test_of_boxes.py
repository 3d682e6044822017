"""Binary cross-entropy, focal loss, Dice and smooth L1: by hand, by loops, by stored numbers."""

import json
from functools import partial
from math import log
from pathlib import Path

import numpy as np
import pytest

from minicnn import losses, nn
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import to_cpu
from minicnn.losses import (
    binary_cross_entropy_with_logits,
    dice_loss,
    sigmoid_focal_loss,
    smooth_l1_loss,
)
from tests.reference import losses as loops

STORED = json.loads((Path(__file__).parents[1] / "stored/losses.json").read_text())


def tensor(xp, values, dtype="float64"):
    return Tensor(xp.asarray(np.asarray(values, dtype)), requires_grad=True)


@pytest.mark.parametrize("case", STORED, ids=lambda case: f"{case['loss']}, {case['named']}")
def test_equals_stored_numbers(xp, case):
    """Also cross_entropy of maps."""
    z, dtype = tensor(xp, case["z"]), int if case["loss"] == "cross_entropy" else float
    loss = getattr(losses, case["loss"])(z, xp.asarray(np.array(case["target"], dtype)),
                                         **case["named"])
    loss.backward(xp.asarray(np.array(case["dy"])))
    np.testing.assert_allclose(loss.numpy(), case["y"], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(to_cpu(z.grad), case["dz"], rtol=1e-10, atol=1e-12)


ELEMENTWISE = [
    (binary_cross_entropy_with_logits, loops.binary_cross_entropy, {"pos_weight": 3.0}),
    (binary_cross_entropy_with_logits, loops.binary_cross_entropy, {"weight": 0.5}),
    (sigmoid_focal_loss, loops.focal, {}),
    (sigmoid_focal_loss, loops.focal, {"alpha": 0.6, "gamma": 0.5}),
    (smooth_l1_loss, loops.smooth_l1, {}),
    (smooth_l1_loss, loops.smooth_l1, {"beta": 1 / 9}),
]


@pytest.mark.parametrize("loss, formula, named", ELEMENTWISE)
def test_equals_the_loops(xp, rng, loss, formula, named):
    z, t = 3 * rng.standard_normal((4, 6)), rng.integers(0, 2, (4, 6)).astype(float)
    expected = np.vectorize(partial(formula, **named))(z, t)
    for reduction, wanted in (("none", expected), ("sum", expected.sum()),
                              ("mean", expected.mean())):
        y = loss(tensor(xp, z), xp.asarray(t), reduction=reduction, **named)
        np.testing.assert_allclose(y.numpy(), wanted, rtol=1e-12)


@pytest.mark.parametrize("loss", [binary_cross_entropy_with_logits, sigmoid_focal_loss,
                                  smooth_l1_loss, dice_loss])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_dtypes_layouts_and_read_only(xp, rng, loss, dtype):
    values = rng.uniform(0.1, 0.9, (4, 6)).astype(dtype)
    target = rng.integers(0, 2, (4, 6)).astype(dtype)
    before = target.copy()
    for view in (lambda a: a, lambda a: a[:, ::-2], lambda a: a.T):
        z = Tensor(view(xp.asarray(values)), requires_grad=True)
        y = loss(z, view(xp.asarray(target)))
        y.sum().backward()
        same = loss(Tensor(xp.asarray(np.ascontiguousarray(to_cpu(z.data)))),
                    xp.asarray(np.ascontiguousarray(view(target))))
        assert y.dtype == z.grad.dtype == dtype and z.grad.shape == z.shape
        tolerance = 1e-2 if dtype == "float16" else 1e-6
        np.testing.assert_allclose(y.numpy(), same.numpy(), rtol=tolerance)
    read_only = np.frombuffer(values.tobytes(), dtype).reshape(4, 6)
    loss(Tensor(read_only, requires_grad=True), target).sum().backward()
    assert np.array_equal(target, before)


@pytest.mark.parametrize("loss", [binary_cross_entropy_with_logits, sigmoid_focal_loss,
                                  smooth_l1_loss, dice_loss])
def test_nan_comes_out(xp, loss):
    assert np.isnan(loss(tensor(xp, [[0.5, np.nan], [0.1, 0.2]]), [[1, 0], [0, 1]]).sum().item())


@pytest.mark.parametrize("loss", [binary_cross_entropy_with_logits, sigmoid_focal_loss])
@pytest.mark.parametrize("dtype, big", [("float16", 6e4), ("float32", 1e30), ("float64", 1e300)])
def test_huge_scores(xp, loss, dtype, big):
    """Right and sure costs nothing, wrong and sure as much as the score says."""
    z = tensor(xp, [big, -big, -big, big], dtype)
    y = loss(z, [1, 0, 1, 0], reduction="none")
    y.backward(xp.ones(4, dtype))
    share = [0.25, 0.75] if loss is sigmoid_focal_loss else [1, 1]
    assert y.numpy()[:2].tolist() == [0, 0]
    np.testing.assert_allclose(y.numpy()[2:], np.array(share) * big, rtol=1e-3)
    np.testing.assert_allclose(to_cpu(z.grad), [0, 0, -share[0], share[1]], rtol=1e-3)


@pytest.mark.parametrize("loss, arguments, error, message", [
    (binary_cross_entropy_with_logits, [np.zeros((2, 1))], ValueError,
     r"the answers are \(2, 3\), target is \(2, 1\); it must be of that shape"),
    (binary_cross_entropy_with_logits, [np.full((2, 3), 2)], ValueError,
     r"target must lie in \[0, 1\]; at \(0, 0\) it is 2"),
    (binary_cross_entropy_with_logits, [np.full((2, 3), np.nan)], ValueError, "it is nan"),
    (binary_cross_entropy_with_logits, ["many"], TypeError, "target must be numbers, got <U4"),
    (binary_cross_entropy_with_logits, [np.zeros((2, 3)), np.ones(2)], ValueError,
     r"weight is \(2,\); it must be a number, or an array that NumPy broadcasts to it"),
    (binary_cross_entropy_with_logits, [np.zeros((2, 3)), [1, -1, 1]], ValueError,
     r"weight must be finite and not negative; at \(1,\) it is -1"),
    (binary_cross_entropy_with_logits, [np.zeros((2, 3)), None, "mean", np.inf], ValueError,
     r"pos_weight must be finite and not negative; at \(\) it is inf"),
    (binary_cross_entropy_with_logits, [np.zeros((2, 3)), None, "average"], ValueError,
     "reduction must be"),
    (sigmoid_focal_loss, [np.full((2, 3), 0.5)], ValueError, "targets must be 0 or 1"),
    (sigmoid_focal_loss, [np.zeros((2, 3)), 2], ValueError, r"alpha must lie in \[0, 1\], or be"),
    (sigmoid_focal_loss, [np.zeros((2, 3)), 0.5, -1], ValueError, "gamma must be a number >= 0"),
    (dice_loss, [np.zeros(2, int)], ValueError, r"the target is a class map \(2,\), expected \(2"),
    (dice_loss, [np.zeros((3, 2))], ValueError, r"target is \(3, 2\)"),
    (dice_loss, [np.zeros((2, 3)), -1], ValueError, "smooth must be a number >= 0, got -1"),
    (dice_loss, [np.zeros((2, 3)), 0], ValueError, "no class is in this batch, and smooth is 0"),
    (smooth_l1_loss, [np.zeros(3)], ValueError, r"prediction is \(2, 3\), target \(3,\); they mu"),
    (smooth_l1_loss, ["a"], TypeError, "the target: expected a Tensor, an array"),
    (smooth_l1_loss, [np.zeros((2, 3)), "mean", -1], ValueError, "beta must be a number >= 0"),
])
def test_says_what_is_wrong(loss, arguments, error, message):
    with pytest.raises(error, match=f"{loss.__name__}: .*{message}"):
        loss(Tensor(np.zeros((2, 3))), *arguments)


def test_answers_of_a_wrong_kind(xp):
    for loss in (binary_cross_entropy_with_logits, sigmoid_focal_loss, dice_loss, smooth_l1_loss):
        with pytest.raises(TypeError, match=f"{loss.__name__}: .* must be a Tensor, got numpy"):
            loss(np.zeros((2, 3)), np.zeros((2, 3)))
    for loss in (binary_cross_entropy_with_logits, sigmoid_focal_loss, smooth_l1_loss):
        empty = Tensor(xp.zeros((0, 3)))
        with pytest.raises(ValueError, match="nothing to average, the batch is empty"):
            loss(empty, empty, reduction="mean")
        assert loss(empty, empty, reduction="sum").item() == 0
    with pytest.raises(ValueError, match=r"dice_loss: expected probabilities .* got \(0, 3\)"):
        dice_loss(Tensor(xp.zeros((0, 3))), xp.zeros((0, 3)))
    with pytest.raises(ValueError, match=r"probabilities must lie in \[0, 1\]; scores become such"):
        dice_loss(Tensor(xp.full((2, 3), 1.5)), xp.zeros((2, 3)))


def test_a_target_that_asks_for_a_gradient_is_refused(xp):
    """It would get none, silently."""
    z, t = tensor(xp, np.zeros((2, 3))), tensor(xp, np.zeros((2, 3)))
    for loss in (binary_cross_entropy_with_logits, sigmoid_focal_loss, dice_loss):
        with pytest.raises(ValueError, match="hand in its values alone: target.detach"):
            loss(z, t)
        loss(z, t.detach())
    smooth_l1_loss(z, t + 2).backward()                    # it has one here, as in PyTorch
    np.testing.assert_allclose(to_cpu(t.grad), np.full((2, 3), 1 / 6))


# --- by hand ----------------------------------------------------------------------------------

def test_binary_cross_entropy_by_hand(xp):
    """Score 0 is probability 1/2; log 3 is 3/4."""
    z = tensor(xp, [0, log(3)])
    loss = binary_cross_entropy_with_logits(z, [1, 0], reduction="sum")
    loss.backward()
    assert loss.item() == pytest.approx(log(2) + log(4))
    np.testing.assert_allclose(to_cpu(z.grad), [-0.5, 0.75])


def test_what_has_the_weight_0_counts_for_nothing(xp):
    """It is how anchors are left out that are neither background nor an object."""
    z = tensor(xp, [[np.nan, 0.0], [np.inf, 0.0]])
    loss = binary_cross_entropy_with_logits(z, np.zeros((2, 2)), [0.0, 2.0], "sum")
    loss.backward()
    assert loss.item() == pytest.approx(4 * log(2))
    assert to_cpu(z.grad).tolist() == [[0, 1], [0, 1]]


def test_focal_loss_of_easy_answers(xp):
    """The paper, section 3.2: at gamma 2 an answer with p_t = 0.9 costs 100 times less."""
    z, t = tensor(xp, [log(9), -log(9)]), [1, 0]
    plain = binary_cross_entropy_with_logits(z, t, reduction="none").numpy()
    np.testing.assert_allclose(sigmoid_focal_loss(z, t, alpha=-1).numpy(), plain / 100)


def test_dice_by_hand(xp, rng):
    p, t = tensor(xp, [[0.5, 1.0]]), [[1, 0]]              # two classes, the one is there
    loss = dice_loss(p, t, smooth=0)
    loss.backward()
    assert loss.item() == pytest.approx(1 - 1 / 1.5)
    np.testing.assert_allclose(to_cpu(p.grad), [[(1 - 3) / 1.5 ** 2, 0]])
    assert dice_loss(p, [[1, 1]], smooth=0).item() == pytest.approx((1 / 3 + 0) / 2)


@pytest.mark.parametrize("smooth", [0.0, 1.0])
def test_dice_equals_the_loops(xp, rng, smooth):
    p, t = rng.uniform(0, 1, (2, 3, 4, 5)), rng.integers(0, 2, (2, 3, 4, 5)).astype(float)
    t[:, 1] = 0                                            # a class that is missing: left out
    each = loops.dice(p.reshape(2, 3, 20).tolist(), t.reshape(2, 3, 20).tolist(), smooth)
    ours = dice_loss(Tensor(xp.asarray(p)), xp.asarray(t), smooth).item()
    assert ours == pytest.approx((each[0] + each[2]) / 2)


def test_dice_where_nothing_is(xp):
    """Then what the network sees is false, and is pushed down."""
    p = tensor(xp, np.full((1, 1, 2, 2), 0.5))
    loss = dice_loss(p, np.zeros((1, 1, 2, 2)))
    loss.backward()
    assert loss.item() == pytest.approx(1 - 1 / 3) and (to_cpu(p.grad) > 0).all()


def test_smooth_l1_by_hand(xp):
    z = tensor(xp, [-2, -0.5, 0.05])
    zeros = xp.zeros(3)
    assert smooth_l1_loss(z, zeros, "none").numpy().tolist() == [1.5, 0.125, pytest.approx(0.00125)]
    np.testing.assert_allclose(smooth_l1_loss(z, zeros, "none", 1 / 9).numpy(),
                               [35 / 18, 4 / 9, 0.01125])
    loss = smooth_l1_loss(z, zeros, "sum", beta=0)         # L1
    loss.backward()
    assert loss.item() == pytest.approx(2.55) and to_cpu(z.grad).tolist() == [-1, -1, 1]


def test_layers():
    z, t = Tensor(np.array([[1.0, -2.0]])), np.array([[1.0, 0.0]])
    settings = {"weight": [1.0, 2.0], "reduction": "sum", "pos_weight": 2.0}
    assert nn.BCEWithLogitsLoss(**settings)(z, t).item() == binary_cross_entropy_with_logits(
        z, t, **settings).item()
    assert nn.SmoothL1Loss(reduction="sum", beta=0.1)(z, t).item() == smooth_l1_loss(
        z, t, "sum", 0.1).item()
    assert repr(nn.BCEWithLogitsLoss(**settings)) == \
        "BCEWithLogitsLoss sum, with weights, with pos_weight"
    assert repr(nn.SmoothL1Loss()) == "SmoothL1Loss mean, beta 1"
    for layer in (nn.BCEWithLogitsLoss, nn.SmoothL1Loss):
        with pytest.raises(ValueError, match=f"{layer.__name__}: reduction must be"):
            layer(reduction="average")
