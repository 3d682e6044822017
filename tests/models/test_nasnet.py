"""NASNet: its cells, the paper's costs, ports that differ."""

import numpy as np
import pytest

from minicnn import Tensor, no_grad
from minicnn.analysis import summary
from minicnn.layers import BatchNorm2d
from minicnn.models.nasnet import NORMAL, REDUCTION, SIZES, Cell, MoveByOne, NASNet
from tests.models.network_checks import golden, stage_shapes

GOLDEN = golden("nasnet")
MOBILE_HERE = {f"cell_{6 * stage + n}": f"cell_{4 * stage + n}"
               for stage in range(3) for n in range(4)}
LARGE_HERE = {"act": "relu", "global_pool": "dropout", "head_drop": "dropout"}


def moved_pixels(model):
    """MACs that a port spends because it pads a pixel above and left, and cuts it off again.

    It does so in every separable convolution of the cells that halve an even image; the pixel costs
    the first depthwise and pointwise convolution a row and a column of outputs.
    """
    spent = 0
    for label, F, size in [("cell_stem_1", 22, 28), ("reduction_cell_0", 88, 14),
                           ("reduction_cell_1", 176, 7)]:
        for part in getattr(model, label).operations:
            if type(part).__name__ == "Sequential":
                kernel = part.depthwise1.kernel_size[0]
                spent += ((size + 1) ** 2 - size ** 2) * (F * kernel ** 2 + F * F)
    return spent


@pytest.mark.parametrize("size, renamed", [("mobile", MOBILE_HERE), ("large", LARGE_HERE)])
def test_golden(size, renamed):
    model, figures = NASNet(size), GOLDEN[f"nasnet_a_{size}"]
    table, found = summary(model), stage_shapes(model)
    running = sum(value.numel() for name, value in model.named_state() if "running" in name)
    assert (table.parameters, running) == (figures["parameters"], figures["running"])
    assert list(model.input_shape) == figures["input"]
    for stage, shape in figures["stages"]:
        assert found[renamed.get(stage, stage)] == shape, stage
    extra = moved_pixels(model) if size == "mobile" else 0
    assert table.macs + extra == figures["macs"]


def test_table_2_of_the_paper():
    """564 M multiply-adds and 5.3 M parameters; 23.8 B and 88.9 M; 3.3 M for CIFAR-10."""
    mobile, large = summary(NASNet("mobile")), summary(NASNet("large"))
    assert (round(mobile.macs / 1e6), round(mobile.parameters / 1e6, 1)) == (564, 5.3)
    assert (round(large.macs / 1e9, 1), round(large.parameters / 1e6)) == (23.8, 89)
    assert round(NASNet("cifar", 10).num_parameters() / 1e6, 1) == 3.3


def test_the_cells_of_figure_4():
    """Ten operations each; what is joined: all that no other pair reads."""
    for pairs, joined in (NORMAL, REDUCTION):
        assert len(pairs) == 5
        read = {term[-1] for pair in pairs for term in pair}
        unread = {str(number) for number in range(5)} - read
        assert unread <= set(joined)
    assert sum(term.startswith("sep") for pair in NORMAL[0] for term in pair) == 5
    assert sum(term.startswith("sep") for pair in REDUCTION[0] for term in pair) == 5


def test_move_by_one():
    x = np.arange(6.0).reshape(1, 1, 2, 3)
    assert MoveByOne()(Tensor(x)).numpy().tolist() == [[[[4, 5, 0], [0, 0, 0]]]]
    assert MoveByOne().shape((1, 2, 3)) == (1, 2, 3)


@pytest.mark.parametrize("spec, stride, kind, before, shape", [
    (NORMAL, 1, "conv", (6, 8, 8), (24, 8, 8)), (NORMAL, 1, "halved", (6, 16, 16), (24, 8, 8)),
    (NORMAL, 1, "x", (6, 9, 9), (24, 8, 8)), (REDUCTION, 2, "conv", (6, 8, 8), (16, 4, 4)),
    (REDUCTION, 2, "raw", (6, 9, 9), (16, 4, 4))])
def test_cell(spec, stride, kind, before, shape, rng):
    cell = Cell(spec, 5, 6, 4, stride, kind)
    assert cell.shape((5, 8, 8), before) == shape
    y = cell(Tensor(rng.standard_normal((2, 5, 8, 8)).astype("float32")),
             Tensor(rng.standard_normal((2, *before)).astype("float32")))
    assert y.shape == (2, *shape)


@pytest.mark.parametrize("make, words", [
    (lambda: NASNet("huge"), "NASNet: no size 'huge'; there are mobile, large, cifar"),
    (lambda: NASNet().shape((3, 2, 2)), r"^conv0.conv .*smallest image that fits NASNet is 3x3"),
])
def test_says_what_is_wrong(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def read_beside(model, monkeypatch):
    """Of each cell what it reads beside the row before it: the label of the cell that put it out,
    or "conv0"."""
    labels, plain = {id(part): label for label, part in model.named_parts()}, Cell.forward
    put_out, found = [], {}

    def forward(cell, x, before):
        label = labels[id(cell)]
        found[label] = next((name for y, name in put_out if y is before), "conv0")
        put_out.append((plain(cell, x, before), label))
        return put_out[-1][0]

    monkeypatch.setattr(Cell, "forward", forward)
    with no_grad():
        model.eval()(Tensor(np.zeros((1, *model.input_shape), "float32")))
    return found


@pytest.mark.parametrize("size, behind", [
    ("mobile", {"cell_6": "cell_5", "cell_12": "cell_11"}),
    ("large", {"cell_6": "cell_4", "cell_12": "cell_10"}),
    ("cifar", {"cell_6": "cell_5", "cell_12": "cell_11"})])
def test_what_the_cell_behind_a_reduction_reads(size, behind, monkeypatch):
    """Departure 4: in the large network what the reduction cell read beside, too."""
    image = 32 if size == "cifar" else 75
    found = read_beside(NASNet(size, 10, shape=(6, 96, 8, image)), monkeypatch)
    for label, source in behind.items():
        assert found[label] == source
        number = int(label.removeprefix("cell_")) // 6 - 1
        assert found[f"cell_{6 * number + 7}"] == f"reduction_cell_{number}"
        assert found[f"reduction_cell_{number}"] == f"cell_{6 * number + 4}"


@pytest.mark.parametrize("size, dropout, eps", [("mobile", 0.5, 1e-3), ("large", 0.5, 1e-3),
                                                ("cifar", 0.0, 1e-5)])
def test_dropout_and_eps(size, dropout, eps):
    model = NASNet(size)
    assert model.dropout.p == dropout
    assert {part.eps for part in model.modules() if isinstance(part, BatchNorm2d)} == {eps}


def test_sizes():
    assert set(SIZES) == {"mobile", "large", "cifar"}
