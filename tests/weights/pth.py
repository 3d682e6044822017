"""Writes .pth files as torch.save does, and wrong ones, without PyTorch: step by step of pickle."""

import io
import struct
import zipfile
from typing import NamedTuple

import numpy as np

KINDS = {"float32": "Float", "float64": "Double", "float16": "Half", "uint8": "Byte",
         "int8": "Char", "int16": "Short", "int32": "Int", "int64": "Long", "bool": "Bool"}
MAGIC = 0x1950A86A20F9469CFC6C


class Name(NamedTuple):
    """module.name, as pickle's step GLOBAL takes it."""

    module: str
    name: str


class Call(NamedTuple):
    """A function called with arguments: step REDUCE."""

    function: object
    arguments: tuple


class Kept(NamedTuple):
    """A persistent id: step BINPERSID."""

    note: tuple


class Raw(NamedTuple):
    """Steps as they are."""

    steps: bytes


def steps(value) -> bytes:
    """The steps that push a value."""
    if isinstance(value, Raw):
        return value.steps
    if isinstance(value, Name):
        return f"c{value.module}\n{value.name}\n".encode()
    if isinstance(value, Call):
        return steps(value.function) + steps(tuple(value.arguments)) + b"R"
    if isinstance(value, Kept):
        return steps(tuple(value.note)) + b"Q"
    if value is None or isinstance(value, bool):
        return {None: b"N", True: b"\x88", False: b"\x89"}[value]
    if isinstance(value, int):
        size = (value.bit_length() + 8) // 8
        return b"\x8a" + bytes([size]) + value.to_bytes(size, "little", signed=True)
    if isinstance(value, float):
        return b"G" + struct.pack(">d", value)
    if isinstance(value, str):
        text = value.encode()
        return b"X" + struct.pack("<I", len(text)) + text
    if isinstance(value, tuple):
        return b"(" + b"".join(map(steps, value)) + b"t"
    if isinstance(value, list):
        return b"](" + b"".join(map(steps, value)) + b"e"
    if isinstance(value, dict):
        inside = b"".join(steps(name) + steps(one) for name, one in value.items())
        return b"}(" + inside + b"u"
    raise TypeError(f"no steps for {type(value)}")


def pickled(value) -> bytes:
    return b"\x80\x02" + steps(value) + b"."


ORDERED = Name("collections", "OrderedDict")


def ordered(entries) -> Raw:
    """An OrderedDict with _metadata, as model.state_dict() is."""
    inside = b"".join(steps(name) + steps(one) for name, one in entries.items())
    state = steps({"_metadata": Raw(steps(Call(ORDERED, ())))})
    return Raw(steps(Call(ORDERED, ())) + b"(" + inside + b"u" + state + b"b")


def storage(key, kind, length, device="cpu", legacy=False):
    note = ("storage", Name("torch", f"{kind}Storage"), key, device, length)
    return Kept((*note, None) if legacy else note)


def tensor(kept, offset, shape, strides, parameter=False):
    made = Call(Name("torch._utils", "_rebuild_tensor_v2"),
                (kept, offset, shape, strides, False, Call(ORDERED, ())))
    return Call(Name("torch._utils", "_rebuild_parameter"), (made, True, Call(ORDERED, ()))
                ) if parameter else made


def strides_of(array):
    return tuple(step // array.itemsize for step in np.ascontiguousarray(array).strides)


def described(arrays, legacy=False):
    """{name: tensor} for arrays, each with a storage of its own, and the storages' bytes."""
    entries, blobs = {}, {}
    for number, (name, array) in enumerate(arrays.items()):
        array = np.asarray(array)
        kind, key = KINDS[array.dtype.name], str(number)
        entries[name] = tensor(storage(key, kind, array.size, legacy=legacy), 0, array.shape,
                               strides_of(array) if array.ndim else ())
        blobs[key] = array.tobytes()
    return entries, blobs


def zip_file(value, blobs, order="little", **more):
    """The bytes of a file in the format since PyTorch 1.6."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("archive/data.pkl", value if isinstance(value, bytes) else pickled(value))
        if order:
            file.writestr("archive/byteorder", order)
        for key, blob in blobs.items():
            file.writestr(f"archive/data/{key}", blob)
        file.writestr("archive/version", "3\n")
        for name, blob in more.items():
            file.writestr(name, blob)
    return out.getvalue()


def legacy_file(value, blobs, itemsizes=None, magic=MAGIC, version=1001):
    """The bytes of a file in the format before."""
    machine = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2}}
    parts = [pickled(magic), pickled(version), pickled(machine),
             value if isinstance(value, bytes) else pickled(value), pickled(list(blobs))]
    for key, blob in blobs.items():
        size = (itemsizes or {}).get(key, 4)
        parts += [struct.pack("<q", len(blob) // size), blob]
    return b"".join(parts)


def both(arrays):
    """[(format, the file's bytes)] with some arrays, in both formats."""
    entries, blobs = described(arrays)
    older, _ = described(arrays, legacy=True)
    sizes = {str(i): np.asarray(q).itemsize for i, q in enumerate(arrays.values())}
    return [("PyTorch zip", zip_file(ordered(entries), blobs)),
            ("PyTorch legacy", legacy_file(ordered(older), blobs, sizes))]
