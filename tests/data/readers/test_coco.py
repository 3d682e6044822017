"""COCO's JSON files: boxes, polygons, both forms of runs, crowds, and every oddity by its name."""

import json
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minicnn.data.files import DamagedFile
from minicnn.data.readers.coco import read_coco
from minicnn.data.readers.runs import encode_runs, write_string
from tests.data.readers.folders import SIZE, coco, coco_tree, one

SQUARE = [2.0, 3.0, 10.0, 3.0, 10.0, 12.0, 2.0, 12.0]
MASK = np.zeros(SIZE, bool)
MASK[3:12, 2:10] = True
FORMS = {"polygon": [SQUARE], "list": {"size": list(SIZE), "counts": encode_runs(MASK)},
         "string": {"size": list(SIZE), "counts": write_string(encode_runs(MASK))}}


def read(tmp_path, tree, **options):
    return read_coco(coco(tmp_path, tree), tmp_path / "images", **options)


def test_boxes_and_labels(tmp_path):
    tree = coco_tree([one(), one((0, 0, 30, 20), category=7), one((1, 1, 2, 2), image=2)], 3)
    scenes = read(tmp_path, tree)
    assert scenes.classes == ("background", "cat", "dog")
    assert scenes.targets[0]["boxes"].tolist() == [[2, 3, 10, 12], [0, 0, 30, 20]]
    assert scenes.targets[0]["labels"].tolist() == [1, 2]
    assert [len(target["labels"]) for target in scenes.targets] == [2, 0, 1]
    assert not scenes.has("masks") and scenes.source == f"3 pictures of {tmp_path}/annotations" \
        "/instances.json"


@pytest.mark.parametrize("form", FORMS)
def test_masks_in_every_form(tmp_path, form):
    tree = coco_tree([one(segmentation=FORMS[form])], 2)
    scenes = read(tmp_path, tree)
    assert np.array_equal(scenes.targets[0]["masks"][0], MASK)
    assert np.array_equal(scenes.targets[0]["class_map"], MASK.astype(np.uint8))
    assert scenes.targets[1]["masks"].shape == (0, *SIZE)
    assert not read_coco(tmp_path / "annotations" / "instances.json", tmp_path / "images",
                         masks=False).has("masks")


def test_several_polygons_are_one_object_and_small_ones_lie_above(tmp_path):
    parts = [[0, 0, 4, 0, 4, 4, 0, 4], [2, 2, 8, 2, 8, 8, 2, 8]]        # overlapping: both
    whole = [[0, 0, 30, 0, 30, 20, 0, 20]]
    tree = coco_tree([one(segmentation=parts), one(segmentation=whole, category=7)])
    target, = read(tmp_path, tree).targets
    assert target["masks"][0].sum() == 16 + 36 - 4
    assert np.bincount(target["class_map"].ravel()).tolist() == [0, 48, 600 - 48]


def test_no_masks_where_an_object_has_none(tmp_path):
    lines = []
    scenes = read(tmp_path, coco_tree([one(), one(segmentation=[SQUARE])]), log=lines.append)
    assert not scenes.has("masks") and scenes.has("boxes")
    assert "1 of 2 objects have no segmentation, so there are no masks" in lines[0]


def test_crowds(tmp_path):
    tree = coco_tree([one(segmentation=FORMS["list"], iscrowd=1),
                      one((20, 3, 2, 2), segmentation=[[20, 3, 22, 3, 22, 5, 20, 5]])])
    target, = read(tmp_path, tree).targets
    assert len(target["labels"]) == 1 and "crowd" not in target
    target, = read(tmp_path, tree, crowds=True).targets
    assert target["crowd"].tolist() == [True, False]
    assert (target["class_map"][MASK] == 255).all() and target["class_map"][4, 21] == 1


def test_some_of_the_classes_in_another_order_and_size(tmp_path):
    tree = coco_tree([one(), one((0, 0, 30, 20), category=7)])
    scenes = read(tmp_path, tree, classes=["dog"], size=(10, 15))
    assert scenes.classes == ("background", "dog") and scenes.images.shape == (1, 3, 10, 15)
    assert scenes.targets[0]["boxes"].tolist() == [[0, 0, 15, 10]]
    with pytest.raises(ValueError, match="has no category 'cow', it has cat, dog"):
        read(tmp_path, tree, classes=["cow"])


