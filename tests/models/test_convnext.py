"""ConvNeXt: the paper's sizes and costs, stored numbers."""

import pytest

from minicnn.analysis import summary
from minicnn.layers.layerscale import LayerScale
from minicnn.layers.stochastic_depth import StochasticDepth
from minicnn.models.convnext import ConvNeXt
from tests.models.network_checks import agrees_with_stored, check_against, golden, stored

STORED = stored("efficient")
HERE = {"features.0": "stem", "features.1": "stage1", "features.2": "down2",
        "features.3": "stage2", "features.4": "down3", "features.5": "stage3",
        "features.6": "down4", "features.7": "stage4", "avgpool": "pool", "classifier": "fc"}


def test_golden():
    check_against(ConvNeXt(), golden("convnext")["convnext_tiny"], HERE)


@pytest.mark.parametrize("size, parameters", [
    ("small", 50_223_688), ("base", 88_591_464), ("large", 197_767_336), ("xlarge", 350_196_968)])
def test_the_other_sizes(size, parameters):
    """torchvision's counts, and of the largest timm's."""
    assert ConvNeXt(size).num_parameters() == parameters


@pytest.mark.parametrize("size, macs", [
    ("tiny", 4.5), ("small", 8.7), ("base", 15.4), ("large", 34.4), ("xlarge", 60.9)])
def test_the_costs_of_the_paper(size, macs):
    """Table 1 of the paper, in billions."""
    assert round(summary(ConvNeXt(size)).macs / 1e9, 1) == macs


def test_depth_drops_evenly_and_scales_start_small():
    model = ConvNeXt()
    drops = [part.p for part in model.modules() if isinstance(part, StochasticDepth)]
    assert drops == pytest.approx([0.1 * n / 17 for n in range(18)])
    scales = [part for part in model.modules() if isinstance(part, LayerScale)]
    assert len(scales) == 18 and scales[0].weight.numpy().max() == pytest.approx(1e-6)


@pytest.mark.parametrize("make, words", [
    (lambda: ConvNeXt("tinny"), r"ConvNeXt: no size 'tinny'; did you mean tiny"),
    (lambda: ConvNeXt().shape((3, 20, 20)),
     r"^down4.conv .*does not fit into 1.*smallest image that fits ConvNeXt is 32x32"),
])
def test_says_what_is_wrong(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_stored(mode):
    agrees_with_stored(ConvNeXt().to(dtype="float64"),
                       STORED["convnext_tiny"])
