"""MNIST, 28x28 grey handwritten digits, from wherever it is to be had.

The places, in this order:
1. the folder given as `data` (--data DIR); it must have the files
2. the folder in $MINICNN_DATA; without the files it is passed over with a line
3. the cache: $MINICNN_CACHE, or the operating system's folder for caches
4. a download into the cache, unless $MINICNN_OFFLINE is 1
5. only `find_digits`: digits drawn by minicnn itself, so that a first run needs no network

Whichever it is, `source` says so.
Source: LeCun, Bottou, Bengio, Haffner 1998, section III.A; the files of Y. LeCun, C. Cortes and
C. Burges (CC BY-SA 3.0).
"""

from __future__ import annotations

import hashlib
import inspect
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from minicnn.data import strokes
from minicnn.data.dataset import Dataset
from minicnn.data.digits import digits
from minicnn.data.download import CacheError, DownloadError, PublishedFile, fetch
from minicnn.data.files import DamagedFile, cache_folder
from minicnn.data.idx import check_counts, parse_idx, read_content, read_idx, write_idx

logger = logging.getLogger("minicnn.data")

CLASSES = tuple("0123456789")
OTHER = "digits in MNIST's format"       # what files other than the published ones are called
MIRRORS = [
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
]
DRAWN = {"train": (10_000, 0), "test": (2_000, 1)}      # split -> number of digits, seed


class Split(NamedTuple):
    """The two files of one split, and how to speak of it."""

    images: PublishedFile
    labels: PublishedFile
    word: str


