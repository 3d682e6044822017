"""Pictures of classes: palettes, grey, colours, and what their values mean."""

import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from minicnn.data.files import DamagedFile
from minicnn.data.readers.masks import read_masks
from tests.data.readers.folders import SIZE, masks, picture
from tests.data.real import REAL

ISBI = REAL / "isbi_membrane" / "data" / "membrane" / "train"
needs_isbi = pytest.mark.skipif(not ISBI.is_dir(), reason="no ISBI membranes: set MINICNN_DATA")


MANY = (np.arange(SIZE[0] * SIZE[1]) % 256).astype(np.uint8).reshape(SIZE)


def mask(*values):
    """A mask of SIZE that holds these values in its first row, then the first of them."""
    made = np.full(SIZE, values[0], np.uint8)
    made[0, :len(values)] = values
    return made


def values_of(scenes, number=0):
    return sorted(np.unique(scenes.targets[number]["class_map"]).tolist())


def test_two_values_are_background_and_foreground(tmp_path):
    places = masks(tmp_path, {"a": mask(0, 255), "b": mask(255)})
    scenes = read_masks(*places)
    assert scenes.classes == ("background", "foreground") and scenes.images.shape == (2, 3, *SIZE)
    assert values_of(scenes) == [0, 1] and values_of(scenes, 1) == [1]
    assert scenes.targets[0]["class_map"][0, :3].tolist() == [0, 1, 0]
    assert read_masks(*places, classes=["cell"]).classes == ("background", "cell")
    ones = read_masks(*masks(tmp_path / "ones", {"a": mask(0, 1)}))
    assert ones.classes == ("background", "foreground") and values_of(ones) == [0, 1]


def test_the_value_is_the_class_and_255_is_left_out(tmp_path):
    scenes = read_masks(*masks(tmp_path, {"a": mask(0, 1, 255), "b": mask(3)}))
    assert scenes.classes == ("background", "class 1", "class 2", "class 3")
    assert values_of(scenes) == [0, 1, 255]


def test_a_palette_counts_by_its_numbers(tmp_path):
    image = Image.fromarray(mask(0, 1, 2, 255), mode="P")
    image.putpalette([7, 7, 7, 200, 0, 0, 0, 200, 0] + 253 * [9, 9, 9])
    scenes = read_masks(*masks(tmp_path, {"a": image}), classes=["background", "cat", "dog"])
    assert scenes.classes == ("background", "cat", "dog") and values_of(scenes) == [0, 1, 2, 255]


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "LA", "1"])
def test_grey_that_is_stored_otherwise(tmp_path, mode):
    scenes = read_masks(*masks(tmp_path, {"a": Image.fromarray(mask(0, 255)).convert(mode)}))
    assert values_of(scenes) == [0, 1]


def test_colours_need_to_be_told(tmp_path):
    colours = np.zeros((*SIZE, 3), np.uint8)
    colours[0, :3] = (255, 0, 0), (0, 0, 255), (9, 9, 9)
    places = masks(tmp_path, {"a": colours})
    with pytest.raises(ValueError, match=r"masks in colours \(0, 9, \(0, 0, 255\), \(255, 0, 0\)\)"
                                         r"; say which is which class: values={\(0, 0, 0\): 0"):
        read_masks(*places)
    told = {(0, 0, 0): 0, (255, 0, 0): 1, (0, 0, 255): 2, (9, 9, 9): 255}
    scenes = read_masks(*places, classes=["cat", "dog"], values=told)
    assert scenes.targets[0]["class_map"][0, :4].tolist() == [1, 2, 255, 0]
    del told[(0, 0, 255)]
    with pytest.raises(DamagedFile, match=r"a.png: \(0, 0, 255\) at x=1, y=0 is no class; expected "
                                          r"0, 9, \(255, 0, 0\)"):
        read_masks(*places, values=told)


def test_values_that_are_told(tmp_path):
    places = masks(tmp_path, {"a": mask(0, 100, 200)})
    scenes = read_masks(*places, values={0: 0, 100: 2, 200: 1}, classes=["x", "y"])
    assert scenes.targets[0]["class_map"][0, :3].tolist() == [0, 2, 1]


