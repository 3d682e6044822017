"""The pyramid: by hand, and torchvision's stored numbers for a whole ResNet-50 with one."""

import numpy as np
import pytest

from minicnn import Tensor, no_grad
from minicnn.models.detection.fpn import FeaturePyramid, ResNetFPN
from minicnn.models.detection.mask_rcnn import MaskRCNN
from tests.models.detection.rcnn_checks import BOXES, filled_mask_rcnn, stored
from tests.stored.filled import digest, image, names_digest


def test_each_map_is_told_what_the_coarser_have_seen():
    fpn = FeaturePyramid((1, 1), 1)
    for block in (*fpn.inner_blocks, *fpn.layer_blocks):
        weight = np.zeros(block.weight.shape, np.float32)
        weight[0, 0, weight.shape[2] // 2, weight.shape[3] // 2] = 1           # y = x
        block.weight.data = weight
    fine, coarse = Tensor(np.zeros((1, 1, 5, 4))).float(), Tensor(np.ones((1, 1, 3, 2))).float()
    coarse.data[0, 0, 0, 0] = 7
    p = fpn(fine, coarse)
    assert [y.shape for y in p] == [(1, 1, 5, 4), (1, 1, 3, 2), (1, 1, 2, 1)]
    # pixels are repeated up to 5 rows, as nearest: rows 0, 0, 1, 1, 2 of 3
    assert p[0].numpy()[0, 0].tolist() == [[7, 7, 1, 1], [7, 7, 1, 1]] + [[1] * 4] * 3
    assert p[2].numpy()[0, 0].tolist() == [[7], [1]]       # every second pixel of the last


def test_parameters():
    """53,120 values of batch norms are constants, or learn."""
    assert ResNetFPN().num_parameters() - ResNetFPN(frozen=True).num_parameters() == 53_120
    assert ResNetFPN().shape((3, 800, 1344))[-1] == (256, 13, 21)


@pytest.fixture(scope="module")
def outputs():
    """All that torchvision's Mask R-CNN computes before anything is decoded."""
    model = filled_mask_rcnn()
    with no_grad():
        maps = model.backbone(Tensor(image((2, 3, 64, 96))))
        found = {f"p{k}": x for k, x in enumerate(maps, 2)}
        for k, x in enumerate(maps, 2):
            found[f"z{k}"], found[f"t{k}"] = model.rpn.head(x)
        found["scores"], found["moves"] = model.roi_heads(maps, BOXES)
        found["masks"] = model.mask_branch(maps, BOXES)
    return {name: digest(y.numpy()) for name, y in found.items()}


@pytest.mark.slow
def test_torchvisions_outputs(outputs):
    """Maps, z and t of each level, scores, moves and masks of given boxes: 1e-9 in float64."""
    there = stored()["outputs"]
    assert outputs.keys() == there.keys() and len(there) == 18
    for name, one in outputs.items():
        size = there[name]["std"]
        assert one["shape"] == there[name]["shape"], name
        assert np.allclose(one["values"], there[name]["values"], rtol=1e-9, atol=1e-9 * size), name
        assert np.isclose(one["mean"], there[name]["mean"], rtol=1e-9, atol=1e-9 * size), name
        assert np.isclose(one["std"], size, rtol=1e-9), name


def test_torchvisions_names():
    model = MaskRCNN("torchvision")
    names = model.published["torchvision"]
    shapes = {names.theirs(name): value.shape for name, value in model.named_state()}
    assert names_digest(shapes) == stored()["names"]
