"""CrossEntropyLoss and MSELoss: the functions with their settings, as layers."""

import copy
import pickle

import numpy as np
import pytest

from minicnn import Tensor, losses, nn
from minicnn.losses import cross_entropy, mse_loss

Z = np.random.default_rng(0).standard_normal((5, 3)).astype("f")
LABELS = np.array([0, 2, 1, 1, 2])
SETTINGS = [{}, {"reduction": "sum"}, {"reduction": "none"}, {"label_smoothing": 0.1},
            {"weight": [1.0, 2.0, 0.5]}, {"weight": Tensor([1.0, 2.0, 0.5]), "ignore_index": 2}]


@pytest.mark.parametrize("settings", SETTINGS)
def test_cross_entropy(settings):
    criterion, z = nn.CrossEntropyLoss(**settings), Tensor(Z, requires_grad=True)
    for twin in (criterion, copy.deepcopy(criterion), pickle.loads(pickle.dumps(criterion))):
        loss = twin(z, LABELS)
        assert np.array_equal(loss.numpy(), cross_entropy(z, LABELS, **settings).numpy())
    assert criterion(z, Tensor(LABELS)).shape == loss.shape            # labels of a Tensor, too
    criterion(z, LABELS).sum().backward()
    assert z.grad.shape == Z.shape
    assert list(criterion.parameters()) == [] == list(criterion.state_dict())
    assert criterion.to("cpu").train().eval() is criterion


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_squared_error(reduction):
    y, target = Tensor(Z, requires_grad=True), np.ones((5, 3), "f")
    loss = nn.MSELoss(reduction=reduction)(y, target)
    assert np.array_equal(loss.numpy(), mse_loss(y, target, reduction).numpy())


def test_words():
    assert repr(nn.CrossEntropyLoss()) == "CrossEntropyLoss mean"
    assert repr(nn.CrossEntropyLoss([1.0, 2.0], reduction="sum", label_smoothing=0.1)) == \
        "CrossEntropyLoss sum, with class weights, label smoothing 0.1"
    assert repr(nn.MSELoss(reduction="none")) == "MSELoss none"
    for make in (nn.CrossEntropyLoss, nn.MSELoss):
        with pytest.raises(ValueError, match=f"{make.__name__}: reduction must be"):
            make(reduction="average")
        with pytest.raises(TypeError):
            make(None, None)               # PyTorch's old size_average
    with pytest.raises(ValueError, match=r"label_smoothing must lie in \[0, 1\], got 2"):
        nn.CrossEntropyLoss(label_smoothing=2)


def test_names_that_are_not_here():
    with pytest.raises(AttributeError, match=r"minicnn.losses has no L1Loss; it is a formula: abs"):
        _ = losses.L1Loss
    with pytest.raises(AttributeError, match="minicnn.losses has no mseloss; did you mean MSELoss"):
        _ = losses.mseloss
    assert all(hasattr(losses, name) for name in losses.__all__)
