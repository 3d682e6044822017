"""Checkpoints: everything a run needs to go on as if it had never stopped, in one file.

A checkpoint is a tree of dicts and lists whose leaves are numbers, strings and arrays:

    parts = {"model": model, "optimizer": optimizer, "schedule": schedule, "loader": loader}
    save("run.npz", collect(parts, epochs=12))
    restore(load("run.npz"), parts)                    all of it or, if anything is wrong, nothing

The file is an ordinary .npz without pickled objects (numpy.load reads it too): one member for each
array, and "tree", the rest as JSON.  It is written beside its name and then renamed, so that a
crash leaves the old file or the new one, never half of one.
"""

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from minicnn.backend.arrays import is_array, to_cpu
from minicnn.backend.messages import type_name
from minicnn.backend.seeds import random_state, set_random_state
from minicnn.data.files import written_whole
from minicnn.training.entries import CheckpointError, check_parts

__all__ = ["CheckpointError", "collect", "load", "restore", "save"]

FORMAT = "minicnn checkpoint 1"


def collect(parts: dict[str, Any], **more: Any) -> dict[str, Any]:
    """state_dict() of every part, the state of the random numbers, and what else is given."""
    return {**{name: part.state_dict() for name, part in parts.items()},
            "random": random_state(), **more}


def restore(tree: dict[str, Any], parts: dict[str, Any]) -> None:
    """Put every part, and the random numbers, back to where `collect` saw them.

    Every entry is looked at before the first is put back: after a CheckpointError nothing has
    changed.  A part of your own may write check_state(values), which raises it.
    """
    check_parts(tree, parts)
    for name, part in parts.items():
        part.load_state_dict(tree[name])
    set_random_state(tree["random"])


def save(path: str | Path, tree: dict[str, Any]) -> None:
    """Write `tree` to `path`, replacing what was there only once the new file is complete."""
    arrays = packed(tree)
    with written_whole(Path(path)) as file:
        np.savez(file, **arrays)


def packed(tree: dict[str, Any]) -> dict[str, Any]:
    """The members of the file; TypeError if the tree holds another kind of thing."""
    arrays: dict[str, Any] = {}

    def without_arrays(node: Any) -> Any:
        if is_array(node) and not node.dtype.hasobject:
            arrays[f"array{len(arrays)}"] = to_cpu(node)
            return {"array": f"array{len(arrays) - 1}"}
        if isinstance(node, dict):
            return {"dict": [[key, without_arrays(value)] for key, value in node.items()]}
        if isinstance(node, (list, tuple)):
            return {"list": [without_arrays(value) for value in node]}
        if isinstance(node, np.generic):
            return node.item()
        if node is None or isinstance(node, (bool, int, float, str)):
            return node
        raise TypeError(f"checkpoint: cannot save a {type_name(node)}; "
                        "dicts, lists, numbers, strings and arrays only")

    text = json.dumps({"format": FORMAT, "tree": without_arrays(tree)})
    arrays["tree"] = np.frombuffer(text.encode(), np.uint8)
    return arrays


def load(path: str | Path) -> dict[str, Any]:
    """The tree that `save` wrote.  CheckpointError if the file is anything else or damaged."""
    path = Path(path)
    if not path.exists() and not path.is_symlink():
        raise FileNotFoundError(f"no checkpoint at {path}; train first")
    if not path.is_file():
        raise CheckpointError(f"{path} is no file, but a folder, a device or a broken link; train "
                              "again")
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if any(member.compress_type != zipfile.ZIP_STORED for member in members):
                raise ValueError("compressed members, minicnn writes none")
            if sum(member.file_size for member in members) > path.stat().st_size:
                raise ValueError("its members are larger than the file")
            damaged = archive.testzip()
        if damaged:
            raise ValueError(f"{damaged} does not have the content it was saved with")
        with np.load(path, allow_pickle=False) as opened:
            arrays = {name: opened[name] for name in opened.files}
        if len(arrays) < len(members):
            raise ValueError("two members have one name")
        header = json.loads(arrays.pop("tree").tobytes())
        if header["format"] != FORMAT:
            raise ValueError(f"format {header['format']!r}, expected {FORMAT!r}")
        tree = with_arrays(header["tree"], arrays)
        if not isinstance(tree, dict):
            raise ValueError("its tree is no dict")
        if arrays:
            raise ValueError(f"{', '.join(arrays)} belongs to no entry")
        return tree
    except Exception as problem:           # what a damaged archive raises is listed nowhere
        raise CheckpointError(f"{path} is not a minicnn checkpoint, or is damaged ({problem}); "
                              "train again") from problem


def with_arrays(node: Any, arrays: dict[str, np.ndarray]) -> Any:
    """The tree again; each array is taken out of `arrays` as it finds its place."""
    if not isinstance(node, dict):
        return node
    (kind, value), = node.items()
    if kind == "array":
        return arrays.pop(value)
    if kind == "list":
        return [with_arrays(part, arrays) for part in value]
    named = {key: with_arrays(part, arrays) for key, part in value}
    if kind != "dict" or len(named) < len(value):
        raise ValueError("an entry occurs twice, or is of an unknown kind")
    return named
