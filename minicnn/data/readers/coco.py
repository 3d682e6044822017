"""COCO: one JSON file with the pictures, the classes, and all objects.

    {"images":      [{"id": 7, "file_name": "a.jpg", "height": 480, "width": 640}, ...],
     "categories":  [{"id": 18, "name": "dog"}, ...],
     "annotations": [{"image_id": 7, "category_id": 18, "bbox": [x, y, width, height],
                      "segmentation": [[x, y, x, y, ...], ...], "iscrowd": 0}, ...]}

A segmentation is a list of polygons, or the runs of a mask: {"size": [H, W], "counts": ...}.  A
crowd is one region around many objects that nobody told apart.

The class map is painted from the masks, large ones first, so that small ones stay visible; crowds
are left out of it (255).
Source: Lin et al. 2014, "Microsoft COCO: common objects in context", sections 3 and 4.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from minicnn.backend.messages import type_name
from minicnn.data.files import DamagedFile, read_limited
from minicnn.data.readers.gather import Entry, Problems, class_names, gather, kept_objects
from minicnn.data.readers.polygons import polygon_mask
from minicnn.data.readers.runs import decode_runs
from minicnn.data.scene_sizes import Size, as_size
from minicnn.data.scene_targets import IGNORED, Target
from minicnn.data.scenes import Scenes

LARGEST = 2 ** 30           # bytes of a JSON file


def read_coco(annotations: str | Path, images: str | Path, classes: Iterable[str] | None = None,
              size: int | Size | None = None, masks: bool = True, crowds: bool = False,
              skip_unreadable: bool = False, log: Callable[[str], object] = print) -> Scenes:
    """Scenes with boxes, labels, and where every object has its segmentation, masks and class_map.

    annotations : the JSON file;  images : the folder of the pictures
    classes : names of those categories that are wanted, in the order of their labels; all, by their
              id, where None
    size    : pixels that every picture is brought to, (height, width) or one number for a square
    masks   : False leaves the segmentations unread
    crowds  : keep crowds, with target["crowd"]; else they are left out, as in training
    skip_unreadable : leave out pictures and objects that cannot be used, a line to `log` for each;
              otherwise DamagedFile names them
    """
    path, folder = Path(annotations), Path(images)
    pictures, categories, objects = read_json(path)
    problems = Problems(path, skip_unreadable, log)
    names = class_names(classes if classes is not None else categories.values(), "read_coco")
    label_of = {number: names.index(name) for number, name in categories.items()
                if name in names[1:]}
    unknown = [name for name in names[1:] if name not in categories.values()]
    if unknown:
        raise ValueError(f"read_coco: {path} has no category {unknown[0]!r}, it has "
                         f"{', '.join(list(categories.values())[:20])}")
    of_picture: dict[Any, list[tuple[int, dict]]] = {number: [] for number in pictures}
    for number, one in enumerate(objects):
        if key(one.get("image_id")) not in pictures:
            problems.add(f"annotation {number} belongs to picture {one.get('image_id')!r}, which "
                         "is not among the images")
        elif key(one.get("category_id")) not in categories:
            problems.add(f"annotation {number} has category {one.get('category_id')!r}, which is "
                         "not among the categories")
        elif one["category_id"] in label_of and (crowds or not one.get("iscrowd")):
            of_picture[one["image_id"]].append((number, one))
    without = [not one.get("segmentation") for found in of_picture.values() for _, one in found]
    if masks and any(without) and not all(without):
        log(f"{path}: {sum(without):,} of {len(without):,} objects have no segmentation, so there "
            "are no masks")
    masks = masks and not any(without)
    entries = [Entry(folder / picture["file_name"],
                     partial(target_of, of_picture[number], picture, label_of, masks, crowds))
               for number, picture in pictures.items()]
    scenes = gather("read_coco", folder, entries, names, as_size(size, "read_coco"), problems)
    return scenes.replace(source=f"{len(scenes):,} pictures of {path}")


def read_json(path: Path) -> tuple[dict[Any, dict], dict[Any, str], list[dict]]:
    """{id: picture}, {id: name of the category}, annotations; DamagedFile if it is not COCO's."""
    try:
        tree = json.loads(read_limited(path, LARGEST))
    except (ValueError, RecursionError) as problem:
        if isinstance(problem, DamagedFile):
            raise
        raise DamagedFile(f"{path}: no whole JSON file ({problem}); was it cut off?") from None
    parts = []
    for name, fields in (("images", ("id", "file_name")), ("categories", ("id", "name")),
                         ("annotations", ())):
        part = tree.get(name) if isinstance(tree, dict) else None
        if not isinstance(part, list) or not all(isinstance(one, dict) for one in part):
            raise DamagedFile(f"{path}: has no list {name!r} of objects, as COCO's files do"
                              + ("; the hidden test sets have none" if name == "annotations" else
                                 ""))
        for number, one in enumerate(part):
            for field in fields:
                if not isinstance(one.get(field), (int, str) if field == "id" else str) or \
                        "\0" in str(one[field]):
                    raise DamagedFile(f"{path}: {name} {number} has {field} {one.get(field)!r}, "
                                      "expected a " + ("number" if field == "id" else "string"))
        parts.append(part)
    pictures = {one["id"]: one for one in parts[0]}
    categories = {one["id"]: one["name"] for one in
                  sorted(parts[1], key=lambda one: (isinstance(one["id"], str), one["id"]))}
    for word, found, listed in (("images", pictures, parts[0]),
                                ("categories", categories, parts[1])):
        if len(found) != len(listed):
            raise DamagedFile(f"{path}: two of the {word} have one id")
    return pictures, categories, parts[2]


