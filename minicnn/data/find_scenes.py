"""Scenes by name, as a pair to train and to test on: drawn ones, or those of a folder.

What a folder holds is told from what lies in it:

    Annotations/*.xml, or *.xml             VOC         split by ImageSets/Main/train.txt, test.txt
    annotations/*.json, or *.json           COCO        split by the files' names: train, val
    labels/*.txt, or *.txt                  YOLO        split by folders: images/train, labels/train
    images and masks, image and label, ...  masks

or the same in two folders train and test (or val, valid).  Where nothing is split, a share of the
pictures is held out by the seed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from minicnn.backend.messages import did_you_mean
from minicnn.data.drawn_scenes import drawn_scenes
from minicnn.data.readers.coco import read_coco
from minicnn.data.readers.gather import ENDINGS, pictures_in, split_by_seed
from minicnn.data.readers.masks import IMAGES, MASKS, meaning_of, read_masks, seen_values
from minicnn.data.readers.voc import ANNOTATIONS, read_voc
from minicnn.data.readers.yolo import read_yolo
from minicnn.data.scene_sizes import Size
from minicnn.data.scenes import Scenes

NAMES = ("shapes", "shapes-hard", "digits-canvas")
LABELLED = ("mnist", "digits", "cifar10")           # of find.py, without boxes
HELD = ("test", "val", "valid", "validation")       # what the part to test on is called
HELD_OUT = 0.2                                      # of the pictures, where nothing is split

Read = Callable[..., Scenes]


def find_scenes(name: str | Path, size: int | Size | None = None, seed: int = 0,
                skip_unreadable: bool = False, held_out: float = HELD_OUT,
                log: Callable[[str], object] = print) -> tuple[Scenes, Scenes]:
    """For training and for testing.

    name : shapes, shapes-hard, digits-canvas, or a folder's path
    size : pixels that the pictures of a folder are brought to, (height, width) or one number for a
           square; they stay as they are where None.  Drawn scenes are 64 x 64
    seed : of the draw of those pictures of a folder that are held out
    skip_unreadable : leave out what cannot be used, with a line to `log` for each
    held_out : share of the pictures for testing, where the folder is not split

    VOC's difficult objects and COCO's crowds are left out of the part to train on, and kept and
    marked in the part to test on, where that is a part of its own.
    """
    if str(name) in NAMES:
        return drawn_scenes(str(name), log)
    if not 0 < held_out < 1:
        raise ValueError(f"find_scenes: held_out is {held_out}, expected a share between 0 and 1")
    if Path(name).is_dir():
        return read_both(Path(name), seed, held_out,
                         {"size": size, "skip_unreadable": skip_unreadable, "log": log})
    hint = did_you_mean(name, NAMES)
    what = "mnist, digits and cifar10 have one label a picture, and neither boxes nor maps" \
        if str(name) in LABELLED else f"no scenes and no folder are called {str(name)!r}"
    raise FileNotFoundError(f"{what}; {f'{hint} There' if hint else 'there'} are "
                            f"{', '.join(NAMES)}, or give a folder with annotations")


def scenes_of(name: str | Path, side: int, seed: int, skip_unreadable: bool
              ) -> tuple[Scenes, Scenes]:
    """As the train and the test command ask for them, side x side pixels."""
    return find_scenes(name, side, seed, skip_unreadable=skip_unreadable)


def is_scenes(name: str | Path) -> bool:
    """Would find_scenes find something of that name?  Nothing is read."""
    return str(name) in NAMES or (Path(name).is_dir() and bool(parts_of(inner(Path(name)))))


def read_both(folder: Path, seed: int, held_out: float, options: dict[str, Any]
              ) -> tuple[Scenes, Scenes]:
    parts = parts_of(inner(folder))
    if not parts:
        raise FileNotFoundError(
            f"{folder}: no annotations that are known here; expected Annotations/*.xml (VOC), "
            "annotations/*.json (COCO), labels/*.txt (YOLO), or folders images and masks, in it or "
            "in train and test in it")
    if len(parts) == 1:
        return split_by_seed(parts[0](marked=False, **options), seed, held_out)
    train = parts[0](marked=False, **options)
    return train, parts[1](marked=True, classes=train.classes, **options)


def inner(folder: Path) -> Path:
    """The folder, or the only one in it, ..., until there is something to read."""
    inside = folders_in(folder)
    while len(inside) == 1 and not parts_of(folder):
        folder = inside[0]
        inside = folders_in(folder)
    return folder


def folders_in(folder: Path) -> list[Path]:
    return sorted(place for place in folder.iterdir()
                  if place.is_dir() and not place.name.startswith("."))


def parts_of(folder: Path) -> list[Read]:
    """How to read what is in a folder: [all], [to train on, to test on], or [] for nothing known.

    Each is called with marked (keep difficult objects and crowds?), classes, size, ...
    """
    for form in (voc_parts, coco_parts, yolo_parts, mask_parts):
        if found := form(folder):
            return found
    if held := held_folder(folder):
        parts = [parts_of(folder / "train"), parts_of(held)]
        if [len(part) for part in parts] == [1, 1]:
            return [part[0] for part in parts]
    return []


def held_folder(folder: Path) -> Path | None:
    """The part to test on, where there is one to train on beside it."""
    held = next((folder / word for word in HELD if (folder / word).is_dir()), None)
    return held if (folder / "train").is_dir() else None


def voc_parts(folder: Path) -> list[Read]:
    places = [folder, *(folder / name for name in ANNOTATIONS)]
    if not any(next(place.glob("*.xml"), None) for place in places if place.is_dir()):
        return []
    lists = folder / "ImageSets" / "Main"
    held = next((word for word in HELD if (lists / f"{word}.txt").is_file()), None)
    splits = ["train", held] if held and (lists / "train.txt").is_file() else [None]
    return [partial(voc_part, folder, split) for split in splits]


def voc_part(folder: Path, split: str | None, marked: bool, **options: Any) -> Scenes:
    return read_voc(folder, split, difficult=marked, **options)


def coco_parts(folder: Path) -> list[Read]:
    files = [path for place in (folder / "annotations", folder) if place.is_dir()
             for path in sorted(place.glob("*.json"))]
    files = [path for path in files if path.name.startswith("instances")] or files
    by_word = {word: path for word in ("train", *HELD) for path in files if word in path.stem}
    held = next((by_word[word] for word in HELD if word in by_word), None)
    if "train" in by_word and held:
        files = [by_word["train"], held]
    elif len(files) != 1:
        return []
    return [partial(coco_part, path, pictures_of(folder, path)) for path in files]


def coco_part(path: Path, images: Path, marked: bool, **options: Any) -> Scenes:
    return read_coco(path, images, crowds=marked, **options)


def pictures_of(folder: Path, path: Path) -> Path:
    """Where the pictures of a JSON file lie: in the first of the usual folders that has any."""
    word = path.stem.rpartition("_")[2]
    places = [folder / word, folder / "images" / word, folder / "images", path.parent, folder]
    return next((place for place in places if has_pictures(place)), folder)


def yolo_parts(folder: Path) -> list[Read]:
    images, labels = folder / "images", folder / "labels"
    if held := held_folder(labels):
        return [partial(yolo_part, images / place.name, place)
                for place in (labels / "train", held)]
    for places in ((images, labels), (folder, folder)):
        if any((places[1] / f"{path.stem}.txt").is_file() for path in pictures(places[0])):
            return [partial(yolo_part, *places)]
    return []


def yolo_part(images: Path, labels: Path, marked: bool, **options: Any) -> Scenes:
    return read_yolo(images, labels, **options)


def mask_parts(folder: Path) -> list[Read]:
    held = held_folder(folder)
    pairs = [mask_folders(place) for place in ([folder / "train", held] if held else [folder])]
    found = [pair for pair in pairs if pair]
    every = [masks for _, masks in found]
    return [partial(mask_part, *pair, every) for pair in found] if len(found) == len(pairs) else []


def mask_folders(folder: Path) -> tuple[Path, Path] | None:
    """Where the pictures are and where their masks."""
    images = next((folder / name for name in IMAGES if has_pictures(folder / name)), None)
    masks = next((folder / name for name in MASKS if has_pictures(folder / name)), None)
    return (images, masks) if images and masks else None


def mask_part(images: Path, masks: Path, every: list[Path], marked: bool,
              classes: Iterable[str] | None = None, **options: Any) -> Scenes:
    """every : the folders of masks of both parts: a value means the same in both"""
    paths = [path for place in every for path in pictures_in(place).values()]
    return read_masks(images, masks, classes, meaning_of(seen_values(paths), masks, None),
                      **options)


def pictures(folder: Path) -> Iterator[Path]:
    return (path for path in (folder.iterdir() if folder.is_dir() else ())
            if path.suffix.lower() in ENDINGS)


def has_pictures(folder: Path) -> bool:
    return next(pictures(folder), None) is not None
