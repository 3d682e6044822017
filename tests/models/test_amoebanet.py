"""AmoebaNet-A: the paper's costs, its cells, what stands behind the stem."""

import pytest

from minicnn.analysis import summary
from minicnn.layers import AvgPool2d, BatchNorm2d, Conv2d, Flatten, Linear, Sequential
from minicnn.models.amoebanet import (
    NORMAL,
    REDUCTION,
    SIZES,
    AmoebaCell,
    AmoebaNet,
    row_and_column,
)


@pytest.mark.parametrize("size, millions, macs", [
    ("mobile", 5.1, 555e6), ("middle", 86.7, 23.1e9), ("large", None, 104e9)])
def test_the_papers_costs(size, millions, macs):
    table = summary(AmoebaNet(size))
    assert abs(table.macs / macs - 1) < 0.002
    if millions:
        assert round(table.parameters / 1e6, 1) == millions
    else:
        assert round(table.parameters / 1e6, 1) == 468.2


def test_the_largest_as_the_program_counts_it():
    """Departure 4: with the head it trains with, of 0.4 * 128 and 0.4 * 768 maps, behind cell 11.

    299 pixels become 149, 75, 38 and 19 of them; a mean of 5 x 5 at a stride of 3 leaves 5.
    """
    head = Sequential(AvgPool2d(5, 3), Conv2d(4 * 2 * 448, 51, 1, bias=False), BatchNorm2d(51),
                      Conv2d(51, 307, 5, bias=False), BatchNorm2d(307), Flatten(),
                      Linear(307, 1001))
    model = AmoebaNet("large", 1001)
    cell = next(line for line in summary(model).rows if line.row == "cell_11")
    assert cell.output == "3584x19x19" and head.shape((3584, 19, 19)) == (1001,)
    assert model.num_parameters() + head.num_parameters() == 469_041_586


@pytest.mark.parametrize("filters, millions", [(32, 2.6), (36, 3.2)])
def test_the_papers_counts_for_cifar(filters, millions):
    model = AmoebaNet("cifar", 10, shape=(6, filters, 3 * filters, 32))
    assert round(model.num_parameters() / 1e6, 1) == millions


def test_the_cells():
    """What no other pair reads is joined: p and four sums of the normal cell's."""
    for wiring, unread in ((NORMAL, "124"), (REDUCTION, "134")):
        read = {term[-1] for pair in wiring.pairs for term in pair}
        assert {str(number) for number in range(5)} - read == set(unread)
        assert set(unread) <= set(wiring.joined)
    assert NORMAL.joined[0] == "p"


def test_row_and_column():
    part = row_and_column(8, 8, 2)
    assert part.shape((8, 10, 10)) == (8, 5, 5)
    assert part.num_parameters() == 8 * 2 + 2 * 2 * 2 * 7 + 2 * 8 + 2 * (2 + 2 + 2 + 8)


def test_pooling_behind_the_stem_gets_its_filters():
    """Departure 3: 6 raw channels, 4 filters."""
    cell = AmoebaCell(REDUCTION, 6, 3, 4, 2, "raw")
    assert cell.shape((6, 9, 9), (3, 18, 18)) == (20, 5, 5)


def test_odd_filters():
    """50 filters, halved twice for the stem: 12 and 25."""
    assert AmoebaNet("mobile").shape((3, 64, 64)) == (1000,)


def test_says_what_is_wrong():
    with pytest.raises(ValueError, match="AmoebaNet: no size 'huge'; there are mobile, middle"):
        AmoebaNet("huge")
    assert set(SIZES) == {"mobile", "middle", "large", "cifar"}
