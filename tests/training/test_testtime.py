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
from tests.training.mutations import mutations, replaced
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
    with pytest.raises(ValueError, match="weights is 'first', expected 'best' or 'last'"):
        load_run(tmp_path, "first")
    fit(network(), DATA, DATA, RECIPE, in_shape=IN_SHAPE, out=tmp_path, log=lambda _: None)
    with pytest.raises(CheckpointError, match="plan: network is None, expected a str; .*was not "
                                              "made by the train command: train again"):
        load_run(tmp_path)
    checkpoint.save(tmp_path / "last.npz", {"a": 1})
    with pytest.raises(CheckpointError, match="classes is None, expected a list"):
        load_run(tmp_path)
    (tmp_path / "last.npz").write_bytes(b"PK")
    with pytest.raises(CheckpointError, match="is not a minicnn checkpoint, or is damaged"):
        load_run(tmp_path)
    (tmp_path / "last.npz").unlink()
    (tmp_path / "last.npz").mkdir()
    with pytest.raises(CheckpointError, match="last.npz is no file, but a folder"):
        load_run(tmp_path)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A small network that the train command could have trained; what it saved."""
    folder = tmp_path_factory.mktemp("run")
    plan = {"network": "resnet20", "options": {"classes": 3}, "data_name": "x"}
    fit(build("resnet20", classes=3), DATA, DATA, RECIPE._replace(epochs=1), in_shape=(3, 8, 8),
        out=folder, plan=plan, log=lambda _: None)
    return checkpoint.load(folder / "last.npz")


@pytest.mark.parametrize("path, value, message", [
    (("plan", "input"), "many", "plan: input is 'many', expected a list"),
    (("plan", "input"), [3, 0, 8], "plan: input: number 1 is 0, expected a whole number from 1"),
    (("plan", "input"), [3, 8], "not enough values to unpack"),
    (("plan", "pad"), -1, "plan: pad is -1, expected a whole number from 0 to"),
    (("plan", "network"), 7, "plan: network is 7, expected a str"),
    (("plan", "network"), "resnet-20", "did you mean resnet20"),
    (("plan", "options"), [1], "plan: options is a list of 1, expected a dict"),
    (("plan", "options"), {"layers": 9}, "resnet20 has no option layers"),
    (("plan", "options"), {"classes": 4}, "with .4,., but the data has 3 classes"),
    (("model",), {}, "model: conv1.weight is missing"),
    (("mean",), np.zeros(7), r"mean is an array \(7,\) of float64, expected an array \(3,\) of"),
    (("std",), np.zeros(3, np.float32), "std goes down to 0, expected at least 1e-06"),
    (("classes",), ["a"], "the data has 1 classes"),
    (("classes", 1), 3, "classes: number 1 is 3, expected a str"),
    (("pictures",), {}, "pictures: train is missing"),
    (("pictures", "brightest"), 256, "brightest is 256, expected a whole number from 0 to 255"),
    (("history", 0, "epoch"), 2, "history: line 1: epoch is 2, expected 1"),
])
def test_a_file_that_was_tampered_with(tmp_path, run, path, value, message):
    checkpoint.save(tmp_path / "last.npz", replaced(run, path, value))
    with pytest.raises(CheckpointError, match=f"last.npz: .*{message}.*; it is damaged, of anoth"):
        load_run(tmp_path)


def test_every_entry_that_is_read_is_held_to_what_it_may_be(run, monkeypatch, tmp_path):
    """Wrong in every way: refused in one line that names the file."""
    read = {name: run[name] for name in ("history", "classes", "mean", "std")}
    read["plan"] = {name: run["plan"][name] for name in ("network", "options", "input", "pad")}
    (tmp_path / "last.npz").touch()
    refused = 0
    for path, what, wrong in mutations(read):
        if "loss" in str(path[-1]) or path[:1] == ("history",) and what == "left out":
            continue                                       # any number; columns differ
        tree = run | wrong if path[0] in wrong else {
            name: value for name, value in run.items() if name != path[0]}
        monkeypatch.setattr(checkpoint, "load", lambda _, tree=tree: tree)
        try:
            load_run(tmp_path)
            assert wrong.get("history") == [] or "one more" in wrong["plan"], (path, what)
        except CheckpointError as problem:
            assert "last.npz: " in str(problem) and "\n" not in str(problem)
            refused += 1
    assert refused > 300
