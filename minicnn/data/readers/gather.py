"""What all readers do: look for pictures, read them, scale them, and name what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from minicnn.backend.messages import plural
from minicnn.data.files import DamagedFile
from minicnn.data.folder import check_place
from minicnn.data.pictures import colours, eight_bits, open_picture
from minicnn.data.scene_sizes import Size, resize_scene
from minicnn.data.scene_targets import Target, chosen_objects, wrong_boxes
from minicnn.data.scenes import Scenes

ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm")
GREY = ("1", "L", "I", "I;16", "I;16B", "I;16L")       # Pillow's modes of grey pictures
LARGEST = 2 ** 32               # bytes of pictures and masks that are held in memory
OVER = 1.0                      # pixels that a box may reach over the edge: rounding of the tools
NAMED = 10                      # problems that a message lists


class Problems:
    """What cannot be used: an error at the end or, with skip, a line for each.

    folder : named in front of them all
    """

    def __init__(self, folder: Path, skip: bool, log: Callable[[str], object]) -> None:
        self.folder, self.skip, self.log, self.found = folder, skip, log, list[str]()

    def add(self, text: str) -> None:
        self.found.append(text)

    def finish(self) -> None:
        if not self.found:
            return
        more = len(self.found) - NAMED
        text = f"{self.folder}: {plural(len(self.found), 'thing')} cannot be used:\n  " + \
            ";\n  ".join(self.found[:NAMED]) + (f";\n  and {more} more" if more > 0 else "")
        if not self.skip:
            raise DamagedFile(f"{text};\nmend them, or leave them out with skip_unreadable=True "
                              "(--skip-unreadable)")
        self.log(f"{text};\nthey are left out; a picture stays, without its wrong boxes")


class Entry(NamedTuple):
    """A picture and how to know what is on it: target((H, W), problems)."""

    picture: Path
    target: Callable[[Size, Problems], Target]


def gather(who: str, folder: Path, entries: Sequence[Entry], classes: Sequence[str],
           size: Size | None, problems: Problems) -> Scenes:
    """The scenes of all entries; DamagedFile for what cannot be used, unless it is to be skipped.

    folder : the pictures lie in it; a link or a name that leads out of it is refused
    """
    from tqdm import tqdm
    images: list[np.ndarray] = []
    targets: list[Target] = []
    held = 0
    for entry in tqdm(entries, "reading", unit=" pictures", leave=False, disable=None):
        try:
            if not entry.picture.exists():
                raise FileNotFoundError(f"{entry.picture}: no such picture")
            check_place(entry.picture, folder)
            image = read_image(entry.picture)                                   # (C, H, W)
            target = entry.target(image.shape[1:], problems)
        except (DamagedFile, OSError) as problem:
            problems.add(str(problem))
            continue
        if size is not None:
            image, target = resize_scene(image, target, size)
        held += image.nbytes + sum(value.nbytes for value in target.values()
                                   if isinstance(value, np.ndarray))
        if held > LARGEST:
            raise ValueError(f"{who}: after {len(images):,} of {len(entries):,} pictures more than "
                             f"{LARGEST:,} bytes are in memory; read them smaller, with "
                             "size=(height, width), or fewer of them, or without masks")
        images.append(image)
        targets.append(target | {"name": entry.picture.name})
    problems.finish()
    if not images:
        raise ValueError(f"{who}: no picture with annotations in {folder}")
    return Scenes(alike(images), targets, classes, f"{len(images):,} pictures of {folder}")


def alike(images: list[np.ndarray]) -> Any:
    """Grey only if all are; one array if all have one size."""
    channels = max(len(image) for image in images)
    images = [image if len(image) == channels else image.repeat(channels, axis=0)
              for image in images]
    return np.stack(images) if len({image.shape for image in images}) == 1 else images


def read_image(path: Path) -> np.ndarray:
    """(3, H, W) uint8, or (1, H, W) of a picture that is stored in grey; turned upright."""
    return open_picture(path, pixels)


def pixels(image: Any) -> np.ndarray:
    grey = image.mode in GREY and "transparency" not in image.info
    if grey and image.mode.startswith("I"):
        image.load()
        return eight_bits(image)[None]                                          # (1, H, W)
    picture = np.asarray(colours(image)).transpose(2, 0, 1)                     # (3, H, W)
    return np.ascontiguousarray(picture[:1] if grey else picture)


def pictures_in(folder: Path) -> dict[str, Path]:
    """{name without its ending: path} of the pictures in a folder, sorted; hidden ones not."""
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: no such folder; expected one with pictures")
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in ENDINGS and not path.name.startswith("."):
            if path.stem in found:
                raise ValueError(f"{folder}: {found[path.stem].name} and {path.name} have one "
                                 "name, so that nobody knows whose annotations those are")
            found[path.stem] = path
    return found


def kept_objects(target: Target, size: Size, where: str, problems: Problems) -> Target:
    """The target without the boxes that no object of a picture (H, W) can have, each named.

    A box that reaches over the edge by up to a pixel is cut there: tools round, some outwards.
    """
    H, W = size
    boxes = target["boxes"]
    cut = np.clip(boxes, 0, np.array([W, H, W, H], boxes.dtype))
    target = target | {"boxes": np.where(np.abs(cut - boxes) <= OVER, cut, boxes)}
    wrong = wrong_boxes(target["boxes"], size)
    for number, reason in wrong:
        problems.add(f"{where}: box {number} {reason}")
    kept = np.ones(len(boxes), bool)
    kept[[number for number, _ in wrong]] = False
    return chosen_objects(target, kept)


def split_by_seed(scenes: Scenes, seed: int, share: float = 0.2) -> tuple[Scenes, Scenes]:
    """(training, test): `share` of the pictures, at least one, are for testing."""
    N = len(scenes)
    if N < 2:
        raise ValueError(f"{scenes.source}: {N} picture, too few to train and to test")
    order = np.random.default_rng([seed, N]).permutation(N)
    count = max(round(share * N), 1)
    return scenes[order[count:]], scenes[order[:count]]


def class_names(names: Iterable[str], who: str) -> tuple[str, ...]:
    """("background", ...) of names with it or without."""
    listed = [str(name) for name in names]
    if not set(listed) - {"background"}:
        raise ValueError(f"{who}: no class but the background; is no object marked in any file?")
    return tuple(listed if listed[:1] == ["background"] else ["background", *listed])
