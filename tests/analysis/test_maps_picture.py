"""Maps over pictures: the colour of a class, a key, and the wrong pixels in red."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from minicnn.analysis.maps_picture import (
    COVER,
    as_map,
    coloured,
    compare_maps,
    draw_map_errors,
    draw_maps,
    shares,
)
from minicnn.analysis.panels import class_colour
from minicnn.analysis.pictures import RED
from minicnn.data.scene_targets import IGNORED

RNG = np.random.default_rng(0)
IMAGE = RNG.integers(0, 256, (3, 20, 30), dtype=np.uint8)
CLASSES = ("background", "cat", "dog", "cow")
MAP = np.zeros((20, 30), np.uint8)
MAP[2:8, 3:20], MAP[10:14, 5:9], MAP[0] = 1, 3, IGNORED


def entries(picture):
    return [text.get_text() for legend in picture.figure.legends for text in legend.get_texts()]


def shown(axes):
    return np.asarray(axes.images[0].get_array())


def own(label):
    return np.array(to_rgb(class_colour(label))) * 255


def test_the_colours_over_a_picture():
    pixels = coloured(IMAGE, MAP).transpose(1, 2, 0)
    assert np.array_equal(pixels[MAP == 0], IMAGE.transpose(1, 2, 0)[MAP == 0])
    assert (pixels[MAP == IGNORED] == 255).all()
    for label in (1, 3):
        grey = IMAGE.mean(axis=0)[label == MAP][:, None]
        expected = COVER * own(label) + (1 - COVER) * grey
        np.testing.assert_allclose(pixels[label == MAP], expected, atol=0.51)
    assert coloured(IMAGE[:1], MAP).shape == (3, 20, 30)


def test_maps_with_their_key(tmp_path):
    picture = draw_maps([IMAGE, IMAGE[:1]], [MAP, np.zeros_like(MAP)], CLASSES, tmp_path / "a.png",
                        "U-Net", ["street.jpg", "sky.jpg"])
    assert (tmp_path / "a.png").stat().st_size > 5000
    assert entries(picture) == ["cat", "cow", "does not count"]
    first, second = picture.figure.axes
    assert first.get_xlabel() == "street.jpg: cat 17.0 %, cow 2.7 %"
    assert second.get_xlabel() == "sky.jpg: background alone"
    assert np.array_equal(shown(first), coloured(IMAGE, MAP).transpose(1, 2, 0))


def test_a_map_of_background_has_no_key():
    assert entries(draw_maps([IMAGE], [np.zeros((20, 30), int)], CLASSES)) == []


def test_shares_name_the_largest():
    many = np.repeat(np.arange(8), np.arange(8))[None]     # 28 pixels; class k has k of them
    assert shares(many, list("01234567"), 3) == "7 25.0 %, 6 21.4 %, 5 17.9 %, ..."


def test_wrong_pixels_are_red():
    answer = np.where(MAP == IGNORED, 2, MAP).astype(np.uint8)
    answer[2, 3:9] = 0
    picture = draw_map_errors([IMAGE] * 2, [answer] * 2, [MAP] * 2, CLASSES)
    cells = picture.figure.axes
    titles = [axes.get_title() for axes in cells[:4]]
    assert titles == ["picture", "truth", "answer", "wrong: 1.1 %"]
    red = (shown(cells[3]) == np.round(np.array(to_rgb(RED)) * 255)).all(axis=2)
    assert np.array_equal(red, (answer != MAP) & (MAP != IGNORED)) and red.sum() == 6
    assert entries(picture)[-1] == "wrong" and len(cells) == 8


def test_networks_side_by_side():
    coarse = MAP[::4, ::4].repeat(4, 0).repeat(4, 1)[:20, :30]
    picture = compare_maps(IMAGE, {"FCN-32s": coarse, "FCN-8s": MAP}, CLASSES, MAP, title="FCN")
    assert [axes.get_title() for axes in picture.figure.axes] == ["picture", "FCN-32s", "FCN-8s",
                                                                  "truth"]
    assert picture.figure.axes[2].get_xlabel() == "100.0 % of the pixels"
    right = (coarse == MAP)[MAP != IGNORED].mean()
    assert picture.figure.axes[1].get_xlabel() == f"{100 * right:.1f} % of the pixels"
    assert picture.figure.axes[3].get_xlabel() == ""
    alone = compare_maps(IMAGE, {"U-Net": MAP}, CLASSES)
    assert [axes.get_xlabel() for axes in alone.figure.axes] == ["", ""]


@pytest.mark.parametrize("values, error, message", [
    (MAP[:5], ValueError, "here is (5, 30), the picture (20, 30)"),
    (np.zeros((20, 30)), TypeError, "here is float64, expected whole numbers; of scores"),
    (np.full((20, 30), 4), ValueError, "here has class 4 in it, expected 0 to 3, or 255"),
    (np.full((20, 30), -1), ValueError, "here has class -1 in it")])
def test_mistakes(values, error, message):
    with pytest.raises(error) as caught:
        as_map(values, IMAGE, 4, "here")
    assert message in str(caught.value)


def test_as_many_maps_as_pictures():
    with pytest.raises(ValueError, match="draw_maps: 1 pictures and 2 answers or truths"):
        draw_maps([IMAGE], [MAP, MAP], CLASSES)
