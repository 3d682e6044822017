from math import log

import numpy as np
import pytest

from minicnn import Sequential, Tensor
from minicnn.layers import Flatten
from minicnn.losses import cross_entropy
from minicnn.models import build
from minicnn.models.capsnet import capsnet_small, margin_loss
from minicnn.training import evaluate
from minicnn.training.evaluate import (
    all_answers,
    answers,
    answers_distances,
    criterion,
    errors,
    weighted_loss,
)
from minicnn.training.prepare import Preparation
from tests.training.tiny import IN_SHAPE, RECIPE, colours, network


def test_errors_by_hand():
    scores = np.array([[6, 5, 4, 3, 2, 1], [1, 2, 3, 4, 5, 6.0]])
    assert errors(scores, np.array([0, 0])) == {"error": 50.0, "top5": 50.0}
    assert errors(scores, np.array([1, 1])) == {"error": 100.0, "top5": 0.0}
    assert errors(scores[:, :5], np.array([0, 0])) == {"error": 50.0}         # always among 5 of 5


def test_weighted_loss_by_hand():
    """Two classes with equal scores: every loss is ln 2."""
    y, labels = Tensor(np.zeros((3, 2))), np.array([0, 1, 0])
    loss, scores = weighted_loss(network(), (y, y, y), labels, 0.0, 0.3)
    assert loss.item() == pytest.approx(1.6 * log(2)) and scores is y
    loss, scores = weighted_loss(network(), y, labels, 0.0, 0.3)
    assert loss.item() == pytest.approx(log(2)) and scores is y


def test_criterion_is_the_one_the_network_was_made_for():
    y, labels = Tensor(np.array([[0.2, 0.9]])), np.array([0])
    assert criterion(capsnet_small()) is margin_loss
    assert criterion(network(), 0.1)(y, labels).item() == pytest.approx(
        cross_entropy(y, labels, label_smoothing=0.1).item())
    assert answers_distances(build("lenet5", variant="paper"))
    assert not answers_distances(build("lenet5"))


def test_evaluate_takes_test_mode_and_leaves_training_mode():
    data, net = colours(12), network()
    prepare = Preparation.measured(IN_SHAPE, data.images, RECIPE)
    before = net.state_dict()
    found = evaluate(net, data, prepare)
    assert net.training and evaluate(net, data, prepare) == found          # no dropout
    assert all(np.array_equal(before[name], value) for name, value in net.state_dict().items())
    net.eval()
    y = net(Tensor(prepare.test(data.images)))
    assert found["loss"] == pytest.approx(cross_entropy(y, data.labels).item(), abs=1e-6)
    wrong = (y.numpy().argmax(1) != data.labels).mean()
    assert found["error"] == pytest.approx(100 * wrong) and "top5" not in found


def test_distances_are_better_when_small():
    net = build("lenet5", variant="paper")
    data = colours(6)._replace(classes=tuple("0123456789"))
    prepare = Preparation.measured((1, 32, 32), data.images, RECIPE)
    wrong = answers(net, prepare.test(data.images)).argmin(axis=1) != data.labels
    assert evaluate(net, data, prepare)["error"] == pytest.approx(100 * wrong.mean())


def test_batches_do_not_matter():
    data, net = colours(7), network()
    prepare = Preparation.measured(IN_SHAPE, data.images, RECIPE)
    assert np.allclose(all_answers(net, data, prepare, 2), all_answers(net, data, prepare, 7))


def test_answers_remember_nothing():
    net = Sequential(Flatten())
    with pytest.raises(StopIteration):
        answers(net, np.zeros((1, 1, 2, 2), np.float32))
