"""Scenes as a sequence, and their loader, which goes on where it was left."""

import copy
import pickle

import numpy as np
import pytest

from minicnn.data.dataset import Dataset
from minicnn.data.scenes import SceneLoader, Scenes
from minicnn.training.entries import CheckpointError, check_loader

CLASSES = "background", "cat", "dog"


def make(count=3, listed=False, source="made up"):
    images = np.arange(count * 48, dtype=np.uint8).reshape(count, 1, 6, 8)
    targets = [{"boxes": [[0, 0, 2 + number % 4, 3]], "labels": [1 + number % 2],
                "caption": str(number)} for number in range(count)]
    return Scenes(list(images) if listed else images, targets, CLASSES, source)


@pytest.fixture(params=[False, True], ids=["array", "list"])
def scenes(request):
    return make(listed=request.param)


def test_a_number_gives_an_image_and_its_target(scenes):
    assert len(scenes) == 3 and bool(scenes)
    for number in (0, 2, -1, np.int64(1), np.array(1)):
        image, target = scenes[number]
        assert np.array_equal(image, scenes.images[number]) and image.shape == (1, 6, 8)
        assert target["caption"] == str(range(3)[int(number)])


@pytest.mark.parametrize("chosen, expected", [
    (slice(1), [0]), (slice(None, None, -1), [2, 1, 0]), ([2, 0], [2, 0]), (np.array([1]), [1]),
    ([True, False, True], [0, 2]), (range(2), [0, 1]), ([], []), (slice(0, 0), [])])
def test_several_numbers_give_scenes(scenes, chosen, expected):
    part = scenes[chosen]
    assert isinstance(part, Scenes) and part.classes == CLASSES
    assert [target["caption"] for _, target in part] == [str(number) for number in expected]
    assert all(np.array_equal(image, scenes.images[number])
               for image, number in zip(part.images, expected, strict=True))
    assert part.source == f"{len(expected)} of made up"


@pytest.mark.parametrize("chosen", [1.5, "images", (0, 1), [[0]], None, True, ...])
def test_no_index(scenes, chosen):
    with pytest.raises(TypeError, match=r"Scenes: index is .* the arrays themselves are .images "
                                        "and .targets"):
        scenes[chosen]


@pytest.mark.parametrize("chosen", [3, -4, [0, 3], [True]])
def test_index_out_of_range(scenes, chosen):
    with pytest.raises(IndexError, match="Scenes of 3 images: "):
        scenes[chosen]


def test_loops_and_what_is_not_answered(scenes):
    assert [target["caption"] for _, target in scenes] == ["0", "1", "2"]
    for wrong in (lambda: scenes.images[0] in scenes, lambda: np.asarray(scenes),
                  lambda: hash(scenes)):
        with pytest.raises(TypeError, match="Scenes: "):
            wrong()


def test_equal_and_fingerprint():
    a, b = make(), make(listed=True, source="elsewhere")
    assert a == b and a.fingerprint == b.fingerprint and a != make(2) and a != "scenes"
    changed = copy.deepcopy(a)
    changed.targets[1]["boxes"][0, 2] += 1
    assert a != changed
    assert a != a.replace(classes=("background", "cat", "cow"))
    named = a.replace(targets=[target | {"name": "a.png"} for target in a.targets])
    assert a == named                       # the same picture from another file
    assert pickle.loads(pickle.dumps(a)) == a == copy.copy(a)


def test_subset(scenes):
    part = scenes.subset(2)
    assert len(part) == 2 and part.source == "the first 2 of made up"
    for count in (0, 4):
        with pytest.raises(ValueError, match=f"subset: {count} images asked for, the scenes have"):
            scenes.subset(count)


def test_has_what_all_have():
    scenes = make()
    assert scenes.has("boxes") and not scenes.has("masks") and not scenes[:0].has("boxes")
    del scenes.targets[1]["caption"]
    assert not scenes.has("caption")


