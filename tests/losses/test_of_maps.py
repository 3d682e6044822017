"""Cross-entropy with a label for each pixel: the same numbers as with the pixels in rows."""

import numpy as np
import pytest

from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import to_cpu
from minicnn.losses import CrossEntropyLoss, cross_entropy
from tests.reference import losses as loops

WEIGHT = [0.5, 2.0, 1.0]


def drawn(rng):
    z, labels = rng.standard_normal((2, 3, 4, 5)), rng.integers(0, 3, (2, 4, 5))
    labels[0, :2], labels[1, 3, 4] = 255, 255
    return z, labels


def rows(z, labels):
    """The pixels one below the other: (N H W, C) and (N H W,)."""
    return np.moveaxis(z, 1, -1).reshape(-1, z.shape[1]), labels.reshape(-1)


@pytest.mark.parametrize("weight", [None, WEIGHT])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_equals_the_loops(xp, rng, weight, smoothing):
    z, labels = drawn(rng)
    costs, divisor = loops.cross_entropy(*(part.tolist() for part in rows(z, labels)), weight, 255,
                                         smoothing)
    for reduction, expected in (("none", np.reshape(costs, labels.shape)), ("sum", sum(costs)),
                                ("mean", sum(costs) / divisor)):
        y = cross_entropy(Tensor(xp.asarray(z)), labels, weight, 255, reduction, smoothing)
        np.testing.assert_allclose(y.numpy(), expected, rtol=1e-12)


def test_ignored_pixels_do_not_count_in_the_mean(xp):
    """mmsegmentation#886: reduction "none" and then mean() divides by the ignored ones, too."""
    z, labels = Tensor(xp.zeros((1, 2, 1, 4))), np.array([[[0, 255, 255, 1]]])
    assert cross_entropy(z, labels, ignore_index=255).item() == pytest.approx(np.log(2))
    each = cross_entropy(z, labels, ignore_index=255, reduction="none")
    assert each.mean().item() == pytest.approx(np.log(2) / 2)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_in_any_layout_and_dtype(xp, rng, reduction):
    z, labels = drawn(rng)
    expected = None
    for dtype, tolerance in (("float64", 1e-12), ("float32", 1e-5), ("float16", 1e-2)):
        for change in (np.ascontiguousarray, np.asfortranarray,
                       lambda a: np.moveaxis(np.moveaxis(a, 0, -1).copy(), -1, 0)):
            x = Tensor(xp.asarray(change(z.astype(dtype))), requires_grad=True)
            y = cross_entropy(x, labels.astype("uint8"), WEIGHT, 255, reduction)
            y.backward(xp.ones_like(y.data))
            assert y.dtype == x.grad.dtype == dtype
            answer = to_cpu(y.data).astype(float), to_cpu(x.grad).astype(float)
            expected = expected or answer
            for ours, wanted in zip(answer, expected, strict=True):
                np.testing.assert_allclose(ours, wanted, rtol=tolerance, atol=tolerance)


def test_nan_comes_out_unless_its_pixel_is_ignored(xp):
    values, labels = np.zeros((1, 2, 2, 2)), np.array([[[255, 0], [1, 0]]])
    values[0, 1, 0, 0] = np.nan
    z = Tensor(xp.asarray(values), requires_grad=True)
    loss = cross_entropy(z, labels, ignore_index=255)
    loss.backward()
    assert loss.item() == pytest.approx(np.log(2))
    assert to_cpu(z.grad)[0, :, 0, 0].tolist() == [0, 0] and np.isfinite(to_cpu(z.grad)).all()
    assert np.isnan(cross_entropy(z, labels * (labels < 255)).item())


def test_all_pixels_ignored(xp):
    """PyTorch answers NaN (pytorch#75181), which a step then writes into every weight."""
    z, labels = Tensor(xp.zeros((1, 2, 2, 2)), requires_grad=True), np.full((1, 2, 2), 255)
    with pytest.raises(ValueError, match=r"all 4 labels are ignored \(ignore_index=255\) or have"):
        cross_entropy(z, labels, ignore_index=255)
    loss = cross_entropy(z, labels, ignore_index=255, reduction="sum")
    loss.backward()
    assert loss.item() == 0 and not to_cpu(z.grad).any()


def test_as_a_layer_and_empty(xp):
    criterion = CrossEntropyLoss(WEIGHT, ignore_index=255)
    z = Tensor(xp.zeros((2, 3, 4, 5)))
    assert criterion(z, np.ones((2, 4, 5), int)).item() == pytest.approx(np.log(3))
    assert cross_entropy(Tensor(xp.zeros((0, 3, 4, 5))), np.zeros((0, 4, 5)), reduction="sum"
                         ).item() == 0
    with pytest.raises(ValueError, match="the batch is empty"):
        criterion(Tensor(xp.zeros((0, 3, 4, 5))), np.zeros((0, 4, 5), int))


@pytest.mark.parametrize("labels, error, message", [
    (np.zeros((2, 1, 4, 5), int), ValueError, r"got \(2, 1, 4, 5\); take the channel: labels\["),
    (np.zeros((2, 3, 4, 5), int), ValueError, r"one-hot maps become indices by labels.argmax\("),
    (np.zeros((2, 4, 6), int), ValueError, r"labels must be \(2, 4, 5\), one class index for each"),
    (np.zeros((4, 5), int), ValueError, r"got \(4, 5\)$"),
    ([0, 1], ValueError, r"got \(2,\); does the network end with Flatten"),
    (np.full((2, 4, 5), 255), ValueError, r"sample 0, pixel \(0, 0\) has label 255.*40 of 40.*ign"),
    (np.full((2, 4, 5), 3), ValueError, "has label 3, .* classes 0 to 2; 40 of .* out of range$"),
    (np.zeros((2, 4, 5)), TypeError, r"float64: sample 0, pixel \(0, 0\) has 0.0; convert: label"),
])
def test_wrong_labels_are_refused(xp, labels, error, message):
    with pytest.raises(error, match=f"cross_entropy: .*{message}"):
        cross_entropy(Tensor(xp.zeros((2, 3, 4, 5))), labels)


def test_wrong_scores_are_refused(xp):
    with pytest.raises(ValueError, match=r"logits must be \(N, C\).*or maps.* got \(2,\)"):
        cross_entropy(Tensor(xp.zeros(2)), [0, 0])
