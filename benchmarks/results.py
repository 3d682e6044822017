"""Results as a JSON file: what was measured, on which machine, with every single step's time."""

import json
import os
from math import isfinite
from pathlib import Path
from typing import Any

from minicnn.data.files import DamagedFile, read_limited, written_whole

FORMAT = "minicnn benchmarks 1"
LIMIT = 64 << 20                                           # bytes of a file that is read


def write(path: Path, results: dict[str, Any]) -> None:
    with written_whole(path) as file:
        file.write(json.dumps({"format": FORMAT, **results}, indent=1).encode())


def read(path: Path) -> dict[str, Any]:
    """The results in a file; DamagedFile, with what is wrong, if it is anything else."""
    packed = read_limited(path, LIMIT)
    cure = "is it a file that `python -m benchmarks --json FILE` wrote?"
    try:
        results = parsed(packed)
        check(results)
    except RecursionError:
        raise DamagedFile(f"{path}: nested too deeply; {cure}") from None
    except ValueError as problem:
        raise DamagedFile(f"{path}: {problem}; {cure}") from None
    del results["format"]
    return results


def parsed(packed: bytes) -> Any:
    """What the JSON says; ValueError, in words for people, if it is none."""
    try:
        text = packed.decode().strip()
        return json.loads(text, parse_constant=refuse)
    except UnicodeDecodeError:
        raise ValueError("is no text") from None
    except json.JSONDecodeError as problem:
        if not text:
            raise ValueError("is empty") from None
        begun = text[0] in "{[" and text[-1] not in "}]"
        if begun or problem.pos >= len(text):
            raise ValueError("is not complete JSON: cut off?") from None
        raise ValueError(f"is not JSON (line {problem.lineno})") from None


def check_path(path: Path) -> None:
    """OSError if write() could not write there: better known before measuring than after."""
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder; --json takes the name of a file")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{path}: there is no folder {path.parent}; make it first")
    if not os.access(path.parent, os.W_OK):
        raise PermissionError(f"{path}: nothing may be written into the folder {path.parent}")


def joined(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Several runs on one machine as one; a workload measured twice counts as in the last."""
    first = parts[0]
    workloads: dict[str, dict[str, Any]] = {}
    for part in parts:
        if part["machine"]["processor"] != first["machine"]["processor"]:
            raise ValueError(f"measured on {first['machine']['processor']} and on "
                             f"{part['machine']['processor']}: these are not joined")
        workloads |= {entry["name"]: entry for entry in part["workloads"]}
    return {"machine": parts[-1]["machine"],
            "command": "; ".join(dict.fromkeys(part["command"] for part in parts)),
            "ours": list(dict.fromkeys(name for part in parts for name in part["ours"])),
            "rivals": list(dict.fromkeys(name for part in parts for name in part["rivals"])),
            "workloads": list(workloads.values())}


def refuse(name: str) -> None:
    raise ValueError(f"{name} is no time")


def check(results: Any) -> None:
    """ValueError that names the first thing that is not as write() would write it."""
    expect(results, dict, "the file")
    if results.get("format") != FORMAT:
        raise ValueError(f"its format is {results.get('format')!r}, expected {FORMAT!r}")
    machine = expect(results.get("machine"), dict, "machine")
    for name in ("date", "processor", "system"):
        expect(machine.get(name), str, f"the machine's {name}")
    expect(machine.get("cores"), int, "the machine's cores")
    for name in ("ours", "rivals"):
        for contestant in expect(results.get(name), list, name):
            expect(contestant, str, name)
    expect(results.get("command"), str, "command")
    for entry in expect(results.get("workloads"), list, "workloads"):
        expect(entry, dict, "a workload")
        name = expect(entry.get("name"), str, "a workload's name")
        expect(entry.get("title"), str, f"{name}'s title")
        if not 0 < expect(entry.get("batch"), int, f"{name}'s batch") < 1 << 30:
            raise ValueError(f"{name}'s batch is {entry['batch']}")
        if not 0 <= (expect(entry.get("others"), (int, float, type(None)), "others") or 0) < 1e6:
            raise ValueError(f"{name}: others cannot be {entry['others']}")
        for contestant, result in expect(entry.get("results"), dict, f"{name}'s results").items():
            check_result(f"{name}, {contestant}", expect(result, dict, f"{name}, {contestant}"))


def check_result(where: str, result: dict[str, Any]) -> None:
    for turn in expect(result.get("seconds"), list, f"{where}: seconds"):
        for second in expect(turn, list, f"{where}: a turn"):
            if not isinstance(second, (int, float)) or isinstance(second, bool) \
                    or not isfinite(second) or second <= 0:
                raise ValueError(f"{where}: {second!r} is no time above 0")
    for name, value in result.items():
        if name in ("peak_bytes", "parameters", "threads"):
            if not 0 <= (expect(value, (int, type(None)), f"{where}: {name}") or 0) < 1 << 60:
                raise ValueError(f"{where}: {name} cannot be {value}")
        elif name != "seconds":
            expect(value, str, f"{where}: {name}")


def expect(value: Any, kind: Any, what: str) -> Any:
    if not isinstance(value, kind) or isinstance(value, bool):
        raise ValueError(f"{what} is of type {type(value).__name__}")
    return value
