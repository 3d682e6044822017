"""The linear classifier on features."""

import numpy as np
import pytest

from minicnn.training.probe import curvature, fit_probe


def test_two_points_by_hand():
    """At +1 and -1, w = (v, -v): the loss is log(1 + e^(-2 v)) + decay v^2."""
    probe = fit_probe([[3.0], [1.0]], [0, 1], classes=2, decay=0.1, steps=400)
    assert (probe.mean, probe.std) == (2, 1)
    (v,), (u,) = probe.linear.weight.numpy()
    assert v == pytest.approx(-u, abs=1e-5)
    assert 2 / (1 + np.exp(2 * v)) == pytest.approx(2 * 0.1 * v, abs=1e-4)       # the slope is 0
    assert probe([[2.0]])[0, 0] == pytest.approx(probe([[2.0]])[0, 1], abs=1e-5)


@pytest.mark.parametrize("N, D", [(40, 5), (6, 30)])
def test_at_the_lowest_place_the_slope_is_zero(N, D, rng):
    x, labels = rng.normal(3, 2, (N, D)), rng.integers(0, 3, N)
    probe = fit_probe(x, labels, 3, decay=0.1, steps=600)
    s = (x - x.mean(axis=0)) / x.std(axis=0)
    scores = probe(x).astype(float)
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    dz = (p - np.eye(3)[labels]) / N
    np.testing.assert_allclose(dz.T @ s + 0.1 * probe.linear.weight.numpy(), 0, atol=1e-3)
    np.testing.assert_allclose(dz.sum(axis=0), 0, atol=1e-3)                  # b is not held back


def test_it_separates_what_a_line_separates(rng):
    x = rng.normal(0, 1, (200, 4))
    labels = (x @ [1, -2, 0.5, 0] > 0.3).astype(int)
    probe = fit_probe(x[:150], labels[:150], 2, decay=1e-4, steps=500)
    assert probe.error(x[:150], labels[:150]) < 3 and probe.error(x[150:], labels[150:]) < 10
    assert probe.error(x, 1 - labels) > 90


def test_the_same_every_time_and_whatever_the_scale(rng):
    x, labels = rng.normal(size=(30, 4)), rng.integers(0, 3, 30)
    first, again = fit_probe(x, labels, 3), fit_probe(x, labels, 3)
    assert first(x).tobytes() == again(x).tobytes()
    scaled = fit_probe(1000 * x + 7, labels, 3)
    np.testing.assert_allclose(scaled(1000 * x + 7), first(x), atol=1e-3)


def test_features_that_say_nothing(rng):
    """One that is always the same is left alone, and may differ later without harm."""
    x, labels = rng.normal(size=(20, 3)), np.arange(20) % 2
    x[:, 1] = 5
    probe = fit_probe(x, labels, 2)
    assert np.isfinite(probe(x)).all() and np.abs(probe.linear.weight.numpy()[:, 1]).max() < 1e-6


@pytest.mark.parametrize("N, D", [(3, 7), (50, 4), (1, 2)])
def test_curvature(N, D, rng):
    s = rng.normal(size=(N, D)).astype("float32")
    s -= s.mean(axis=0)
    with_one = np.concatenate([s, np.ones((N, 1))], axis=1)
    assert curvature(s) == pytest.approx(np.linalg.eigvalsh(with_one.T @ with_one / N)[-1],
                                         rel=1e-4)


@pytest.mark.parametrize("x, labels, more, problem, words", [
    ([1.0, 2.0], [0, 1], {}, ValueError, r"shape \(2,\), expected \(N, D\)"),
    ([[1.0], [np.nan]], [0, 1], {}, ValueError, "no numbers"),
    ([[1.0], [2.0]], [0, 2], {}, ValueError, "labels run from 0 to 2"),
    ([[1.0], [2.0]], [0], {}, ValueError, "2 images but 1 labels"),
    ([[1.0], [2.0]], [0, 1], {"decay": -1}, ValueError, "decay is -1"),
    ([[1.0], [2.0]], [0, 1], {"steps": 0}, ValueError, "steps is 0"),
    ([[1.0], [2.0]], [0, 1], {"steps": "many"}, TypeError, "steps is 'many'")])
def test_refused(x, labels, more, problem, words):
    with pytest.raises(problem, match=words):
        fit_probe(x, labels, 2, **more)


def test_features_of_another_layer():
    probe = fit_probe([[1.0, 0.0], [0.0, 1.0]], [0, 1], 2)
    with pytest.raises(ValueError, match="3 features, it has learnt from 2"):
        probe([[1.0, 2.0, 3.0]])
