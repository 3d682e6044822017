"""The picture of what channels look for."""

import numpy as np
import pytest

from minicnn.analysis.channels_picture import Looked, draw_channels
from minicnn.data.canvas import Picture


def texts(drawn):
    return [axes.get_xlabel() for axes in drawn.figure.axes]


@pytest.mark.parametrize("channels", [1, 3])
def test_values_stand_below_their_pictures(channels, rng, tmp_path):
    patches = [np.full((channels, 3, 3), np.nan), rng.random((channels, 3, 3))]
    rows = [Looked(4, rng.random((5, 5)) / 2, patches, [7.25, 6.0], rng.random((channels, 3, 3)),
                   31.5),
            Looked(5, np.array([[0.5]]), patches[:1], [1.0])]
    drawn = draw_channels(rows, tmp_path / "a.png", "what it looks for", "many", "3x3 of 5x5")
    assert isinstance(drawn, Picture) and drawn.path.stat().st_size > 1000
    assert texts(drawn)[1:4] == ["31.5", "7.25", "6"] and texts(drawn)[4:] == ["0.5", "", "1", ""]
    assert "3x3 of 5x5" in drawn.figure.get_supxlabel()
    assert drawn.figure.axes[2].texts[0].get_text() == (
        "the patches of many that excite it most")


def test_before_the_first_patch():
    assert texts(draw_channels([Looked(0, np.ones((2, 2)), [], [])])) == ["1", ""]
