"""The table of a network where it is read: on a terminal, at the prompt, in a notebook."""

import pytest

from minicnn.analysis import summary
from minicnn.layers import BatchNorm2d, Conv2d, ReLU
from minicnn.layers.containers import Sequential
from minicnn.models import LeNet5, build


@pytest.mark.parametrize("name", ["lenet5", "googlenet", "vgg16", "resnet50", "nasnet_a_mobile"])
def test_no_table_is_wider_than_a_terminal(name):
    table = summary(build(name))
    for shown in (table, table.by_row()):
        assert max(map(len, shown.text().split("\n"))) <= 100


def test_the_prompt_and_a_notebook_show_the_table():
    table = summary(LeNet5())
    assert repr(table) == table.text()
    shown = table._repr_html_()
    assert "<b>LeNet5 slide, input 1x32x32</b>" in shown and "61,706 parameters" in shown
    assert shown.count("<tr>") == 1 + len(table.shown_lines())


def test_by_row_inside_the_one_part_that_holds_all():
    table = summary(Sequential(Sequential(Conv2d(1, 2, 3), BatchNorm2d(2)), ReLU()), (1, 6, 6))
    whole = summary(Sequential(Sequential(Sequential(Conv2d(1, 2, 3), BatchNorm2d(2)), ReLU())),
                    (1, 6, 6))
    assert [line.row for line in table.rows] == ["0", "1"]
    assert [line.row for line in whole.rows] == ["0.0", "0.1"]
    assert "24 parameters (and 5 not learnt: running averages of the norms)" in whole.totals()
