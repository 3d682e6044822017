"""One run at a time in a folder.

The lock is the operating system's, on an open file: it ends with the process that holds it, however
that ends.  The file says who holds it; it is no lock by being there.
"""

import errno
import os
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

NAME = "running"
HELD = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
FAR = 1 << 30           # Windows locks bytes, which others cannot read then: one beyond the text


class FolderInUse(OSError):
    """Another run is at work in the folder."""


class Lock:
    """Holds `folder` for this process until release(); FolderInUse if another does."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self.number = self.take()

    def take(self) -> int:
        """The open file; anew where a run that was ending removed it in between."""
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        while True:
            number = os.open(self.path, flags, 0o644)
            try:
                lock(number)
                if not is_file_of(number, self.path):
                    os.close(number)
                    continue
                os.ftruncate(number, 0)
                os.write(number, f"process {os.getpid()} on {socket.gethostname()} since "
                                 f"{time.strftime('%Y-%m-%d %H:%M:%S')}\n".encode())
                return number
            except OSError as problem:
                os.close(number)
                if problem.errno not in HELD:
                    raise
                raise FolderInUse(f"{self.path.parent} is in use: {self.holder()} trains into it; "
                                  "wait for it, or choose another folder") from None

    def holder(self) -> str:
        with suppress(OSError):
            return self.path.read_text(errors="replace")[:200].strip() or "another run"
        return "another run"

    def held(self) -> bool:
        """False if somebody has removed the folder."""
        return is_file_of(self.number, self.path)

    def release(self) -> None:
        """The file goes while it is still held: who opens it meanwhile looks again."""
        if self.held():
            with suppress(OSError):                        # Windows removes no open file
                self.path.unlink()
        os.close(self.number)


def lock(number: int) -> None:
    """OSError with an errno of HELD if another process has it; nothing where there are no locks."""
    try:
        if sys.platform == "win32":
            os.lseek(number, FAR, os.SEEK_SET)
            msvcrt.locking(number, msvcrt.LK_NBLCK, 1)
            os.lseek(number, 0, os.SEEK_SET)
        else:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as problem:
        if problem.errno in HELD:
            raise


def is_file_of(number: int, path: Path) -> bool:
    with suppress(OSError):
        return os.path.samestat(os.fstat(number), os.stat(path))
    return False
