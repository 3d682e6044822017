"""Masks drawn into pictures: by hand, against loops, and torchvision's stored numbers."""

import numpy as np
import pytest

from minicnn import Tensor
from minicnn.layers.roi import roi_align
from minicnn.models.detection.pasting import paste, paste_as_torchvision
from tests.models.detection.rcnn_checks import stored
from tests.stored.filled import products


def test_a_mask_as_large_as_its_box_comes_out_as_it_is():
    mask = np.random.default_rng(0).random((1, 4, 4)).astype(np.float32)
    picture = paste(mask, np.array([[2.0, 1, 6, 5]]), (8, 9))[0]
    assert np.allclose(picture[1:5, 2:6], mask[0])
    picture[1:5, 2:6] = 0
    assert not picture.any()


def test_against_loops():
    """The bilinear value at the middle of each pixel, 0 in the place of cells outside."""
    mask, (x1, y1, x2, y2) = np.random.default_rng(1).random((3, 3)), (1.5, -2, 9.25, 6)
    picture = paste(mask[None], np.array([[x1, y1, x2, y2]]), (8, 10))[0]
    for i in range(8):
        for j in range(10):
            v, u = (i + 0.5 - y1) / (y2 - y1) * 3 - 0.5, (j + 0.5 - x1) / (x2 - x1) * 3 - 0.5
            total = 0.0
            for a in range(3):
                for b in range(3):
                    total += max(1 - abs(v - a), 0) * max(1 - abs(u - b), 0) * mask[a, b]
            assert np.isclose(picture[i, j], total, atol=1e-6), (i, j)


def test_it_undoes_roi_align():
    """A disc, cut out of a picture at 28 x 28 and drawn back: a few pixels on its rim differ."""
    y, x = np.mgrid[:50, :60] + 0.5
    disc = ((x - 30) ** 2 + (y - 24) ** 2 < 18 ** 2)[None]
    box = np.array([[10.3, 4.6, 49.7, 44.2]])
    cells = roi_align(Tensor(disc[None].astype(float)), [box], 28, aligned=True).numpy()[:, 0]
    again = paste(cells, box, (50, 60)) >= 0.5
    assert (again & disc).sum() / (again | disc).sum() > 0.97


def test_boxes_without_size_and_outside():
    masks = np.ones((2, 4, 4), np.float32)
    pictures = paste(masks, np.array([[5, 5, 5, 5], [90, 90, 99, 99.0]]), (8, 8))
    assert pictures.shape == (2, 8, 8) and np.isfinite(pictures).all() and not pictures[1].any()


@pytest.mark.parametrize("how", [paste, paste_as_torchvision])
def test_no_mask(how):
    assert how(np.zeros((0, 4, 4)), np.zeros((0, 4)), (8, 9)).shape == (0, 8, 9)


def test_torchvisions():
    """Whole pixels, one more than the box, and a rim of zeros; over the border and outside too."""
    there = stored()["pasting"]
    masks = np.random.default_rng(7).random((5, 1, 28, 28))[:, 0]
    pictures = paste_as_torchvision(masks, np.array(there["boxes"]), (50, 60))
    assert np.allclose(pictures.sum(axis=(1, 2)), there["sums"], rtol=1e-5)
    assert np.allclose(products(pictures), there["products"], rtol=1e-4, atol=1e-3)
    assert (pictures >= 0.5).sum(axis=(1, 2)).tolist() == there["half"]
