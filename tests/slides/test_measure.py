"""What is measured of a network for the slides."""

import pytest

from minicnn.layers import Conv2d, Linear, ReLU
from minicnn.layers.containers import Sequential
from minicnn.models.network import Branches, Residual
from minicnn.slides import measure


def test_by_hand():
    """LeNet-5, row C3: 16 filters of 6 maps and 5 x 5, on 10 x 10."""
    name = "lenet5"
    assert measure.output(name, "C3") == "16x10x10"
    assert measure.volume(name, "C3") == "10x10x16"
    assert measure.volume(name, "F6") == "1x1x84"
    assert str(measure.window(name, "S2")) == "kernel 2x2, stride 2x2"
    assert measure.values(name, "C3") == 1600
    assert measure.side(name, "C3") == 10
    assert measure.weights(name, "C3") == 16 * 6 * 25
    assert measure.weight_shape(name, "C3") == (16, 6, 5, 5)
    assert measure.row(name, "C3").macs == 16 * 100 * 6 * 25
    assert measure.layers(name) == 5
    assert measure.kinds(name, Linear) == 2


def test_what_the_slide_prints():
    """virginia "LeNet-5": C3 has 16 maps of 10 x 10, 5 x 5 filters; F6 has 84 neurons."""
    assert measure.printed("lenet5", "C3") == "16x10x10"
    assert measure.printed("lenet5", "C3", "kernel") == "5x5"
    assert measure.printed("lenet5", "C3", "parameters", variant="paper") == "1516"
    assert measure.printed_volume("lenet5", "C3") == "10x10x16"
    assert measure.map_size(measure.printed_volume("lenet5", "C3")) == "10x10"
    assert [measure.printed_side("lenet5", label) for label in ("C3", "F6")] == ["10", "84"]


def test_totals_are_sums_over_the_rows():
    labels = [line.row for line in measure.table("lenet5").rows]
    rows = [measure.row("lenet5", label) for label in labels]
    assert measure.parameters("lenet5") == sum(line.parameters for line in rows) == 61_706
    assert measure.macs("lenet5") == sum(line.macs for line in rows)
    assert measure.weights("lenet5") == sum(measure.weights("lenet5", label) for label in labels)
    assert measure.weights("lenet5") == 61_706 - (6 + 16 + 120 + 84 + 10)


def test_what_a_row_has_not():
    with pytest.raises(ValueError, match="lenet5 has no row C4"):
        measure.weights("lenet5", "C3", "C4")
    with pytest.raises(TypeError, match="lenet5 has no window in F6"):
        measure.window("lenet5", "F6")
    assert measure.weights("lenet5", "S2") == 0


def test_variants_are_kept_apart():
    assert measure.parameters("lenet5", variant="paper") == 60_000
    assert measure.parameters("lenet5") == 61_706


@pytest.mark.parametrize("part, count", [
    (ReLU(), 0),
    (Linear(2, 3), 1),
    (Sequential(Conv2d(1, 2, 1), ReLU(), Conv2d(2, 2, 1)), 2),
    (Branches(Conv2d(1, 2, 1), Sequential(Conv2d(1, 2, 1), Conv2d(2, 2, 1))), 2),
    (Residual(Sequential(Conv2d(1, 2, 1), Conv2d(2, 2, 1)), Conv2d(1, 2, 1)), 2),
])
def test_depth(part, count):
    assert measure.depth(part) == count
