"""PASCAL VOC's XML files: read as they stand, and every oddity named with its file and its box."""

import re
import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from minicnn.data.files import DamagedFile
from minicnn.data.readers.voc import parse_xml, read_voc
from tests.data.readers.folders import picture, voc, xml
from tests.data.real import REAL

BCCD = REAL / "bccd" / "BCCD"
needs_bccd = pytest.mark.skipif(not BCCD.is_dir(), reason="no BCCD here: set MINICNN_DATA")

TWO = {"a": xml([("dog", (2, 3, 10, 12)), ("cat", (0, 0, 30, 20))]), "b": xml(())}
BOMB = ('<!DOCTYPE a [<!ENTITY l "lol"><!ENTITY m "&l;&l;&l;&l;&l;&l;&l;&l;">'
        '<!ENTITY n "&m;&m;&m;&m;&m;&m;&m;&m;">]><annotation>&n;</annotation>')


def test_boxes_and_labels(tmp_path):
    scenes = read_voc(voc(tmp_path, TWO))
    assert scenes.classes == ("background", "cat", "dog")
    first, second = scenes.targets
    assert first["boxes"].tolist() == [[2, 3, 10, 12], [0, 0, 30, 20]]
    assert first["labels"].tolist() == [2, 1] and first["name"] == "a.png"
    assert second["boxes"].shape == (0, 4) and "difficult" not in first     # nothing on b
    stored = np.asarray(Image.open(tmp_path / "JPEGImages" / "a.png"))
    assert np.array_equal(scenes.images[0], stored.transpose(2, 0, 1))
    assert scenes.source == f"2 pictures of {tmp_path}"


def test_pixels_that_count_from_one(tmp_path):
    scenes = read_voc(voc(tmp_path, {"a": xml([("cat", (1, 1, 30, 20))])}), first=1)
    assert scenes.targets[0]["boxes"].tolist() == [[0, 0, 30, 20]]
    with pytest.raises(ValueError, match="first is 2, expected 0 or 1"):
        read_voc(tmp_path, first=2)


def test_size_classes_and_split(tmp_path):
    voc(tmp_path, {**TWO, "c": xml()}, {"train": ["a 1", "c -1", ""], "test": ["b"]})
    scenes = read_voc(tmp_path, "train", classes=["dog", "cat"], size=(10, 15))
    assert scenes.images.shape == (2, 3, 10, 15) and scenes.classes == ("background", "dog", "cat")
    assert scenes.targets[0]["boxes"].tolist() == [[1, 1.5, 5, 6], [0, 0, 15, 10]]
    assert scenes.targets[0]["labels"].tolist() == [1, 2]
    assert read_voc(tmp_path, "test").classes == ("background", "cat", "dog")   # of all files
    with pytest.raises(FileNotFoundError, match="val.txt: no such file"):
        read_voc(tmp_path, "val")


def test_both_kinds_of_files_in_one_folder(tmp_path):
    picture(tmp_path / "a.png")
    (tmp_path / "a.xml").write_text(TWO["a"])
    assert len(read_voc(tmp_path)) == 1


def test_a_picture_that_has_not_the_name_of_its_file(tmp_path):
    voc(tmp_path, {"a": xml(filename="C:\\pictures\\other.png")})
    (tmp_path / "JPEGImages" / "a.png").rename(tmp_path / "JPEGImages" / "other.png")
    assert read_voc(tmp_path).targets[0]["name"] == "other.png"


def test_difficult_objects(tmp_path):
    marked = xml([("cat", (2, 3, 10, 12))], extra="<difficult>1</difficult>")
    voc(tmp_path, {"a": marked, "b": xml()})
    assert [len(target["labels"]) for target in read_voc(tmp_path).targets] == [0, 1]
    kept = read_voc(tmp_path, difficult=True).targets
    assert [target["difficult"].tolist() for target in kept] == [[True], [False]]


