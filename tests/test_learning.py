"""Hazards 21, 22 and 24: the parts together learn, the same in every run and on both libraries."""

import sys

import numpy as np
import pytest

from minicnn import Tensor, manual_seed, no_grad
from minicnn.data import Loader, digits, find_digits, normalise, pad
from minicnn.losses import cross_entropy, rbf_loss
from minicnn.models import LeNet5
from minicnn.optim import SGD
from tests import standin


@pytest.fixture(scope="module")
def drawn(drawn_digits):
    """x_train, labels, x_test, labels."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("MINICNN_CACHE", str(drawn_digits))
        patched.setenv("MINICNN_OFFLINE", "1")
        patched.delenv("MINICNN_DATA", raising=False)
        train, test = find_digits(log=lambda line: None)
    x_train, x_test = (normalise(pad(part.images, 2)) for part in (train, test))
    return x_train, train.labels, x_test, test.labels


def trained(x, labels, epochs, seed=0, lr=0.05):
    """A LeNet-5 of that seed and the losses of its steps."""
    manual_seed(seed)
    model = LeNet5()
    optimizer = SGD(model.parameters(), lr=lr, momentum=0.9)
    loader = Loader(x, labels, 50, seed=seed)
    losses = []
    for _ in range(epochs):
        for images, classes in loader:
            loss = cross_entropy(model(Tensor(images)), classes)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return model, losses


@no_grad()
def share_right(model, x, labels):
    return float((model(Tensor(x)).numpy().argmax(axis=1) == labels).mean())


def test_one_batch_by_heart(drawn):
    x, labels = drawn[0][:50], drawn[1][:50]
    model, losses = trained(x, labels, epochs=60)
    assert share_right(model, x, labels) == 1 and losses[-1] < 0.1


def test_reads_digits_that_it_has_not_seen(drawn):
    x_train, labels, x_test, test_labels = drawn
    model, _ = trained(x_train, labels, epochs=2)
    assert share_right(model, x_test, test_labels) > 0.9


def test_shuffled_labels_stay_at_chance(drawn, rng):
    """Otherwise something of the test set would have leaked into training."""
    x_train, labels, x_test, test_labels = drawn
    model, losses = trained(x_train[:1500], rng.permutation(labels[:1500]), epochs=4)
    assert 0.05 < share_right(model, x_test, test_labels) < 0.15
    assert np.mean(losses[-30:]) > 2


def test_one_seed_one_run(drawn):
    """Hazard 22: equal to the last bit, and another seed is another run."""
    x, labels = drawn[0][:400], drawn[1][:400]
    (model, losses), (again, same), (_, other) = (trained(x, labels, 2, seed) for seed in (3, 3, 4))
    assert losses == same and losses != other
    weights = again.state_dict()
    assert all(np.array_equal(value, weights[name]) for name, value in model.state_dict().items())


@pytest.mark.parametrize("variant", ["slide", "paper", "visualiser"])
def test_twenty_steps_on_both_libraries(variant, monkeypatch):
    """Hazard 21, on the stand-in: one seed, one network, one run, wherever it is computed.

    In float64: its rounding, 1e-16 of a value, cannot reach the bound in 20 steps, whatever kernel
    the BLAS takes and in which order it adds.
    """
    drawn = digits(64)
    x = normalise(pad(drawn.images, 2)).astype(np.float64)
    ends = []
    for device in ("cpu", "cuda"):
        if device == "cuda":
            monkeypatch.setitem(sys.modules, "cupy", standin)
        manual_seed(0)
        model = LeNet5(variant).to(device, np.float64)
        optimizer = SGD(model.parameters(), lr=0.001, momentum=0.9, weight_decay=1e-4)
        loss_of = rbf_loss if variant == "paper" else cross_entropy
        for step in range(20):
            part = slice(16 * (step % 4), 16 * (step % 4) + 16)
            loss = loss_of(model(Tensor(x[part]).to(device)), drawn.labels[part])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        ends.append((loss.item(), model.state_dict()))
    assert ends[0][0] == pytest.approx(ends[1][0], rel=1e-9)
    for name, values in ends[0][1].items():
        assert np.abs(values - ends[1][1][name]).max() < 1e-9, name
