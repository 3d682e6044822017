"""The mask branch: its targets, its loss, and the map of the true class alone."""

import numpy as np
import pytest

from minicnn import Tensor
from minicnn.data.boxes import encode
from minicnn.layers import Flatten, Module, Parameter
from minicnn.models.detection.mask_rcnn import MaskRCNN
from minicnn.models.detection.masks import MaskBranch
from minicnn.models.detection.roi_heads import Drawn
from tests.models.detection.rcnn_checks import LABELS, PICTURES, TRUTHS, discs, stored
from tests.stored.filled import drawn

REGIONS = [np.array([[4, 10, 33, 40.5], [38, 8, 70, 45]]), np.array([[0, 18, 40, 64],
                                                                     [5, 5, 20, 30.0]])]


class Given(MaskBranch):
    """Answers what it was given."""

    def __init__(self, z, classes, **options):
        super().__init__(Flatten(), 1, (1,), classes, z.shape[1], **options)
        self.z = Parameter(z)

    def forward(self, maps, boxes):
        return self.z


def positives(labels, truths):
    return [Drawn(boxes, np.array(own), encode(boxes, boxes), np.array(matched)) for boxes, own,
            matched in zip(REGIONS, labels, truths, strict=True)]


def test_torchvisions_loss():
    """Four positive regions of two images, whose targets are shares of cells."""
    branch = Given(drawn(8, (4, 91, 28, 28)), 91, soft=True)
    masks = [{"masks": one} for one in discs(TRUTHS, PICTURES)]
    chosen = positives([LABELS[0], [90, 90]], [[0, 1], [0, 0]])
    found = branch.losses([], chosen, masks)["loss_mask"].numpy()
    assert found.shape == (2,) and np.isclose(found.sum(), stored()["mask_loss"]["loss"], rtol=1e-6)


@pytest.mark.parametrize("maps", [4, 3])
def test_only_the_map_of_the_true_class_learns(maps):
    """Classes 1 to 3; with 3 maps the background has none."""
    branch = Given(np.zeros((4, maps, 6, 6)), 4)
    masks = [{"masks": one} for one in discs(TRUTHS, PICTURES)]
    chosen = positives([[1, 3], [2, 2]], [[0, 1], [0, 0]])
    branch.losses([], chosen, masks)["loss_mask"].sum().backward()
    touched = (branch.z.grad != 0).any(axis=(2, 3))
    first = maps - 3
    assert [np.flatnonzero(row).tolist() for row in touched] == [[first], [first + 2], [first + 1],
                                                                 [first + 1]]


def test_the_target_is_what_the_region_sees():
    """The left half of a mask of 8 x 8 pixels, from regions of 8, 4 and 8 pixels."""
    mask = np.zeros((1, 16, 16), bool)
    mask[0, 4:12, 4:8] = True
    branch = MaskRCNN("small").mask_branch
    boxes = np.array([[4, 4, 12, 12], [6, 4, 10, 8], [4, 8, 12, 16.0]])
    found = branch.truth(np.repeat(mask, 3, axis=0), boxes, 4)
    assert found.dtype == bool
    assert found[0].tolist() == [[True, True, False, False]] * 4
    assert found[1].tolist() == [[True, True, False, False]] * 4
    assert found[2].tolist() == [[True, True, False, False]] * 2 + [[False] * 4] * 2


def test_half_a_cell_or_more_belongs_to_the_object():
    mask = np.zeros((1, 8, 8), bool)
    mask[0, :, :3] = True                                  # three of four columns of a cell, 1 of 4
    branch = MaskRCNN("small").mask_branch
    boxes = np.array([[0, 0, 8, 8], [2, 0, 10, 8.0]])
    found = branch.truth(np.repeat(mask, 2, axis=0), boxes, 2)
    assert found[0, 0].tolist() == [True, False] and found[1, 0].tolist() == [False, False]


def test_no_positive_region():
    branch = Given(np.zeros((0, 3, 6, 6)), 4)
    none = Drawn(np.zeros((2, 4)), np.zeros(2, int), np.zeros((0, 4)), np.zeros(0, int))
    found = branch.losses([], [none], [{"masks": np.zeros((0, 9, 9), bool)}])["loss_mask"]
    assert found.numpy().tolist() == [0]
    found.sum().backward()


def test_what_it_finds_is_the_map_of_the_label():
    z = np.random.default_rng(0).standard_normal((3, 3, 2, 2))
    detections = [{"boxes": np.zeros((2, 4)), "labels": np.array([3, 1])},
                  {"boxes": np.zeros((1, 4)), "labels": np.array([2])}]
    first, second = Given(z, 4).found([], detections)
    sure = 1 / (1 + np.exp(-z))
    assert np.allclose(first, np.stack([sure[0, 2], sure[1, 0]]))
    assert np.allclose(second, sure[2:, 1])


def test_shapes():
    """14 x 14 of a region to 28 x 28 of each class."""
    branch = MaskRCNN().mask_branch
    x = Tensor(np.zeros((2, 256, 14, 14), np.float32))
    branch.pool = Same()
    assert branch([x], None).shape == (2, 80, 28, 28)
    assert branch.num_parameters() == 4 * 590_080 + 262_400 + 257 * 80


class Same(Module):
    def forward(self, x, boxes):
        return x
