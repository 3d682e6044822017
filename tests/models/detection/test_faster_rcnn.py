"""Faster R-CNN: counts, the table, torchvision's names, options."""

import numpy as np
import pytest

from minicnn.analysis import summary
from minicnn.layers import BatchNorm2d, FrozenBatchNorm2d
from minicnn.models import build
from minicnn.models.detection import faster_rcnn
from minicnn.models.detection.faster_rcnn import FasterRCNN
from minicnn.models.detection.roi_heads import Judging
from tests.models.network_checks import nothing_was_drawn

COUNTS = [(FasterRCNN, {}, 137_078_239, 224_627_447_808),
          (FasterRCNN, {"variant": "torchvision"}, 41_808_406, 215_986_953_472),
          (FasterRCNN, {"variant": "torchvision", "classes": 21}, 41_449_656, 215_628_553_472),
          (FasterRCNN, {"variant": "torchvision", "frozen_norms": True}, 41_755_286,
           215_986_953_472),
          (FasterRCNN, {"variant": "small"}, 354_255, 61_947_904)]


@pytest.mark.parametrize("make, options, parameters, macs", COUNTS)
def test_counts(make, options, parameters, macs):
    """41,755,286 is the number that torchvision prints for its published file."""
    model = make(**options)
    table = summary(model)
    assert (table.parameters, table.macs) == (parameters, macs) and nothing_was_drawn(model)


@pytest.mark.parametrize("number", [0, 1, 2, 3, 4])
def test_the_docstring_has_them(number):
    assert f"{COUNTS[number][2]:,}" in faster_rcnn.__doc__ or number == 3
    assert f"{COUNTS[number][3]:,}" in faster_rcnn.__doc__ or number in (2, 3)


def test_the_table_counts_every_region():
    """fc6 runs 300 times for an image, the RPN's convolution once."""
    lines = {line.path: line for line in summary(FasterRCNN()).lines}
    fc6, rpn = lines["roi_heads.box_head.fc6"], lines["rpn.head.conv.conv"]
    assert fc6.output == "300 of 4096" and fc6.macs == 300 * 25088 * 4096
    assert fc6.memory == 300 * 4096 * 4
    assert rpn.output == "512x37x62" and rpn.macs == 9 * 512 * 512 * 37 * 62
    assert lines["roi_heads.pools.0"].output == "300 of 512x7x7"
    assert '"300 of 512x7x7": so many outputs' in summary(FasterRCNN()).text()


def test_its_shapes():
    z, t, scores, moves = FasterRCNN().shape((3, 600, 1000))
    assert (z, t) == ((9 * 37 * 62,), (9 * 37 * 62, 4)) and (scores, moves) == ((21,), (84,))
    shapes = FasterRCNN("torchvision").shape((3, 800, 1344))
    assert [shape[0] // 3 for shape in shapes[:5]] == [67200, 16800, 4200, 1050, 273]


def test_numbers_of_the_variants():
    """What the chapter's table of disagreements says: beta, anchors, RoIAlign."""
    ours, theirs = FasterRCNN(), FasterRCNN("torchvision")
    assert (ours.roi_heads.rule.beta, theirs.roi_heads.rule.beta) == (1, 1 / 9)
    assert (ours.rpn.rule.offset, theirs.rpn.rule.offset) == (0.5, 0)
    assert (ours.rpn.rule.rounded, theirs.rpn.rule.rounded) == (False, True)
    assert (ours.rpn.rule.strides, theirs.rpn.rule.strides) == ((16,), None)
    assert (ours.rpn.rule.inside, theirs.rpn.rule.inside) == (True, False)
    assert not theirs.roi_heads.pools[0].aligned and ours.roi_heads.pools[0].kind == "pool"
    assert FasterRCNN("small").roi_heads.pools[0].aligned
    assert theirs.rpn.rule[:7] == (
        ((32,), (64,), (128,), (256,), (512,)), (0.5, 1, 2), (2000, 1000), (2000, 1000), 0.7, 1e-3,
        256)
    assert theirs.roi_heads.rule == Judging(512, 0.25, 0.5, 0.5, 0.0, 1 / 9, 0.05, 0.5, 100)


def test_vggs_weights_fit_by_name():
    """So a trained classifier can be put into the trunk and the head."""
    names = dict(FasterRCNN().named_parameters())
    assert {"backbone.conv1_1.weight", "backbone.conv5_3.bias", "roi_heads.box_head.fc6.weight",
            "roi_heads.box_head.fc7.bias"} <= names.keys()


def test_names_of_torchvisions_files():
    """Today's, and those of 2019, which are still published."""
    model = FasterRCNN("torchvision", frozen_norms=True)
    now, then = (model.published[key].by_their_name(dict(model.named_state()))
                 for key in ("torchvision", "torchvision-2019"))
    assert len(now) == len(then) == 295
    common = {"backbone.body.conv1.weight", "backbone.body.bn1.running_mean",
              "backbone.body.layer1.0.downsample.1.weight", "backbone.body.layer4.2.conv3.weight",
              "rpn.head.cls_logits.weight", "rpn.head.bbox_pred.bias",
              "roi_heads.box_head.fc6.weight", "roi_heads.box_predictor.cls_score.bias"}
    assert common <= now.keys() and common <= then.keys()
    assert {"backbone.fpn.inner_blocks.3.0.weight", "rpn.head.conv.0.0.bias"} <= now.keys()
    assert {"backbone.fpn.inner_blocks.3.weight", "rpn.head.conv.bias"} <= then.keys()
    assert FasterRCNN().published == {} == FasterRCNN("torchvision", gated=True).published


def test_frozen_norms():
    model = FasterRCNN("torchvision", frozen_norms=True, norm_eps=0.0)
    norms = [part for part in model.modules() if isinstance(part, FrozenBatchNorm2d)]
    assert len(norms) == 53 and all(norm.eps == 0 for norm in norms)
    assert not any(isinstance(part, BatchNorm2d) for part in model.modules())


@pytest.mark.parametrize("variant", ["paper", "small"])
def test_no_frozen_norms_where_there_is_no_trained_resnet(variant):
    with pytest.raises(ValueError, match="^FasterRCNN: frozen_norms is for a ResNet that is train"):
        FasterRCNN(variant, frozen_norms=True)


def test_norms_that_learn_have_no_eps_of_their_own():
    with pytest.raises(ValueError, match=r"^FasterRCNN: norm_eps=0.0 is for batch norms that are "
                                         r"constants; add frozen_norms=True$"):
        FasterRCNN("torchvision", norm_eps=0.0)


def test_by_name():
    assert build("fasterrcnn_resnet50_fpn").variant == "torchvision"
    assert build("faster_rcnn").classes == 21 and build("faster_rcnn", variant="small").classes == 4
    assert build("faster_rcnn", variant="small", classes=11).classes == 11
    with pytest.raises(ValueError, match="no variant 'tiny'"):
        build("faster_rcnn", variant="tiny")


def test_an_image_with_another_number_of_channels():
    with pytest.raises(ValueError, match=r"picture 0 is \(1, 64, 64\); expected \(3, H, W\)"):
        FasterRCNN("small").eval()([np.zeros((1, 64, 64), np.float32)])
