import json
from pathlib import Path

import pytest

from minicnn.inspect import summary
from minicnn.models import shufflenet
from minicnn.models.shufflenet import (
    V1_CHANNELS,
    V2_CHANNELS,
    ShuffleNetV1,
    ShuffleNetV2,
    shufflenet_v2_small,
)
from tests.models.network_checks import (
    agrees_with_stored,
    check_against,
    golden,
    gradient_along_random_directions,
    nothing_was_drawn,
    one_step_lowers_the_loss,
    shape_agrees_with_forward,
    stage_shapes,
)

GOLDEN = golden("shufflenet")
STORED = Path(__file__).parent.parent / "stored" / "models_efficient.json"


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
    convolutions = summary(model).macs - model.fc.weight.size
    assert round(convolutions / 1e6) == millions
    shapes = stage_shapes(model)
    assert [shapes[f"stage{n}"] for n in (2, 3, 4)] == \
        [[c, size, size] for c, size in zip(V1_CHANNELS[groups], (28, 14, 7), strict=True)]


def test_x0_5():
    """torchvision's count; 41 million MACs in table 8 of the paper."""
    table = summary(ShuffleNetV2(0.5))
    assert table.parameters == 1_366_792 and round(table.macs / 1e6) in (40, 41)


def test_the_docstring_has_the_totals():
    for model in (*map(ShuffleNetV1, V1_CHANNELS), *map(ShuffleNetV2, V2_CHANNELS),
                  shufflenet_v2_small()):
        table = summary(model)
        assert f"{table.parameters:,}" in shufflenet.__doc__
        assert f"{table.macs:,}" in shufflenet.__doc__


def test_first_convolution_of_stage_2_is_not_grouped():
    units = ShuffleNetV1(4).stage2.children()
    convs = [(unit.join.body if number == 0 else unit.body).gconv1.conv
             for number, (_, unit) in enumerate(units)]
    assert [conv.groups for conv in convs] == [1, 4, 4, 4]


def test_small(device):
    model = shufflenet_v2_small()
    summary(model)
    assert nothing_was_drawn(model)
    shape_agrees_with_forward(shufflenet_v2_small(), device)
    gradient_along_random_directions(shufflenet_v2_small(), device)


@pytest.mark.parametrize("training", [True, False])
def test_one_step_lowers_the_loss(training, device):
    one_step_lowers_the_loss(shufflenet_v2_small(), device, training, lr=1e-5)


def test_v1_runs_and_has_gradients(device):
    model = ShuffleNetV1(2, classes=10)
    model.input_shape = (3, 64, 64)
    shape_agrees_with_forward(model, device)
    one_step_lowers_the_loss(model, device, True)


@pytest.mark.parametrize("make, words", [
    (lambda: ShuffleNetV1(5), r"ShuffleNetV1: no number of groups 5; there are 1, 2, 3, 4, 8"),
    (lambda: ShuffleNetV2(1.2), r"ShuffleNetV2: no width 1.2; did you mean 1.5 or 1.0"),
    (lambda: ShuffleNetV1(classes=1), "ShuffleNetV1: a classifier needs at least 2 classes"),
    (lambda: ShuffleNetV2(classes=1), "ShuffleNetV2: a classifier needs at least 2 classes"),
    (lambda: ShuffleNetV2().shape((4, 224, 224)), r"^conv1.conv .*4 channels, .*built for 3"),
])
def test_says_what_is_wrong(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_stored():
    agrees_with_stored(ShuffleNetV2().to(dtype="float64"),
                       json.loads(STORED.read_text("utf-8"))["shufflenet_v2_x1_0"])
