"""CIFAR-10 in its published binary format: 60,000 colour photographs, 32x32, ten classes.

A file is a row of records, each 1 label byte + 1,024 red + 1,024 green + 1,024 blue bytes, every
plane row by row from the top left.  This is the version without pickles: a pickle may run code.
Source: Krizhevsky, "Learning multiple layers of features from tiny images" (2009), and the
"binary version" section of the CIFAR-10 page.
"""

from __future__ import annotations

import gzip
import tarfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO

import numpy as np

from minicnn.data.dataset import Dataset
from minicnn.data.files import GZIP_MAGIC, DamagedFile, read_limited

FOLDER = "cifar-10-batches-bin"
FILES = {"train": tuple(f"data_batch_{i}.bin" for i in range(1, 6)), "test": ("test_batch.bin",)}
CLASSES = ("airplane", "automobile", "bird", "cat", "deer",
           "dog", "frog", "horse", "ship", "truck")
RECORD = 1 + 3 * 32 * 32                # bytes
LARGEST_FILE = 10_000 * RECORD          # the size of each published file
LARGEST_TAR = 2 ** 28                   # bytes unpacked; the published archive has 184 million


def read_cifar10(path: str | Path, split: str) -> Dataset:
    """The "train" or "test" images, (N, 3, 32, 32) uint8, red plane first.

    `path` is the folder with the .bin files, the folder around it, or the published .tar.gz,
    which is read in place and never extracted.  Whichever of the five training files exist are
    taken, and `source` says which.
    """
    if split not in FILES:
        raise ValueError(f"read_cifar10: split {split!r}, expected 'train' or 'test'")
    path = Path(path)
    contents = read_folder(path, split) if path.is_dir() else read_tar(path, split)
    if not contents:
        raise FileNotFoundError(f"{path}: has none of {', '.join(FILES[split])}; expected the "
                                f"binary version of CIFAR-10 (folder {FOLDER}, or its .tar.gz)")
    parts = [parse_records(content, f"{path}: {name}") for name, content in contents.items()]
    images = np.concatenate([part[0] for part in parts])        # (N, 3, 32, 32)
    labels = np.concatenate([part[1] for part in parts])        # (N,)
    kind = "training" if split == "train" else "test"
    source = f"CIFAR-10, {len(labels):,} {kind} images, from {path}"
    if len(contents) < len(FILES[split]):
        source += f" (only {', '.join(contents)} of {len(FILES[split])} files)"
    return Dataset(images, labels, CLASSES, source)


def parse_records(content: bytes, name: str) -> tuple[np.ndarray, np.ndarray]:
    """The records of one file: images (N, 3, 32, 32) uint8, labels (N,) int64."""
    if not content or len(content) % RECORD:
        raise DamagedFile(f"{name}: {len(content):,} bytes, expected a multiple of {RECORD:,} "
                          "(1 label + 3 x 32 x 32 pixels); fetch the file again")
    records = np.frombuffer(content, np.uint8).reshape(-1, RECORD)      # (N, 3073)
    labels = records[:, 0].astype(np.int64)                             # (N,)
    if labels.max() > 9:
        where = int(labels.argmax())
        raise DamagedFile(f"{name}: label {labels[where]} in record {where}, expected 0 to 9; "
                          "is this the binary version of CIFAR-10, not CIFAR-100?")
    return records[:, 1:].reshape(-1, 3, 32, 32).copy(), labels         # (N, 3, 32, 32)


def read_folder(folder: Path, split: str) -> dict[str, bytes]:
    inner = folder / FOLDER
    folder = inner if inner.is_dir() else folder
    present = [name for name in FILES[split] if (folder / name).is_file()]
    return {name: read_limited(folder / name, LARGEST_FILE) for name in present}


def read_tar(path: Path, split: str) -> dict[str, bytes]:
    """The wanted members of a .tar or .tar.gz, by name, in the order of FILES.

    Nothing is written to disk, so a member called ../../evil or a link has nowhere to lead.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file or folder; expected {FOLDER} or its .tar.gz")
    with open(path, "rb") as stored:
        zipped = stored.read(2) == GZIP_MAGIC
        stored.seek(0)
        stream = LimitedStream(gzip.GzipFile(fileobj=stored) if zipped else stored, path)
        try:
            with tarfile.open(fileobj=stream, mode="r|") as tar:    # type: ignore[call-overload]
                contents = read_members(tar, path, split)
            while stream.read(2 ** 16):     # to the end, where gzip keeps its checksum
                pass
        except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
            raise DamagedFile(f"{path}: no readable .tar or .tar.gz ({error}); fetch it again "
                              "or unpack it and give the folder") from error
    return {name: contents[name] for name in FILES[split] if name in contents}


def read_members(tar: tarfile.TarFile, path: Path, split: str) -> dict[str, bytes]:
    contents: dict[str, bytes] = {}
    for member in tar:
        parts = PurePosixPath(member.name).parts
        name = parts[-1] if parts else ""
        if name not in FILES[split] or parts not in {(name,), (FOLDER, name)}:
            continue
        if name in contents:
            raise DamagedFile(f"{path}: contains {member.name} twice")
        if member.size > LARGEST_FILE:
            raise DamagedFile(f"{path}: {member.name} claims {member.size:,} bytes, expected at "
                              f"most {LARGEST_FILE:,}")
        file = tar.extractfile(member) if member.isreg() else None
        if file is None:
            raise DamagedFile(f"{path}: {member.name} is no regular file but a link or device")
        contents[name] = file.read()
    return contents


class LimitedStream:
    """Reads from a stream until more than LARGEST_TAR bytes have come: a .gz can hold terabytes."""

    def __init__(self, stream: IO[bytes] | gzip.GzipFile, path: Path):
        self.stream, self.path, self.read_so_far = stream, path, 0

    def read(self, count: int) -> bytes:
        chunk = self.stream.read(count)
        self.read_so_far += len(chunk)
        if self.read_so_far > LARGEST_TAR:
            raise DamagedFile(f"{self.path}: unpacks to more than {LARGEST_TAR:,} bytes; this is "
                              "not the archive of CIFAR-10")
        return chunk
