"""Fetching published files from several mirrors into the cache.

Every file is known by the SHA-256 of its unpacked content, so a mirror need not be trusted, and a
file packed anew is as good as the first.  A mirror that refuses, stalls or sends something else
costs seconds and the next one is asked.  Under its final name the cache holds complete, verified
files only, whoever was interrupted; they are verified again each time they are read.
"""

from __future__ import annotations

import hashlib
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple

from minicnn.data.files import GZIP_MAGIC, DamagedFile, gunzip, read_limited, written_whole

logger = logging.getLogger("minicnn.data")

PATIENCE = 4.0          # seconds within which each CHUNK must arrive, the first included
CHUNK = 2 ** 14         # bytes
LONGEST = 180.0         # seconds for one file from one mirror

PLAINLY = {             # errors of the network library in words
    "ChunkedEncodingError": "the connection broke off",
    "ContentDecodingError": "damaged on the way: not compressed as announced",
    "InvalidSchema": "sent on to an address that is no web address",
    "TooManyRedirects": "sent on from address to address without end",
}


class DownloadError(OSError):
    """No mirror had a good file; the message lists each with its reason."""


class CacheError(OSError):
    """The cache folder cannot be written: no permission, or no space."""


class MirrorError(Exception):
    """Why one mirror did not serve; `silent` when asking it for another file is pointless."""

    def __init__(self, reason: str, silent: bool = False):
        super().__init__(reason)
        self.silent = silent


class PublishedFile(NamedTuple):
    name: str           # under each mirror, and in the cache
    size: int           # bytes, unpacked
    sha256: str         # of the unpacked bytes


def fetch(files: Sequence[PublishedFile], mirrors: Sequence[str], folder: Path,
          offline: bool = False) -> dict[str, bytes]:
    """The unpacked bytes of each file, by name: from the cache `folder`, else from a mirror.

    A cached file that was damaged is fetched again.  Raises DownloadError when a file is in
    neither, CacheError when the folder cannot be written.  Several processes may do this at once.
    """
    contents: dict[str, bytes] = {}
    silent: set[str] = set()
    reasons: dict[str, str] = {}
    for file in files:
        content = cached(file, folder)
        for mirror in mirrors if content is None and not offline else []:
            if mirror in silent:
                continue
            try:
                content = download(file, mirror, folder)
                break
            except MirrorError as error:
                reasons[mirror] = str(error)
                logger.info("%s%s: %s", mirror, file.name, error)
                if error.silent:
                    silent.add(mirror)
        if content is None:
            tried = "; ".join(f"{mirror} ({reason})" for mirror, reason in reasons.items())
            why = "downloads are switched off (MINICNN_OFFLINE)" if offline else tried
            raise DownloadError(f"{file.name} is not in {folder} and no mirror had it: {why}")
        contents[file.name] = content
    return contents


def cached(file: PublishedFile, folder: Path) -> bytes | None:
    """The verified content of a file in the cache; None when it is absent, damaged, unreadable."""
    try:
        return verified(read_limited(folder / file.name, largest_packed(file)), file)
    except FileNotFoundError:
        return None
    except (DamagedFile, OSError) as error:
        logger.warning("the cached file cannot be used and is fetched again: %s", error)
        return None


def download(file: PublishedFile, mirror: str, folder: Path) -> bytes:
    """One file from one mirror into the cache, through a temporary file; its unpacked content."""
    try:
        with written_whole(folder / file.name) as target:
            packed = bytearray()
            for chunk in received(mirror + file.name):
                packed += chunk
                if len(packed) > largest_packed(file):
                    raise MirrorError(f"sent more than the {largest_packed(file):,} bytes expected")
                target.write(chunk)
            return verified(bytes(packed), file)
    except DamagedFile as error:
        raise MirrorError(str(error)) from error
    except OSError as error:
        # Windows refuses to replace a file that another process, faster than us, just reads.
        if (content := cached(file, folder)) is not None:
            return content
        raise CacheError(f"cannot write the cache folder {folder}: {error.strerror or error}; set "
                         "MINICNN_CACHE to a folder with space that you may write to") from error


