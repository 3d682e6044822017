"""Writing a network's values: safetensors or npz, whole or not at all."""

import json
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from minicnn.backend.arrays import to_cpu
from minicnn.data.files import written_whole
from minicnn.layers.module import Module
from minicnn.weights.names import no_such_names, published_names
from minicnn.weights.safetensors_file import KINDS


def save(model: Module | dict[str, Any], path: Any, names: str = "minicnn") -> Path:
    """Write a model's values, or arrays by name, to a file; returns its path.

    path  : ends in .safetensors (which PyTorch reads too) or .npz
    names : "minicnn", or whose names the file shall have: "torchvision", if the network has them

    The file is written beside its place and then moved there: a crash leaves the old one.
    """
    where = check_place(path)
    arrays = arrays_of(model, names)
    for name, array in arrays.items():
        if array.dtype not in TYPES:
            raise TypeError(f"save: {name} is {array.dtype}; a file holds "
                            f"{', '.join(map(str, TYPES))}")
    with written_whole(where) as file:
        if where.suffix == ".npz":
            np.savez(file, **arrays)               # type: ignore[arg-type]
        else:
            write_safetensors(file, arrays)
    return where


def check_place(path: Any) -> Path:
    """The path, if it can be the name of a file that `save` writes."""
    where = Path(path)
    if where.suffix not in (".safetensors", ".npz"):
        raise ValueError(f"save: {where.name!r} must end in .safetensors or .npz; PyTorch reads "
                         "the former: safetensors.torch.load_file(path)")
    if not where.parent.is_dir():
        raise FileNotFoundError(f"save: there is no folder {where.parent}")
    return where


TYPES = {np.dtype(code): name for name, code in KINDS.items() if name != "BF16"}


def write_safetensors(file: BinaryIO, arrays: dict[str, np.ndarray]) -> None:
    """The format as safetensors_file.py describes it, the largest numbers first."""
    header, at = {}, 0
    ordered = sorted(arrays, key=lambda name: (-arrays[name].dtype.itemsize, name))
    for name in ordered:
        array = arrays[name]
        header[name] = {"dtype": TYPES[array.dtype], "shape": list(array.shape),
                        "data_offsets": [at, at + array.nbytes]}
        at += array.nbytes
    text = json.dumps(header).encode("utf-8")
    text += b" " * (-len(text) % 8)                # so that the numbers begin at a multiple of 8
    file.write(len(text).to_bytes(8, "little") + text)
    for name in ordered:
        file.write(arrays[name].astype(arrays[name].dtype.newbyteorder("<"), copy=False).tobytes())


def arrays_of(model: Module | dict[str, Any], names: str) -> dict[str, np.ndarray]:
    """name -> array that lies row after row in this machine's byte order."""
    if not isinstance(model, Module):
        if names != "minicnn":
            raise ValueError(f"save: names={names!r} needs a network, whose names are known; got "
                             f"a {type(model).__name__}")
        return {name: in_rows(values) for name, values in model.items()}
    published = published_names(model)
    if names not in ("minicnn", *published):
        raise ValueError(f"save: {no_such_names(model, names)}")
    table, found = published.get(names), {}
    for name, parameter in model.saved():
        if table is None:
            found[name] = in_rows(to_cpu(parameter.data))
        elif not table.lacks(name):
            values = in_rows(to_cpu(parameter.data))
            found[table.theirs(name)] = values.reshape(table.shape(name, values.shape))
    return found


def in_rows(values: Any) -> np.ndarray:
    array = np.asarray(values)
    return np.array(array, dtype=array.dtype.newbyteorder("="), order="C")
