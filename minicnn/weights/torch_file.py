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
from collections.abc import Callable
from functools import cache
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

    places : the bytes of each storage in the file, by its key
    read   : read(key) -> those bytes
    """

    def __init__(self, value: Any, places: dict[str, slice], read: Callable[[str], Array],
                 big_endian: bool = False) -> None:
        self.value, self.places, self.big_endian = value, places, big_endian
        self.bytes_of = cache(read)                # a check sum is held once

    def entry(self, name: str, tensor: Strided) -> Entry:
        """The array of one tensor, checked against its storage."""
        check_strided(tensor, name)
        storage = tensor.storage
        self.check(storage)
        return Entry(tensor.shape, name_of(storage.kind),
                     lambda: view(self.bytes_of(storage.key), tensor, self.big_endian))

    def check(self, storage: Storage) -> None:
        """The file has as many bytes under the storage's key as its pickle says."""
        place, expected = self.places.get(storage.key), storage.length * item_size(storage.kind)
        if place is None or place.stop - place.start != expected:
            have = "is not there" if place is None else f"has {place.stop - place.start:,} bytes"
            raise WeightsError(f"storage {storage.key[:40]!r} should have {expected:,} bytes, and "
                               f"{have}")


def zip_file(path: Path, raw: Array) -> TorchFile:
    """The format since PyTorch 1.6."""
    members = Members(path, raw)
    roots = [name.removesuffix("data.pkl") for name in members.places
             if name.endswith("/data.pkl") and name.count("/") == 1]
    if len(roots) != 1:
        raise WeightsError("a zip file without PyTorch's data.pkl: no weight file")
    root = roots[0]
    if any(name.startswith(root + "code/") for name in members.places):
        raise WeightsError("a TorchScript program, not weights; save the weights: "
                           "torch.save(model.state_dict(), path)")
    order = root + "byteorder"
    said = members.read(order).tobytes() if order in members.places else b"little"
    if said not in (b"little", b"big"):
        raise WeightsError(f"its byte order is {said[:20]!r}, neither little nor big")
    value, data = unpickled(io.BytesIO(members.read(root + "data.pkl").tobytes())), root + "data/"
    places = {name.removeprefix(data): place for name, place in members.places.items()
              if name.startswith(data)}
    return TorchFile(value, places, lambda key: members.read(data + key), said == b"big")


def legacy_file(path: Path, raw: Array) -> TorchFile:
    """The format before PyTorch 1.6, and of torch.save(_use_new_zipfile_serialization=False)."""
    # Mapped: whoever asks it for 2^60 bytes gets those that there are.
    with path.open("rb") as opened, mmap(opened.fileno(), 0, access=ACCESS_READ) as file:
        magic, version = unpickled(file), unpickled(file)
        if magic != MAGIC:
            raise WeightsError("a pickle, but not one of PyTorch's")
        if version != 1001:
            raise WeightsError(f"PyTorch's legacy format {version!r}; 1001 is known")
        unpickled(file)                            # of the machine: the numbers are little-endian
        value, keys, place = unpickled(file), unpickled(file), file.tell()
    if type(keys) is not list or any(type(key) is not str for key in keys):
        raise WeightsError("the list of its storages is damaged")
    kinds = {storage.key: storage.kind for storage in storages_in(value)}
    places: dict[str, slice] = {}
    for key in keys:
        if key in places:
            raise WeightsError(f"two storages are called {key[:40]!r}")
        if key not in kinds:
            raise WeightsError(f"storage {key[:40]!r} belongs to no tensor")
        head = raw[place:place + 8].tobytes()
        count = struct.unpack("<q", head)[0] if len(head) == 8 else -1
        size = count * item_size(kinds[key])
        if count < 0 or place + 8 + size > len(raw):
            raise WeightsError(f"the file ends within storage {key[:40]!r}: it was cut off")
        places[key] = slice(place + 8, place + 8 + size)
        place += 8 + size
    return TorchFile(value, places, lambda key: raw[places[key]])


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
