"""Which kind of scenes a folder holds, and how it is parted into training and test."""

import numpy as np
import pytest

from minicnn.data import drawn_scenes, shapes
from minicnn.data.find_scenes import find_scenes, is_scenes
from tests.data.readers.folders import (
    coco,
    coco_tree,
    masks,
    one,
    picture,
    voc,
    xml,
    yolo,
)

LINE = "0 0.5 0.5 0.2 0.5\n"
SIZE = 20, 30
MARKED = xml([("cat", (2, 3, 10, 12))], extra="<difficult>1</difficult>")


def mask(value=1):
    made = np.zeros(SIZE, np.uint8)
    made[:4] = value
    return made


def voc_lists(folder):
    texts = {name: xml([("dog" if name == "b" else "cat", (2, 3, 10, 12))]) for name in "abcd"}
    voc(folder, texts | {"e": MARKED}, {"train": ["a", "b"], "val": ["c"], "test": ["d", "e"]})


def voc_folders(folder):
    for part, names in (("train", "ab"), ("test", "cd")):
        for number, name in enumerate(names):
            picture(folder / part / f"{name}.png", number)
            (folder / part / f"{name}.xml").write_text(xml())


def coco_names(folder):
    for part in ("train2017", "val2017"):
        tree = coco_tree([one(), one(iscrowd=1)], 2)
        coco(folder, tree, f"annotations/instances_{part}.json", part)
        coco(folder, "{}", f"annotations/captions_{part}.json")


def coco_folders(folder):
    for part in ("train", "valid"):
        coco(folder / part, coco_tree([one()], 2), "_annotations.coco.json", ".")


def yolo_images(folder):
    for part in ("train", "val"):
        yolo(folder, {f"{part}{n}": LINE for n in range(2)}, images=f"images/{part}",
             labels=f"labels/{part}")


def yolo_folders(folder):
    for part in ("train", "valid"):
        yolo(folder, {f"{part}{n}": LINE for n in range(2)}, None, f"{part}/images",
             f"{part}/labels")
    (folder / "data.yaml").write_text("names: [cat, dog]\n")


def mask_folders(folder):
    for part in ("train", "val"):
        masks(folder / part, {"a": mask(2), "b": mask(255)}, "image", "label")


SPLIT = {"voc lists": voc_lists, "voc folders": voc_folders, "coco names": coco_names,
         "coco folders": coco_folders, "yolo images": yolo_images, "yolo folders": yolo_folders,
         "mask folders": mask_folders}


@pytest.mark.parametrize("kind", SPLIT)
def test_folders_that_are_split(tmp_path, kind):
    SPLIT[kind](tmp_path)
    assert is_scenes(tmp_path)
    train, test = find_scenes(tmp_path, log=len)
    assert len(train) == len(test) == 2 and train.classes == test.classes
    assert train.has("class_map" if kind == "mask folders" else "boxes")
    assert not train.has("difficult") and not train.has("crowd")
    assert find_scenes(str(tmp_path), size=16)[0].images.shape == (2, 3, 16, 16)


def test_what_is_marked_is_kept_for_testing(tmp_path):
    voc_lists(tmp_path / "voc")
    train, test = find_scenes(tmp_path / "voc")
    assert [target["name"] for target in test.targets] == ["d.png", "e.png"]    # test before val
    assert [target["difficult"].tolist() for target in test.targets] == [[False], [True]]
    coco_names(tmp_path / "coco")
    train, test = find_scenes(tmp_path / "coco")
    assert len(train.targets[0]["labels"]) == 1
    assert test.targets[0]["crowd"].tolist() == [False, True]


def test_a_value_means_the_same_in_both_parts(tmp_path):
    """Taken alone, the masks to test on would be background and foreground."""
    masks(tmp_path / "train", {"a": mask(1), "b": mask(255)})
    masks(tmp_path / "test", {"a": mask(255), "b": mask(0)})
    train, test = find_scenes(tmp_path)
    assert train.classes == test.classes == ("background", "foreground")
    assert [np.unique(target["class_map"]).tolist() for target in test.targets] == [[0, 255], [0]]


WHOLE = {
    "voc": lambda folder: voc(folder, {name: xml() for name in "abcdefghij"}),
    "coco": lambda folder: coco(folder, coco_tree([one()], 10)),
    "coco beside": lambda folder: coco(folder, coco_tree([one()], 10), "labels.json", "."),
    "yolo": lambda folder: yolo(folder, dict.fromkeys("abcdefghij", LINE)),
    "yolo beside": lambda folder: yolo(folder, dict.fromkeys("abcdefghij", LINE), images=".",
                                       labels="."),
    "masks": lambda folder: masks(folder, {name: mask(255) for name in "abcdefghij"}),
    "inside": lambda folder: masks(folder / "data" / "cells" / "train",
                                   {name: mask() for name in "abcdefghij"}, "image", "label")}


@pytest.mark.parametrize("kind", WHOLE)
def test_folders_that_are_whole(tmp_path, kind):
    WHOLE[kind](tmp_path)
    (tmp_path / "LICENSE").write_text("free")
    (tmp_path / ".hidden").mkdir()
    train, test = find_scenes(tmp_path)
    assert (len(train), len(test)) == (8, 2)
    assert not {target["name"] for _, target in train} & {target["name"] for _, target in test}
    again, _ = find_scenes(tmp_path)
    assert train == again and train != find_scenes(tmp_path, seed=1)[0]
    assert len(find_scenes(tmp_path, held_out=0.5)[1]) == 5


def test_drawn_scenes_by_name(monkeypatch, tmp_path):
    monkeypatch.setenv("MINICNN_CACHE", str(tmp_path))
    monkeypatch.setattr(drawn_scenes, "DRAWN", {"train": (3, 0), "test": (2, 1)})
    assert find_scenes("shapes", log=len) == (shapes(3, 0), shapes(2, 1))
    assert find_scenes("shapes", 32, log=len)[0].images.shape == (3, 3, 64, 64)
    assert is_scenes("shapes-hard") and is_scenes("digits-canvas") and not is_scenes("digits")


def test_what_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="no scenes and no folder are called 'shape'; did "
                                                "you mean shapes"):
        find_scenes("shape")
    for name in ("cat", "dog"):
        picture(tmp_path / name / "a.png")                  # class folders
    assert not is_scenes(tmp_path) and not is_scenes(tmp_path / "none")
    with pytest.raises(FileNotFoundError, match="no annotations that are known here; expected"):
        find_scenes(tmp_path)
    with pytest.raises(ValueError, match="held_out is 1, expected a share between 0 and 1"):
        find_scenes(tmp_path, held_out=1)


def test_a_single_picture_cannot_be_parted(tmp_path):
    voc(tmp_path, {"a": xml()})
    with pytest.raises(ValueError, match="1 picture, too few to train and to test"):
        find_scenes(tmp_path)


def test_skip_unreadable_reaches_the_readers(tmp_path):
    WHOLE["voc"](tmp_path)
    (tmp_path / "Annotations" / "a.xml").write_text("<annotation>")
    with pytest.raises(ValueError, match="a.xml: no whole XML file"):
        find_scenes(tmp_path)
    lines = []
    train, test = find_scenes(tmp_path, skip_unreadable=True, log=lines.append)
    assert len(train) + len(test) == 9 and "a.xml" in lines[0]
