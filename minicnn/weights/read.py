"""A file of weights, whatever wrote it: recognised by what is in it, not by its name.

    read("resnet18-f37072fd.pth").arrays()         {"conv1.weight": array, ...}
"""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from minicnn.backend.arrays import Array
from minicnn.backend.messages import did_you_mean, in_lines, plural, type_name
from minicnn.backend.windows import truth
from minicnn.weights.error import WeightsError
from minicnn.weights.npz_file import npz_entries
from minicnn.weights.pickled import Strided
from minicnn.weights.safetensors_file import safetensors_entries, shard_entries
from minicnn.weights.stored import Entry, mapped
from minicnn.weights.torch_file import TorchFile, legacy_file, zip_file
from minicnn.weights.zipped import Members

# Where trainers put the weights inside what they save, the likeliest first.
PLACES = ("state_dict", "model_state_dict", "model", "net", "network", "weights", "params",
          "module", "state", "model_ema", "state_dict_ema")
PREFIXES = ("module.", "_orig_mod.")               # of DataParallel, and of torch.compile

# What people have that is no weight file: how it begins, what it is, what to do.
OTHERS = [
    (b"version https://git-lfs", "a Git LFS pointer, not the file that it points at",
     "fetch it: git lfs pull"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file, as Keras writes",
     "load it with Keras there, and save its arrays with np.savez"),
    (b"<!doctype html", "a web page, not the file that was to be downloaded",
     "download the file itself: on GitHub by Raw, on Hugging Face by resolve"),
    (b"<html", "a web page, not the file that was to be downloaded",
     "download the file itself: on GitHub by Raw, on Hugging Face by resolve"),
    (b"\x1f\x8b", "compressed by gzip", "unpack it: gunzip"),
    (b"BZh", "compressed by bzip2", "unpack it: bunzip2"),
    (b"\xfd7zXZ\x00", "compressed by xz", "unpack it: unxz"),
    (b"\x93NUMPY", "one array (.npy), not several with names", "np.savez(path, name=array)"),
    (b"GGUF", "a GGUF file of a language model", "there is no such network here"),
    (b"TFL3", "a TensorFlow Lite model", "weights come as .pth, .safetensors or .npz"),
    (b"MATLAB 5.0", "a MATLAB file", "save its arrays with np.savez"),
    (b"\x89PNG", "a picture", "give the picture to: minicnn predict"),
    (b"\xff\xd8\xff", "a picture", "give the picture to: minicnn predict"),
    (b"%PDF", "a PDF", "weights come as .pth, .safetensors or .npz"),
]


@dataclass
class WeightFile:
    """What a file holds.

    path    : where it lies
    format  : "PyTorch zip", "PyTorch legacy", "safetensors", "safetensors index" or "npz"
    entries : name -> Entry with shape, kind (the type in the file) and read()
    notes   : what is unusual, in words
    """

    path: Path
    format: str
    entries: dict[str, Entry]
    notes: list[str] = field(default_factory=list)

    def __repr__(self) -> str:
        what = f"<{self.path.name}, {self.format}, {plural(len(self.entries), 'array')}"
        return in_lines("; ".join([what, *self.notes]) + ">")

    def arrays(self) -> dict[str, Array]:
        """name -> array."""
        found: dict[str, Array] = {}
        for name, entry in self.entries.items():
            try:
                found[name] = entry.read()
            except WeightsError as problem:
                raise WeightsError(f"{self.path}: {problem}") from problem
        return found


def load(path: Any, part: str | None = None, *, weights_only: bool = True,
         map_location: Any = None) -> dict[str, Array]:
    """The names and arrays of a weight file: .pth, .pt, .safetensors or .npz, without PyTorch.

    path : of the file; its ending does not matter
    part : where a trainer saved several networks, which of them: "model_ema"
    weights_only, map_location : PyTorch's; True and "cpu" is what there is, load_state_dict moves
                                 the values to the network's device

    The arrays are mapped: whoever writes into one changes a private copy, never the file.
    bfloat16, which NumPy lacks, comes as float32.  Nothing in the file is run.  Raises WeightsError
    for a file that is damaged, hostile or something else, OSError where it cannot be opened.
    """
    if not truth(weights_only, "load: weights_only"):
        raise ValueError("load: weights_only=False would run what the file says; here the weights "
                         "alone are read")
    if map_location not in (None, "cpu"):
        raise ValueError(f"load: map_location is {map_location!r}; the arrays come to the CPU, and "
                         "model.load_state_dict(...) takes them to where the model is")
    return read(path, part).arrays()


def read(path: Any, part: str | None = None) -> WeightFile:
    """What is in a weight file; the arrays are read when they are asked for.  As `load`."""
    where = Path(checked_path(path))
    try:
        return opened(where, part)
    except WeightsError as problem:
        raise WeightsError(f"{where}: {problem}") from problem


