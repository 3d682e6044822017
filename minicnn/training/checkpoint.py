"""Checkpoints: everything a run needs to go on as if it had never stopped, in one file.

A checkpoint is a tree of dicts and lists whose leaves are numbers, strings and arrays:

    parts = {"model": model, "optimizer": optimizer, "schedule": schedule, "loader": loader}
    save("run.npz", collect(parts, epochs=12))
    restore(load("run.npz"), parts)

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
from minicnn.backend.seeds import random_state, set_random_state
from minicnn.data.files import written_whole

FORMAT = "minicnn checkpoint 1"


class CheckpointError(ValueError):
    """The file is no checkpoint, or is damaged."""


def collect(parts: dict[str, Any], **more: Any) -> dict[str, Any]:
    """state_dict() of every part, the state of the random numbers, and what else is given."""
    return {**{name: part.state_dict() for name, part in parts.items()},
            "random": random_state(), **more}


def restore(tree: dict[str, Any], parts: dict[str, Any]) -> None:
    """Put every part, and the random numbers, back to where `collect` saw them."""
    for name, part in parts.items():
        part.load_state_dict(tree[name])
    set_random_state(tree["random"])


def save(path: str | Path, tree: dict[str, Any]) -> None:
    """Write `tree` to `path`, replacing what was there only once the new file is complete."""
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
        raise TypeError(f"checkpoint: cannot save a {type(node).__name__}; "
                        "dicts, lists, numbers, strings and arrays only")

    text = json.dumps({"format": FORMAT, "tree": without_arrays(tree)})
    arrays["tree"] = np.frombuffer(text.encode(), np.uint8)
    with written_whole(Path(path)) as file:
        np.savez(file, **arrays)


def load(path: str | Path, plan: dict[str, Any] | None = None) -> dict[str, Any]:
    """The tree that `save` wrote.  CheckpointError if the file is anything else or damaged.

    plan : the settings of the run that wants to go on; CheckpointError if tree["plan"] has others
    """
    tree = read(path)
    theirs = tree.get("plan", {})
    differences = [f"{name} {theirs.get(name)}, not {value}" for name, value in (plan or {}).items()
                   if theirs.get(name) != value]
    if differences:
        raise CheckpointError(f"{path} belongs to a run with {'; '.join(differences)}; resume with "
                              "the settings it was started with")
    return tree


def read(path: str | Path) -> dict[str, Any]:
    """The tree in the file, whatever it is of."""
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"no checkpoint at {path}; train first, or leave out --resume")
    try:
        with zipfile.ZipFile(path) as archive:
            if any(member.compress_type != zipfile.ZIP_STORED for member in archive.infolist()):
                raise CheckpointError(f"{path}: compressed members; minicnn writes none")
            damaged = archive.testzip()
        if damaged:
            raise CheckpointError(f"{path}: {damaged} does not have the content it was saved with")
        with np.load(path, allow_pickle=False) as members:
            arrays = {name: members[name] for name in members.files}
        header = json.loads(arrays.pop("tree").tobytes())
        if header["format"] != FORMAT:
            raise CheckpointError(f"{path}: format {header['format']!r}, expected {FORMAT!r}")
        return with_arrays(header["tree"], arrays)
    except CheckpointError:
        raise
    except Exception as problem:           # what a damaged archive raises is listed nowhere
        raise CheckpointError(f"{path} is not a minicnn checkpoint, or is damaged ({problem}); "
                              "delete it and train again") from problem


def with_arrays(node: Any, arrays: dict[str, np.ndarray]) -> Any:
    if not isinstance(node, dict):
        return node
    (kind, value), = node.items()
    if kind == "array":
        return arrays[value]
    if kind == "list":
        return [with_arrays(part, arrays) for part in value]
    return {key: with_arrays(part, arrays) for key, part in value}
