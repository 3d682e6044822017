"""Two-stage detectors with NaN, and with masks that do not fit."""

import warnings

import numpy as np
import pytest

from minicnn.models.detection.fast_rcnn import FastRCNN
from minicnn.models.detection.faster_rcnn import FasterRCNN
from minicnn.models.detection.mask_rcnn import MaskRCNN
from minicnn.models.detection.rcnn import RCNN
from minicnn.models.detection.two_stage import check_masks
from tests.models.detection.rcnn_checks import scene, small


@pytest.mark.parametrize("make, part", [(FasterRCNN, "pixels"), (FasterRCNN, "weights"),
                                        (MaskRCNN, "pixels"), (FastRCNN, "weights"),
                                        (RCNN, "pixels")])
def test_nan_names_the_term_and_the_cause(make, part):
    model = small(make)
    images, targets = scene()
    if part == "pixels":
        images[1] = images[1].copy()
        images[1][0, 30:40, 30:40] = np.nan
        cause = r"the pixels of picture 1 hold NaN or infinity$"
    else:
        next(iter(model.parameters())).data[0] = np.nan
        cause = r"\S+ holds NaN or infinity: begin anew"
    with warnings.catch_warnings(), np.errstate(invalid="ignore"):
        warnings.simplefilter("ignore")
        with pytest.raises(ValueError, match=rf"^{make.__name__}: the loss 'loss_\w+' is nan; "
                                             + cause):
            model(images, targets)
        with pytest.raises(ValueError, match=rf"^{make.__name__}: a score or a move is NaN; "
                                             rf"{cause if part == 'weights' else ''}"):
            model.eval()(images)


def test_masks_are_missing():
    images, targets = scene()
    del targets[1]["masks"]
    with pytest.raises(TypeError, match=r"^MaskRCNN: picture 1: its target has no masks; expected "
                                        r"masks \(1, 64, 64\), .* boxes alone train Faster R-CNN"):
        small(MaskRCNN)(images, targets)
    small(FasterRCNN)(images, targets)


def test_masks_of_another_size():
    target = {"boxes": np.zeros((2, 4)), "masks": np.zeros((2, 8, 9), bool)}
    assert check_masks("M", 0, target, (8, 9))["masks"] is not None
    with pytest.raises(ValueError, match=r"^M: picture 3: masks of shape \(2, 8, 9\); expected "
                                         r"\(2, 9, 8\), one of the picture's size for each box$"):
        check_masks("M", 3, target, (9, 8))


def test_masks_of_numbered_objects():
    target = {"boxes": np.zeros((1, 4)), "masks": np.full((1, 8, 9), 2)}
    with pytest.raises(ValueError, match=r"masks must be 0 and 1, or booleans; got values from 2 "
                                         r"to 2; of a picture of numbered objects:"):
        check_masks("M", 0, target, (8, 9))
    target["masks"] = np.ones((1, 8, 9), np.uint8)
    assert check_masks("M", 0, target, (8, 9))["masks"].dtype == bool
