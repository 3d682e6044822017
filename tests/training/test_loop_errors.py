"""What training says of things that do not fit together."""

import pytest

from minicnn import Sequential
from minicnn.layers import Conv2d
from minicnn.training import Transforms, evaluate, fit
from tests.training.tiny import IN_SHAPE, RECIPE, colours, network

TRAIN, TEST = colours(30), colours(15, seed=1)
STEADY = RECIPE._replace(schedule=("", {}))


def start(**change):
    return fit(**{"model": network(), "train": TRAIN, "val": TEST, "recipe": RECIPE,
                  "in_shape": IN_SHAPE, "log": lambda line: None} | change)


@pytest.mark.parametrize("change, message", [
    ({"model": network(4)}, r"answers images \(3, 6, 6\) with \(4,\), but the data has 3 classes; "
                            "build it with classes=3"),
    ({"model": Sequential(Conv2d(3, 4, 3))}, r"Sequential: is no classifier: it answers .* with "
                                             r"\(4, 4, 4\), not with one score for each class"),
    ({"val": TEST.replace(classes=("a", "b", "x"))}, "classes a, b, c to learn but a, b, x"),
    ({"in_shape": None}, "Sequential does not say what it reads"),
    ({"recipe": RECIPE._replace(augment=("spin",))}, "recipe tiny: no augmentation spin"),
])
def test_what_does_not_fit_together(change, message):
    with pytest.raises(ValueError, match=message):
        start(**change)


@pytest.mark.parametrize("change, kind, message", [
    ({"recipe": "resnet20"}, TypeError, r"recipe is 'resnet20'; give recipe_for\("),
    ({"in_shape": 32}, TypeError, r"in_shape is \(C, H, W\), as in \(3, 32, 32\), got 32"),
    ({"in_shape": (6, 6)}, TypeError, r"in_shape is \(C, H, W\), .* got \(6, 6\)"),
    ({"in_shape": (3, 0, 6)}, ValueError, "in_shape has a size that is 0, expected at least 1"),
    ({"in_shape": (3, 6.5, 6)}, TypeError, "a size that is 6.5, expected a whole number"),
    ({"seed": -1}, ValueError, "fit: seed is -1, expected at least 0"),
    ({"seed": 1.5}, TypeError, "fit: seed is 1.5, expected a whole number"),
    ({"seed": None}, TypeError, "fit: seed is None, expected a whole number"),
    ({"patience": 0}, ValueError, "fit: patience is 0, expected at least 1"),
    ({"patience": True}, TypeError, "fit: patience is True, expected a whole number"),
    ({"train": TRAIN.images}, TypeError, "fit: train is a numpy.ndarray, expected a Da"),
    ({"val": None}, TypeError, "fit: val is a NoneType, expected a Dataset"),
    ({"log": "log.txt"}, TypeError, "fit: log is 'log.txt', expected a function that takes a line"),
    ({"model": "resnet20"}, TypeError, "fit: model is a str, expected a Module"),
    ({"device": "tpu"}, ValueError, "tpu"),
    ({"out": 3}, TypeError, "fit: out is 3, expected the path of a folder"),
    ({"plan": [1]}, TypeError, r"fit: plan is \[1\], expected a dict of settings"),
])
def test_an_argument_that_makes_no_sense(tmp_path, monkeypatch, change, kind, message):
    """Said at once, before any work, and before any file is written."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(kind, match=message):
        start(**change)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("batch, kind", [(0, ValueError), (-1, ValueError), (1.5, TypeError),
                                         (True, TypeError), (None, TypeError)])
def test_batches_of_the_test(batch, kind):
    transforms = Transforms.measured(IN_SHAPE, TRAIN.images, RECIPE)
    with pytest.raises(kind, match=f"evaluate: batch is {batch}, expected"):
        evaluate(network(), TEST, transforms, batch)


@pytest.mark.parametrize("lr, loss", [(1e30, "nan|inf"), (1e9, r"\d.*e.\d+")])
def test_a_loss_beyond_all_bounds(lr, loss):
    """Whether it is a number or not; warnings of the arithmetic would be errors here."""
    with pytest.raises(ValueError, match=f"loss of epoch 1 is ({loss}); lr .* is probab"):
        start(recipe=STEADY._replace(lr=lr))


def test_a_folder_that_cannot_be_written_is_said_before_training(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="cannot be written into the folder"):
        start(out=tmp_path / "file")
