import json
from pathlib import Path

import pytest

from minicnn.inspect import summary
from minicnn.layers.layerscale import LayerScale
from minicnn.layers.stochastic_depth import StochasticDepth
from minicnn.models import convnext
from minicnn.models.convnext import SIZES, ConvNeXt, convnext_mini
from tests.models.network_checks import (
    agrees_with_stored,
    check_against,
    golden,
    gradient_along_random_directions,
    nothing_was_drawn,
    one_step_lowers_the_loss,
    shape_agrees_with_forward,
)

STORED = Path(__file__).parent.parent / "stored" / "models_efficient.json"
HERE = {"features.0": "stem", "features.1": "stage1", "features.2": "down2",
        "features.3": "stage2", "features.4": "down3", "features.5": "stage3",
        "features.6": "down4", "features.7": "stage4", "avgpool": "pool", "classifier": "fc"}


def test_golden():
    check_against(ConvNeXt(), golden("convnext")["convnext_tiny"], HERE)


@pytest.mark.parametrize("size, parameters", [
    ("small", 50_223_688), ("base", 88_591_464), ("large", 197_767_336)])
def test_the_other_sizes(size, parameters):
    """torchvision's counts."""
    assert ConvNeXt(size).num_parameters() == parameters


def test_the_docstring_has_the_totals():
    for table in map(summary, [*map(ConvNeXt, SIZES), convnext_mini()]):
        assert f"{table.parameters:,}" in convnext.__doc__ and f"{table.macs:,}" in convnext.__doc__


def test_depth_drops_evenly_and_scales_start_small():
    model = ConvNeXt()
    drops = [part.p for part in model.modules() if isinstance(part, StochasticDepth)]
    assert drops == pytest.approx([0.1 * n / 17 for n in range(18)])
    scales = [part for part in model.modules() if isinstance(part, LayerScale)]
    assert len(scales) == 18 and scales[0].weight.numpy().max() == pytest.approx(1e-6)


def test_small(device):
    model = convnext_mini()
    summary(model)
    assert nothing_was_drawn(model)
    shape_agrees_with_forward(convnext_mini(), device)
    gradient_along_random_directions(convnext_mini(), device)


@pytest.mark.parametrize("training", [True, False])
def test_one_step_lowers_the_loss(training, device):
    one_step_lowers_the_loss(convnext_mini(), device, training)


@pytest.mark.parametrize("make, words", [
    (lambda: ConvNeXt("tinny"), r"ConvNeXt: no size 'tinny'; did you mean tiny"),
    (lambda: ConvNeXt(classes=1), "ConvNeXt: a classifier needs at least 2 classes, got 1"),
    (lambda: ConvNeXt().shape((1, 224, 224)), r"^stem.conv .*1 channel, .*built for 3"),
    (lambda: ConvNeXt().shape((3, 20, 20)),
     r"^down4.conv .*does not fit into 1.*smallest image that fits ConvNeXt is 32x32"),
])
def test_says_what_is_wrong(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_stored():
    agrees_with_stored(ConvNeXt().to(dtype="float64"),
                       json.loads(STORED.read_text("utf-8"))["convnext_tiny"])
