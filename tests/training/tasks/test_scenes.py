"""Maps and boxes are learnt by the same loop: counted, saved, resumed, refused."""

import os
import signal

import numpy as np
import pytest

from minicnn import manual_seed
from minicnn.data import Scenes, shapes
from minicnn.layers import Conv2d, Module
from minicnn.models import build
from minicnn.training import checkpoint, fit
from minicnn.training.recipes import recipe_named
from minicnn.training.records import said
from minicnn.training.tasks import detection, segmentation
from minicnn.training.testtime import load_run

TRAIN, TEST = shapes(12, seed=0, size=32), shapes(6, seed=1, size=32)
RECIPES = {kind: recipe_named(f"{kind}-small")._replace(
    batch=4, epochs=2, augment=("resized crop", "crop", "flip", "jitter"))
    for kind in ("maps", "boxes")}
NETWORKS = {"maps": "unet", "boxes": "ssd300", "points": "udnet"}
RECIPES["points"] = RECIPES["boxes"]
LOSSES = {"maps": (segmentation, "map_loss"), "boxes": (detection, "total_loss")}
TIMES = ("seconds", "test_seconds")


def run(kind, out=None, **settings):
    manual_seed(0)
    net = build(NETWORKS[kind], variant="small")
    shape = (3, 64, 64) if kind == "boxes" else (3, 32, 32)
    plan = {"network": NETWORKS[kind], "options": {"variant": "small"}}
    return fit(net, TRAIN, TEST, RECIPES[kind], out=out, in_shape=shape, plan=plan,
               log=lambda _: None, **settings)


def without_times(history):
    return [{name: value for name, value in line.items() if name not in TIMES} for line in history]


@pytest.mark.parametrize("kind, measure", [("maps", "miou"), ("boxes", "ap"), ("points", "f1")])
def test_history_and_folder(tmp_path, kind, measure):
    result = run(kind, tmp_path)
    assert [line["epoch"] for line in result.history] == [1, 2]
    for line in result.history:
        assert line["error"] == pytest.approx(100 - line[measure]) and 0 <= line[measure] <= 100
    assert {path.name for path in tmp_path.iterdir()} == {
        "last.npz", "best.npz", "history.csv", "result.json", "learning_curves.png"}
    assert f" {result.history[-1][measure]:.2f} % (" in said(result.history[-1])
    found = load_run(tmp_path)
    assert found.epoch == 2 and found.classes == ["background", "circle", "square", "triangle"]


@pytest.mark.parametrize("step", [2, 4])
@pytest.mark.parametrize("kind", ["maps", "boxes"])
def test_a_resumed_run_gives_the_same_numbers(tmp_path, monkeypatch, kind, step):
    whole = run(kind, tmp_path / "whole")
    module, name = LOSSES[kind]
    original, calls = getattr(module, name), []

    def pressed(*arguments):
        calls.append(1)
        if len(calls) == step:
            os.kill(os.getpid(), signal.SIGINT)
        return original(*arguments)

    monkeypatch.setattr(module, name, pressed)
    assert not run(kind, tmp_path / "parts").finished
    monkeypatch.undo()
    manual_seed(99)
    again = run(kind, tmp_path / "parts")
    assert again.finished and without_times(again.history) == without_times(whole.history)
    ends = [checkpoint.load(tmp_path / folder / "last.npz")["model"]
            for folder in ("whole", "parts")]
    assert all(np.array_equal(ends[0][entry], ends[1][entry]) for entry in ends[0])


@pytest.mark.parametrize("kind, task", [("maps", segmentation.Segmentation),
                                        ("boxes", detection.Detection)])
def test_pictures_go_to_a_gpu_as_bytes(kind, task, monkeypatch):
    """A quarter of the way's load, and the same numbers to the bit."""
    net = build(NETWORKS[kind], variant="small")
    made = task(net, TRAIN, TEST, RECIPES[kind], (3, 64, 64))
    numbers = [images for images, _ in made.loader(seed=3)]
    assert made.loader(seed=3).transform == made.transforms.train
    monkeypatch.setattr(task, "device", lambda self: "cuda")
    sent = [images for images, _ in made.loader(seed=3)]
    assert {images.dtype for images in sent} == {np.dtype(np.uint8)}
    for images, x in zip(sent, numbers, strict=True):
        assert np.array_equal(made.transforms.read(images, "cpu").numpy(), x)


class Colours(Module):
    """Scores for every pixel, of its colour alone; the rim of one pixel is left out."""

    input_shape = (3, 32, 32)

    def __init__(self, classes=4):
        self.conv = Conv2d(3, classes, 3)

    def forward(self, x):
        return self.conv(x)


def test_smaller_maps_are_held_to_the_middle():
    target = {"class_map": np.pad(np.full((2, 2), 3, np.uint8), 1)}
    assert segmentation.maps_of([target], (2, 2)).tolist() == [[[3, 3], [3, 3]]]
    result = fit(Colours(), TRAIN, TEST, RECIPES["maps"], log=lambda _: None)
    assert len(result.history) == 2


@pytest.mark.parametrize("net, data, error, message", [
    (lambda: Colours(3), TRAIN, ValueError, "Colours: answers with 3 classes, but the data has 4, "
     "background included; build it with classes=4"),
    (lambda: build("resnet20"), TRAIN, ValueError, "answers pictures .* with \\(10,\\), not with "
     "scores for every pixel"),
    (lambda: build("ssd300", variant="small", classes=3), TRAIN, ValueError,
     "tells 3 classes apart, but the data has 4"),
    (Colours, Scenes(TRAIN.images, [{}] * 12, TRAIN.classes, "bare"), ValueError,
     "the scenes to learn from have no class_map, which Colours needs; bare"),
    (lambda: build("ssd300", variant="small"), Scenes(
        TRAIN.images, [{"class_map": target["class_map"]} for target in TRAIN.targets],
        TRAIN.classes, "maps"), ValueError, "have no boxes and no labels, which SSD")])
def test_what_does_not_fit(net, data, error, message):
    with pytest.raises(error, match=message):
        fit(net(), data, TEST, RECIPES["maps"], log=lambda _: None)


def test_a_loss_that_is_no_number_names_its_picture():
    net = Colours()
    task = segmentation.Segmentation(net, TRAIN, TEST, RECIPES["maps"], (3, 32, 32))
    images, targets = task.transforms.test(TRAIN.images[:3], TRAIN.targets[:3])
    images[1, 0, 0, 0] = np.nan
    targets[1] = targets[1] | {"name": "b.png"}
    with pytest.raises(ValueError, match="cross-entropy .* is nan; the scores of picture b.png of"):
        task.loss((images, targets))


def test_a_detector_needs_boxes():
    from tests.training.tiny import colours
    with pytest.raises(TypeError, match="finds objects, but the pictures have one label each"):
        fit(build("ssd300", variant="small"), colours(4), colours(4), RECIPES["boxes"])


def test_nothing_to_count():
    empty = {"boxes": np.zeros((0, 4)), "labels": np.zeros(0, int)}
    test = Scenes(TEST.images, [empty] * 6, TEST.classes)
    with pytest.raises(ValueError, match="no test picture has an object"):
        fit(build("ssd300", variant="small"), TRAIN, test, RECIPES["boxes"])
