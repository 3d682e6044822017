"""YOLO: a text file for each picture, a line for each object.

    CLASS X Y WIDTH HEIGHT          the middle of the box and its size, as shares of the picture's

Classes count from 0 there, from 1 here.  A picture without a text file, or with an empty one, has
no object on it.  The names are in data.yaml, classes.txt or obj.names above, or given.
Source: Redmon, Divvala, Girshick, Farhadi 2016, "You only look once", and the program with it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import numpy as np

from minicnn.data.files import DamagedFile, read_limited
from minicnn.data.readers.gather import (
    Entry,
    Problems,
    class_names,
    gather,
    kept_objects,
    pictures_in,
)
from minicnn.data.scene_sizes import Size, as_size
from minicnn.data.scene_targets import Target
from minicnn.data.scenes import Scenes

LARGEST = 2 ** 22                           # bytes of a text file
NAMED_IN = ("data.yaml", "dataset.yaml", "classes.txt", "obj.names", "_darknet.labels")
OVER = 1.001                                # rounding of six digits


def read_yolo(images: str | Path, labels: str | Path | None = None,
              classes: Iterable[str] | None = None, size: int | Size | None = None,
              skip_unreadable: bool = False, log: Callable[[str], object] = print) -> Scenes:
    """Scenes with boxes and labels.

    images  : the folder of the pictures;  labels : of the text files, the same one where None
    classes : the names, first that of class 0; those of data.yaml, classes.txt or obj.names in the
              folders or above them where None
    size    : pixels that every picture is brought to, (height, width) or one number for a square
    skip_unreadable : leave out files and boxes that cannot be used, a line to `log` for each;
              otherwise DamagedFile names them
    """
    images = Path(images)
    labels = images if labels is None else Path(labels)
    pictures, problems = pictures_in(images), Problems(images, skip_unreadable, log)
    names = class_names(classes if classes is not None else find_names(images, labels), "read_yolo")
    if not any((labels / f"{stem}.txt").is_file() for stem in pictures):
        raise FileNotFoundError(f"{labels}: no text file has the name of a picture in {images}")
    entries = [Entry(picture, partial(target_of, labels / f"{stem}.txt", len(names)))
               for stem, picture in pictures.items()]
    scenes = gather("read_yolo", images, entries, names, as_size(size, "read_yolo"), problems)
    return scenes.replace(source=f"{len(scenes):,} pictures of {images} with boxes of {labels}")


def target_of(path: Path, classes: int, size: Size, problems: Problems) -> Target:
    """Boxes and labels of one picture (H, W)."""
    H, W = size
    text = read_limited(path, LARGEST).decode("utf-8", "replace") if path.is_file() else ""
    boxes, labels = [], []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            kind, (x, y, width, height) = read_line(line)
            if kind >= classes - 1:
                raise ValueError(f"class {kind}, expected 0 to {classes - 2}")
        except ValueError as problem:
            problems.add(f"{path}, line {number}: {problem}")
            continue
        labels.append(kind + 1)
        boxes.append([(x - width / 2) * W, (y - height / 2) * H,
                      (x + width / 2) * W, (y + height / 2) * H])
    target: Target = {"boxes": np.array(boxes, np.float32).reshape(-1, 4),
                      "labels": np.array(labels, np.int64)}
    return kept_objects(target, size, str(path), problems)


def read_line(line: str) -> tuple[int, list[float]]:
    """Class, and x, y, width, height from 0 to 1; ValueError for anything else."""
    words = line.split()
    if len(words) != 5:
        kind = "; a polygon, as tools for segmentation write it, is not read" \
            if len(words) > 6 and len(words) % 2 else ""
        raise ValueError(f"{line[:60]!r} has {len(words)} numbers, expected 5: class, x, y, width, "
                         f"height{kind}")
    if not re.fullmatch(r"[0-9]{1,9}", words[0]):
        raise ValueError(f"class {words[0][:20]!r}, expected a whole number from 0 on")
    try:
        box = [float(word) for word in words[1:]]
    except ValueError:
        raise ValueError(f"{line[:60]!r}, expected five numbers") from None
    if not all(map(math.isfinite, box)):
        raise ValueError(f"{line[:60]!r} holds what is no number")
    if not all(0 <= value <= OVER for value in box):
        cure = "are they pixels? divide x by the picture's width, y by its height" \
            if max(box) > OVER else "are they the corners x1, y1, x2, y2?"
        raise ValueError(f"{line[:60]!r}, expected x, y, width, height from 0 to 1; {cure}")
    return int(words[0]), box


def find_names(images: Path, labels: Path) -> list[str]:
    """The names in the nearest of the usual files; FileNotFoundError if there is none."""
    places = [place for folder in (images, labels)
              for place in (folder, *list(folder.absolute().parents)[:2])]
    for place in places:
        for name in NAMED_IN:
            if (place / name).is_file():
                return names_of(place / name)
    raise FileNotFoundError(f"{labels}: no file says what the classes are called; expected one of "
                            f"{', '.join(NAMED_IN)} there or above, or classes=[...]")


def names_of(path: Path) -> list[str]:
    """Names line by line or, in a .yaml file, in one of three forms.

        names: [cat, dog]    or lines  "- cat"  or  "0: cat"  under  names:
    """
    lines = read_limited(path, LARGEST).decode("utf-8", "replace").splitlines()
    if path.suffix != ".yaml":
        return [line.strip() for line in lines if line.strip()]
    text = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
    row = re.search(r"^names:\s*\[([^\]]*)\]", text, re.MULTILINE)
    if row:
        return [word.strip().strip("'\"") for word in row[1].split(",") if word.strip()]
    block = re.search(r"^names:[ \t]*\n((?:[ \t]*(?:-|\d+:)[^\n]*\n?)+)", text, re.MULTILINE)
    found = re.findall(r"^[ \t]*(-|\d+:)[ \t]*(.*?)[ \t]*$", block[1] if block else "",
                       re.MULTILINE)
    for number, (mark, _) in enumerate(found):
        if mark != "-" and mark != f"{number}:":
            raise DamagedFile(f"{path}: names has {mark} where {number}: is expected")
    if not found:
        raise DamagedFile(f"{path}: no names: [...] of the classes in it; give classes=[...]")
    return [word.strip("'\"") for _, word in found]
