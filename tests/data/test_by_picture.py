import numpy as np
import pytest

from minicnn.backend.together import Rows
from minicnn.data import Loader, augment, shapes
from minicnn.data.augment import scenes as scene_steps
from minicnn.data.by_picture import ByPicture, NotByPicture
from minicnn.data.scenes import SceneLoader

ROWS = Rows(3, 7, 11)


def both(draw):
    """Drawn for these rows, and for the whole batch."""
    return draw(ByPicture(np.random.default_rng(0), ROWS), 4), draw(np.random.default_rng(0), 11)


@pytest.mark.parametrize("draw", [
    lambda rng, N: rng.random(N), lambda rng, N: rng.random(N, dtype=np.float32),
    lambda rng, N: rng.uniform(-1, 2, (N, 1, 1)), lambda rng, N: rng.normal(0, 2, (N, 3)),
    lambda rng, N: rng.integers(0, 9, N), lambda rng, N: rng.integers(5, size=(N, 2))])
def test_numbers_of_the_rows(draw):
    own, whole = both(draw)
    np.testing.assert_array_equal(own, whole[3:7])


def test_the_axis_of_the_pictures_may_be_any():
    own, whole = both(lambda rng, N: rng.uniform(0, 1, (10, N)))
    np.testing.assert_array_equal(own, whole[:, 3:7])


@pytest.mark.parametrize("draw", [
    lambda rng: rng.random(), lambda rng: rng.random(5), lambda rng: rng.random((4, 4)),
    lambda rng: rng.permutation(4), lambda rng: rng.choice(4)])
def test_what_belongs_to_no_picture_is_refused(draw):
    with pytest.raises(NotByPicture):
        draw(ByPicture(np.random.default_rng(0), ROWS))


def warped(images, rng):
    return augment.warp(images, rng, elastic_alpha=3)


def scaled_alike(images, rng):
    return images * rng.random()


def mixed(images, rng):
    return images[rng.permutation(len(images))]


def flipped_and_cut(images, rng):
    return augment.random_resized_crop(augment.flip(images, rng), rng, 5)


@pytest.mark.parametrize("transform", [warped, scaled_alike, mixed, flipped_and_cut, None])
@pytest.mark.parametrize("batch, side", [(8, 6), (12, 6), (20, 5)])
def test_processes_have_the_pictures_of_one(transform, batch, side, rng):
    images, labels = rng.random((21, 1, side, side)).astype(np.float32), np.arange(21)

    def loader(rank, processes):
        made = Loader(images, labels, batch, seed=2, transform=transform)
        made.share(rank, processes)
        return made

    one = loader(0, 1)
    many = [loader(rank, 3) for rank in range(3)]
    for _ in range(2):
        for (x, y), *parts in zip(one, *many, strict=True):
            if many[0].rows.alike:
                assert all(np.array_equal(x, own) for own, _ in parts)
                continue
            np.testing.assert_array_equal(np.concatenate([own for own, _ in parts]), x)
            np.testing.assert_array_equal(np.concatenate([own for _, own in parts]), y)


def test_scenes_too():
    scenes = shapes(9, 0, size=32)

    def distorted(images, targets, rng):
        return scene_steps.random_crop(*scene_steps.flip(images, targets, rng), rng)

    def loader(rank, processes):
        made = SceneLoader(scenes, 4, seed=2, transform=distorted)
        made.share(rank, processes)
        return made

    for (images, targets), *parts in zip(loader(0, 1), *[loader(rank, 2) for rank in range(2)],
                                         strict=True):
        if len(images) < 4:                                # the rest, which both have
            parts = parts[:1]
        shared = [image for own, _ in parts for image in own]
        boxes = [target["boxes"] for _, own in parts for target in own]
        assert len(shared) == len(images)
        assert all(map(np.array_equal, shared, images))
        assert all(np.array_equal(box, target["boxes"])
                   for box, target in zip(boxes, targets, strict=True))


def test_a_batch_too_small_to_share():
    with pytest.raises(ValueError, match="batches of 2 for 3 processes; each needs a picture"):
        Loader(np.zeros((9, 1, 2, 2)), np.zeros(9, int), 2).share(0, 3)
