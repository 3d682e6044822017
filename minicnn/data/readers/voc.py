"""PASCAL VOC: an XML file for each picture, as labelImg, CVAT and others write it too.

    DIR/Annotations/NAME.xml  DIR/JPEGImages/NAME.jpg  DIR/ImageSets/Main/train.txt: names

or both kinds of files side by side in one folder.  Coordinates are taken as they stand, as pixels
and half open; VOC's own files count pixels from 1, with the last one inside: first=1 makes
(xmin - 1, ymin - 1, xmax, ymax) of them.

An XML file can define words that unfold to gigabytes, or that stand for other files; a file that
may define any, one with <!DOCTYPE>, is refused.
Source: Everingham, Van Gool, Williams, Winn, Zisserman 2010, "The PASCAL visual object classes
(VOC) challenge", section 3.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

import numpy as np

from minicnn.backend.messages import did_you_mean
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

LARGEST = 2 ** 22                       # bytes of an XML file
CORNERS = ("xmin", "ymin", "xmax", "ymax")
PICTURES = ("JPEGImages", "images")     # where they may lie beside the annotations
ANNOTATIONS = ("Annotations", "annotations")


def read_voc(folder: str | Path, split: str | None = None, classes: Iterable[str] | None = None,
             size: int | Size | None = None, difficult: bool = False, first: int = 0,
             skip_unreadable: bool = False, log: Callable[[str], object] = print) -> Scenes:
    """Scenes with boxes and labels, and the mark `difficult` where those are asked for.

    folder  : DIR above
    split   : "train", ...: the names in ImageSets/Main/train.txt; all XML files where None
    classes : names of the objects in the order of their labels; all that occur, sorted, where None
    size    : pixels that every picture is brought to, (height, width) or one number for a square
    difficult : keep the objects that are marked so, with target["difficult"]; else they are left
                out, as VOC's detectors do in training
    first   : the number of the first pixel: 0, or 1 for VOC's own files
    skip_unreadable : leave out files and boxes that cannot be used, a line to `log` for each;
                otherwise DamagedFile names them
    """
    folder = Path(folder)
    annotations, pictures = voc_folders(folder)
    paths = annotation_files(folder, annotations, split)
    problems = Problems(folder, skip_unreadable, log)
    names = class_names(classes if classes is not None else
                        names_in(sorted(annotations.glob("*.xml"))), "read_voc")
    if first not in (0, 1):
        raise ValueError(f"read_voc: first is {first!r}, expected 0 or 1")
    by_stem = pictures_in(pictures)
    entries = []
    for path in paths:
        try:
            objects = read_annotation(path)
        except (DamagedFile, OSError) as problem:
            problems.add(str(problem))
            continue
        picture = picture_of(path, objects, pictures, by_stem)
        if picture is None:
            named = objects.findtext("filename") or ""
            problems.add(f"{path}: neither {path.stem} nor {named or 'its <filename>, missing,'} "
                         f"is a picture in {pictures}")
            continue
        entries.append(Entry(picture, partial(target_of, objects, str(path), names, difficult,
                                              first)))
    scenes = gather("read_voc", pictures, entries, names, as_size(size, "read_voc"), problems)
    return scenes.replace(source=f"{len(scenes):,} pictures of {folder}"
                          + (f", {split}" if split else ""))


def voc_folders(folder: Path) -> tuple[Path, Path]:
    """Where the XML files lie and where the pictures do."""
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: no such folder; expected one with Annotations and "
                                "JPEGImages in it")
    places = [folder / name for name in ANNOTATIONS if (folder / name).is_dir()] + [folder]
    annotations = next((place for place in places if next(place.glob("*.xml"), None)), None)
    if annotations is None:
        raise FileNotFoundError(f"{places[0]}: no XML files in it; expected one for each picture")
    pictures = next((folder / name for name in PICTURES if (folder / name).is_dir()), annotations)
    return annotations, pictures


def annotation_files(folder: Path, annotations: Path, split: str | None) -> list[Path]:
    if split is None:
        return sorted(annotations.glob("*.xml"))
    listing = folder / "ImageSets" / "Main" / f"{split}.txt"
    lines = read_limited(listing, LARGEST).decode("utf-8", "replace").splitlines()
    names = [line.split()[0] for line in lines if line.strip()]
    if not names:
        raise ValueError(f"{listing}: names no picture")
    return [annotations / f"{name}.xml" for name in names]


def names_in(paths: Sequence[Path]) -> list[str]:
    """The names of all objects in these files, sorted; damaged ones are told of later."""
    found = set()
    for path in paths:
        try:
            objects = read_annotation(path).findall("object")
        except (DamagedFile, OSError):
            continue
        found |= {(one.findtext("name") or "").strip() for one in objects}
    return sorted(found - {""})


def read_annotation(path: Path) -> Element:
    """The <annotation> of a file; DamagedFile if it is none."""
    root = parse_xml(read_limited(path, LARGEST), str(path))
    if root.tag != "annotation":
        raise DamagedFile(f"{path}: begins with <{root.tag[:40]}>, expected <annotation>, as VOC's")
    return root


def parse_xml(content: bytes, name: str) -> Element:
    """The tree of an XML file that can define no words of its own; DamagedFile otherwise."""
    builder = TreeBuilder()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data

    def refuse(*_: Any) -> None:
        raise DamagedFile(f"{name}: has a <!DOCTYPE>, which can define words that unfold without "
                          "end or stand for other files; annotations need none, so remove it")

    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(content, True)
        return builder.close()
    except DamagedFile:
        raise
    except (expat.ExpatError, ValueError, LookupError, AssertionError) as problem:
        raise DamagedFile(f"{name}: no whole XML file ({problem}); was it cut off?") from None


def picture_of(path: Path, objects: Element, pictures: Path, by_stem: dict[str, Path]
               ) -> Path | None:
    """The picture with the XML file's own name, else the one that it names."""
    named = Path((objects.findtext("filename") or "").strip().replace("\\", "/")).name
    if path.stem in by_stem:
        return by_stem[path.stem]
    return pictures / named if named and (pictures / named).is_file() else None


