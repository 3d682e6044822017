"""The table of a network: shapes, parameters, MACs, figures of the slides."""

import csv
import io
import json
import re
import tracemalloc
from dataclasses import asdict

import pytest

from minicnn.analysis import Summary, activations, summary
from minicnn.analysis.summary import FOOTNOTE, kilobytes
from minicnn.layers import BatchNorm2d, Conv2d, Flatten, Linear, ReLU
from minicnn.layers.containers import Sequential
from minicnn.layers.module import Module
from minicnn.models import LeNet5, build
from minicnn.models.network import Branches
from minicnn.models.table import TableNet, row

VARIANTS = ["slide", "rbf", "paper", "visualiser"]


def by_path(table):
    return {line.path: line for line in table.lines}


def test_lines_by_hand():
    lines = by_path(summary(LeNet5()))
    C3 = lines["C3"]
    assert (C3.row, C3.layer, C3.output) == ("C3", "Conv2d", "16x10x10")
    assert (C3.kernel, C3.stride) == ("5x5", "1")
    assert C3.parameters == 16 * 6 * 25 + 16
    assert C3.macs == 16 * 10 * 10 * 6 * 25
    assert C3.memory == 4 * 1600
    assert C3.field == "14x14"
    tanh = lines["C3_tanh"]
    assert (tanh.row, tanh.kernel, tanh.parameters, tanh.macs, tanh.memory) == ("", "", 0, 0, 6400)
    F6 = lines["F6"]
    assert (F6.output, F6.parameters, F6.macs) == ("84", 120 * 84 + 84, 120 * 84)


def test_sizes_that_differ_by_direction():
    line, = summary(Sequential(Conv2d(2, 3, (1, 3), stride=(2, 1))), (2, 8, 9)).lines
    assert (line.output, line.kernel, line.stride, line.field) == ("3x4x7", "1x3", "2x1", "1x3")


def test_slide_beside_ours():
    """The slide calls the output RBF, the network has a fully connected layer there."""
    lines = by_path(summary(LeNet5()))
    assert lines["C1"].slide == "6x28x28, 5x5, stride 1, tanh"
    assert lines["OUT"].remark == "activation: RBF there, Linear here"
    assert [line.path for line in lines.values() if line.remark] == ["OUT"]
    text = summary(LeNet5()).text()
    assert "remark" not in text and "\nOUT: activation: RBF there, Linear here\n" in text


@pytest.mark.parametrize("variant", ["paper", "visualiser"])
def test_no_remark_where_slide_and_network_agree(variant):
    table = summary(LeNet5(variant))
    assert not any(line.remark for line in table.lines)
    assert "differs" not in table.text() and "remark" not in table.markdown()


def test_every_difference_is_remarked():
    model = TableNet(row("C1", Conv2d(1, 2, 3), ReLU(), output="2x5x5", kernel="5x5", stride="2",
                         activation="tanh", parameters=1_234))
    line = summary(model, (1, 8, 8)).lines[0]
    assert line.slide == "2x5x5, 5x5, stride 2, tanh, 1,234 parameters"
    assert line.remark == ("output: 2x5x5 there, 2x6x6 here; kernel: 5x5 there, 3x3 here; "
                           "stride: 2 there, 1 here; activation: tanh there, relu here; "
                           "parameters: 1,234 there, 20 here")


def two_branches():
    """Two convolutions side by side make one row of the slide, and a plain row follows."""
    return TableNet(
        row("module", Branches(Conv2d(1, 2, 1), Sequential(Conv2d(1, 3, 3, padding=1), ReLU())),
            output="5x8x8", parameters="34", macs="2K"),
        row("conv", Conv2d(5, 1, 3), ReLU(), output="1x6x6", kernel="3x3", parameters=46))


@pytest.mark.parametrize("printed, shown, remark", [
    ("6 of 5x5x4", "6 of 5x5x4", ""),
    ("6 of 5x5x8", "6 of 5x5x8", "filters: 6 of 5x5x8 there, 6 of 5x5x4 here"),
    ("6", "6 filters", ""),
    ("7", "7 filters", "filters: 7 there, 6 here"),
])
def test_filters_are_compared(printed, shown, remark):
    model = TableNet(row("conv", Conv2d(8, 6, 5, groups=2), ReLU(), filters=printed))
    line = summary(model, (8, 9, 9)).rows[0]
    assert (line.slide, line.remark) == (shown, remark)


def test_filters_of_several_convolutions():
    """In the order of a slide's columns: GoogLeNet's #1x1, #3x3 reduce, #3x3, ..."""
    parts = (Conv2d(8, 6, 1), ReLU(), Conv2d(6, 4, 3, padding=1))
    line = summary(TableNet(row("two", *parts, filters="6, 4")), (8, 9, 9)).rows[0]
    assert (line.slide, line.remark) == ("6 4 filters", "")
    line = summary(TableNet(row("two", *parts, filters="6, 5")), (8, 9, 9)).rows[0]
    assert line.remark == "filters: 6, 5 there, 6, 4 here"