def test_parts_of_an_object_are_no_objects(tmp_path):
    text = xml().replace("</object>", "<part><name>head</name><bndbox><xmin>1</xmin></bndbox>"
                         "</part></object>")
    scenes = read_voc(voc(tmp_path, {"a": text}))
    assert scenes.targets[0]["labels"].tolist() == [1] and len(scenes.classes) == 2


@pytest.mark.parametrize("text, message", [
    (xml([("cat", (5, 3, 5, 12))]), r"a.xml: box 0 \(5, 3, 5, 12\) has no size"),
    (xml([("cat", (2, 3, 4, 5)), ("cat", (9, 3, 5, 12))]), r"a.xml: box 1 .* in the wrong order"),
    (xml([("cat", (2, 3, 33, 12))]), "box 0 .* reaches out of the picture, which is 30 wide"),
    (xml([("cat", (0.1, 0.2, 0.5, 0.9))]), "box 0 .* looks normalised, from 0 to 1; expected"),
    (xml([("cat", ("two", 3, 9, 12))]), r"object 0 \(cat\): <xmin> is 'two', expected a number"),
    (xml([("cat", ("nan", 3, 9, 12))]), "<xmin> is 'nan', expected pixels"),
    (xml().replace("<ymax>12</ymax>", ""), r"object 0 \(cat\): <ymax> is missing"),
    (xml().replace("<name>cat</name>", ""), "object 0 is a '', expected one of cat"),
    (xml([("cta", (2, 3, 10, 12))]), "object 0 is a 'cta', expected one of cat; did you mean cat"),
    (xml(size=(20, 40)), "speaks of a picture of 40x20, but its picture has 30x20"),
    (xml(size=(30, 20)), "so that its boxes lie elsewhere; was the picture turned after"),
    (xml().replace("<width>30", "<width>wide"), "<size> is 'wide' by '20', expected pixels"),
    (xml()[:60], "a.xml: no whole XML file .* was it cut off"), ("", "no whole XML file"),
    ("<html></html>", "begins with <html>, expected <annotation>"),
    (BOMB, "a.xml: has a <!DOCTYPE>, which can define words that unfold without end"),
    ('<!DOCTYPE a SYSTEM "/etc/passwd"><annotation/>', "has a <!DOCTYPE>")])
def test_every_oddity_has_a_word(tmp_path, text, message):
    """An error, or with skip_unreadable a line, and the rest is read."""
    voc(tmp_path, {"a": text, "b": xml()})
    with pytest.raises(DamagedFile, match=r"(?s)1 thing cannot be used:\n  .*" + message
                       + r".*\nmend them, or leave them out with skip_unreadable=True"):
        read_voc(tmp_path, classes=["cat"])
    lines = []
    scenes = read_voc(tmp_path, classes=["cat"], skip_unreadable=True, log=lines.append)
    assert scenes.targets[-1]["boxes"].tolist() == [[2, 3, 10, 12]]
    assert len(lines) == 1 and re.search(message, lines[0]) and "they are left out" in lines[0]


def test_files_that_are_missing(tmp_path):
    voc(tmp_path, TWO, {"train": ["a", "nowhere"]})
    with pytest.raises(DamagedFile, match="nowhere.xml: no such file"):
        read_voc(tmp_path, "train")
    (tmp_path / "JPEGImages" / "a.png").unlink()
    with pytest.raises(DamagedFile, match="a.xml: neither a nor a.png is a picture in .*JPEG"):
        read_voc(tmp_path)
    assert len(read_voc(tmp_path, skip_unreadable=True, log=len)) == 1
    with pytest.raises(FileNotFoundError, match="Annotations: no XML files in it"):
        read_voc(voc(tmp_path / "empty", {}))
    with pytest.raises(FileNotFoundError, match="no such folder; expected one with Annotations"):
        read_voc(tmp_path / "none")
    with pytest.raises(ValueError, match="no class but the background; is no object marked"):
        read_voc(voc(tmp_path / "bare", {"a": xml(())}))


def test_damaged_pictures(tmp_path):
    voc(tmp_path, TWO)
    (tmp_path / "JPEGImages" / "b.png").write_bytes(b"no picture")
    with pytest.raises(DamagedFile, match="b.png: no JPEG, PNG"):
        read_voc(tmp_path)