def target_of(annotation: Element, name: str, classes: tuple[str, ...], difficult: bool, first: int,
              size: Size, problems: Problems) -> Target:
    """Boxes and labels of one picture (H, W)."""
    check_picture_size(annotation, name, size)
    boxes, labels, marks = [], [], []
    for number, one in enumerate(annotation.findall("object")):
        where = f"{name}: object {number}"
        word = (one.findtext("name") or "").strip()
        if word not in classes[1:]:
            problems.add(f"{where} is a {word!r}, expected one of {', '.join(classes[1:])}; "
                         f"{did_you_mean(word, classes[1:])}".rstrip("; "))
            continue
        marked = (one.findtext("difficult") or "0").strip() not in ("0", "")
        if marked and not difficult:
            continue
        try:
            corners = [number_of(one.findtext(f"bndbox/{corner}"), corner) for corner in CORNERS]
        except ValueError as problem:
            problems.add(f"{where} ({word}): {problem}")
            continue
        boxes.append([corners[0] - first, corners[1] - first, *corners[2:]])
        labels.append(classes.index(word))
        marks.append(marked)
    target: Target = {"boxes": np.array(boxes, np.float32).reshape(-1, 4),
                      "labels": np.array(labels, np.int64)}
    if difficult:
        target["difficult"] = np.array(marks, bool)
    return kept_objects(target, size, name, problems)


def number_of(text: str | None, what: str) -> float:
    if text is None:
        raise ValueError(f"<{what}> is missing")
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"<{what}> is {text[:40]!r}, expected a number") from None
    if not math.isfinite(value) or abs(value) > 1e6:
        raise ValueError(f"<{what}> is {text.strip()[:40]!r}, expected pixels")
    return value


def check_picture_size(annotation: Element, name: str, size: Size) -> None:
    """DamagedFile if the file speaks of a picture of another size; 0 and nothing say nothing."""
    said = [annotation.findtext(f"size/{side}") for side in ("height", "width")]
    try:
        H, W = (int(float(text or 0)) for text in said)
    except (ValueError, OverflowError):
        raise DamagedFile(f"{name}: <size> is {said[1]!r} by {said[0]!r}, expected pixels"
                          ) from None
    if size != (H, W) and H > 0 and W > 0:
        turned = "; was the picture turned after it was annotated?" if size == (W, H) else ""
        raise DamagedFile(f"{name}: speaks of a picture of {W}x{H}, but its picture has "
                          f"{size[1]}x{size[0]}, so that its boxes lie elsewhere{turned}")
