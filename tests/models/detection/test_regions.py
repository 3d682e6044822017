"""Which map a box is read from, and what comes out of several."""

import numpy as np
import pytest

from minicnn import Tensor
from minicnn.layers.roi import roi_align, roi_pool
from minicnn.models.detection.regions import RegionPool, enlarged, level_of
from tests.models.detection.rcnn_checks import stored


def maps(device="cpu"):
    rng = np.random.default_rng(0)
    return [Tensor(rng.standard_normal((2, 3, 128 // s, 128 // s))).to(device) for s in (4, 8, 16)]


BOXES = [np.array([[0, 0, 100, 120], [3, 5, 20, 30.0]]), np.array([[8, 8, 72.5, 60]])]


def test_levels_as_torchvisions():
    there = stored()["levels"]
    sides = np.array(there["sides"])
    boxes = np.stack([0 * sides, 0 * sides, sides, sides], axis=1)
    assert level_of(boxes, (4, 8, 16, 32)).tolist() == there["levels"]
    assert set(there["levels"]) == {0, 1, 2, 3}


def test_a_box_of_224_pixels_is_read_at_a_16th():
    boxes = np.array([[0, 0, s, s] for s in (111.9, 112, 223.9, 224, 0)], float)
    assert level_of(boxes, (4, 8, 16, 32)).tolist() == [0, 1, 1, 2, 0]


def test_one_map_reads_all():
    x = maps()[1]
    y = RegionPool(3, (8,))(x, boxes=BOXES)
    assert np.array_equal(y.numpy(), roi_align(x, BOXES, 3, 1 / 8, 2, aligned=True).numpy())
    y = RegionPool(3, (8,), "pool")(x, boxes=BOXES)
    assert np.array_equal(y.numpy(), roi_pool(x, BOXES, 3, 1 / 8).numpy())
    y = RegionPool(3, (8,), points=1, aligned=False)(x, boxes=BOXES)
    assert np.array_equal(y.numpy(), roi_align(x, BOXES, 3, 1 / 8, 1).numpy())


def test_the_regions_keep_their_order(device):
    """Read from three maps, they come out as they stood in the list."""
    boxes = [np.array([[0, 0, 900, 700], [0, 0, 50, 60], [9, 9, 30, 40.0]]),
             np.array([[0, 0, 200, 100], [5, 5, 500, 500.0]])]
    levels = level_of(np.concatenate(boxes), (4, 8, 16))
    assert levels.tolist() == [2, 0, 0, 1, 2]
    y = RegionPool(3, (4, 8, 16))(*maps(device), boxes=boxes).to("cpu").numpy()
    for row, (number, box) in enumerate([(n, b) for n, one in enumerate(boxes) for b in one]):
        x, stride = maps()[levels[row]], (4, 8, 16)[levels[row]]
        alone = roi_align(x[number:number + 1], [box[None]], 3, 1 / stride, 2, aligned=True)
        assert np.allclose(y[row], alone.numpy()[0], atol=1e-12), row


def test_gradients_go_to_the_map_that_was_read():
    x = [Tensor(one.numpy(), requires_grad=True) for one in maps()]
    RegionPool(3, (4, 8, 16))(*x, boxes=[np.array([[0, 0, 200, 100.0]]), np.zeros((0, 4))]
                              ).sum().backward()
    assert x[0].grad is None and x[2].grad is None and x[1].grad[0].any()
    assert not x[1].grad[1].any()


@pytest.mark.parametrize("strides", [(8,), (4, 8, 16)])
def test_no_region_at_all(strides):
    y = RegionPool(3, strides)(*maps()[:len(strides)], boxes=[np.zeros((0, 4))] * 2)
    assert y.shape == (0, 3, 3, 3)


def test_larger_boxes_about_the_same_middle():
    assert enlarged(np.array([[10.0, 20, 20, 40]]), 1.5).tolist() == [[7.5, 15, 22.5, 45]]
    x = maps()[0]
    y = RegionPool(3, (4,), scale=1.7)(x, boxes=BOXES)
    z = RegionPool(3, (4,))(x, boxes=[enlarged(one, 1.7) for one in BOXES])
    assert np.array_equal(y.numpy(), z.numpy())


def test_the_level_is_that_of_the_box_itself():
    """Both scales of GBD-Net's head are read from one map."""
    box = [np.array([[0, 0, 100, 100.0]]), np.zeros((0, 4))]
    x = maps()
    y = RegionPool(3, (4, 8, 16), scale=1.7)(*x, boxes=box)
    alone = roi_align(x[0], [enlarged(box[0], 1.7), box[1]], 3, 1 / 4, 2, aligned=True)
    assert np.array_equal(y.numpy(), alone.numpy())