SPLITS = {
    "train": Split(
        PublishedFile("train-images-idx3-ubyte.gz", 47_040_016,
                      "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
        PublishedFile("train-labels-idx1-ubyte.gz", 60_008,
                      "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
        "training"),
    "test": Split(
        PublishedFile("t10k-images-idx3-ubyte.gz", 7_840_016,
                      "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
        PublishedFile("t10k-labels-idx1-ubyte.gz", 10_008,
                      "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
        "test"),
}


def mnist(split: str, data: str | Path | None = None,
          log: Callable[[str], object] = logger.info) -> Dataset:
    """The 60,000 "train" or 10,000 "test" digits, (N, 1, 28, 28) uint8, 255 is ink.

    Raises FileNotFoundError when a named folder lacks the files, DamagedFile when one is damaged,
    DownloadError when nothing answers, CacheError when the cache cannot be written.
    """
    if split not in SPLITS:
        raise ValueError(f"mnist: split {split!r}, expected 'train' or 'test'")
    folder = named_folder(data, log)
    images, labels, name = read_split(split, folder)
    origin = folder or cache_folder()
    source = f"{name}, {len(labels):,} {SPLITS[split].word} digits, from {origin}"
    return Dataset(images, labels, CLASSES, source)


def find_digits(data: str | Path | None = None,
                log: Callable[[str], object] = print) -> tuple[Dataset, Dataset]:
    """Digits for training and for testing: MNIST, or if it cannot be had, drawn ones.

    Both carry the same `source`, one line that speaks of both.  `log` receives a line for each
    place that was passed over.  Raises as `mnist` does for a folder named by the user.
    """
    folder = named_folder(data, log)
    try:
        images, labels, name = read_split("train", folder)
        test_images, test_labels, test_name = read_split("test", folder)
        name = name if name == test_name else OTHER
        origin = f"from {folder or cache_folder()}"
    except (DownloadError, CacheError) as error:
        log("MNIST is not here and could not be downloaded: taking built-in digits instead"
            + (f" ({error})" if isinstance(error, CacheError) else ""))
        logger.info("%s", error)                           # every mirror with its reason
        images, labels = drawn("train", log)
        test_images, test_labels = drawn("test", log)
        name = "built-in digits (drawn by minicnn, not MNIST)"
        origin = "for MNIST, connect to the network once or give --data DIR"
    source = f"{name}: {len(labels):,} for training, {len(test_labels):,} for testing; {origin}"
    return (Dataset(images, labels, CLASSES, source),
            Dataset(test_images, test_labels, CLASSES, source))


def named_folder(data: str | Path | None, log: Callable[[str], object]) -> Path | None:
    """The folder the user named, as an argument or in $MINICNN_DATA, if it is to be used."""
    chosen = data if data is not None else os.environ.get("MINICNN_DATA") or None
    if chosen is None:
        return None
    folder = Path(chosen).expanduser()
    who = "data folder" if data is not None else "MINICNN_DATA:"
    if not folder.is_dir():
        raise FileNotFoundError(f"{who} {folder}: no such folder; correct it or leave it out")
    if has_mnist(folder) or data is not None:
        return folder
    log(f"{who} {folder} has no MNIST; looking further")
    return None


def has_mnist(folder: Path) -> bool:
    """Is one of the four files there?"""
    return any(stored(folder, file) for split in SPLITS.values() for file in split[:2])


def stored(folder: Path, file: PublishedFile) -> Path | None:
    """Where the folder, or its subfolder mnist, has a file, under any of its usual names."""
    name = file.name.removesuffix(".gz")
    for place in (folder, folder / "mnist"):
        for spelling in (name, name.replace("-idx", ".idx")):
            for path in (place / spelling, place / f"{spelling}.gz"):
                if path.is_file():
                    return path
    return None


def read_split(split: str, folder: Path | None) -> tuple[np.ndarray, np.ndarray, str]:
    """Images (N, 1, 28, 28), labels (N,) and what to call them; from the cache without a folder."""
    files = SPLITS[split][:2]
    if folder is None:
        offline = os.environ.get("MINICNN_OFFLINE", "") not in ("", "0")
        contents = list(fetch(files, MIRRORS, cache_folder(), offline).values())
        names = [file.name for file in files]
    else:
        paths = [stored(folder, file) for file in files]
        for path, file in zip(paths, files, strict=True):
            if path is None:
                raise FileNotFoundError(f"{folder}: no {file.name} there or in its subfolder "
                                        "mnist; put MNIST's four files there (.gz or unpacked)")
        contents = [read_content(path) for path in paths if path]
        names = [str(path) for path in paths]
    images = parse_idx(contents[0], "images", names[0])         # (N, 1, H, W)
    labels = parse_idx(contents[1], "labels", names[1])         # (N,)
    check_counts(images, labels, f"{names[0]} and {names[1]}")
    if images.shape[2:] != (28, 28):
        raise DamagedFile(f"{names[0]}: images of {images.shape[2]}x{images.shape[3]}, expected "
                          "28x28 as in MNIST")
    published = all(hashlib.sha256(content).hexdigest() == file.sha256
                    for content, file in zip(contents, files, strict=True))
    return images, labels, "MNIST" if published else OTHER


def drawn(split: str, log: Callable[[str], object]) -> tuple[np.ndarray, np.ndarray]:
    """The built-in digits of one split: from the cache, else drawn (seconds) and put there."""
    count, seed = DRAWN[split]
    folder = cache_folder() / f"digits-{drawer_version()}-{count}-{seed}"
    paths = folder / "images-idx3-ubyte.gz", folder / "labels-idx1-ubyte.gz"
    try:
        images, labels = read_idx(paths[0], "images"), read_idx(paths[1], "labels")
        check_counts(images, labels, str(folder))
        if images.shape == (count, 1, 28, 28):
            return images, labels
    except (OSError, DamagedFile) as error:
        logger.info("the built-in digits are drawn: %s", error)
    log(f"drawing {count:,} built-in digits")
    made = digits(count, seed)
    images, labels = made.images, made.labels
    try:
        write_idx(paths[0], images)
        write_idx(paths[1], labels)
    except OSError as error:
        logger.info("the built-in digits are not kept: %s", error)
    return images, labels


def drawer_version() -> str:
    """Eight letters that change when the code of the drawer does: no stale digits in the cache."""
    sources = (Path(inspect.getfile(part)).read_bytes() for part in (digits, strokes))
    return hashlib.sha256(b"".join(sources)).hexdigest()[:8]
