"""Reading files that nobody vouches for, and writing files that are whole or absent.

A download may be cut off, a proxy may answer with a web page, and a small .gz may claim to hold
terabytes.  So every reader here knows how many bytes it will accept before it starts.
"""

from __future__ import annotations

import os
import tempfile
import time
import uuid
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

GZIP_MAGIC = b"\x1f\x8b"
GZIP_FORMAT = 31            # zlib's code for: a gzip header, its checksum, window of 32 KiB
TRIAL = 1 << 20             # bytes that the disk must have left
ABANDONED = 3600.0          # seconds after which a temporary file can belong to no living process


class DamagedFile(ValueError):
    """A file is not what its name or its header says: cut off, changed, or of another kind."""


def read_limited(path: Path, limit: int) -> bytes:
    """All bytes of a regular file, refusing one of more than `limit` before memory is taken."""
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file")
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size > limit:
            raise DamagedFile(f"{path}: {size:,} bytes, expected at most {limit:,}")
        return file.read(size)


def gunzip(packed: bytes, limit: int, name: str) -> bytes:
    """The content of one whole gzip member, its checksum verified, at most `limit` bytes long.

    Python's gzip module also takes several members in a row and trailing zeros; here they are
    refused, and no more than `limit` + 1 bytes are ever unpacked.
    """
    member = zlib.decompressobj(GZIP_FORMAT)
    cure = "fetch the file again"
    try:
        content = member.decompress(packed, limit + 1)
    except zlib.error as error:
        start = packed[:16]
        raise DamagedFile(f"{name}: no readable gzip file ({error}; it starts with {start!r}); "
                          f"{cure}") from None
    if len(content) > limit:
        raise DamagedFile(f"{name}: unpacks to more than the {limit:,} bytes expected; {cure}")
    if not member.eof:
        raise DamagedFile(f"{name}: cut off after {len(packed):,} bytes; {cure}")
    if member.unused_data:
        raise DamagedFile(f"{name}: {len(member.unused_data):,} bytes follow the end of the gzip "
                          f"data; {cure}")
    return content


@contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """A file to write that appears under its name complete or not at all.

    The bytes go to a temporary file with a name of its own in the same folder, so that processes
    working at once do not meet, and `os.replace` is atomic.  On any exception, Ctrl-C included,
    it is removed; what a killed process left behind is removed by the next one, an hour later.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_abandoned(path)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    try:
        with open(temporary, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


class _Tried(Exception):
    """Ends a trial before anything has its name."""


def check_writable(path: Path, what: str) -> None:
    """OSError now, not after the work, if `written_whole(path)` could not write a file.

    what : for the message, as in "--out is 'a.png'".  Folders that are missing are not made.
    """
    try:
        folder = next(above for above in path.absolute().parents if above.exists())
        if path.is_dir():
            raise IsADirectoryError(0, "it is a folder")
        if not folder.is_dir():
            raise NotADirectoryError(0, f"{folder} is no folder")
        with suppress(_Tried), written_whole(folder / path.name) as file:
            file.write(bytes(TRIAL))
            file.flush()
            raise _Tried
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise OSError(f"{what}, which cannot be written ({reason}); name another, or mend that"
                      ) from None


def remove_abandoned(path: Path) -> None:
    for leftover in path.parent.glob(f".{path.name}.*.part"):
        with suppress(OSError):         # another process removed it, or it is not ours to remove
            if time.time() - leftover.stat().st_mtime > ABANDONED:
                leftover.unlink()


def cache_folder() -> Path:
    """`$MINICNN_CACHE`, or the operating system's folder for caches; not created here."""
    chosen = os.environ.get("MINICNN_CACHE")
    if chosen:
        return Path(chosen).expanduser().absolute()
    import pooch
    # For a user without a home (a container's nameless one) platformdirs raises RuntimeError in
    # new releases and answers with a relative "~/.cache" in old ones.
    with suppress(RuntimeError):
        folder = Path(pooch.os_cache("minicnn"))
        if folder.is_absolute():
            return folder
    return Path(tempfile.gettempdir()) / f"minicnn-cache-{os.getuid()}"
