"""ShuffleNet v1 and v2: groups, widths, costs, stored numbers."""

import pytest

from minicnn.analysis import summary
from minicnn.models.shufflenet import V1_CHANNELS, ShuffleNetV1, ShuffleNetV2
from tests.models.network_checks import (
    agrees_with_stored,
    check_against,
    golden,
    stage_shapes,
    stored,
)

GOLDEN = golden("shufflenet")
STORED = stored("efficient")


@pytest.mark.parametrize("groups", [1, 2, 3, 4])
def test_golden_v1(groups):
    check_against(ShuffleNetV1(groups), GOLDEN[f"shufflenet_v1_g{groups}"], {"flat": "fc_flatten"})


@pytest.mark.parametrize("width", [1.0, 1.5, 2.0])
def test_golden_v2(width):
    name = f"shufflenet_v2_x{width}".replace(".", "_")
    check_against(ShuffleNetV2(width), GOLDEN[name], {"maxpool": "pool1"})


@pytest.mark.parametrize("groups, millions", [(1, 143), (2, 140), (3, 137), (4, 133), (8, 137)])
def test_table_1_of_v1(groups, millions):
    """Its last row, "Complexity", counts the convolutions without the classifier."""
    model = ShuffleNetV1(groups)
    convolutions = summary(model).macs - model.fc.weight.numel()
    assert round(convolutions / 1e6) == millions
    shapes = stage_shapes(model)
    assert [shapes[f"stage{n}"] for n in (2, 3, 4)] == \
        [[c, size, size] for c, size in zip(V1_CHANNELS[groups], (28, 14, 7), strict=True)]


@pytest.mark.parametrize("groups, width, millions, macs", [
    (3, 0.5, 0.7, 38), (3, 1.5, 3.4, 292), (3, 2.0, 5.4, 524), (8, 0.5, 1.0, 40),
    (8, 1.5, 4.3, 290), (8, 2.0, 6.5, 522)])
def test_widths_of_v1(groups, width, millions, macs):
    """What the authors print beside their program, where the classifier has no bias."""
    table = summary(ShuffleNetV1(groups, width=width))
    assert (round((table.parameters - 1000) / 1e6, 1), round(table.macs / 1e6)) == (millions, macs)


def test_x0_5():
    """torchvision's count; 41 million MACs in table 8 of the paper."""
    table = summary(ShuffleNetV2(0.5))
    assert table.parameters == 1_366_792 and round(table.macs / 1e6) in (40, 41)


def test_first_convolution_of_stage_2_is_not_grouped():
    units = ShuffleNetV1(4).stage2.named_parts()
    convs = [(unit.join.body if number == 0 else unit.body).gconv1.conv
             for number, (_, unit) in enumerate(units)]
    assert [conv.groups for conv in convs] == [1, 4, 4, 4]


@pytest.mark.parametrize("make, words", [
    (lambda: ShuffleNetV1(5), r"ShuffleNetV1: no number of groups 5; there are 1, 2, 3, 4, 8"),
    (lambda: ShuffleNetV1(4, width=0.5), r"ShuffleNetV1\(4\): no width 0.5; there are 1.0$"),
    (lambda: ShuffleNetV2(1.2), r"ShuffleNetV2: no width 1.2; did you mean 1.5 or 1.0"),
])
def test_says_what_is_wrong(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_stored(mode):
    agrees_with_stored(ShuffleNetV2().to(dtype="float64"),
                       STORED["shufflenet_v2_x1_0"])
