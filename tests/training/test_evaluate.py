"""Losses and errors of a network, whatever its kind."""

from math import log

import numpy as np
import pytest

from minicnn import Module, Tensor
from minicnn.losses import cross_entropy, rbf_loss
from minicnn.models import build
from minicnn.models.capsnet import capsnet_small
from minicnn.training import evaluate
from minicnn.training.evaluate import answers_distances, batch_loss, errors
from minicnn.training.transforms import Transforms
from tests.training.tiny import IN_SHAPE, RECIPE, colours, network


def test_errors_by_hand():
    scores = np.array([[6, 5, 4, 3, 2, 1], [1, 2, 3, 4, 5, 6.0]])
    assert errors(scores, np.array([0, 0])) == {"error": 50.0, "top5": 50.0}
    assert errors(scores, np.array([1, 1])) == {"error": 100.0, "top5": 0.0}
    assert errors(scores[:, :5], np.array([0, 0])) == {"error": 50.0}         # always among 5 of 5


class Says(Module):
    """Answers with what it is given."""

    def __init__(self, y):
        self.y = y

    def forward(self, x):
        return self.y


def test_weighted_loss_by_hand():
    """Two classes with equal scores: every loss is ln 2."""
    x, y, labels = Tensor(np.zeros((3, 1))), Tensor(np.zeros((3, 2))), np.array([0, 1, 0])
    loss, scores = batch_loss(Says((y, y, y)), x, labels, 0.0, 0.3)
    assert loss.item() == pytest.approx(1.6 * log(2)) and scores is y
    loss, scores = batch_loss(Says(y), x, labels, 0.0, 0.3)
    assert loss.item() == pytest.approx(log(2)) and scores is y


def test_labels_are_smoothed():
    y, labels = Tensor(np.array([[0.2, 0.9]])), np.array([0])
    assert batch_loss(Says((y, y)), y, labels, 0.1, 0.5)[0].item() == pytest.approx(
        1.5 * cross_entropy(y, labels, label_smoothing=0.1).item())


def test_distances_become_scores():
    net = build("lenet5", variant="paper")
    x, labels = Tensor(np.random.default_rng(0).random((2, 1, 32, 32), np.float32)), [3, 4]
    loss, scores = batch_loss(net, x, labels)
    assert np.array_equal(scores.numpy(), -net(x).numpy())
    assert loss.item() == rbf_loss(net(x), labels).item()
    assert answers_distances(net) and not answers_distances(build("lenet5"))


def test_a_network_with_a_loss_of_its_own_is_asked():
    net = capsnet_small()
    x = Tensor(np.random.default_rng(0).random((2, 3, 32, 32), np.float32))
    loss, scores = batch_loss(net, x, [3, 4])
    assert loss.item() == net.loss(x, [3, 4])[0].item()
    assert np.array_equal(scores.numpy(), net(x).numpy())


def test_evaluate_takes_test_mode_and_leaves_training_mode():
    data, net = colours(12), network()
    transforms = Transforms.measured(IN_SHAPE, data.images, RECIPE)
    before = net.state_dict()
    found = evaluate(net, data, transforms)
    assert net.training and evaluate(net, data, transforms) == found          # no dropout
    assert all(np.array_equal(before[name], value) for name, value in net.state_dict().items())
    net.eval()
    y = net(Tensor(transforms.test(data.images)))
    assert found["loss"] == pytest.approx(cross_entropy(y, data.labels).item(), abs=1e-6)
    wrong = (y.numpy().argmax(1) != data.labels).mean()
    assert found["error"] == pytest.approx(100 * wrong) and "top5" not in found


def test_distances_are_better_when_small():
    net = build("lenet5", variant="paper")
    data = colours(6).replace(classes=tuple("0123456789"))
    transforms = Transforms.measured((1, 32, 32), data.images, RECIPE)
    y = net(Tensor(transforms.test(data.images)))
    found = evaluate(net, data, transforms)
    assert found["error"] == pytest.approx(100 * (y.numpy().argmin(axis=1) != data.labels).mean())
    assert found["loss"] == pytest.approx(rbf_loss(y, data.labels).item(), rel=1e-5)


def test_batches_do_not_matter():
    data, net = colours(7), network()
    transforms = Transforms.measured(IN_SHAPE, data.images, RECIPE)
    assert evaluate(net, data, transforms, 2) == pytest.approx(evaluate(net, data, transforms, 7))
