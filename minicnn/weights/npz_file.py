"""NumPy's .npz: a zip file with one .npy member for each array, as np.savez writes it."""

import io
from math import prod
from pathlib import Path

import numpy as np

from minicnn.backend.arrays import Array
from minicnn.weights.error import WeightsError
from minicnn.weights.stored import Entry, native
from minicnn.weights.zipped import Members


def npz_entries(path: Path, raw: Array) -> dict[str, Entry]:
    """The arrays of the file."""
    members = Members(path, raw)
    return {name.removesuffix(".npy"): npy_entry(members, name) for name in members.places}


def npy_entry(members: Members, member: str) -> Entry:
    """One array: its header is read, its numbers are not."""
    name, place = member.removesuffix(".npy"), members.places[member]
    head = io.BytesIO(members.raw[place][:1 << 16].tobytes())
    try:
        version = np.lib.format.read_magic(head)
        read = {(1, 0): np.lib.format.read_array_header_1_0,
                (2, 0): np.lib.format.read_array_header_2_0}[version]
        shape, fortran, dtype = read(head)
    except Exception as problem:                   # what a damaged header raises is listed nowhere
        raise WeightsError(f"{name[:80]} is no array as np.savez writes it") from problem
    if dtype.kind not in "fiub" or dtype.itemsize > 8:
        raise WeightsError(f"{name[:80]} holds {str(dtype)[:40]}, which are no numbers of a "
                           "network")
    start, size = head.tell(), prod(shape) * dtype.itemsize
    if min((0, *shape)) < 0 or place.start + start + size != place.stop:
        raise WeightsError(f"{name[:80]}: shape {shape} of {dtype} needs {size:,} bytes, there are "
                           f"{place.stop - place.start - start:,}")

    def numbers() -> Array:
        stored = np.dtype("u1") if dtype.kind == "b" else dtype
        flat = members.read(member)[start:].view(stored) if size else np.empty(0, stored)
        kind = "?" if dtype.kind == "b" else stored.str[1:]
        return native(flat.reshape(shape, order="F" if fortran else "C"), kind)
    return Entry(shape, dtype.name, numbers)
