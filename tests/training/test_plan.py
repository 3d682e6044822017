"""A run is known by its settings and by the content of its pictures."""

import numpy as np
import pytest

from minicnn.training import checkpoint, fit
from minicnn.training.entries import CheckpointError
from minicnn.training.plan import about, check_about, check_brightness, listed, plan_of
from minicnn.training.transforms import Transforms
from tests.training.tiny import IN_SHAPE, RECIPE, colours, network

TRAIN, TEST = colours(30), colours(6, seed=1)


def known(train=TRAIN, test=TEST, **plan):
    return about(plan, train, test, Transforms.measured(IN_SHAPE, train.images, RECIPE))


def test_the_plan_survives_a_checkpoint(tmp_path):
    recipe = RECIPE._replace(schedule=("MultiStepLR", {"milestones": (0.5, 0.75)}))
    plan = plan_of(recipe, TRAIN, TEST, IN_SHAPE, 7)
    own = about(plan, TRAIN, TEST, Transforms.measured(IN_SHAPE, TRAIN.images, recipe))
    checkpoint.save(tmp_path / "a.npz", own)
    check_about(checkpoint.load(tmp_path / "a.npz"), own)
    assert plan["seed"] == 7 and plan["input"] == [3, 6, 6] and plan["recipe"] == "tiny"
    assert "source" not in plan                            # words that change no number


def test_listed():
    assert listed({"a": (1, [np.float64(0.5)]), "b": np.int64(3)}) == {"a": [1, [0.5]], "b": 3}


def one_pixel(data):
    images = data.images.copy()
    images[3, 0, 0, 0] ^= 1
    return data.replace(images=images)


def one_label(data):
    labels = data.labels.copy()
    labels[0] = (labels[0] + 1) % 3
    return data.replace(labels=labels)


@pytest.mark.parametrize("change", [one_pixel, one_label, lambda data: data.replace(
    classes=("a", "b", "z"))], ids=["pixel", "label", "class"])
@pytest.mark.parametrize("split, word", [("train", "learnt from"), ("test", "was tested on")])
def test_pictures_with_the_same_name_but_another_content(tmp_path, change, split, word):
    """A picture of a folder was repaired, a label mended, a class renamed: another run."""
    before, both = known(), {"train": TRAIN, "test": TEST}
    after = known(**both | {split: change(both[split])})
    with pytest.raises(CheckpointError, match=f"belongs to a run that {word} other pictures, "):
        check_about(before | {"plan": {}}, after)
    settings = {"in_shape": IN_SHAPE, "out": tmp_path, "log": lambda line: None}
    fit(network(), TRAIN, TEST, RECIPE._replace(epochs=1), **settings)
    changed = {name: change(data) if split == name or "class" in str(change) else data
               for name, data in both.items()}
    if changed["train"].classes == changed["test"].classes:
        with pytest.raises(CheckpointError, match="a pixel, a label or a class's name differs"):
            fit(network(), *changed.values(), RECIPE._replace(epochs=1), **settings)
        again = fit(network(), *changed.values(), RECIPE._replace(epochs=1), fresh=True, **settings)
        assert len(again.history) == 1


def test_pictures_that_have_moved_are_the_same():
    check_about(known(data="10 from /a", data_name="/a"), known(data="10 from /b", data_name="b"))


@pytest.mark.parametrize("theirs, ours, said", [
    ({"lr": 0.1}, {"lr": 0.2}, "with lr 0.1, not 0.2, and goes on with the settings"),
    ({"lr": 0.1}, {"lr": 0.1, "size": 3}, "with size None, not 3"),
    ({"lr": 0.1, "size": 3}, {"lr": 0.1}, "plan: size is unknown"),
    ({"aux": 1}, {"aux": True}, "with aux 1, not True"),
    ({"augment": ["crop"]}, {"augment": []}, r"with augment \['crop'\], not \[\]"),
])
def test_other_settings(theirs, ours, said):
    with pytest.raises(CheckpointError, match=said):
        check_about(known(**theirs), known(**ours))


def test_pixels_from_0_to_1():
    dark = TEST.replace(images=(TEST.images > 100).astype(np.uint8))
    with pytest.raises(ValueError, match="test pictures go up to 1, those for training up to 199; "
                                         "multiply the test pictures by 255"):
        check_brightness(dark, TRAIN)
    with pytest.raises(ValueError, match="multiply the test pictures by 255"):
        fit(network(), TRAIN, dark, RECIPE, in_shape=IN_SHAPE)
    check_brightness(dark, dark)
    check_brightness(TEST, 255)
