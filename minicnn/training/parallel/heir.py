"""The child that keeper.py starts: it saves what process 0 leaves behind.

    python -I -S heir.py FOLDER LOCK HALF HALF         the last three: numbers of open files

It waits at a pipe.  A word: nothing is to be done.  The end of the pipe without one: process 0 has
gone, and the newer whole half becomes last.npz, unless that has been replaced since.

    a half     serial number, 0 while the half is being written | bytes of the table | table | data
    table      JSON: what last.npz was, and [name, bytes] of each member; data: these, in a row

It holds the folder's lock until then: a run that begins in that moment is refused.  It is started
with SIGINT, SIGTERM and SIGHUP blocked.  It imports what every Python brings, and nothing of
NumPy's or minicnn's: it is there at once, and small.
"""

import json
import os
import signal
import struct
import sys
import zipfile
from contextlib import suppress
from typing import Any

HEAD = struct.Struct("<qq")
WORD = b"over"
PIECE = 1 << 24             # bytes that are copied at a time
AUDIBLE = 2                 # seconds; mpiexec does not end before all that may speak are silent


def stamp(path: str) -> list[int] | None:
    """Another file with this name has another stamp; None: there is none."""
    with suppress(FileNotFoundError):
        found = os.stat(path)
        return [found.st_ino, found.st_size, found.st_mtime_ns]
    return None


def newest(halves: list[int]) -> tuple[int, int, Any]:
    """(file, where its data begin, table) of the newer whole half; a file of -1 if none is."""
    heads = [(*HEAD.unpack(os.pread(half, HEAD.size, 0).ljust(HEAD.size, b"\0")), half)
             for half in halves]
    serial, size, half = max(heads)
    if serial == 0:
        return -1, 0, None
    return half, HEAD.size + size, json.loads(os.pread(half, size, HEAD.size))


def save(half: int, place: int, members: list[tuple[str, int]], path: str) -> None:
    """The members as an .npz that appears under its name whole or not at all."""
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".{name}.{os.getpid()}.part")
    try:
        with open(temporary, "xb") as file:
            with zipfile.ZipFile(file, "w") as archive:
                for member, size in members:
                    with archive.open(zipfile.ZipInfo(member), "w", force_zip64=True) as entry:
                        for start in range(0, size, PIECE):
                            entry.write(os.pread(half, min(PIECE, size - start), place + start))
                    place += size
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def inherit(folder: str, halves: list[int]) -> str:
    """What is to be said: last.npz is the newer half now, or was newer; "" if it was."""
    half, place, table = newest(halves)
    path = os.path.join(folder, "last.npz")
    if half < 0 or table[0] != stamp(path):
        return ""
    try:
        save(half, place, table[1], path)
    except OSError as problem:
        return f"what was learnt could not be kept in {folder} ({problem.strerror or problem})"
    return (f"what was learnt before is kept in {folder}, and the same command goes on from "
            "there")


def silent(*_: Any) -> None:
    os.dup2(1, 2)                                          # which is nowhere


def main(folder: str, lock: int, *halves: int) -> None:
    if os.read(0, len(WORD)):
        return
    signal.signal(signal.SIGALRM, silent)
    signal.alarm(AUDIBLE)
    running = os.path.join(folder, "running")              # lock.py's
    with suppress(OSError):                                # where folder or lock has been removed
        if os.path.samestat(os.fstat(lock), os.stat(running)):
            text = inherit(folder, [*halves])
            os.unlink(running)
            if text:
                os.write(2, f"minicnn: {text}\n".encode(errors="surrogateescape"))


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
