"""A picture, its boxes, its masks and its map of classes move together."""

import copy
from functools import partial

import numpy as np
import pytest

from minicnn.data import shapes
from minicnn.data.augment.scenes import (
    colour_jitter,
    cut,
    flip,
    in_turn,
    mirrored_words,
    random_crop,
    random_resized_crop,
    scale,
)
from minicnn.data.scene_targets import as_target, boxes_of
from minicnn.data.scenes import SceneLoader

ALL = {"flip": flip, "crop": random_crop, "cut out": partial(random_crop, size=(40, 30)),
       "resized": random_resized_crop, "scale": scale, "jitter": colour_jitter,
       "all": in_turn(flip, partial(scale, low=0.8), partial(random_crop, size=50, pad=4),
                      colour_jitter)}


@pytest.fixture(scope="module")
def scenes():
    return shapes(12, seed=9, hard=True)


def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("name", ALL)
def test_a_seed_repeats_itself_and_nothing_given_is_changed(scenes, name):
    before = copy.deepcopy(scenes.targets), scenes.images.copy()
    first, again = (ALL[name](scenes.images, scenes.targets, rng()) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(first[0], again[0], strict=True))
    for a, b, old, kept in zip(first[1], again[1], scenes.targets, before[0], strict=True):
        assert np.array_equal(a["boxes"], b["boxes"])
        assert np.array_equal(old["boxes"], kept["boxes"])
        assert np.array_equal(old["masks"], kept["masks"])
        assert old.get("caption") == kept.get("caption")
    assert np.array_equal(scenes.images, before[1])
    other = ALL[name](scenes.images, scenes.targets, np.random.default_rng(1))
    assert any(not np.array_equal(a, b) for a, b in zip(first[0], other[0], strict=True))


@pytest.mark.parametrize("name", ALL)
def test_what_comes_out_is_true(scenes, name):
    images, targets = ALL[name](scenes.images, scenes.targets, rng())
    assert len(images) == len(targets) == 12
    for image, target, old in zip(images, targets, scenes.targets, strict=True):
        assert image.dtype == np.uint8 and image.shape[0] == 3
        made = as_target(target, name, image.shape[1:], len(scenes.classes))
        assert len(made["labels"]) <= len(old["labels"])
        shown = np.zeros(image.shape[1:], np.uint8)
        for mask, label in zip(made["masks"], made["labels"], strict=True):
            shown[mask] = label
        known = (made["class_map"] != 255) & (shown > 0)
        assert np.array_equal(made["class_map"][known], shown[known])
        assert "caption" in made or len(made["labels"]) < len(old["labels"])
        # boxes still lie around their masks: exactly, or to the pixel where sizes have changed
        around = boxes_of(made["masks"])
        off = 0 if name in ("flip", "crop", "cut out", "jitter") else 2
        assert np.abs(around - made["boxes"]).max(initial=0) <= off


def test_flip_by_hand():
    image = np.arange(12, dtype=np.uint8).reshape(1, 3, 4)
    masks = image[:, :, :] < 2
    target = {"boxes": np.array([[0, 0, 2, 1]], np.float32), "labels": np.array([1]),
              "masks": masks, "class_map": image[0], "caption": "a left of b"}
    (y,), (made,) = flip([image], [target], rng(), probability=1)
    assert y[0, 0].tolist() == [3, 2, 1, 0] and made["boxes"].tolist() == [[2, 0, 4, 1]]
    assert made["masks"][0, 0].tolist() == [False, False, True, True]
    assert made["class_map"][0].tolist() == [3, 2, 1, 0] and made["caption"] == "b left of a"
    same, (unchanged,) = flip([image], [target], rng(), probability=0)
    assert np.array_equal(same[0], image) and unchanged is target


def test_twice_mirrored_is_the_same(scenes):
    both = in_turn(partial(flip, probability=1), partial(flip, probability=1))
    images, targets = both(scenes.images, scenes.targets, rng())
    assert scenes == scenes.replace(images=images, targets=targets)


@pytest.mark.parametrize("caption, mirrored", [
    ("a left of b left of c", "c left of b left of a"), ("a cat", "a cat"), ("", ""),
    ("on the left a cat, right of it a dog", "on the right a cat, left of it a dog"),
    ("a left of b to the right", "a right of b to the left")])
def test_mirrored_words(caption, mirrored):
    assert mirrored_words(caption) == mirrored


