"""A large download that goes on where the connection broke off.

`Resuming` is handed to pooch, which calls it with an address and a temporary file, and gives the
file its name in the cache when it returns.  What breaks off is asked for again from there; a server
that cannot do that sends the file anew.  When all is lost, the exception lets pooch remove the
temporary file: the cache then holds nothing of it.
"""

import hashlib
import re
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any, BinaryIO

from minicnn.data.download import DownloadError, mirror_error

PATIENCE = (10.0, 20.0)      # seconds for the connection, and for each chunk
CHUNK = 2 ** 14              # bytes; the last, incomplete one of a connection is lost
TRIES = 20                   # times that one file may break off,
STUCK = 3                    # and so many times without another chunk
PAUSE = 1.0                  # seconds before it is asked for again
LARGEST = 2 ** 33            # bytes; no file of weights here has more


class Broken(Exception):
    """The connection ended before the file did."""


class Resuming:
    """resuming(address, path, pooch) downloads to `path`, or raises a DownloadError.

    sha256 : how the file's SHA-256 begins, in hexadecimal
    tell   : called with a line when something goes on or begins anew
    """

    def __init__(self, sha256: str, tell: Callable[[str], object] | None = None) -> None:
        self.sha256, self.tell = sha256, tell or partial(print, file=sys.stderr)

    def __call__(self, url: str, output_file: Any, _: Any) -> None:
        from tqdm import tqdm
        name = url.rpartition("/")[2]
        with open(output_file, "w+b") as file, \
                tqdm(desc=name, unit="B", unit_scale=True, leave=False, disable=None) as bar:
            stuck, most = 0, -1
            for again in range(1, TRIES + 1):
                try:
                    self.receive(url, file, bar)
                    break
                except Broken as problem:
                    stuck = 0 if file.tell() > most else stuck + 1
                    most = max(most, file.tell())
                    if again == TRIES or stuck == STUCK - 1:
                        raise DownloadError(f"{name} could not be had: {problem}, {again} times; "
                                            f"try later, or download it with a browser: {url}"
                                            ) from problem
                    self.tell(f"{name}: {problem}, after {file.tell():,} bytes; asking again")
                    time.sleep(PAUSE)
            file.seek(0)
            found = sha256_of(file)
        if not found.startswith(self.sha256):
            raise DownloadError(f"{url} sent another file: its SHA-256 begins with {found[:8]}, "
                                f"expected {self.sha256}; does a proxy stand between?")

    def receive(self, url: str, file: BinaryIO, bar: Any) -> None:
        """The rest of the file; Broken where less comes than was announced."""
        import requests
        have = file.tell()
        # identity: the bytes as they are stored, so that the places in the file are theirs.
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
        try:
            with requests.get(url, headers=headers, stream=True, timeout=PATIENCE) as answer:
                if have and not goes_on(answer, have):
                    self.tell(f"{url.rpartition('/')[2]}: the server cannot go on in the middle; "
                              "it begins anew")
                    file.seek(0)
                    file.truncate()
                    if answer.status_code != 200:
                        raise Broken("it would not send the rest")
                answer.raise_for_status()
                length = answer.headers.get("Content-Length", "")
                bar.total = file.tell() + int(length) if length.isdigit() else None
                bar.reset(bar.total)
                bar.update(file.tell())
                for chunk in answer.iter_content(CHUNK):
                    file.write(chunk)
                    bar.update(len(chunk))
                    if file.tell() > LARGEST:
                        raise DownloadError(f"{url} sends more than {LARGEST:,} bytes")
                if bar.total is not None and file.tell() < bar.total:
                    raise Broken("the connection broke off")
        except requests.HTTPError as problem:
            reason = f"the server answers {mirror_error(problem)}"
            if answer.status_code >= 500:
                raise Broken(reason) from problem
            raise DownloadError(f"{url} could not be had: {reason}") from problem
        except requests.RequestException as problem:
            raise Broken(str(mirror_error(problem))) from problem


def goes_on(answer: Any, have: int) -> bool:
    """The server sends the file from byte `have` on."""
    place = re.match(r"bytes (\d+)-", answer.headers.get("Content-Range", ""))
    return answer.status_code == 206 and place is not None and int(place[1]) == have


def sha256_of(file: BinaryIO) -> str:
    """Of what is left of the file, in hexadecimal."""
    digest = hashlib.sha256()
    while chunk := file.read(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()
