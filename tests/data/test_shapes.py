"""Drawn scenes: one seed one picture, and what is said of it is what can be seen."""

import re

import numpy as np
import pytest

from minicnn.data.shapes import COLOURS, CONTRAST, contrasting, shapes
from minicnn.data.shapes_forms import FORMS

SETS = {"easy": {}, "hard": {"hard": True}, "digits": {"digits": True},
        "large": {"size": 100, "hard": True, "digits": True}}


@pytest.fixture(scope="module", params=SETS)
def scenes(request):
    return shapes(16, seed=5, **SETS[request.param])


def test_a_seed_repeats_itself_and_no_other_does():
    a, b = shapes(20, seed=1), shapes(20, seed=1)
    assert a == b and a != shapes(20, seed=2)
    assert a.source == "20 scenes of shapes drawn by code (seed 1)"


def test_no_test_picture_is_in_the_training_set():
    train, test = shapes(128, seed=0), shapes(128, seed=1)
    seen = {image.tobytes() for image in train.images}
    assert len(seen) == 128 and not seen & {image.tobytes() for image in test.images}


def test_boxes_lie_around_what_can_be_seen(scenes):
    for _, target in scenes:
        for box, mask in zip(target["boxes"], target["masks"], strict=True):
            y, x = np.nonzero(mask)
            assert box.tolist() == [x.min(), y.min(), x.max() + 1, y.max() + 1]
            assert mask.sum() >= 12


def test_masks_do_not_overlap_and_agree_with_the_class_map(scenes):
    for _, target in scenes:
        assert target["masks"].sum(axis=0).max(initial=0) <= 1
        known = target["class_map"] != 255
        shown = np.zeros(known.shape, np.uint8)
        for mask, label in zip(target["masks"], target["labels"], strict=True):
            shown[mask] = label
        assert np.array_equal(target["class_map"][known], shown[known])
        assert 0 < (~known).mean() < 0.3                # the rims


def test_the_rim_lies_along_the_edges():
    _, target = shapes(1, seed=3)[0]
    rim = target["class_map"] == 255
    wide = np.zeros(rim.shape, bool)                    # within a pixel of a change of owner
    owner = (target["masks"] * np.arange(1, 1 + len(target["masks"]))[:, None, None]).sum(axis=0)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            wide |= np.roll(owner, (dy, dx), (0, 1)) != owner
    assert rim.any() and not (rim & ~wide).any()


def test_captions_say_what_is_there_from_left_to_right(scenes):
    for _, target in scenes:
        middles = target["boxes"][:, 0] + target["boxes"][:, 2]
        assert (np.diff(middles) >= 0).all()
        words = [re.fullmatch(r"a (small|large) (\w+) (\w+)", part)
                 for part in target["caption"].split(" left of ")]
        names = [scenes.classes[label] for label in target["labels"]]
        assert [word[3] for word in words] == names
        assert {word[2] for word in words} <= set(COLOURS)


def test_an_object_has_the_colour_of_its_caption():
    for image, target in shapes(16, seed=6):
        for mask, part in zip(target["masks"], target["caption"].split(" left of "), strict=True):
            inside = mask & (target["class_map"] != 255)
            colour = np.median(image[:, inside], axis=1)
            assert np.abs(colour - COLOURS[part.split()[2]]).max() < 25


def test_numbers_sizes_and_classes():
    easy, hard = shapes(100, seed=2), shapes(100, seed=2, hard=True)
    counts = [[len(target["labels"]) for target in part.targets] for part in (easy, hard)]
    assert set(counts[0]) == {1, 2, 3} and 1.75 < np.mean(counts[0]) < 2.25
    assert set(counts[1]) >= {1, 2, 3, 4, 5, 6} and 2.9 < np.mean(counts[1]) < 3.9
    assert easy.classes == ("background", *FORMS)
    for part, least, most in ((easy, 12, 48), (hard, 7, 30)):
        sides = np.concatenate([target["boxes"][:, 2:] - target["boxes"][:, :2]
                                for target in part.targets])
        longer = sides.max(axis=1)
        assert (longer >= least).mean() > 0.95 and longer.max() <= most
    shares = np.bincount(np.concatenate([target["labels"] for target in easy.targets]))[1:]
    assert shares.min() > 0.24 * shares.sum()
    digits = shapes(40, seed=2, digits=True)
    assert digits.classes == ("background", *FORMS, *"0123456789")
    assert {*np.concatenate([target["labels"] for target in digits.targets])} == {*range(1, 14)}


def test_size_does_not_tell_the_class():
    """All forms have one area: the nearest mean area names a third of them right."""
    targets = shapes(150, seed=7).targets
    area = np.concatenate([target["masks"].sum(axis=(1, 2)) for target in targets])
    label = np.concatenate([target["labels"] for target in targets])
    means = np.array([area[label == kind].mean() for kind in (1, 2, 3)])
    guess = 1 + np.abs(area[:, None] - means).argmin(axis=1)
    assert (guess == label).mean() < 0.47


def test_contrast():
    """Any ground has a colour that stands out, and only such a one is taken."""
    step = np.arange(0, 256, 25, dtype=np.float32)
    grounds = np.stack(np.meshgrid(step, step, step), -1).reshape(-1, 3, 1, 1)
    picture = np.tile(grounds, (1, 1, 2, 2))
    ink = np.ones((len(picture), 2, 2), np.float32)
    used = np.zeros((len(picture), len(COLOURS)), bool)
    for _ in range(2):
        chosen, paint = contrasting(picture, ink, used, np.random.default_rng(0))
        assert np.sqrt(((paint - grounds[:, :, 0, 0]) ** 2).sum(axis=1)).min() > CONTRAST
        used[np.arange(len(used)), chosen] = True
    assert (used.sum(axis=1) == 2).mean() > 0.9         # another one, where there is one


@pytest.mark.parametrize("wrong, message", [
    ({"count": 0}, "shapes: count is 0, expected at least 1"),
    ({"count": 2.0}, "shapes: count is a float, expected a whole number"),
    ({"count": True}, "count is a bool"), ({"seed": -1}, "seed is -1, expected at least 0"),
    ({"seed": None}, "seed is a NoneType"), ({"size": 16}, "size is 16, expected at least 32")])
def test_what_cannot_be_drawn(wrong, message):
    with pytest.raises((ValueError, TypeError), match=message):
        shapes(**{"count": 1} | wrong)