def scene(box, mask=None):
    image = np.arange(80, dtype=np.uint8).reshape(1, 8, 10)
    target = {"boxes": np.array([box], np.float32), "labels": np.array([1]),
              "class_map": np.ones((8, 10), np.uint8), "caption": "a"}
    return image, target if mask is None else target | {"masks": mask[None]}


def test_cut_inside():
    image, target = cut(*scene([2, 1, 6, 5]), 1, 2, (5, 6))
    assert np.array_equal(image[0], np.arange(80).reshape(8, 10)[1:6, 2:8])
    assert target["boxes"].tolist() == [[0, 0, 4, 4]] and target["caption"] == "a"
    assert target["class_map"].shape == (5, 6)


def test_cut_beyond_the_edge():
    image, target = cut(*scene([0, 0, 4, 4]), -2, -3, (4, 5), fill=9)
    assert image[0].tolist() == [[9] * 5, [9] * 5, [9, 9, 9, 0, 1], [9, 9, 9, 10, 11]]
    assert target["boxes"].tolist() == [[3, 2, 5, 4]]           # a quarter of it, just enough
    assert target["class_map"].tolist() == [[255] * 5, [255] * 5, [255, 255, 255, 1, 1]] \
        + [[255, 255, 255, 1, 1]]


def test_what_is_cut_away_vanishes_with_the_caption():
    _, target = cut(*scene([0, 0, 4, 4]), 2, 2, (5, 6), least=0.3)
    assert target["boxes"].shape == (0, 4) and "caption" not in target
    _, target = cut(*scene([0, 0, 4, 4]), 4, 4, (4, 4), least=0)
    assert len(target["boxes"]) == 0                            # nothing is left of it


def test_the_box_of_what_was_cut_is_drawn_anew_around_its_mask():
    mask = np.zeros((8, 10), bool)
    mask[1, 0:6] = mask[0:6, 5] = True                          # an angle
    _, target = cut(*scene([0, 0, 6, 6], mask), 0, 0, (3, 10), least=0)
    assert target["boxes"].tolist() == [[0, 0, 6, 3]]
    _, target = cut(*scene([0, 0, 6, 6], mask), 2, 0, (6, 10), least=0)
    assert target["boxes"].tolist() == [[5, 0, 6, 4]]           # the upright alone
    _, target = cut(*scene([0, 0, 6, 6], mask), 2, 0, (6, 5), least=0)
    assert len(target["boxes"]) == 0                            # the box would show, the mask not


def test_sizes(scenes):
    for step, sizes in ((random_crop, {(64, 64)}), (random_resized_crop, {(64, 64)}),
                        (partial(random_crop, size=32), {(32, 32)}),
                        (partial(random_resized_crop, size=(20, 30)), {(20, 30)})):
        assert {image.shape[1:] for image in step(scenes.images, scenes.targets, rng())[0]} == sizes
    grown, _ = scale(scenes.images, scenes.targets, rng(), 1.5, 1.5)
    assert {image.shape[1:] for image in grown} == {(96, 96)}


def test_grey_pictures_and_no_pictures(scenes):
    grey = scenes.images[:, :1]
    assert colour_jitter(grey, scenes.targets, rng())[0][0].shape == (1, 64, 64)
    for step in ALL.values():
        assert step([], [], rng()) == ([], [])


def test_as_transform_of_a_loader(scenes):
    def boxes():
        loader = SceneLoader(scenes, 5, transform=ALL["all"], seed=2)
        return [target["boxes"].tolist() for _, targets in loader for target in targets]
    assert boxes() == boxes()


@pytest.mark.parametrize("step, message", [
    (partial(flip, probability=2), "flip: probability=2 should lie in 0..1"),
    (partial(random_crop, size=65), "a window of 65x65 does not fit into 64x64"),
    (partial(random_crop, pad=-1), "pad=-1 should be at least 0"),
    (partial(random_crop, least=2), "least=2 should lie in 0..1"),
    (partial(random_resized_crop, area=(0, 1)), r"area=\(0, 1\) should be"),
    (partial(random_resized_crop, aspect=(2, 1)), r"aspect=\(2, 1\) should be"),
    (partial(scale, low=0), "low=0 and high=2.0 should rise and be above 0"),
    (partial(scale, low=3), "low=3 and high=2.0"),
    (partial(colour_jitter, brightness=2), "brightness=2 should lie in 0..1")])
def test_amounts_that_make_no_sense(scenes, step, message):
    with pytest.raises(ValueError, match=message):
        step(scenes.images, scenes.targets, rng())