def test_a_row_of_several_layers_has_its_own_line():
    """Its figures stand beside the sums, not beside the first of its layers."""
    table = summary(two_branches(), (1, 8, 8))
    module, conv = table.rows
    assert (module.row, module.layer, module.output, module.kernel) == ("module", "4 layers",
                                                                        "5x8x8", "")
    assert module.parameters == (2 + 2) + (27 + 3) and module.macs == 64 * 2 + 64 * 27
    assert module.memory == 4 * 64 * (2 + 3 + 3 + 5) and module.field == "3x3"
    assert module.slide == "5x8x8, 34 parameters, 2K MACs" and module.remark == ""
    assert [line.slide for line in table.lines] == ["", "", "", "", "1x6x6, 3x3, 46 parameters", ""]
    assert (conv.layer, conv.kernel, conv.slide) == ("Conv2d", "3x3", table.lines[4].slide)
    shown = table.text().split("\n")[4:11]
    assert [line.split()[0] for line in shown if line[:20].strip()] == [
        "module", "Conv2d", "Conv2d", "ReLU", "Concat", "conv"]
    assert "4 layers" in shown[0] and shown[1].split() == ["2K", "MACs"]
    assert "4 layers" in table.markdown() and "4 layers" not in table.csv()


def test_by_row():
    table = summary(two_branches(), (1, 8, 8))
    rows = table.by_row()
    assert [line.row for line in rows.lines] == ["module", "conv"]
    assert "4 layers" in rows.text() and "ReLU" not in rows.text()
    assert rows.csv().count("\n") == 2 and json.loads(rows.json())["lines"][1]["row"] == "conv"
    for column in ("parameters", "macs", "memory"):
        assert sum(getattr(line, column) for line in rows.lines) == getattr(table, column)


def test_by_row_without_a_slide():
    """The parts of the network are its rows."""
    model = Sequential(stem=Sequential(Conv2d(3, 4, 3), Conv2d(4, 4, 3)), flat=Flatten())
    lines = summary(model, (3, 8, 8)).by_row().lines
    assert [(line.row, line.layer) for line in lines] == [("stem", "2 layers"), ("flat", "Flatten")]


def test_abbreviated_figures_are_held_to_their_digits():
    model = TableNet(row("C1", Conv2d(64, 64, 3), output="64x6x6", parameters="35K", macs="1.4M",
                         weights="36,864 weights", memory="2.3K values"))
    line, = summary(model, (64, 8, 8)).lines
    assert line.remark == ("parameters: 35K there, 36,928 here (36.0 x 1,024 without biases); "
                           "MACs: 1.4M there, 1,327,104 here")


@pytest.mark.parametrize("variant", VARIANTS)
def test_totals_are_the_sums(variant):
    table = summary(LeNet5(variant))
    assert table.parameters == sum(line.parameters for line in table.lines)
    assert table.macs == sum(line.macs for line in table.lines)
    assert table.memory == sum(line.memory for line in table.lines)


@pytest.mark.parametrize("variant", VARIANTS)
def test_text(variant):
    table = summary(LeNet5(variant))
    text = table.text()
    lines = text.split("\n")
    assert lines[0] == f"LeNet5 {variant}, input 1x32x32"
    assert lines[-1] == FOOTNOTE and "FLOPs" in FOOTNOTE
    totals = " ".join(text.split("\n\n")[-1].split())
    assert f"{table.parameters:,} parameters" in totals and f"{table.macs:,} MACs" in totals
    assert ("(and 840 not learnt: codes)" in totals) == (variant in ("rbf", "paper"))
    assert all(line == line.rstrip() and len(line) <= 100 for line in lines)
    starts = [match.start() for match in re.finditer("-+", lines[3])]         # under the headings
    for line in lines[4:4 + len(table.lines)]:
        assert "slide or paper:" in line or all(
            line[start - 1:start] in ("", " ") for start in starts if start)


@pytest.mark.parametrize("variant", VARIANTS)
def test_csv(variant):
    table = summary(LeNet5(variant))
    read = list(csv.DictReader(io.StringIO(table.csv())))
    assert read == [{key: str(value) for key, value in asdict(line).items()}
                    for line in table.lines]
    assert sum(int(line["macs"]) for line in read) == table.macs


@pytest.mark.parametrize("variant", VARIANTS)
def test_json(variant):
    table = summary(LeNet5(variant))
    read = json.loads(table.json())
    assert read == asdict(table)
    assert Summary(**read).parameters == table.parameters