def test_repr():
    assert repr(make()) == ("Scenes(3 images 1x6x8 with boxes, labels, caption; 3 objects of 2 "
                            "classes: cat, dog; made up)")
    sizes = [np.zeros((3, 4, 5), np.uint8), np.zeros((3, 6, 5), np.uint8)]
    assert repr(Scenes(sizes, [{}, {}], ["background"])) == (
        "Scenes(2 images 3x(4..6)x5 with nothing known; 0 classes: )")
    assert "0 images of no size" in repr(make()[:0])


@pytest.mark.parametrize("images, targets, classes, message", [
    (np.zeros((2, 1, 4, 4), np.uint8), [{}], CLASSES, "2 images but 1 targets; each image needs"),
    (np.zeros((1, 4, 4), np.uint8), [{}], CLASSES, r"images have shape \(1, 4, 4\)"),
    (np.zeros((1, 1, 4, 4)), [{}], CLASSES, "images are float64, expected uint8"),
    ([np.zeros((4, 4), np.uint8)], [{}], CLASSES,
     r"image 0 has shape \(4, 4\), expected \(C, H, W\); a grey picture \(H, W\) needs image"),
    ([np.zeros((4, 4, 4))], [{}], CLASSES, "image 0: images are float64"),
    ([np.zeros((9, 9, 3), np.uint8)], [{}], CLASSES, r"look like \(N, H, W, C\)"),
    ([np.zeros((1, 4, 4), np.uint8), np.zeros((3, 4, 4), np.uint8)], [{}, {}], CLASSES,
     "images with 1 and with 3 channels; a network reads one kind"),
    ([], [], (), "the first class is missing, expected 'background'"),
    ([], [], ("cat", "dog"), "the first class is 'cat', expected 'background'"),
    ([], [], ("background", "cat", "cat"), "the class 'cat' is there twice"),
    ([], [], ["background", *map(str, range(300))], "301 classes, expected at most 255"),
    ([], [], "background", "classes is the word 'background'"),
    (np.zeros((1, 1, 4, 4), np.uint8), [{"boxes": [[0, 0, 5, 4]], "labels": [1]}], CLASSES,
     "target 0: box 0 .* reaches out of the picture")])
def test_what_are_no_scenes(images, targets, classes, message):
    with pytest.raises((ValueError, TypeError), match="Scenes: .*" + message):
        Scenes(images, targets, classes)


# --- the loader -------------------------------------------------------------------------------

def loader(count=10, **options):
    return SceneLoader(make(count), **{"batch_size": 4, "seed": 3, **options})


def seen(batches):
    return [[target["caption"] for target in targets] for _, targets in batches]


def jitter(images, targets, rng):
    return [image + rng.integers(9, size=image.shape, dtype=np.uint8) for image in images], targets


def test_hands_out_two_lists_once_through_the_scenes():
    batches = list(loader(shuffle=False))
    assert seen(batches) == [["0", "1", "2", "3"], ["4", "5", "6", "7"], ["8", "9"]]
    scenes = make(10)
    for images, targets in batches:
        assert type(images) is type(targets) is list and len(images) == len(targets)
        for image, target in zip(images, targets, strict=True):
            assert np.array_equal(image, scenes.images[int(target["caption"])])
    assert len(loader(drop_last=True)) == len(seen(loader(drop_last=True))) == 2


def test_sizes_may_differ():
    images = [np.zeros((1, 4, 4 + number), np.uint8) for number in range(3)]
    batches = list(SceneLoader(Scenes(images, [{}] * 3, CLASSES), 3, shuffle=False))
    assert [image.shape for image in batches[0][0]] == [(1, 4, 4), (1, 4, 5), (1, 4, 6)]


