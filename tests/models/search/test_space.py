"""The space of 486 small networks."""

import numpy as np
import pytest

from minicnn import Tensor
from minicnn.models.search.space import (
    OPTIONS,
    SPACE,
    child,
    designs,
    options_of,
    said,
    stacked,
    width_for,
)


def test_every_design_is_a_network_of_its_own():
    every = list(designs())
    assert len(every) == len(set(every)) == np.prod(OPTIONS) == 486
    assert len({said(design) for design in every}) == 486
    for design in every[::37]:
        assert child(design).shape((1, 16, 16)) == (10,)


def test_by_hand():
    """8 of 3x3 and 4 of 5x5: 8 (9 + 1) + 4 (8 25 + 1) + 10 (4 16 + 1)."""
    model = child((1, 1, 0, 2, 1, 1))
    assert model.num_parameters() == 80 + 804 + 650
    assert [type(layer).__name__ for row in model.rows for layer in row.layers] == [
        "Conv2d", "Tanh", "AvgPool2d", "Conv2d", "Tanh", "AvgPool2d", "Flatten", "Linear"]
    assert model(Tensor(np.zeros((2, 1, 16, 16), "f"))).shape == (2, 10)


def test_stride_halves_without_a_pool():
    model = child((0, 0, 0, 0, SPACE[4].options.index("stride"), 0))
    assert [row.layers[0].window.stride for row in model.rows[:2]] == [(2, 2), (2, 2)]
    assert len(model.rows[0].layers) == 2


def test_stacked_deeper():
    model = stacked((2, 1, 2, 2, 0, 0), 3, 0.5)
    labels = [row.label for row in model.rows]
    assert labels == [f"conv{stage}_{n}" for stage in (1, 2) for n in (1, 2, 3)] + ["scores"]
    assert model.shape((3, 16, 16)) == (10,) and model.rows[0].layers[0].out_channels == 8


@pytest.mark.parametrize("design", [(0, 0, 2, 2, 0, 0), (2, 2, 0, 1, 2, 1)])
def test_width_for_so_many_parameters(design):
    width = width_for(design, 3, 20_000)
    assert abs(stacked(design, 3, width).num_parameters() / 20_000 - 1) < 0.1


@pytest.mark.parametrize("design", [(0,) * 5, (0, 0, 0, 0, 0, 2), (0, 0, 0, -1, 0, 0)])
def test_says_what_is_no_design(design):
    with pytest.raises(ValueError, match="is no design; it has 6 numbers"):
        options_of(design)
