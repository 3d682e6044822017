"""Pictures of different sizes in one batch, against torchvision's stored numbers."""

import numpy as np
import pytest

from minicnn import Tensor
from minicnn.models.detection.batching import AsGiven, ResizeAndNormalise, padded, rescaled
from tests.models.detection.rcnn_checks import PICTURES, TRUTHS, discs, pictures, stored
from tests.stored.filled import digest, products


def test_pictures_stand_in_the_upper_left_corner():
    a, b = Tensor(np.ones((1, 2, 3))), Tensor(np.full((1, 4, 1), 2.0))
    batch = padded([a, b], divisible=2)
    assert batch.sizes == [(2, 3), (4, 1)] and batch.size == (4, 4)
    assert batch.x.numpy()[0, 0].tolist() == [[1, 1, 1, 0], [1, 1, 1, 0], [0] * 4, [0] * 4]
    assert batch.x.numpy()[1, 0].tolist() == [[2, 0, 0, 0]] * 4


def test_as_given_changes_nothing():
    x, target = Tensor(np.ones((1, 2, 3))), {"boxes": np.array([[0, 0, 1, 1.0]])}
    batch, targets = AsGiven()([x], [target])
    assert batch.x.shape == (1, 1, 2, 3) and targets[0] is target
    assert AsGiven().back([target], batch, [(2, 3)])[0] is target
    assert AsGiven()([x])[1] == []


@pytest.fixture(scope="module")
def resized():
    batching = ResizeAndNormalise()
    targets = [{"boxes": boxes, "masks": masks}
               for boxes, masks in zip(TRUTHS, discs(TRUTHS, PICTURES), strict=True)]
    return batching, *batching([Tensor(x) for x in pictures()], targets)


def test_torchvisions_transform(resized):
    batching, batch, targets = resized
    there = stored()["transform"]
    assert [list(size) for size in batch.sizes] == there["sizes"]
    here = digest(batch.x.numpy())
    assert here["shape"] == there["batch"]["shape"]
    assert np.allclose(here["values"], there["batch"]["values"], atol=1e-9)
    assert np.isclose(here["std"], there["batch"]["std"], atol=1e-9)
    for target, boxes, masks in zip(targets, there["boxes"], there["masks"], strict=True):
        assert np.allclose(target["boxes"], boxes, rtol=1e-6)
        assert np.allclose(products(target["masks"]), masks)


def test_and_back(resized):
    batching, batch, targets = resized
    back = batching.back([{"boxes": target["boxes"]} for target in targets], batch,
                         [shape[1:] for shape in PICTURES])
    for one, boxes, truth in zip(back, stored()["transform"]["back"], TRUTHS, strict=True):
        assert np.allclose(one["boxes"], boxes, rtol=1e-6) and np.allclose(one["boxes"], truth)


def test_the_longer_side_is_held():
    """800 for the shorter side would make it 3,200 long."""
    assert ResizeAndNormalise().new_size(100, 400) == (333, 1333)


def test_no_label_is_invented_by_resizing_masks():
    masks = np.zeros((1, 5, 7), np.uint8)
    masks[0, 2:, 3:] = 1
    target = ResizeAndNormalise().resized({"boxes": np.zeros((0, 4)), "masks": masks}, (5, 7),
                                          (13, 11))
    assert target["masks"].shape == (1, 13, 11) and set(np.unique(target["masks"])) == {0, 1}


def test_boxes_are_rescaled_by_each_sides_own_ratio():
    box = np.array([[1.0, 2.0, 3.0, 4.0]], np.float32)
    assert rescaled(box, (10, 20), (20, 10)).tolist() == [[0.5, 4, 1.5, 8]]
    assert rescaled(box, (10, 20), (20, 10)).dtype == np.float32


def test_gradients_reach_the_pictures():
    x = Tensor(np.random.default_rng(0).random((3, 10, 12)), requires_grad=True)
    batch, _ = ResizeAndNormalise(20, 30)([x])
    batch.x.sum().backward()
    assert np.isfinite(x.grad).all() and (x.grad != 0).all()
