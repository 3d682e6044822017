"""PyTorch's .pth and .pt files, in both of its formats, without PyTorch.

    zip (since PyTorch 1.6)   archive/data.pkl      the names, and where each tensor lies
                              archive/data/0, 1 ... the numbers of the storages
                              archive/byteorder     "little" or "big"
    legacy (before; most published files)           one after the other:
                              four pickles: a magic number, a version, the machine, the names
                              a pickle: the list of the storages' keys
                              for each: how many numbers (8 bytes, little-endian), the numbers

Source: torch/serialization.py, whose `_load` and `_legacy_load` read them.
"""

import io
import struct
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

from minicnn.backend.arrays import Array
from minicnn.weights.error import WeightsError
from minicnn.weights.pickled import Storage, Strided, unpickled
from minicnn.weights.stored import Entry, check_strided, item_size, name_of, view
from minicnn.weights.zipped import Members

MAGIC = 0x1950A86A20F9469CFC6C                     # the first pickle of a legacy file


class TorchFile:
    """The value that torch.save was given, with a Strided for each tensor, and the numbers' bytes.
    """

    value: Any
    big_endian = False

    def __init__(self) -> None:
        self.read: dict[str, Array] = {}           # the bytes of storages that were looked at

    def entry(self, name: str, tensor: Strided) -> Entry:
        """The array of one tensor, checked against its storage."""
        check_strided(tensor, name)
        storage = tensor.storage
        self.check(storage)
        return Entry(tensor.shape, name_of(storage.kind),
                     lambda: view(self.bytes_of(storage), tensor, self.big_endian))

    def bytes_of(self, storage: Storage) -> Array:
        if storage.key not in self.read:
            self.read[storage.key] = self.find(storage)
        return self.read[storage.key]

    def check(self, storage: Storage) -> None:
        """The file has as many bytes under the storage's key as its pickle says."""
        found = self.size(storage.key)
        expected = storage.length * item_size(storage.kind)
        if found != expected:
            have = "is not there" if found is None else f"has {found:,} bytes"
            raise WeightsError(f"storage {storage.key[:40]!r} should have {expected:,} bytes, and "
                               f"{have}")

    def size(self, key: str) -> int | None:
        """How many bytes lie under a key, None if there is no such key."""
        raise NotImplementedError

    def find(self, storage: Storage) -> Array:
        raise NotImplementedError


class ZipFile(TorchFile):
    """The format since PyTorch 1.6."""

    def __init__(self, path: Path, raw: Array) -> None:
        super().__init__()
        self.members = Members(path, raw)
        roots = [name.removesuffix("data.pkl") for name in self.members.places
                 if name.endswith("/data.pkl") and name.count("/") == 1]
        if len(roots) != 1:
            raise WeightsError("a zip file without PyTorch's data.pkl: no weight file")
        self.root = roots[0]
        if any(name.startswith(self.root + "code/") for name in self.members.places):
            raise WeightsError("a TorchScript program, not weights; save the weights: "
                               "torch.save(model.state_dict(), path)")
        order = self.members.places.get(self.root + "byteorder")
        said = self.members.read(self.root + "byteorder").tobytes() if order else b"little"
        if said not in (b"little", b"big"):
            raise WeightsError(f"its byte order is {said[:20]!r}, neither little nor big")
        self.big_endian = said == b"big"
        self.value = unpickled(io.BytesIO(self.members.read(self.root + "data.pkl").tobytes()))

    def size(self, key: str) -> int | None:
        place = self.members.places.get(f"{self.root}data/{key}")
        return None if place is None else place.stop - place.start

    def find(self, storage: Storage) -> Array:
        return self.members.read(f"{self.root}data/{storage.key}")


class LegacyFile(TorchFile):
    """The format before PyTorch 1.6, and of torch.save(_use_new_zipfile_serialization=False)."""

    def __init__(self, path: Path, raw: Array) -> None:
        super().__init__()
        self.raw = raw
        # Mapped: whoever asks it for 2^60 bytes gets those that there are.
        with path.open("rb") as opened, mmap(opened.fileno(), 0, access=ACCESS_READ) as file:
            magic, version = unpickled(file), unpickled(file)
            if magic != MAGIC:
                raise WeightsError("a pickle, but not one of PyTorch's")
            if version != 1001:
                raise WeightsError(f"PyTorch's legacy format {version!r}; 1001 is known")
            unpickled(file)                        # of the machine: the numbers are little-endian
            self.value = unpickled(file)
            keys = unpickled(file)
            place = file.tell()
        if type(keys) is not list or any(type(key) is not str for key in keys):
            raise WeightsError("the list of its storages is damaged")
        kinds = {storage.key: storage for storage in storages_in(self.value)}
        self.places: dict[str, slice] = {}
        for key in keys:
            if key in self.places:
                raise WeightsError(f"two storages are called {key[:40]!r}")
            if key not in kinds:
                raise WeightsError(f"storage {key[:40]!r} belongs to no tensor")
            head = raw[place:place + 8].tobytes()
            count = struct.unpack("<q", head)[0] if len(head) == 8 else -1
            size = count * item_size(kinds[key].kind)
            if count < 0 or place + 8 + size > len(raw):
                raise WeightsError(f"the file ends within storage {key[:40]!r}: it was cut off")
            self.places[key] = slice(place + 8, place + 8 + size)
            place += 8 + size

    def size(self, key: str) -> int | None:
        place = self.places.get(key)
        return None if place is None else place.stop - place.start

    def find(self, storage: Storage) -> Array:
        return self.raw[self.places[storage.key]]


def storages_in(value: Any) -> list[Storage]:
    """The storages of all tensors of a value, whatever it is made of."""
    found: list[Storage] = []
    waiting, seen = [value], set[int]()
    while waiting:
        one = waiting.pop()
        if isinstance(one, Strided):
            found.append(one.storage)
        elif isinstance(one, Storage):
            found.append(one)
        elif isinstance(one, (dict, list, tuple)) and id(one) not in seen:
            seen.add(id(one))                      # a memo can make a list a member of itself
            waiting += one.values() if isinstance(one, dict) else one
    return found
