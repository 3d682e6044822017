"""A picture and beside it a picture of its classes: what the value of each pixel says.

    DIR/images/NAME.jpg  DIR/masks/NAME.png         or image and label, JPEGImages and
                                                    SegmentationClass; also NAME_mask.png

How values become classes, where `values` does not say it:

    0 and 1, or 0 and 255, in all masks     two classes: 0 the background, the other the foreground
    a palette, or grey                      the value is the class, and 255 a pixel that is left out
    colours                                 refused: values={(255, 0, 0): 1, ...} says which is what
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from minicnn.data.files import DamagedFile
from minicnn.data.pictures import open_picture
from minicnn.data.readers.gather import (
    GREY,
    Entry,
    Problems,
    class_names,
    gather,
    pictures_in,
)
from minicnn.data.scene_sizes import Size, as_size
from minicnn.data.scene_targets import IGNORED, Target
from minicnn.data.scenes import Scenes

IMAGES = ("images", "image", "imgs", "JPEGImages")
MASKS = ("masks", "mask", "labels", "label", "annotations", "SegmentationClass")
TAILS = ("", "_mask", "_label", "_seg", "_gt", "-mask")     # of a mask's name, behind its picture's
MANY = 64                   # different values: no classes, but a photo or a blurred mask

COLOUR = 2 ** 24            # beyond what grey pictures hold

Value = int | tuple[int, int, int]


def read_masks(images: str | Path, masks: str | Path, classes: Iterable[str] | None = None,
               values: Mapping[Any, int] | None = None, size: int | Size | None = None,
               skip_unreadable: bool = False, log: Callable[[str], object] = print) -> Scenes:
    """Scenes with class_map: the pictures of one folder, their masks in another.

    images, masks : the two folders
    classes : names of the classes; "foreground", or "class 1", ... where None
    values  : {value of a pixel, or its colour (r, g, b): class}, with 255 for a class that is left
              out; what the values say by themselves where None
    size    : pixels that every picture is brought to, (height, width) or one number for a square
    skip_unreadable : leave out pictures that cannot be used, a line to `log` for each; otherwise
              DamagedFile names them

    Pictures that are all stored in grey have one channel, others three.
    """
    images, masks = Path(images), Path(masks)
    classes = None if classes is None else list(classes)
    problems = Problems(images.parent, skip_unreadable, log)
    pairs = paired(images, masks, problems)
    meaning = {code_of(value): int(number) for value, number in values.items()} if values else \
        meaning_of(seen_values(list(pairs.values())), masks, classes)
    largest = max((number for number in meaning.values() if number != IGNORED), default=0)
    names = class_names(classes or (["foreground"] if largest == 1 else
                                    [f"class {number}" for number in range(1, largest + 1)]),
                        "read_masks")
    if largest >= len(names) or min(meaning.values()) < 0:
        strange = largest if largest >= len(names) else min(meaning.values())
        raise ValueError(f"read_masks: {masks} holds class {strange}, expected 0 to "
                         f"{len(names) - 1} for {', '.join(names)}, or 255 for a pixel that is "
                         "left out")
    entries = [Entry(picture, partial(target_of, mask, meaning)) for picture, mask in pairs.items()]
    scenes = gather("read_masks", images, entries, names, as_size(size, "read_masks"), problems)
    beside = f"{images.parent}, {images.name} and {masks.name}"
    return scenes.replace(source=f"{len(scenes):,} pictures of "
                          + (beside if images.parent == masks.parent else f"{images} and {masks}"))


def paired(images: Path, masks: Path, problems: Problems) -> dict[Path, Path]:
    """{picture: its mask}; a picture that has none is named."""
    by_stem, found = pictures_in(masks), {}
    for stem, picture in pictures_in(images).items():
        mask = next((by_stem[stem + tail] for tail in TAILS if stem + tail in by_stem), None)
        if mask is None:
            problems.add(f"{picture}: no mask for it in {masks}, expected {stem}.png or "
                         f"{stem}_mask.png")
        else:
            found[picture] = mask
    if not found:
        raise FileNotFoundError(f"{images}: no picture in it has a mask in {masks}, a picture of "
                                "the same name")
    return found


def seen_values(paths: list[Path]) -> set[int]:
    """All values of all masks; damaged ones are told of later."""
    found: set[int] = set()
    for path in paths:
        try:
            found |= set(np.unique(read_mask(path)).tolist())
        except (DamagedFile, OSError):
            continue
        if len(found) > MANY:
            break
    return found


def meaning_of(found: set[int], masks: Path, classes: Iterable[str] | None) -> dict[int, int]:
    """{value: class}, as the values say by themselves."""
    names = None if classes is None else class_names(classes, "read_masks")
    listed = ", ".join(map(shown, sorted(found)[:8])) + (", ..." if len(found) > 8 else "")
    if any(value >= COLOUR for value in found):
        raise ValueError(f"{masks}: masks in colours ({listed}); say which is which class: "
                         "values={(0, 0, 0): 0, (255, 0, 0): 1, ...}")
    if len(found) > MANY or any(value > IGNORED for value in found):
        raise ValueError(f"{masks}: masks of more than {MANY} values, or values beyond 255 "
                         f"({listed}); expected classes 0, 1, ..., or 0 and 255.  JPEG blurs masks "
                         "and smooth scaling does: save them as PNG, scaled by the nearest pixel; "
                         "or say what they are by values={...}")
    if found <= {0, IGNORED} and (names is None or len(names) == 2):
        return {0: 0, IGNORED: 1}
    if not found - {0, IGNORED}:
        raise ValueError(f"{masks}: only {listed or 'nothing'} in all masks, too little for "
                         f"{len(names or ())} classes; say what the values are by values={{...}}")
    return {value: value for value in range(max(found - {IGNORED}) + 1)} | {IGNORED: IGNORED}


def target_of(mask: Path, meaning: dict[int, int], size: Size, problems: Problems) -> Target:
    """The class map of one picture (H, W)."""
    stored = read_mask(mask)                                                    # (H, W)
    if stored.shape != size:
        raise DamagedFile(f"{mask}: a mask of {stored.shape[1]}x{stored.shape[0]} pixels for a "
                          f"picture of {size[1]}x{size[0]}")
    class_map = np.zeros(size, np.uint8)
    for value in np.unique(stored).tolist():
        if value not in meaning:
            y, x = np.argwhere(stored == value)[0]
            raise DamagedFile(f"{mask}: {shown(value)} at x={x}, y={y} is no class; expected "
                              f"{', '.join(map(shown, sorted(meaning)[:12]))}")
        class_map[stored == value] = meaning[value]
    return {"class_map": class_map}


def read_mask(path: Path) -> np.ndarray:
    """(H, W) whole numbers as stored, a colour as one number (code_of)."""
    return open_picture(path, mask_pixels)


def mask_pixels(image: Any) -> np.ndarray:
    image.load()
    if image.mode in (*GREY, "P"):
        return np.asarray(image).astype(np.int64)
    if image.mode == "LA":
        return np.asarray(image.getchannel("L")).astype(np.int64)
    return coded(*np.asarray(image.convert("RGB")).astype(np.int64).transpose(2, 0, 1))


def coded(red: Any, green: Any, blue: Any) -> Any:
    """Grey as its value, a colour as a number beyond those: COLOUR + 65536 red + 256 green + blue.
    """
    grey = (red == green) & (green == blue)
    return np.where(grey, red, COLOUR + (red << 16) + (green << 8) + blue)


def code_of(value: Value) -> int:
    """The same of a key of `values`."""
    if isinstance(value, tuple) and len(value) != 3:
        raise ValueError(f"read_masks: {value} in values, expected a number or (red, green, blue)")
    return int(coded(*(value if isinstance(value, tuple) else (value,) * 3)))


def shown(code: int) -> str:
    return str(code) if code < COLOUR else f"({code >> 16 & 255}, {code >> 8 & 255}, {code & 255})"