def verified(stored: bytes, file: PublishedFile) -> bytes:
    """The unpacked content of `stored` (gzipped, or plain where a server unpacked it)."""
    zipped = stored.startswith(GZIP_MAGIC)
    content = gunzip(stored, file.size, file.name) if zipped else stored
    found = hashlib.sha256(content).hexdigest()
    if found != file.sha256:
        raise DamagedFile(f"wrong content: {len(content):,} bytes starting with {content[:16]!r}, "
                          f"SHA-256 {found[:12]}..., expected {file.size:,} bytes, "
                          f"{file.sha256[:12]}...")
    return content


def largest_packed(file: PublishedFile) -> int:
    return file.size + 2 ** 16      # gzip of random bytes is a little longer than they are


def received(url: str) -> Iterator[bytes]:
    """The chunks of a web address as they come; MirrorError when they stop coming.

    A thread fetches while this generator only waits, so that one clock covers all that can hang:
    the name server, the connection, the first byte, and a host that trickles.
    """
    # Imported before the clock starts: pooch would import requests when it is called.
    import pooch  # noqa: F401
    import requests  # noqa: F401
    from tqdm import tqdm
    inbox: SimpleQueue[bytes | BaseException | int | None] = SimpleQueue()
    abandoned = threading.Event()
    threading.Thread(target=fetch_in_thread, args=(url, inbox, abandoned), daemon=True).start()
    started = time.monotonic()
    # delay: a bar only for a download that lasts.
    bar = tqdm(desc=url.rsplit("/", 1)[-1], unit="B", unit_scale=True, delay=1.0, leave=False,
               disable=None)
    try:
        while True:
            left = started + LONGEST - time.monotonic()
            item = inbox.get(timeout=max(min(PATIENCE, left), 0.01))
            if item is None:
                return
            if isinstance(item, BaseException):
                raise mirror_error(item) from item
            if isinstance(item, int):
                bar.total = item
                continue
            bar.update(len(item))
            if left <= 0:
                raise MirrorError(f"not finished after {LONGEST:g} s", silent=True)
            yield item
    except Empty:
        raise MirrorError(too_slow(), silent=True) from None
    finally:
        abandoned.set()
        bar.close()


def fetch_in_thread(url: str, inbox: SimpleQueue, abandoned: threading.Event) -> None:
    """Put the expected length, the chunks, and None at the end, or the exception, in `inbox`."""
    import pooch
    responses: list[Any] = []

    def answered(response, *_, **__):
        responses.append(response)
        length = response.headers.get("content-length", "")
        if response.ok and not response.is_redirect and length.isdigit():
            inbox.put(int(length))

    # identity: the bytes as stored, so that their number is the announced one.
    downloader = pooch.HTTPDownloader(
        chunk_size=CHUNK, timeout=PATIENCE, hooks={"response": answered},
        headers={"Accept-Encoding": "identity"})
    try:
        downloader(url, Inlet(inbox.put, abandoned), None)
        inbox.put(None)
    except BaseException as error:      # handed to the waiting thread, which judges it
        inbox.put(error)
    finally:
        for response in responses:
            response.close()


class Inlet:
    """What pooch takes for a file: hands chunks on, and stops the thread nobody waits for."""

    def __init__(self, put: Callable[[bytes], None], abandoned: threading.Event):
        self.put, self.abandoned = put, abandoned

    def write(self, chunk: bytes) -> None:
        if self.abandoned.is_set():
            raise TimeoutError("abandoned")
        self.put(chunk)

    def flush(self) -> None:
        """Pooch flushes after each chunk; nothing is held back here."""


def mirror_error(error: BaseException) -> MirrorError:
    """A failure of the network library in a few words for a student."""
    kind, text = type(error).__name__, str(error)
    response = getattr(error, "response", None)
    if kind == "HTTPError" and response is not None:
        return MirrorError(f"HTTP status {response.status_code} ({response.reason})")
    if "NameResolution" in text or "getaddrinfo" in text:
        return MirrorError("host name not found: no network?", silent=True)
    if "Timeout" in kind or "timed out" in text:
        return MirrorError(too_slow(), silent=True)
    if kind == "ConnectionError":
        cause = re.search(r"\[Errno -?\d+\] ([\w ]+)", text)
        return MirrorError(f"no connection: {cause[1] if cause else text[:120]}", silent=True)
    return MirrorError(PLAINLY.get(kind, f"{kind}: {text[:120]}"))


def too_slow() -> str:
    return f"no answer, or less than {CHUNK // 1024} KiB in {PATIENCE:g} s"
