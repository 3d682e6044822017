"""A folder of folders of pictures: the name of each folder is the class of what is in it.

    DIR/cat/one.jpg  DIR/dog/two.png        split by seed into training and test pictures
    DIR/train/cat/one.jpg  DIR/val/cat/...  split already; val may be called test

Every picture becomes a square: scaled until its shorter side is `size`, then cut to the middle, as
in Krizhevsky et al. 2012, section 2.  A small folder is read at once, a large one batch by batch.

Files that are no readable pictures (pictures.py), or links that lead out of the folder, are found
before training begins, and named.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from minicnn.data.dataset import Dataset
from minicnn.data.files import DamagedFile
from minicnn.data.pictures import Pictures, check_head, read_picture

IN_MEMORY = 2 ** 29                 # bytes of a folder that is read at once
NAMED = 10                          # files that an error names
HELD_OUT = 0.2                      # share of the pictures for testing, where DIR is not split


def read_folder(folder: str | Path, size: int, seed: int = 0, skip_unreadable: bool = False,
                log: Callable[[str], object] = print) -> tuple[Dataset, Dataset]:
    """(training, test) pictures, in an order drawn from `seed`; labels count the sorted classes.

    size : pixels of a side
    skip_unreadable : leave out what is no readable picture; otherwise DamagedFile names it
    log : receives the lines about what is left out

    In a folder too large for memory only the head of each file is looked at beforehand, unless
    skip_unreadable asks for certainty; a file that turns out damaged later is named then.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: no such folder; expected one folder of pictures for "
                                "each class in it")
    if size < 1:
        raise ValueError(f"read_folder: size is {size}, expected at least 1 pixel")
    held = next((name for name in ("val", "test") if (folder / name).is_dir()), "")
    parts = [list_classes(folder / "train"), list_classes(folder / held)] \
        if held and (folder / "train").is_dir() else [list_classes(folder)]
    classes = tuple(parts[0])
    if len(classes) < 2:
        cure = "beside train belongs a folder val or test" if classes == ("train",) else \
            "pictures belong into one folder for each class"
        there = f"1 class folder, {classes[0]}" if classes else "no class folders"
        raise ValueError(f"{folder}: {there}, expected at least 2: {cure}")
    paths = [path for part in parts for inside in part.values() for path in inside]
    if paths and all(path.is_dir() for path in paths):
        raise ValueError(f"{folder}: in {', '.join(classes[:4])} are folders and no pictures; "
                         "expected DIR/CLASS/picture, or DIR/train/CLASS/picture beside "
                         "DIR/val/CLASS/picture (val may be called test)")
    if tuple(parts[-1]) != classes:
        differing = sorted(set(parts[-1]) ^ set(classes))
        raise ValueError(f"{folder}: train and {held} have different classes; only one of them has "
                         f"{', '.join(differing)}")
    large = len(paths) * 3 * size ** 2 > IN_MEMORY
    look = check_head if large and not skip_unreadable else partial(read_picture, size=size)
    pixels: dict[Path, np.ndarray] = {}

    def check(path: Path) -> None:
        check_place(path, folder)
        picture = look(path)
        if picture is not None and not large:
            pixels[path] = picture

    parts = keep_readable(folder, parts, check, skip_unreadable, log)
    if len(parts) == 1:
        parts = split_by_seed(folder, parts[0], seed)
    found = []
    for word, part in zip(("training", "test"), parts, strict=True):
        paths, labels = shuffled(part, seed)
        images: Any = Pictures(paths, size) if large else np.stack([pixels[path] for path in paths])
        found.append(Dataset(images, labels, classes,
                             f"{len(paths):,} {word} pictures of {folder}, {size}x{size}"))
    return found[0], found[1]


Classes = dict[str, list[Path]]


def list_classes(folder: Path) -> Classes:
    """{class: its files}, both sorted; hidden files and folders are passed over."""
    return {place.name: sorted(path for path in place.iterdir() if not path.name.startswith("."))
            for place in sorted(folder.iterdir())
            if place.is_dir() and not place.name.startswith(".")}


def keep_readable(folder: Path, parts: list[Classes], check: Callable[[Path], object],
                  skip: bool, log: Callable[[str], object]) -> list[Classes]:
    """The same without unreadable files; DamagedFile if there are any and skip is False."""
    from tqdm import tqdm
    every = [path for part in parts for paths in part.values() for path in paths]
    bad: dict[Path, str] = {}
    for path in tqdm(every, "reading", unit=" pictures", leave=False, disable=None):
        try:
            check(path)
        except DamagedFile as problem:
            bad[path] = str(problem)
    if bad:
        listed = "\n  ".join(list(bad.values())[:NAMED])
        more = f"\n  and {len(bad) - NAMED} more" if len(bad) > NAMED else ""
        text = (f"{folder}: {len(bad)} of {len(every)} files are no readable pictures:\n"
                f"  {listed}{more}")
        if not skip:
            raise DamagedFile(f"{text}\nremove them, or leave them out with --skip-unreadable")
        log(f"{text}\nthey are left out")
    kept = [{name: [path for path in paths if path not in bad] for name, paths in part.items()}
            for part in parts]
    empty = [name for part in kept for name, paths in part.items() if not paths]
    if empty:
        raise ValueError(f"{folder}: no picture in class {', '.join(empty)}; fill it or remove it")
    return kept


def check_place(path: Path, folder: Path) -> None:
    """DamagedFile unless it is a file inside the folder: a link may lead anywhere, a pipe hangs."""
    try:
        inside = path.resolve().is_relative_to(folder.resolve())
    except RuntimeError:
        raise DamagedFile(f"{path}: a link that leads back to itself") from None
    if not inside:
        raise DamagedFile(f"{path}: a link that leads out of the folder")
    if not path.is_file():
        raise DamagedFile(f"{path}: no file, but a folder, a broken link or a device")


def split_by_seed(folder: Path, part: Classes, seed: int) -> list[Classes]:
    """A fifth of each class, at least one picture, for testing."""
    train, test = {}, {}
    for number, (name, paths) in enumerate(part.items()):
        if len(paths) < 2:
            raise ValueError(f"{folder}: class {name} has 1 picture, too few to train and test; "
                             "add pictures, or make folders train and val")
        order = np.random.default_rng([seed, number]).permutation(len(paths))
        count = max(round(HELD_OUT * len(paths)), 1)
        test[name] = [paths[i] for i in order[:count]]
        train[name] = [paths[i] for i in order[count:]]
    return [train, test]


def shuffled(part: Classes, seed: int) -> tuple[list[Path], np.ndarray]:
    """Files and labels, not class by class: whoever takes the first few gets some of each."""
    paths = [path for paths in part.values() for path in paths]
    labels = np.repeat(np.arange(len(part)), [len(paths) for paths in part.values()])    # (N,)
    order = np.random.default_rng([seed, len(part)]).permutation(len(paths))
    return [paths[i] for i in order], labels[order]