def test_markdown():
    table = summary(LeNet5())
    title, empty, *rows = table.markdown().split("\n")
    assert title == "**LeNet5 slide, input 1x32x32**" and empty == ""
    rows = [line for line in rows if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in rows]
    assert len(rows) == 2 + len(table.lines) and len({len(line) for line in cells}) == 1
    assert cells[0][:3] == ["row", "layer", "output"] and set(cells[1]) == {"---"}
    assert cells[2][:3] == ["C1", "Conv2d", "6x28x28"]
    assert FOOTNOTE in table.markdown()


def test_any_network():
    """Not a table: no rows, no slide, and those columns stay away."""
    model = Sequential(stem=Sequential(Conv2d(3, 4, 3), BatchNorm2d(4), ReLU()), flat=Flatten(),
                       out=Linear(4 * 36, 2))
    table = summary(model, (3, 8, 8))
    assert table.title == "Sequential, input 3x8x8"
    assert [line.path for line in table.lines] == ["stem.0", "stem.1", "stem.2", "flat", "out"]
    assert table.parameters == model.num_parameters()
    state = sum(value.numel() for _, value in model.named_state())
    assert table.buffers == state - table.parameters
    assert table.text().split("\n")[2].split() == ["layer", "output", "kernel", "stride",
                                                   "parameters", "MACs", "memory", "field"]


class Shared(Module):
    def __init__(self):
        self.layer = Conv2d(2, 2, 3, padding=1)

    def forward(self, x):
        return self.layer(self.layer(x))

    def out_shape(self, in_shape):
        return self.layer.shape(self.layer.shape(in_shape))


def test_shared_weights_are_counted_once_and_their_work_twice():
    table = summary(Shared(), (2, 4, 4))
    assert [line.parameters for line in table.lines] == [38, 0] and table.parameters == 38
    assert table.macs == 2 * 2 * 16 * 18


def test_two_rules_of_memory():
    """memphis and stanford: the image and one output a row, 15,237,608 values for VGG-16."""
    table = summary(build("vgg16"))
    assert (table.slide_memory, table.by_row().slide_memory) == (60_950_432, 60_950_432)
    relus = 4 * (28_793_320 - 15_237_608)                  # with the ReLUs of the convolutions
    assert table.memory > 60_950_432 + relus - 4 * 3 * 224 * 224
    for text in (table.text(), table.by_row().text(), table.markdown()):
        said = " ".join(text.split())
        assert "114.7 MB counts the output of every layer" in said and "60,950,432 bytes" in said


@pytest.mark.parametrize("model, in_shape", [(build("resnet18"), None),
                                             (Sequential(Conv2d(3, 4, 3), ReLU()), (3, 8, 8))])
def test_the_slides_rule_needs_rows_of_single_layers(model, in_shape):
    table = summary(model, in_shape)
    assert table.slide_memory == 0 and table.text().endswith(FOOTNOTE)


def test_memory_is_that_of_the_outputs(rng):
    outputs = activations(LeNet5(), rng.standard_normal((1, 1, 32, 32)).astype("float32"))
    assert {line.path: line.memory for line in summary(LeNet5()).lines} == {
        path: y.nbytes for path, y in outputs.items() if path}


def test_counting_allocates_nothing():
    """A fully connected layer of 1.6 GB: its table needs no memory and draws no weight."""
    tracemalloc.start()
    model = Sequential(Conv2d(3, 512, 3, padding=1), Flatten(), Linear(512 * 28 * 28, 1000))
    table = summary(model, (3, 28, 28))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert table.parameters == 3 * 512 * 9 + 512 + 512 * 28 * 28 * 1000 + 1000
    assert peak < 1e6


def test_other_image_size():
    table = summary(LeNet5("slide"), (1, 33, 32))
    C1 = by_path(table)["C1"]
    assert table.title.endswith("1x33x32") and C1.output == "6x29x28"
    assert C1.remark == "output: 6x28x28 there, 6x29x28 here"


@pytest.mark.parametrize("model, in_shape, words", [
    (lambda: Sequential(Conv2d(1, 2, 3)), None, "Sequential does not say which image size"),
    (LeNet5, (1, 28, 28), r"^C5 \(Conv2d"),
    (LeNet5, (3, 32, 32), r"^C1 \(Conv2d"),
])
def test_errors(model, in_shape, words):
    with pytest.raises(ValueError, match=words):
        summary(model(), in_shape)


def test_after_an_error_the_next_table_is_whole():
    with pytest.raises(ValueError):
        summary(LeNet5(), (1, 28, 28))
    assert summary(LeNet5()).macs == 416_520


@pytest.mark.parametrize("size, text", [(0, "0 B"), (999, "999 B"), (1000, "1.0 KB"),
                                        (999_949, "999.9 KB"), (1_000_000, "1.0 MB"),
                                        (553_430_176, "553.4 MB"), (1_605_632_000, "1,605.6 MB")])
def test_kilobytes(size, text):
    assert kilobytes(size) == text