def test_grey_pictures_have_one_channel(tmp_path):
    grey = read_masks(*masks(tmp_path / "grey", {"a": mask(0, 255)}, mode="L"), size=8)
    assert grey.images.shape == (1, 1, 8, 8)
    images, labels = masks(tmp_path / "mixed", {"a": mask(0, 255), "b": mask(0)}, mode="L")
    picture(images / "b.png", 1)
    mixed = read_masks(images, labels)
    assert mixed.images.shape == (2, 3, *SIZE)
    assert (mixed.images[0] == mixed.images[0, :1]).all()


def test_names_of_masks(tmp_path):
    assert len(read_masks(*masks(tmp_path, {"a": mask(0, 255)}, tail="_mask"))) == 1
    picture(tmp_path / "images" / "b.png")
    with pytest.raises(DamagedFile, match="b.png: no mask for it in .*masks, expected b.png or b"):
        read_masks(tmp_path / "images", tmp_path / "masks")
    assert len(read_masks(tmp_path / "images", tmp_path / "masks", skip_unreadable=True,
                          log=len)) == 1
    picture(tmp_path / "others" / "c.png")
    with pytest.raises(FileNotFoundError, match="images: no picture in it has a mask in .*others"):
        read_masks(tmp_path / "images", tmp_path / "others")
    with pytest.raises(FileNotFoundError, match="nowhere: no such folder; expected one with"):
        read_masks(tmp_path / "images", tmp_path / "nowhere")
    picture(tmp_path / "images" / "b.jpg")
    with pytest.raises(ValueError, match="b.jpg and b.png have one name"):
        read_masks(tmp_path / "images", tmp_path / "masks")


@pytest.mark.parametrize("arrays, options, message", [
    ({"a": MANY}, {}, "masks of more than 64 values, .* JPEG blurs masks"),
    ({"a": mask(0, 3)}, {"classes": ["cat"]}, "holds class 3, expected 0 to 1 for background, cat"),
    ({"a": mask(0, 255)}, {"classes": ["cat", "dog"]}, "only 0, 255 in all masks, too little for"),
    ({"a": mask(0, 1)}, {"values": {0: -1, 1: 1}}, "holds class -1, expected 0 to 1"),
    ({"a": mask(0, 1)}, {"values": {255: 255}}, "no class but the background"),
    ({"a": mask(0, 1)}, {"values": {(0, 0): 0}}, r"\(0, 0\) in values, expected a number or \(red"),
    ({"a": mask(0, 1)}, {"values": {0: 0}}, "no class but the background")])
def test_values_that_mean_nothing(tmp_path, arrays, options, message):
    with pytest.raises(ValueError, match=message):
        read_masks(*masks(tmp_path, arrays), **options)


def test_a_mask_of_another_size_and_a_damaged_one(tmp_path):
    images, places = masks(tmp_path, {"a": mask(0, 255), "b": np.zeros((9, 8), np.uint8)})
    with pytest.raises(DamagedFile, match="(?s)1 thing cannot be used.*b.png: a mask of 8x9 pixels "
                                          "for a picture of 30x20"):
        read_masks(images, places)
    (places / "b.png").write_bytes(b"\x89PNG\r\n")
    with pytest.raises(DamagedFile, match="masks/b.png: "):
        read_masks(images, places)
    lines = []
    assert len(read_masks(images, places, skip_unreadable=True, log=lines.append)) == 1
    assert "b.png" in lines[0]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    return masks(tmp_path_factory.mktemp("hostile"), {"a": mask(0, 255), "b": mask(0, 255)})


@settings(max_examples=20, deadline=None)
@given(st.binary(max_size=40), st.integers(0, 80))
def test_whatever_the_mask_holds_the_error_is_clear(hostile, content, place):
    images, places = hostile
    whole = (places / "b.png").read_bytes()
    (places / "a.png").write_bytes(whole[:place] + content + whole[place + len(content):])
    try:
        read_masks(images, places)
    except ValueError as problem:
        assert "a.png" in str(problem) or "masks" in str(problem)


@needs_isbi
def test_membranes(tmp_path):
    """Real files: 255 is the cell, in three quarters of the pixels."""
    for part in ("image", "label"):
        (tmp_path / part).mkdir()
        for number in (0, 1, 29):
            shutil.copy(ISBI / part / f"{number}.png", tmp_path / part)
    scenes = read_masks(tmp_path / "image", tmp_path / "label", classes=["cell"], size=64)
    assert scenes.images.shape == (3, 1, 64, 64) and scenes.classes == ("background", "cell")
    shares = [target["class_map"].mean() for target in scenes.targets]
    assert 0.7 < min(shares) < max(shares) < 0.88
