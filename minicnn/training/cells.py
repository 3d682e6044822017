"""Cells of an experiment: results by name, each in a file as soon as it is known.

    with Cells("out/transfer", plan={"base": "cifar10", "test": 1000}) as cells:
        for seed in range(3):
            if (name := f"scratch | {seed}") not in cells:
                cells[name] = measured(seed)

Stopped at any time, the same program goes on with the cells that are missing.  A folder belongs to
one plan: results of other settings never stand in one table.
"""

import json
from collections.abc import Iterator
from math import isfinite
from numbers import Real
from pathlib import Path
from typing import Any

from minicnn.data.files import DamagedFile, read_limited, written_whole
from minicnn.training.lock import Lock

FILE = "cells.json"
LIMIT = 1 << 24                # bytes


class Cells:
    """Names and numbers in FOLDER/cells.json.

    plan  : what must be the same for a cell to be the same: numbers, words and lists
    fresh : forget the cells that are there

    ValueError if the folder has another plan, DamagedFile if its file is none, FolderInUse if
    another program fills it.
    """

    def __init__(self, folder: str | Path, plan: dict[str, Any], fresh: bool = False) -> None:
        self.path = Path(folder) / FILE
        self.plan: dict[str, Any] = json.loads(json.dumps(plan))       # tuples become lists
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.lock = Lock(self.path.parent)
        try:
            self.known = {} if fresh or not self.path.exists() else self.read()
            self.save()
        except BaseException:
            self.lock.release()
            raise

    def __enter__(self) -> "Cells":
        return self

    def __exit__(self, *_: object) -> None:
        self.lock.release()

    def read(self) -> dict[str, float]:
        content = read_limited(self.path, LIMIT)
        try:
            said = json.loads(content)
            plan, cells = said["plan"], said["cells"]
            if not isinstance(plan, dict) or not all(map(credible, cells.values())):
                raise ValueError("its cells are no numbers")
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as problem:
            raise DamagedFile(f"{self.path}: not what this program writes ({problem!r}); remove "
                              "it, or begin anew with --fresh") from None
        other = [f"{name} {plan.get(name)!r}, now {self.plan.get(name)!r}"
                 for name in {**plan, **self.plan} if plan.get(name) != self.plan.get(name)]
        if other:
            raise ValueError(f"{self.path} belongs to other settings: {'; '.join(other)}; give "
                             "these again, another folder (--out), or begin anew (--fresh)")
        return cells

    def save(self) -> None:
        with written_whole(self.path) as file:
            text = json.dumps({"plan": self.plan, "cells": self.known}, indent=1)
            file.write(text.encode())

    def __contains__(self, name: object) -> bool:
        return name in self.known

    def __getitem__(self, name: str) -> float:
        return self.known[name]

    def __setitem__(self, name: str, value: float) -> None:
        if not credible(value):
            raise ValueError(f"cell {name!r} is {value!r}, expected a finite number")
        self.known[name] = float(value)
        self.save()

    def __iter__(self) -> Iterator[str]:
        return iter(self.known)

    def __len__(self) -> int:
        return len(self.known)


def credible(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and isfinite(value)
