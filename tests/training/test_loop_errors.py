"""What training says of things that do not fit together."""

import pytest

from minicnn import Sequential
from minicnn.layers import Conv2d
from minicnn.training import fit
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
    ({"val": TEST._replace(classes=("a", "b", "x"))}, "classes a, b, c to learn but a, b, x"),
    ({"in_shape": None}, "Sequential does not say what it reads"),
    ({"recipe": RECIPE._replace(augment=("spin",))}, "recipe tiny: no augmentation spin"),
])
def test_what_does_not_fit_together(change, message):
    with pytest.raises(ValueError, match=message):
        start(**change)


@pytest.mark.parametrize("lr, loss", [(1e30, "nan|inf"), (1e9, r"\d.*e.\d+")])
def test_a_loss_beyond_all_bounds(lr, loss):
    """Whether it is a number or not; warnings of the arithmetic would be errors here."""
    with pytest.raises(ValueError, match=f"loss of epoch 1 is ({loss}); lr .* is probab"):
        start(recipe=STEADY._replace(lr=lr))


@pytest.mark.parametrize("change, message", [
    ({"recipe": "resnet20"}, r"recipe is 'resnet20'; give recipe_for\("),
    ({"in_shape": 32}, r"in_shape is \(C, H, W\), as in \(3, 32, 32\), got 32"),
])
def test_another_kind_of_argument(change, message):
    with pytest.raises(TypeError, match=message):
        start(**change)


def test_a_folder_that_cannot_be_written_is_said_before_training(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="cannot be written into the folder"):
        start(out=tmp_path / "file")