def checked_path(path: Any) -> str:
    """The path of a file that is there."""
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"a weight file is given by its path, got a {type_name(path)}")
    name = os.fspath(path)
    if name.startswith(("http://", "https://")):
        raise WeightsError(f"{name} is an address: download it first, "
                           "python -m minicnn weights fetch NAME")
    if os.path.isdir(name):
        inside = sorted(file for file in os.listdir(name)
                        if file.endswith((".pth", ".pt", ".safetensors", ".npz")))
        more = f"; it has {', '.join(inside[:5])}" if inside else ""
        raise WeightsError(f"{name} is a folder, not a weight file{more}")
    if not os.path.exists(name):
        folder = os.path.dirname(name) or "."
        beside = os.listdir(folder) if os.path.isdir(folder) else []
        hint = did_you_mean(os.path.basename(name), beside)
        raise FileNotFoundError(f"there is no file {name}{'; ' + hint if hint else ''}")
    return name


def opened(path: Path, part: str | None) -> WeightFile:
    raw = mapped(path)
    head = raw[:512].tobytes()
    if head[5:9] == b"\0\0\0{":                   # a length, whatever it looks like, then JSON
        return WeightFile(path, "safetensors", safetensors_entries(raw))
    if head.startswith(b"PK\3\4") or head.startswith(b"PK\5\6"):
        if any(name.endswith("data.pkl") for name in Members(path, raw).places):
            return of_torch(path, "PyTorch zip", zip_file(path, raw), part)
        return WeightFile(path, "npz", npz_entries(path, raw))
    if head[:1] == b"\x80" and head[2:4] != b"\0\0":
        return of_torch(path, "PyTorch legacy", legacy_file(path, raw), part)
    for begin, what, cure in OTHERS:
        if head.lstrip().lower().startswith(begin.lower()):
            raise WeightsError(f"this is {what}; {cure}")
    if head[257:262] == b"ustar":
        raise WeightsError("this is a tar file, perhaps of PyTorch before 0.4; save it once more "
                           "with a newer PyTorch, or unpack it")
    if head.lstrip().startswith(b"{"):
        return WeightFile(path, "safetensors index", shard_entries(path, raw.tobytes()))
    if head[8:9] == b"{":
        return WeightFile(path, "safetensors", safetensors_entries(raw))
    raise WeightsError("this is no weight file: neither PyTorch's .pth, nor .safetensors, nor .npz")


def of_torch(path: Path, form: str, file: TorchFile, part: str | None) -> WeightFile:
    """The tensors among what torch.save was given."""
    found, where = state_dict(file.value, part)
    notes = [f"the weights are its entry {where!r}"] if where else []
    tensors = {name: value for name, value in found.items() if isinstance(value, Strided)}
    if len(tensors) < len(found):
        others = [name for name in found if name not in tensors]
        notes.append(f"{len(others)} entries are no arrays: {', '.join(others[:5])}")
    for prefix in PREFIXES:
        if tensors and all(name.startswith(prefix) for name in tensors):
            tensors = {name.removeprefix(prefix): value for name, value in tensors.items()}
            notes.append(f"each name begins with {prefix!r}, which is left out here")
    names_of: dict[Any, list[str]] = {}
    for name, tensor in tensors.items():
        names_of.setdefault(tensor, []).append(name)
    notes += [f"one array under {len(names)} names: {', '.join(names[:4])}"
              for names in names_of.values() if len(names) > 1]
    entries = {name: file.entry(name, tensor) for name, tensor in tensors.items()}
    return WeightFile(path, form, entries, notes)


def state_dict(value: Any, part: str | None) -> tuple[dict[str, Any], str]:
    """The dict from names to tensors inside a saved value, and under which name it lies there."""
    if type(value) is not dict:
        raise WeightsError(f"it holds a {type_name(value)}, not a dict from names to tensors: "
                           "torch.save(model.state_dict(), path)")
    inside = {str(name): one for name, one in value.items()}
    if part is None and holds_tensors(inside):
        return inside, ""
    parts = {name: one for name, one in inside.items()
             if type(one) is dict and holds_tensors({str(key): q for key, q in one.items()})}
    if part is None and len(parts) > 1:
        part = next((name for name in PLACES if name in parts), None)
    elif part is None and parts:
        part = next(iter(parts))
    if part not in parts:
        have = ", ".join(list(parts)[:8])
        raise WeightsError(f"its weights may be in {have}; say which: part={next(iter(parts))!r}"
                           if have else "there is no dict from names to tensors in it")
    return {str(name): one for name, one in parts[part].items()}, part


def holds_tensors(inside: dict[str, Any]) -> bool:
    return any(isinstance(one, Strided) for one in inside.values())