def test_each_epoch_is_another_order_and_a_seed_repeats_it():
    first, other = loader(50), loader(50)
    orders = [sum(seen(first), []) for _ in range(2)]
    assert sorted(orders[0]) == sorted(orders[1]) == sorted(map(str, range(50)))
    assert orders[0] != orders[1] and [sum(seen(other), []) for _ in range(2)] == orders
    assert sum(seen(loader(50, seed=4)), []) != orders[0]


def pixels(loader):
    return [[image.tolist() for image in images] for images, _ in loader]


@pytest.mark.parametrize("stop", range(1, 7))
def test_resume_equals_uninterrupted(stop):
    """Hazard 39: two epochs of three batches, left after batch `stop`, also at the epochs' ends."""
    whole = loader(transform=jitter)
    expected = [pixels(whole) for _ in range(2)]
    interrupted, found = loader(transform=jitter), []
    while len(found) < stop:
        for images, _ in interrupted:
            found.append([image.tolist() for image in images])
            if len(found) == stop:
                state = interrupted.state_dict()
                break
    resumed = loader(transform=jitter)
    resumed.load_state_dict(state)
    while resumed.epoch < 2:
        found += pixels(resumed)
    assert found == sum(expected, [])


def test_state_is_that_of_the_loader_and_is_checked_alike():
    own = loader()
    state = own.state_dict()
    assert state == {"epoch": 0, "position": 0, "count": 10, "batch_size": 4, "seed": 3,
                     "shuffle": 1, "drop_last": 0}
    check_loader("loader", own, state)
    with pytest.raises(CheckpointError, match="loader: batch_size is 5, expected 4"):
        check_loader("loader", own, state | {"batch_size": 5})
    with pytest.raises(ValueError, match="the saved run had count 9, this one has 10"):
        own.load_state_dict(state | {"count": 9})


def test_targets_are_copies():
    own = loader(shuffle=False)
    for _, targets in own:
        targets[0]["caption"] = "changed"
    assert own.scenes.targets[0]["caption"] == "0"


def test_transform_draws_anew_for_each_batch_and_epoch():
    own, draws = loader(8, transform=lambda images, targets, rng: ([rng.random()] * 4, targets)), []
    for _ in range(3):
        draws += [images[0] for images, _ in own]
    assert len(set(draws)) == 6


@pytest.mark.parametrize("transform, message", [
    (lambda images, targets, rng: images, "must return .images, targets., it returned a list"),
    (lambda images, targets, rng: (images[1:], targets), "made 3 images and 4 targets out of 4"),
    (lambda images, targets, rng: (images, targets[1:]), "made 4 images and 3 targets out of 4")])
def test_a_transform_that_loses_something(transform, message):
    with pytest.raises((TypeError, ValueError), match=message):
        list(loader(transform=transform))


@pytest.mark.parametrize("options, message", [
    ({"batch_size": 0}, "SceneLoader: batch_size is 0, expected at least 1"),
    ({"batch_size": 1.5}, "SceneLoader: batch_size is 1.5, expected a whole number"),
    ({"seed": -1}, "SceneLoader: seed is -1"),
    ({"batch_size": 11, "drop_last": True}, "drop_last leave no batch at all")])
def test_numbers_that_do_not_fit(options, message):
    with pytest.raises((ValueError, TypeError), match=message):
        loader(**options)


def test_no_scenes_for_the_loader():
    data = Dataset(np.zeros((1, 1, 2, 2), np.uint8), [0], ["a"])
    with pytest.raises(TypeError, match="SceneLoader: scenes is a Dataset, expected Scenes"):
        SceneLoader(data, 2)
    with pytest.raises(ValueError, match="SceneLoader: scenes has no images"):
        SceneLoader(make()[:0], 2)


def test_repr_and_what_is_not_answered():
    assert repr(loader()) == ("SceneLoader(10 images 1x6x8 in 3 batches of 4, shuffled, seed 3; "
                              "epoch 0, batch 0)")
    with pytest.raises(TypeError, match="SceneLoader: `in` is not answered"):
        _ = 3 in loader()