def test_a_link_that_leads_out(tmp_path):
    voc(tmp_path / "set", TWO)
    picture(tmp_path / "secret.png")
    (tmp_path / "set" / "JPEGImages" / "a.png").unlink()
    (tmp_path / "set" / "JPEGImages" / "a.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(DamagedFile, match="a.png: a link that leads out of the folder"):
        read_voc(tmp_path / "set")


def test_ten_of_many_are_named(tmp_path):
    voc(tmp_path, {f"{number:02}": xml([("cat", (5, 5, 5, 5))]) for number in range(13)})
    with pytest.raises(DamagedFile, match="(?s)13 things cannot be used:.*09.xml.*and 3 more") as e:
        read_voc(tmp_path)
    assert "10.xml" not in str(e.value)


def test_a_box_over_the_edge_by_a_pixel_is_cut(tmp_path):
    scenes = read_voc(voc(tmp_path, {"a": xml([("cat", (-1, 3, 30.5, 21))])}))
    assert scenes.targets[0]["boxes"].tolist() == [[0, 3, 30, 20]]


PIECES = st.sampled_from([
    "<annotation>", "</annotation>", "<object>", "</object>", "<name>cat</name>", "<bndbox>",
    "</bndbox>", "<xmin>1</xmin>", "<ymin>2</ymin>", "<xmax>", "9</xmax>", "<ymax>1e999</ymax>",
    "<size>", "</size>", "<width>30</width>", "<height>-1</height>", "&amp;", "&x;", "<!DOCTYPE a>",
    "<![CDATA[x]]>", '<?xml version="1.0" encoding="rot13"?>', "\0", "\x80", "é", "]]>"])


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    return voc(tmp_path_factory.mktemp("hostile"), {"a": xml()})


@settings(max_examples=50, deadline=None)
@given(st.one_of(st.binary(max_size=60),
                 st.lists(PIECES, max_size=12).map("".join).map(str.encode),
                 st.tuples(st.integers(0, 250), st.binary(min_size=1, max_size=3)).map(
                     lambda change: xml().encode()[:change[0]] + change[1]
                     + xml().encode()[change[0] + 1:])))
def test_whatever_the_file_holds_the_error_is_clear(hostile, content):
    path = hostile / "Annotations" / "a.xml"
    path.write_bytes(content)
    try:
        read_voc(hostile, classes=["cat"])
    except ValueError as problem:
        assert "a.xml" in str(problem)


def test_text_between_tags_is_kept():
    root = parse_xml(b"<a><b>&lt;1&gt;</b><!-- no --><c/></a>", "a.xml")
    assert root.findtext("b") == "<1>" and [child.tag for child in root] == ["b", "c"]


@needs_bccd
def test_blood_cells(tmp_path):
    """Real files: the two with a box without size."""
    for folder, ending in (("Annotations", "xml"), ("JPEGImages", "jpg")):
        (tmp_path / folder).mkdir()
        for number in (338, 343):
            shutil.copy(BCCD / folder / f"BloodImage_00{number}.{ending}", tmp_path / folder)
    with pytest.raises(DamagedFile, match=r"(?s)2 things cannot be used:.*Image_00338.xml: box 12 "
                                          r"\(504, 337, 504, 337\) has no size.*00343.xml: box 3 "
                                          r"\(181, 329, 181, 329\) has no size"):
        read_voc(tmp_path)


@pytest.mark.slow
@needs_bccd
def test_all_blood_cells():
    lines = []
    scenes = read_voc(BCCD, size=16, skip_unreadable=True, log=lines.append)
    assert re.search(r"(?s)00338.xml: box 12 \(504, 337, 504, 337\) has no size.*00343", lines[0])
    labels = np.concatenate([target["labels"] for target in scenes.targets])
    counts = dict(zip(scenes.classes[1:], np.bincount(labels)[1:].tolist(), strict=True))
    assert len(scenes) == 364 and sum(counts.values()) == 372 + 4155 + 361 - 2
    assert counts["WBC"] == 372
