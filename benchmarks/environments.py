"""An interpreter for each rival: made once, in the user's cache, with the rival installed by pip.

Nothing of it is a dependency of minicnn.  Whoever has a rival already gives its interpreter's path.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from minicnn.data.files import cache_folder

PYTHON_IN = "Scripts/python.exe" if os.name == "nt" else "bin/python"


class Recipe(NamedTuple):
    """How a rival is installed.

    installs : arguments of `pip install`, one call after the other
    newest   : the newest Python, 3.?, that these versions run on
    """

    version: str
    installs: tuple[tuple[str, ...], ...]
    newest: int


RECIPES = {
    "torch": Recipe("2.13.0", (("--index-url", "https://download.pytorch.org/whl/cpu",
                                "torch==2.13.0", "numpy"),), 14),
    # float32 becomes float64 in DeZero under NumPy 2.
    "dezero": Recipe("0.0.13", (("dezero==0.0.13", "numpy<2", "matplotlib", "threadpoolctl"),), 12),
    # Its setup.py is older than build isolation.
    "chainer": Recipe("7.8.1", (("setuptools<60", "wheel", "numpy==1.23.5", "threadpoolctl"),
                                ("--no-build-isolation", "chainer==7.8.1")), 11),
    "mygrad": Recipe("2.5.0", (("mygrad==2.5.0", "threadpoolctl"),), 14),
}


def interpreters(chosen: str) -> list[tuple[str, str]]:
    """(rival, interpreter that has it) for a rival's name, or for the path of an interpreter."""
    if chosen in RECIPES:
        return [(chosen, str(made(chosen)))]
    if os.path.basename(chosen) == chosen:
        near = get_close_matches(chosen, RECIPES, n=1)
        raise ValueError(f"no rival is called {chosen!r}; " + (
            f"did you mean {near[0]}?" if near else
            f"there are {', '.join(RECIPES)}, or the path of a Python that has one of them"))
    look = ("import importlib.util as u, json, sys;"
            "print(json.dumps([name for name in sys.argv[1:] if u.find_spec(name)]))")
    try:
        run = subprocess.run([chosen, "-c", look, *RECIPES], capture_output=True, text=True,
                             check=True, timeout=60)
        names = [name for name in json.loads(run.stdout) if name in RECIPES]
    except (OSError, subprocess.SubprocessError, ValueError) as problem:
        reason = problem if isinstance(problem, OSError) else "it gave no answer"
        raise ValueError(f"{chosen} does not run as a Python interpreter: {reason}") from None
    if not names:
        raise ValueError(f"{chosen} has none of {', '.join(RECIPES)} installed")
    return [(name, chosen) for name in names]


def made(name: str) -> Path:
    """The interpreter of the rival's own environment, which is made if it is not there yet."""
    recipe = RECIPES[name]
    folder = cache_folder() / "benchmarks" / f"{name}-{recipe.version}"
    python, receipt = folder / PYTHON_IN, folder / "installed.json"
    wanted = json.dumps(recipe.installs)
    if receipt.is_file() and receipt.read_text() == wanted and python.exists():
        return python
    print(f"making an environment for {name} {recipe.version} in {folder}", file=sys.stderr)
    base = python_up_to(recipe.newest)
    if base is None:
        raise RuntimeError(f"{name} {recipe.version} runs on Python 3.{recipe.newest} at most; "
                           f"install that, as python3.{recipe.newest}")
    call(name, [base, "-m", "venv", "--clear", str(folder)])
    for install in recipe.installs:
        call(name, [str(python), "-m", "pip", "install", "--disable-pip-version-check", *install])
    receipt.write_text(wanted)
    return python


def python_up_to(newest: int) -> str | None:
    """This interpreter if it is old enough, else the newest that the shell finds."""
    if sys.version_info[:2] <= (3, newest):
        return sys.executable
    found = (shutil.which(f"python3.{minor}") for minor in range(newest, 8, -1))
    return next((path for path in found if path), None)


def call(name: str, command: Sequence[str]) -> None:
    """Run it with its progress shown; if it fails, say why in one line."""
    try:
        run = subprocess.run(command, stdout=sys.stderr, stderr=subprocess.PIPE, text=True,
                             errors="replace")
        said, failed = run.stderr.strip().split("\n"), run.returncode != 0
    except OSError as problem:
        said, failed = [str(problem)], True
    if failed:
        errors = [line for line in said if line.lower().startswith("error")] or said
        raise RuntimeError(f"{name} could not be installed: {errors[0][:300]}; where it is "
                           "installed already, give --against the path of that Python")