@pytest.mark.parametrize("annotation, message", [
    (one((2, 3, -8, 9)), "bbox is .2, 3, -8, 9., expected .x, y, width, height., width and"),
    (one((2, 3, 0, 9)), r"0.png: box 0 \(2, 3, 2, 12\) has no size"),
    (one((2, 3, 40, 9)), "box 0 .* reaches out of the picture"),
    (one((0.1, 0.1, 0.3, 0.3)), "looks normalised"),
    (one((2, 3, 8)), "0.png: annotation 0: bbox is .2, 3, 8., expected"),
    (one((2, 3, 8, "9")), "bbox is"), (one((2, 3, 8, 10 ** 400)), "bbox is"),
    (one((2, 3, 8, float("nan"))), "bbox is .2, 3, 8, nan."),
    ({"image_id": 0, "category_id": 3, "segmentation": [SQUARE]}, "bbox is None"),
    (one(image=9), "annotation 0 belongs to picture 9, which is not among the images"),
    (one(image=[9]), r"annotation 0 belongs to picture \[9\]"),
    (one(category=4), "annotation 0 has category 4, which is not among the categories"),
    (one(segmentation=[[1, 2, 3, 4]]), "a polygon is .1, 2, 3, 4., expected x, y, x, y"),
    (one(segmentation=[[1, 2, 3, 4, 5, 6, 7]]), "a polygon is"),
    (one(segmentation=[[1, 2, 3, 4, 5, "six"]]), "a polygon is"),
    (one(segmentation=[7]), "a polygon is 7"), (one(segmentation="mask"), "segmentation is a str"),
    (one(segmentation={"size": [30, 20], "counts": [600]}),
     r"the mask's size is \[30, 20\], the picture's \[20, 30\]"),
    (one(segmentation={"size": [20, 30], "counts": [599]}), "the runs cover 599 pixels, "),
    (one(segmentation={"size": [20, 30], "counts": "~"}), "letter 0 of the runs is '~'"),
    (one(segmentation={"size": [20, 30]}), "the mask's counts are a NoneType")])
def test_every_oddity_has_a_word(tmp_path, annotation, message):
    tree = coco_tree([annotation, one((1, 1, 2, 2), image=1, segmentation=[SQUARE])], 2)
    if "segmentation" not in annotation and isinstance(annotation.get("bbox"), list):
        annotation["segmentation"] = [SQUARE]
    with pytest.raises(DamagedFile, match=r"s.json: 1 thing cannot be used:\n  .*" + message):
        read(tmp_path, tree)
    lines = []
    scenes = read(tmp_path, tree, skip_unreadable=True, log=lines.append)
    assert [len(target["labels"]) for target in scenes.targets] == [0, 1]
    assert len(lines) == 1 and re.search(message, lines[0])


def with_part(name, value):
    return coco_tree([one()]) | {name: value}


@pytest.mark.parametrize("tree, message", [
    ("", "no whole JSON file"), ('{"images": [', "no whole JSON file .* was it cut off"),
    ("[" * 100_000, "no whole JSON file"), ("[]", "has no list 'images' of objects"),
    ('{"images": ' + "1" * 5000 + "}", ""), (b"\xff\xfe", "no whole JSON file"),
    (with_part("annotations", None), "has no list 'annotations' of objects.*hidden test sets"),
    (with_part("categories", {}), "has no list 'categories'"),
    (with_part("images", ["a.png"]), "has no list 'images' of objects"),
    (with_part("images", [{"id": 1}]), "images 0 has file_name None, expected a string"),
    (with_part("images", [{"id": None, "file_name": "a.png"}]), "images 0 has id None, expected"),
    (with_part("images", [{"id": 1, "file_name": "a\0.png"}]), r"has file_name 'a\\x00.png'"),
    (with_part("images", 2 * [{"id": 1, "file_name": "0.png"}]), "two of the images have one id"),
    (with_part("categories", 2 * [{"id": 3, "name": "cat"}]), "two of the categories have one id"),
    (with_part("images", [{"id": 0, "file_name": "no.png"}]), "no.png: no such picture"),
    (with_part("images", [{"id": 0, "file_name": "../annotations/instances.json"}]),
     "instances.json: a link that leads out of the folder"),
    (with_part("images", [{"id": 0, "file_name": "0.png", "height": 30, "width": 20}]),
     "0.png: annotated as 20x30, but it has 30x20 pixels")])
def test_files_that_are_not_what_they_should_be(tmp_path, tree, message):
    path = coco(tmp_path, coco_tree([one()]))
    path.write_bytes(tree if isinstance(tree, bytes) else
                     (tree if isinstance(tree, str) else json.dumps(tree)).encode())
    with pytest.raises(DamagedFile, match="(?s)instances.json: .*" + message):
        read_coco(path, tmp_path / "images")


def test_files_that_are_missing(tmp_path):
    with pytest.raises(FileNotFoundError, match="none.json: no such file"):
        read_coco(tmp_path / "none.json", tmp_path)
    tree = coco_tree([], 1)
    path = coco(tmp_path, tree)
    (tmp_path / "images" / "0.png").unlink()
    with pytest.raises(ValueError, match="read_coco: no picture with annotations in"):
        read_coco(path, tmp_path / "images", skip_unreadable=True, log=len)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 40) | st.floats() | st.sampled_from(["", "0.png"]),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(
        st.sampled_from(["size", "counts", "id", "name", "bbox"]), inner, max_size=3), max_leaves=8)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    coco(folder, coco_tree([one()]))
    return folder


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(["images", "categories", "annotations"]), st.data())
def test_whatever_the_file_holds_the_error_is_clear(hostile, part, data):
    tree = coco_tree([one(segmentation=[SQUARE])])
    field = data.draw(st.sampled_from([*tree[part][0], "segmentation", None]))
    value = data.draw(VALUES)
    if field is None:
        tree[part] = value
    else:
        tree[part][0][field] = value
    path = hostile / "annotations" / "instances.json"
    path.write_text(json.dumps(tree))
    try:
        read_coco(path, hostile / "images")
    except ValueError as problem:
        assert "instances.json" in str(problem) or "read_coco" in str(problem) \
            or "Scenes" in str(problem)
