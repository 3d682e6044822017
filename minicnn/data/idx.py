"""IDX, the file format of MNIST: a magic number, the sizes, the bytes.

    images   00 00 08 03 | N | H | W | N*H*W pixels, 0 background to 255 ink
    labels   00 00 08 01 | N | N labels, 0 to 9

Each number is four bytes, most significant first; 08 says "bytes", 03 and 01 count the sizes.
A file is accepted only when its length is exactly what its header says: labels read as images,
a missing end or two files joined would otherwise become wrong data without an error.
Source: the format table on LeCun's MNIST page.
"""

from __future__ import annotations

import gzip
import struct
import zlib
from math import prod
from pathlib import Path

import numpy as np

from minicnn.data.door import as_labels, as_pixels
from minicnn.data.files import (
    GZIP_FORMAT,
    GZIP_MAGIC,
    DamagedFile,
    gunzip,
    read_limited,
    written_whole,
)

DIMENSIONS = {"images": 3, "labels": 1}     # kind -> how many sizes its header has
MAGIC = {"images": 2051, "labels": 2049}
LARGEST = 2 ** 30                           # bytes; MNIST has 47 million, EMNIST 547 million


def read_idx(path: str | Path, kind: str) -> np.ndarray:
    """An IDX file, plain or gzipped (told by its content, not its name), as an array.

    kind "images" gives (N, 1, H, W) uint8; kind "labels" gives (N,) int64, each 0 to 9.
    Raises FileNotFoundError, or DamagedFile saying what was found and what expected.
    """
    return parse_idx(read_content(path), kind, str(path))


def read_content(path: str | Path) -> bytes:
    """The unpacked bytes of an IDX file, their number checked against the header."""
    stored = read_limited(Path(path), LARGEST)
    if not stored.startswith(GZIP_MAGIC):
        return stored
    try:
        header = zlib.decompressobj(GZIP_FORMAT).decompress(stored, 16)
    except zlib.error:
        header = b""            # gunzip below says what is wrong
    claimed = claimed_length(header, str(path)) if len(header) == 16 else LARGEST
    return gunzip(stored, claimed, str(path))


def parse_idx(content: bytes, kind: str, name: str) -> np.ndarray:
    """As `read_idx`, for the unpacked bytes of a file; `name` is for the messages."""
    if kind not in MAGIC:
        raise ValueError(f"parse_idx: kind {kind!r}, expected one of {list(MAGIC)}")
    header_length = 4 + 4 * DIMENSIONS[kind]
    if len(content) < header_length:
        raise DamagedFile(f"{name}: {len(content)} bytes, an IDX file of {kind} starts with "
                          f"{header_length}; fetch the file again")
    magic, *sizes = struct.unpack(f">{1 + DIMENSIONS[kind]}I", content[:header_length])
    if magic != MAGIC[kind]:
        raise DamagedFile(f"{name}: {describe_magic(content)}, expected the {kind} file with "
                          f"magic number {MAGIC[kind]}; check which file has which name")
    if 0 in sizes:
        raise DamagedFile(f"{name}: the header says {' x '.join(map(str, sizes))}, no size may "
                          "be 0; fetch the file again")
    claimed, found = claimed_length(content, name), len(content)
    if claimed != found:
        raise DamagedFile(f"{name}: {found:,} bytes, but its header ({' x '.join(map(str, sizes))}"
                          f") says {claimed:,}; fetch the file again")
    values = np.frombuffer(content, np.uint8, offset=header_length)
    if kind == "images":
        N, H, W = sizes
        return values.reshape(N, 1, H, W).copy()                # (N, 1, H, W)
    if values.max() > 9:
        where = int(values.argmax())
        raise DamagedFile(f"{name}: label {values[where]} at position {where}, expected 0 to 9")
    return values.astype(np.int64)                              # (N,)


def claimed_length(content: bytes, name: str) -> int:
    """How many bytes the header promises in all, refused when that is beyond reason."""
    magic = int.from_bytes(content[:4], "big")
    if magic not in MAGIC.values():
        raise DamagedFile(f"{name}: {describe_magic(content)}, expected 2051 (images) or 2049 "
                          "(labels); this is no IDX file of bytes")
    dimensions = magic % 256
    sizes = struct.unpack(f">{dimensions}I", content[4:4 + 4 * dimensions])
    claimed = 4 + 4 * dimensions + prod(sizes)
    if claimed > LARGEST:
        raise DamagedFile(f"{name}: its header claims {' x '.join(map(str, sizes))} = "
                          f"{claimed:,} bytes, more than {LARGEST:,}; fetch the file again")
    return claimed


def describe_magic(content: bytes) -> str:
    magic = int.from_bytes(content[:4], "big")
    for kind, number in MAGIC.items():
        if magic == number:
            return f"this is a file of {kind} (magic number {magic})"
    return f"magic number {magic} (it starts with {content[:16]!r})"


def check_counts(images: np.ndarray, labels: np.ndarray, name: str) -> None:
    """Refuse images and labels that do not belong together."""
    if len(images) != len(labels):
        raise DamagedFile(f"{name}: {len(images):,} images but {len(labels):,} labels; "
                          "the two files must come from the same set")


def write_idx(path: str | Path, array: np.ndarray) -> None:
    """Images (N, 1, H, W) uint8 or labels (N,), 0 to 9, as a gzipped IDX file, whole or absent."""
    kind = "labels" if np.ndim(array) == 1 else "images"
    array = as_labels(array, "write_idx", classes=10) if kind == "labels" else \
        np.asarray(as_pixels(array, "write_idx"))
    if kind == "images" and array.shape[1] != 1:
        raise ValueError(f"write_idx: images {array.shape} have {array.shape[1]} channels; IDX "
                         "keeps grey ones, (N, 1, H, W)")
    sizes = array.shape if kind == "labels" else (array.shape[0], *array.shape[2:])
    header = struct.pack(f">{1 + len(sizes)}I", MAGIC[kind], *sizes)
    with written_whole(Path(path)) as file:
        # mtime=0: equal arrays give equal files.
        file.write(gzip.compress(header + array.astype(np.uint8).tobytes(), 1, mtime=0))
