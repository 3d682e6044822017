"""Colours of classes and panels: what can be read from the last row."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from minicnn.analysis.panels import OWN, as_picture, class_colour, grid, key, panels, tag
from minicnn.analysis.pictures import RED
from minicnn.data.canvas import drawing
from tests.analysis.test_pictures import contrast


def test_white_words_on_every_colour():
    colours = [class_colour(label) for label in range(1, 152)]
    assert min(map(contrast, colours)) >= 4.5 and RED not in colours
    assert colours[:len(OWN)] == list(OWN) and len(set(colours)) == len(colours)


def test_neighbours_in_a_key_can_be_told_apart():
    """Of VOC's twenty; a unit is one of the 256 steps of red, green or blue."""
    colours = np.array([to_rgb(class_colour(label)) for label in range(1, 21)]) * 255
    apart = np.abs(colours[:, None] - colours).sum(axis=2)
    assert apart[~np.eye(20, dtype=bool)].min() > 30


@pytest.mark.parametrize("count", range(1, 13))
def test_grid_has_room(count):
    rows, columns = grid(count)
    assert rows * columns >= count > (rows - 1) * columns and columns <= 4


@pytest.mark.parametrize("shape, rows, columns", [
    ((3, 64, 64), 1, 1), ((3, 20, 400), 1, 2), ((3, 400, 20), 2, 3), ((1, 64, 64), 1, 5)])
def test_sheets_are_as_large_as_a_slide(shape, rows, columns):
    with drawing():
        drawn, cells = panels(rows, columns, shape, "title", 0.4)
        key(drawn, [(OWN[0], "cat")])
    width, height = drawn.get_size_inches()
    assert 2.9 < width < 16 and 1 < height < 14 and cells.shape == (rows, columns)


def test_words_stay_in_the_picture():
    """Above the box; inside where it touches the upper edge; to the left where it is at right."""
    with drawing():
        _, ((axes,),) = panels(1, 1, (3, 100, 100), "")
        axes.set(xlim=(0, 100), ylim=(100, 0))
        for box in ([10, 50, 30, 70], [10, 1, 30, 70], [80, 50, 95, 70], [-5, -5, 200, 70]):
            tag(axes, np.array(box), "cat", OWN[0])
    assert [(text.get_va(), text.get_ha(), text.xy) for text in axes.texts] == [
        ("bottom", "left", (10, 50)), ("top", "left", (10, 1)), ("bottom", "right", (95, 50)),
        ("top", "left", (0, 0))]


def test_as_picture():
    assert as_picture(np.zeros((4, 6), np.uint8), "here").shape == (1, 4, 6)
    for shape in ((2, 4, 6), (3, 0, 6), (1, 3, 4, 6), (4,)):
        with pytest.raises(ValueError, match="here: a picture is"):
            as_picture(np.zeros(shape, np.uint8), "here")
