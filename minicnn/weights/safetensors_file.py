"""safetensors: names, types and places as JSON, then the numbers; nothing that could run.

    8 bytes    length of the header, little-endian
    header     {"conv1.weight": {"dtype": "F32", "shape": [8, 3, 7, 7], "data_offsets": [0, 4704]}}
    numbers    each array's bytes, in order, without gaps; little-endian

Large models come as several such files, and an index {"weight_map": {name: file}} beside them.
The package `safetensors` reads into NumPy too, but not bfloat16, which NumPy lacks; so the reader
stands here.  Source: the format's description in the package's README.
"""

import json
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from minicnn.backend.arrays import Array
from minicnn.weights.error import WeightsError
from minicnn.weights.stored import Entry, item_size, mapped, name_of, native

KINDS = {"F64": "f8", "F32": "f4", "F16": "f2", "BF16": "bfloat16", "I64": "i8", "I32": "i4",
         "I16": "i2", "I8": "i1", "U64": "u8", "U32": "u4", "U16": "u2", "U8": "u1", "BOOL": "?"}


def header_of(raw: Array) -> tuple[dict[str, Any], int]:
    """The header of a file's bytes, and where the numbers begin."""
    size = int.from_bytes(raw[:8].tobytes(), "little")
    if len(raw) < 8 or size > len(raw) - 8:
        raise WeightsError(f"its header should have {size:,} bytes, the file has {len(raw):,}: it "
                           "was cut off")
    return parsed(raw[8:8 + size].tobytes()), 8 + size


def parsed(text: bytes) -> dict[str, Any]:
    """JSON that is one object, in which no name comes twice."""
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            raise WeightsError("a name comes twice in its header")
        return found

    try:
        header = json.loads(text.decode("utf-8"), object_pairs_hook=once)
    except WeightsError:
        raise
    except (ValueError, RecursionError) as problem:
        raise WeightsError("its header is no JSON: the file is damaged") from problem
    if type(header) is not dict:
        raise WeightsError("its header is no JSON object: the file is damaged")
    return header


def safetensors_entries(raw: Array) -> dict[str, Entry]:
    """The arrays of one file."""
    header, start = header_of(raw)
    header.pop("__metadata__", None)
    entries, places = {}, []
    for name, said in header.items():
        kind, shape, (begin, end) = checked(name, said)
        if end - begin != prod(shape) * item_size(kind):
            raise WeightsError(f"{name}: {end - begin:,} bytes for shape {shape} of "
                               f"{name_of(kind)}")
        places.append((begin, end))
        entries[name] = entry(raw[start + begin:start + end], kind, shape)
    at = 0
    for begin, end in sorted(places):
        if begin != at:
            raise WeightsError("its arrays lie over each other, or have gaps between them")
        at = end
    if start + at != len(raw):
        raise WeightsError(f"its arrays end at byte {start + at:,}, the file at {len(raw):,}: it "
                           "was cut off, or something was added")
    return entries


def checked(name: str, said: Any) -> tuple[str, tuple[int, ...], tuple[int, int]]:
    """Type, shape and place of one array as the header says them."""
    try:
        kind, shape, (begin, end) = said["dtype"], said["shape"], said["data_offsets"]
        numbers = [*shape, begin, end]
    except (TypeError, KeyError, ValueError) as problem:
        raise WeightsError(f"{name[:80]}: not described by dtype, shape and data_offsets"
                           ) from problem
    if type(kind) is not str or kind not in KINDS:
        raise WeightsError(f"{name[:80]}: the type {str(kind)[:20]!r} is unknown; there are "
                           f"{', '.join(KINDS)}")
    if any(type(i) is not int or i < 0 for i in numbers) or begin > end or len(shape) > 32:
        raise WeightsError(f"{name[:80]}: a shape or a place that cannot be")
    return KINDS[kind], tuple(shape), (begin, end)


def entry(raw: Array, kind: str, shape: tuple[int, ...]) -> Entry:
    dtype = np.dtype("u2" if kind == "bfloat16" else "u1" if kind == "?" else kind)

    def read() -> Array:
        numbers = raw.view(dtype.newbyteorder("<")) if raw.size else np.empty(0, dtype)
        return native(numbers.reshape(shape), kind)
    return Entry(shape, name_of(kind), read)


def shard_entries(path: Path, text: bytes) -> dict[str, Entry]:
    """The arrays of all files that an index names; they lie in its folder."""
    names = parsed(text).get("weight_map")
    if type(names) is not dict or not names:
        raise WeightsError("a JSON file without a weight_map: no index of safetensors files")
    files: dict[str, dict[str, Entry]] = {}
    for file in names.values():
        if type(file) is not str or file != Path(file).name or file in ("", ".", ".."):
            raise WeightsError(f"it points at {str(file)[:80]!r}, a path out of its folder")
        if file not in files:
            if not (path.parent / file).is_file():
                raise WeightsError(f"its part {file} is not in {path.parent}; download it too")
            try:
                files[file] = safetensors_entries(mapped(path.parent / file))
            except WeightsError as problem:
                raise WeightsError(f"its part {file}: {problem}") from problem
    missing = [name for name, file in names.items() if name not in files[file]]
    if missing:
        raise WeightsError(f"{missing[0][:80]} is not in the part that should have it")
    return {name: files[file][name] for name, file in names.items()}
