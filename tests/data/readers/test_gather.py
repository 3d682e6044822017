"""What all readers do: pictures as they are stored, turned upright, not too many for memory."""

import numpy as np
import pytest
from PIL import Image

from minicnn.data.files import DamagedFile
from minicnn.data.readers import gather, voc
from minicnn.data.readers.gather import (
    Problems,
    class_names,
    kept_objects,
    pictures_in,
    read_image,
    split_by_seed,
)
from minicnn.data.scenes import Scenes
from tests.data.readers.folders import picture, xml
from tests.data.readers.folders import voc as voc_folder


@pytest.mark.parametrize("mode, channels", [("RGB", 3), ("L", 1), ("1", 1), ("P", 3), ("RGBA", 3),
                                            ("LA", 3), ("CMYK", 3), ("I;16", 1)])
def test_grey_stays_grey(tmp_path, mode, channels):
    path = tmp_path / ("a.tif" if mode == "CMYK" else "a.png")
    values = np.arange(20, dtype=np.uint8).reshape(4, 5) * 12
    if mode == "I;16":
        Image.fromarray(values.astype(np.uint16) * 257).save(path)
    else:
        Image.fromarray(values).convert("RGB").convert(mode).save(path)
    image = read_image(path)
    assert image.shape == (channels, 4, 5) and image.dtype == np.uint8 and image.flags.c_contiguous
    if mode not in ("1", "P", "CMYK"):
        assert (image == values).all()


def test_turned_upright(tmp_path):
    image = Image.fromarray(np.arange(12, dtype=np.uint8).reshape(3, 4))
    exif = image.getexif()
    exif[274] = 6                                           # held sideways
    image.save(tmp_path / "a.png", exif=exif)
    assert read_image(tmp_path / "a.png").shape == (1, 4, 3)


def test_pictures_in(tmp_path):
    for name in ("b.png", "a.PNG", ".hidden.png"):
        picture(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no picture")
    assert list(pictures_in(tmp_path)) == ["a", "b"]


def test_more_than_memory_holds(tmp_path, monkeypatch):
    voc_folder(tmp_path, {name: xml() for name in "abc"})
    monkeypatch.setattr(gather, "LARGEST", 2 * (3 * 20 * 30 + 100))
    with pytest.raises(ValueError, match="read_voc: after 2 of 3 pictures more than 3,800 bytes "
                                         "are in memory; read them smaller, with size="):
        voc.read_voc(tmp_path)
    assert len(voc.read_voc(tmp_path, size=10)) == 3


def test_problems_are_an_error_or_a_line(tmp_path):
    lines = []
    none = Problems(tmp_path, False, lines.append)
    none.finish()
    for skip in (False, True):
        problems = Problems(tmp_path, skip, lines.append)
        problems.add("a.png: torn")
        if not skip:
            with pytest.raises(DamagedFile, match="1 thing cannot be used:\n  a.png: torn;\nmend"):
                problems.finish()
            assert lines == []
    problems.finish()
    assert lines == [f"{tmp_path}: 1 thing cannot be used:\n  a.png: torn;\nthey are left out; "
                     "a picture stays, without its wrong boxes"]


def test_boxes_are_cut_by_a_pixel_and_left_out_beyond(tmp_path):
    problems = Problems(tmp_path, True, len)
    boxes = np.array([[-1, 0, 5, 5], [-1.5, 0, 5, 5], [9.5, 0, 10.9, 5], [10, 0, 11, 5]])
    target = {"boxes": boxes, "labels": np.arange(1, 5), "difficult": np.array([1, 0, 1, 0], bool)}
    kept = kept_objects(target, (8, 10), "a.xml", problems)
    assert kept["boxes"].tolist() == [[0, 0, 5, 5], [9.5, 0, 10, 5]]
    assert kept["labels"].tolist() == [1, 3] and kept["difficult"].tolist() == [True, True]
    assert [text.split(" (")[0] for text in problems.found] == ["a.xml: box 1", "a.xml: box 3"]
    assert "reaches out" in problems.found[0] and "has no size" in problems.found[1]


def test_split_by_seed():
    scenes = Scenes(np.zeros((10, 1, 2, 2), np.uint8), [{"caption": str(n)} for n in range(10)],
                    ["background"], "made up")
    train, test = split_by_seed(scenes, 3)
    words = [[target["caption"] for _, target in part] for part in (train, test)]
    assert len(words[1]) == 2 and sorted(words[0] + words[1]) == sorted(map(str, range(10)))
    assert train.source == "8 of made up" and len(split_by_seed(scenes, 3, 0.01)[1]) == 1
    with pytest.raises(ValueError, match="1 picture, too few to train and to test"):
        split_by_seed(scenes[:1], 0)


def test_class_names():
    assert class_names(["background", "a"], "f") == class_names(["a"], "f") == ("background", "a")
    for names in ([], ["background"]):
        with pytest.raises(ValueError, match="f: no class but the background"):
            class_names(names, "f")
