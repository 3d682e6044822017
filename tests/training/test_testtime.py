"""Many views and many networks at test time."""

import numpy as np
import pytest

from minicnn import Tensor, manual_seed
from minicnn.layers.fold import fold_all
from minicnn.models import LeNet5, build
from minicnn.models.capsnet import capsnet_small
from minicnn.training import checkpoint, fit
from minicnn.training.checkpoint import CheckpointError
from minicnn.training.testtime import (
    at_scales,
    load_run,
    one_view,
    predict,
    probabilities,
    ten_crops,
)
from minicnn.training.transforms import Transforms
from tests.training.tiny import IN_SHAPE, RECIPE, colours, network

DATA = colours(12)


@pytest.fixture
def member():
    return network(), Transforms.measured(IN_SHAPE, DATA.images, RECIPE)


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def test_one_view(member):
    net, transforms = member
    p = predict([member], DATA.images)
    assert p.shape == (12, 3) and np.allclose(p.sum(axis=1), 1)
    y = net.eval()(Tensor(transforms.test(DATA.images))).numpy()
    assert np.allclose(p, softmax(y), atol=1e-6)


def test_ten_crops_are_averaged_after_the_softmax(member):
    net, transforms = member
    p = predict([member], DATA.images, ten_crops)
    net.eval()
    views = [softmax(net(Tensor(view)).numpy()) for view in transforms.ten_crops(DATA.images)]
    assert np.allclose(p, np.mean(views, axis=0), atol=1e-6)


def test_a_mirror_image_gets_the_same_answer(member):
    mirrored = np.ascontiguousarray(DATA.images[..., ::-1])
    assert np.allclose(predict([member], DATA.images, ten_crops),
                       predict([member], mirrored, ten_crops), atol=1e-6)


def test_scales(member):
    net, transforms = member
    assert np.allclose(predict([member], DATA.images, at_scales([6])),
                       predict([member], DATA.images), atol=1e-6)
    both = predict([member], DATA.images, at_scales([6, 9]))
    nine = predict([member], DATA.images, at_scales([9]))
    assert np.allclose(both, (predict([member], DATA.images) + nine) / 2, atol=1e-6)


def test_a_fully_connected_network_refuses_other_scales():
    net = LeNet5()
    transforms = Transforms.measured((1, 32, 32), DATA.images, RECIPE)
    with pytest.raises(ValueError, match=r"LeNet5 cannot read 40x40 pictures: F6 .*fully connected "
                                         "layer has a weight for each place"):
        predict([(net, transforms)], DATA.images, at_scales([32, 40]))
    assert net.training


def test_an_ensemble_is_the_mean_of_probabilities(member):
    other = network(seed=1), member[1]
    together = predict([member, other], DATA.images, one_view)
    assert np.allclose(together, (predict([member], DATA.images)
                                  + predict([other], DATA.images)) / 2, atol=1e-6)


def test_ensemble_errors(member):
    with pytest.raises(ValueError, match="predict: no network"):
        predict([], DATA.images)
    with pytest.raises(ValueError, match="networks with 3 and 4 classes do not go together"):
        predict([member, (network(4), member[1])], DATA.images)


def test_folded_batch_norms_change_nothing(member):
    net, transforms = member
    fit(net, DATA, DATA, RECIPE, in_shape=IN_SHAPE, log=lambda _: None)    # norms with a history
    before = predict([member], DATA.images)
    assert fold_all(net.eval()) == 1
    assert np.allclose(predict([member], DATA.images), before, atol=1e-6)


def test_distances_and_lengths_become_probabilities():
    x = np.random.default_rng(0).normal(size=(2, 1, 32, 32)).astype(np.float32)
    net = LeNet5("paper")
    p = probabilities(net, x)
    assert np.allclose(p.sum(axis=1), 1)
    assert np.array_equal(p.argmax(axis=1), net.eval()(Tensor(x)).numpy().argmin(axis=1))
    p = probabilities(capsnet_small(), x.repeat(3, axis=1))
    assert np.allclose(p.sum(axis=1), 1)


def test_load_run(tmp_path):
    manual_seed(0)
    net = build("resnet20", classes=3)
    plan = {"network": "resnet20", "options": {"classes": 3}}
    recipe = RECIPE._replace(epochs=2, lr=0.01)
    result = fit(net, DATA, DATA, recipe, in_shape=(3, 8, 8), out=tmp_path, plan=plan,
                 log=lambda _: None)
    run = load_run(tmp_path, "last")
    assert not run.model.training and run.classes == ["a", "b", "c"]
    assert run.transforms.in_shape == (3, 8, 8) and run.transforms.pad == 1
    assert np.array_equal(predict([(net, result.transforms)], DATA.images),
                          predict([(run.model, run.transforms)], DATA.images))
    assert load_run(tmp_path).plan["network"] == "resnet20"


def test_load_run_errors(tmp_path):
    with pytest.raises(FileNotFoundError, match="no .*last.npz; give the folder that a run"):
        load_run(tmp_path)
    fit(network(), DATA, DATA, RECIPE, in_shape=IN_SHAPE, out=tmp_path, log=lambda _: None)
    with pytest.raises(CheckpointError, match="last.npz does not say which network it is of"):
        load_run(tmp_path)
    checkpoint.save(tmp_path / "last.npz", {"a": 1})
    with pytest.raises(CheckpointError, match="was not made by the train command"):
        load_run(tmp_path)
    (tmp_path / "last.npz").write_bytes(b"PK")
    with pytest.raises(CheckpointError, match="is not a minicnn checkpoint, or is damaged"):
        load_run(tmp_path)


@pytest.mark.parametrize("change, message", [
    (lambda tree: tree["plan"].pop("input"), "input"),
    (lambda tree: tree["plan"].update(input="many"), "unpack"),
    (lambda tree: tree["plan"].update(network=7), "no network is called 7"),
    (lambda tree: tree["plan"].update(network="resnet-20"), "did you mean resnet20"),
    (lambda tree: tree["plan"].update(options=[1]), "mapping"),
    (lambda tree: tree["plan"].update(options={"layers": 9}), "resnet20 has no option layers"),
    (lambda tree: tree["plan"].update(options={"classes": 10 ** 9}), r"\(1000000000, 64\) needed"),
    (lambda tree: tree["model"].clear(), "missing: "),
    (lambda tree: tree.update(mean=np.zeros(7)), "cannot reshape"),
    (lambda tree: tree.update(classes=["a"]), "the data has 1 classes"),
])
def test_a_file_that_was_tampered_with(tmp_path, change, message):
    plan = {"network": "resnet20", "options": {"classes": 3}}
    fit(build("resnet20", classes=3), DATA, DATA, RECIPE._replace(epochs=1), in_shape=(3, 8, 8),
        out=tmp_path, plan=plan, log=lambda _: None)
    tree = checkpoint.load(tmp_path / "last.npz")
    change(tree)
    checkpoint.save(tmp_path / "last.npz", tree)
    with pytest.raises(CheckpointError, match=f"last.npz is damaged, or .*{message}"):
        load_run(tmp_path)
