"""A zip file whose members are stored as they are, looked at without unpacking anything.

Python's zipfile reads the list of members; here it is checked that no two have one name or lie over
each other, that none is compressed (a "zip bomb" is a small file that unpacks to terabytes), and
that each lies inside the file.  The check sum of a member is held when it is read.
"""

import struct
import zipfile
import zlib
from pathlib import Path

from minicnn.backend.arrays import Array
from minicnn.weights.error import WeightsError

FIXED = struct.Struct("<4s22xHH")                  # signature, lengths of the name and extra field


class Members:
    """The members of a zip file by name."""

    def __init__(self, path: Path, raw: Array) -> None:
        self.raw = raw
        try:
            with zipfile.ZipFile(path) as file:
                infos = file.infolist()
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, struct.error, OSError,
                ValueError, EOFError, IndexError) as problem:
            raise WeightsError("its zip directory is damaged: the end of the file may be missing"
                               ) from problem
        self.places: dict[str, slice] = {}
        self.sums: dict[str, int] = {}
        for info in infos:
            name = info.filename
            if info.is_dir():
                continue
            if name in self.places:
                raise WeightsError(f"two members are called {name[:80]!r}")
            if name.startswith("/") or "\\" in name or ".." in name.split("/"):
                raise WeightsError(f"a member is called {name[:80]!r}, a path out of the file")
            if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1:
                raise WeightsError(f"{name[:80]} is compressed or encrypted; weight files are "
                                   "stored as they are (np.savez, not np.savez_compressed)")
            self.places[name], self.sums[name] = self.place(info), info.CRC
        ends = sorted((place.start, place.stop) for place in self.places.values())
        if any(stop > start for (_, stop), (start, _) in zip(ends[:-1], ends[1:], strict=True)):
            raise WeightsError("two of its members lie over each other")

    def place(self, info: zipfile.ZipInfo) -> slice:
        """Where the member's bytes lie in the file: behind a header of its own."""
        begin, name = info.header_offset, info.filename[:80]
        header = self.raw[begin:begin + FIXED.size].tobytes() if begin >= 0 else b""
        if len(header) < FIXED.size or not header.startswith(b"PK\3\4"):
            raise WeightsError(f"the header of {name} is not where the directory says")
        start = begin + FIXED.size + sum(FIXED.unpack(header)[1:])
        if info.file_size != info.compress_size or start + info.file_size > len(self.raw):
            raise WeightsError(f"{name} has {info.file_size:,} bytes by the directory, more than "
                               "the file")
        return slice(start, start + info.file_size)

    def read(self, name: str) -> Array:
        """The member's bytes, held to their check sum."""
        found = self.raw[self.places[name]]
        if zlib.crc32(found) != self.sums[name]:
            raise WeightsError(f"{name[:80]} is damaged: its check sum is another")
        return found
