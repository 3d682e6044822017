"""Mask R-CNN: counts, the table, torchvision's names."""

import pytest

from minicnn.analysis import summary
from minicnn.models import build
from minicnn.models.detection import mask_rcnn
from minicnn.models.detection.batching import AsGiven, ResizeAndNormalise
from minicnn.models.detection.mask_rcnn import MaskRCNN
from minicnn.models.detection.pasting import paste, paste_as_torchvision
from tests.models.network_checks import nothing_was_drawn


@pytest.mark.parametrize("options, parameters, macs", [
    ({}, 44_400_436, 268_921_609_472),
    ({"variant": "torchvision"}, 44_454_513, 269_193_583_872),
    ({"variant": "small"}, 386_258, 87_136_256)])
def test_counts(options, parameters, macs):
    model = MaskRCNN(**options)
    table = summary(model)
    assert (table.parameters, table.macs) == (parameters, macs) and nothing_was_drawn(model)
    assert f"{parameters:,}" in mask_rcnn.__doc__ and f"{macs:,}" in mask_rcnn.__doc__


def test_counts_of_other_forms():
    assert MaskRCNN("torchvision", 21).num_parameters() == 44_077_773
    assert MaskRCNN("torchvision", frozen_norms=True).num_parameters() == 44_454_513 - 53_120
    assert f"{44_077_773:,}" in mask_rcnn.__doc__


def test_the_table_counts_the_masks_of_100_boxes():
    lines = {line.path: line for line in summary(MaskRCNN("torchvision")).lines}
    first = lines["mask_branch.convs.0.conv"]
    assert first.output == "100 of 256x14x14" and first.macs == 100 * 9 * 256 * 256 * 14 * 14
    assert lines["mask_branch.mask_fcn_logits"].output == "100 of 91x28x28"
    assert lines["roi_heads.box_head.fc6"].output == "1000 of 1024"


def test_numbers_of_the_variants():
    ours, theirs = MaskRCNN().mask_branch, MaskRCNN("torchvision").mask_branch
    assert (ours.soft, theirs.soft) == (False, True)
    assert (ours.pool.aligned, theirs.pool.aligned) == (True, False)
    assert (ours.pasting, theirs.pasting) == (paste, paste_as_torchvision)
    assert type(MaskRCNN("torchvision").batching) is ResizeAndNormalise
    assert type(MaskRCNN().batching) is AsGiven            # pictures come normalised, in their size


def test_names_of_torchvisions_files():
    model = MaskRCNN("torchvision")
    now, then = (model.published[key].by_their_name(dict(model.named_parameters()))
                 for key in ("torchvision", "torchvision-2019"))
    assert {"roi_heads.mask_head.0.0.weight", "roi_heads.mask_head.3.0.bias",
            "roi_heads.mask_predictor.conv5_mask.weight",
            "roi_heads.mask_predictor.mask_fcn_logits.bias"} <= now.keys()
    assert {"roi_heads.mask_head.mask_fcn1.weight", "roi_heads.mask_head.mask_fcn4.bias",
            "roi_heads.mask_predictor.conv5_mask.weight"} <= then.keys()


def test_by_name():
    assert build("maskrcnn_resnet50_fpn").variant == "torchvision"
    assert build("mask_rcnn").classes == 81
    with pytest.raises(ValueError, match="^MaskRCNN: frozen_norms is for a ResNet"):
        MaskRCNN("small", frozen_norms=True)