def key(value: Any) -> Any:
    """What can be looked up among ids; None for what cannot."""
    return value if isinstance(value, (int, str)) else None


def target_of(found: list[tuple[int, dict]], picture: dict, label_of: dict[Any, int], masks: bool,
              crowds: bool, size: Size, problems: Problems) -> Target:
    """Boxes, labels, masks of one picture (H, W)."""
    name = picture["file_name"]
    said = (picture.get("height") or size[0], picture.get("width") or size[1])
    if said != size:
        raise DamagedFile(f"{name}: annotated as {said[1]}x{said[0]}, but it has {size[1]}x"
                          f"{size[0]} pixels, so that its boxes lie elsewhere")
    boxes, labels, marks, seen = [], [], [], []
    for number, one in found:
        try:
            box = box_of(one.get("bbox"))
            mask = mask_of(one["segmentation"], size) if masks else None
        except ValueError as problem:
            problems.add(f"{name}: annotation {number}: {problem}")
            continue
        boxes.append(box)
        labels.append(label_of[one["category_id"]])
        marks.append(bool(one.get("iscrowd")))
        seen.append(mask)
    target: Target = {"boxes": np.array(boxes, np.float32).reshape(-1, 4),
                      "labels": np.array(labels, np.int64)}
    if masks:
        target["masks"] = np.array(seen, bool).reshape(-1, *size)
    if crowds:
        target["crowd"] = np.array(marks, bool)
    target = kept_objects(target, size, name, problems)
    if masks:
        target["class_map"] = painted(target, size)
    return target


def box_of(bbox: Any) -> list[float]:
    """x, y, width, height -> x1, y1, x2, y2."""
    if not isinstance(bbox, list) or len(bbox) != 4 or not all(map(is_number, bbox)):
        raise ValueError(f"bbox is {str(bbox)[:60]}, expected [x, y, width, height] in pixels")
    x, y, width, height = bbox
    if width < 0 or height < 0:
        raise ValueError(f"bbox is {bbox}, expected [x, y, width, height], width and height above "
                         "0; are they the corner x2, y2?")
    return [x, y, x + width, y + height]


def is_number(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) < 1e6             # no NaN either


def mask_of(segmentation: Any, size: Size) -> np.ndarray:
    """(H, W) bool of polygons or of runs; ValueError for anything else."""
    if isinstance(segmentation, dict):
        said = segmentation.get("size")
        if said != list(size):
            raise ValueError(f"the mask's size is {str(said)[:40]}, the picture's [{size[0]}, "
                             f"{size[1]}]")
        counts = segmentation.get("counts")
        if not isinstance(counts, (list, str)):
            raise ValueError(f"the mask's counts are a {type_name(counts)}, expected a list or a "
                             "string of runs")
        return decode_runs(counts, size)
    if not isinstance(segmentation, list):
        raise ValueError(f"segmentation is a {type_name(segmentation)}, expected polygons or runs")
    mask = np.zeros(size, bool)
    for polygon in segmentation:
        if not isinstance(polygon, list) or len(polygon) < 6 or len(polygon) % 2 or \
                not all(map(is_number, polygon)):
            raise ValueError(f"a polygon is {str(polygon)[:60]}, expected x, y, x, y, ... of three "
                             "corners or more, in pixels")
        mask |= polygon_mask(np.array(polygon, np.float64).reshape(-1, 2), size)
    return mask


def painted(target: Target, size: Size) -> np.ndarray:
    """(H, W) uint8: the classes of the masks, small ones over large ones; 255 where a crowd is."""
    class_map = np.zeros(size, np.uint8)
    masks, crowd = target["masks"], target.get("crowd", np.zeros(len(target["masks"]), bool))
    for number in np.argsort(-masks.sum(axis=(1, 2)), kind="stable"):
        class_map[masks[number]] = IGNORED if crowd[number] else target["labels"][number]
    return class_map
