"""Drawn scenes on the disk: drawn once, then read from the cache.

A file that is damaged, or that another version of the drawing code made, is drawn anew.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import logging
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from minicnn.data import shapes_forms, shapes_grounds, shapes_painting, shapes_places
from minicnn.data.dataset import Dataset
from minicnn.data.digit_canvas import digit_canvas
from minicnn.data.files import DamagedFile, cache_folder, written_whole
from minicnn.data.mnist import drawer_version, find_digits
from minicnn.data.scenes import Scenes
from minicnn.data.shapes import shapes

logger = logging.getLogger("minicnn.data")

DRAWN = {"train": (6_000, 0), "test": (1_000, 1)}       # split -> number of scenes, seed


def drawn_scenes(name: str, log: Callable[[str], object] = print) -> tuple[Scenes, Scenes]:
    """6,000 scenes to train on and 1,000 to test on: shapes, shapes-hard or digits-canvas.

    The hard shapes come with digits.  The digits of the canvas are MNIST's, or drawn ones where it
    cannot be had; those for testing are not among those for training.
    """
    if name == "digits-canvas":
        hands = dict(zip(DRAWN, find_digits(log=log), strict=True))
        return kept(name, "train", log, hands), kept(name, "test", log, hands)
    return kept(name, "train", log), kept(name, "test", log)


def kept(name: str, split: str, log: Callable[[str], object],
         hands: dict[str, Dataset] | None = None) -> Scenes:
    """One split, from the cache, else drawn (seconds) and put there."""
    count, seed = DRAWN[split]
    whose = hands[split].fingerprint[:8] if hands else "own"
    path = cache_folder() / f"{name}-{version()}-{whose}-{count}-{seed}.npz"
    try:
        return read_scenes(path)
    except (OSError, DamagedFile) as error:
        logger.info("%s is drawn: %s", name, error)
    log(f"drawing {count:,} scenes: {name}, {split}")
    if hands:
        made = digit_canvas(count, seed, digits=hands[split])
    else:
        hard = name == "shapes-hard"
        made = shapes(count, seed, hard=hard, digits=hard)
    try:
        write_scenes(path, made)
    except OSError as error:
        logger.info("%s is not kept: %s", name, error)
    return made


def write_scenes(path: Path, scenes: Scenes) -> None:
    """Drawn scenes, which are all of one size and have boxes, masks, class_map and caption."""
    targets = scenes.targets
    words = {"classes": scenes.classes, "source": scenes.source, "print": scenes.fingerprint,
             "captions": [target["caption"] for target in targets]}
    masks = np.concatenate([target["masks"] for target in targets])            # (objects, S, S)
    with written_whole(path) as file:
        np.savez(file, images=scenes.images, masks=np.packbits(masks, axis=-1),
                 class_maps=np.stack([target["class_map"] for target in targets]),
                 boxes=np.concatenate([target["boxes"] for target in targets]),
                 labels=np.concatenate([target["labels"] for target in targets]),
                 counts=np.array([len(target["labels"]) for target in targets]),
                 words=np.frombuffer(json.dumps(words).encode(), np.uint8))


def read_scenes(path: Path) -> Scenes:
    """What write_scenes wrote; DamagedFile if it is not exactly that."""
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        words = json.loads(arrays["words"].tobytes())
        ends = np.cumsum(arrays["counts"])[:-1]
        size = arrays["images"].shape[-1]
        masks = np.unpackbits(arrays["masks"], axis=-1, count=size).astype(bool)
        columns = [np.split(values, ends) for values in (arrays["boxes"], arrays["labels"], masks)]
        targets = [
            {"boxes": boxes, "labels": labels, "masks": seen, "class_map": class_map,
             "caption": caption} for boxes, labels, seen, class_map, caption in
            zip(*columns, arrays["class_maps"], words["captions"], strict=True)]
        scenes = Scenes(arrays["images"], targets, words["classes"], words["source"])
        same = scenes.fingerprint == words["print"]
    except (ValueError, TypeError, KeyError, IndexError, EOFError, zipfile.BadZipFile,
            zlib.error) as problem:
        raise DamagedFile(f"{path}: {problem}") from None
    if not same:
        raise DamagedFile(f"{path}: changed since it was written")
    return scenes


def version() -> str:
    """Eight letters that change when the code of the drawers does: no stale scenes in the cache."""
    parts = (shapes, digit_canvas, shapes_forms, shapes_grounds, shapes_painting, shapes_places)
    sources = (Path(inspect.getfile(part)).read_bytes() for part in parts)
    return hashlib.sha256(drawer_version().encode() + b"".join(sources)).hexdigest()[:8]
