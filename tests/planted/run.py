"""Copies of the tree in which a fault is planted and the tests are run against it.

First come the tests that mirror the changed file, with the examples in its own docstrings, then the
tests of all the mathematics.  The first failure decides.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from tests.planted.changes import Mutant

# The tests of the mathematics; what a tree does not have is passed over.
WIDE = ("tests/layers", "tests/gradcheck", "tests/losses", "tests/autograd", "tests/backend",
        "tests/optim/test_*.py", "tests/*/test_receptive_field.py",
        # as they were called before the tests had rooms of their own
        "tests/test_gradcases.py", "tests/test_every_layer.py", "tests/test_engine*.py",
        "tests/test_functions.py", "tests/test_arithmetic.py", "tests/test_tensor.py",
        "tests/test_losses.py", "tests/test_geometry.py", "tests/test_columns.py",
        "tests/test_gradcheck.py", "tests/test_threads.py", "tests/test_cuda*.py")
LEFT_BEHIND = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "build", "dist", "out",
                                     "_build")
MEMORY = 6 << 30                                   # bytes: a fault may ask for any amount
PYTEST = f"""import sys, pytest
try:
    import resource
    resource.setrlimit(resource.RLIMIT_DATA, ({MEMORY}, {MEMORY}))
except (ImportError, ValueError):
    pass
sys.exit(pytest.main(sys.argv[1:]))"""
OPTIONS = ["-x", "-q", "--tb=line", "-p", "no:cacheprovider", "-p", "no:randomly"]
PASSED, FAILED, NO_TESTS = 0, 1, 5                 # what pytest returns


@dataclass(frozen=True)
class Outcome:
    """status : "killed" by a test, by a "timeout", by a "crash" of the run, or "survived" """

    mutant: Mutant
    status: str
    by: str                                        # the test that failed, or what happened
    seconds: float


class Copy:
    """A copy of a tree, with the tests of another one if `tests` is given."""

    def __init__(self, folder: Path, tree: Path, tests: Path | None = None) -> None:
        self.folder, self.stopped = folder, False
        self.process: subprocess.Popen | None = None
        shutil.copytree(tree, folder, ignore=LEFT_BEHIND, dirs_exist_ok=True)
        if tests is not None:
            shutil.rmtree(folder / "tests", ignore_errors=True)
            inner = tests / "tests"
            shutil.copytree(inner if inner.is_dir() else tests, folder / "tests",
                            ignore=LEFT_BEHIND)

    def wide(self) -> list[str]:
        """The tests of the mathematics that this copy has."""
        return [path.relative_to(self.folder).as_posix()
                for pattern in WIDE for path in sorted(self.folder.glob(pattern))]

    def mirrored(self, path: str) -> list[str]:
        """minicnn/layers/conv.py -> tests/layers/test_conv.py, tests/layers/test_conv_*.py."""
        room, name = Path(*Path(path).parts[1:-1]), Path(path).stem
        beside = [found for pattern in (f"test_{name}.py", f"test_{name}_*.py")
                  for found in sorted((self.folder / "tests" / room).glob(pattern))]
        found = beside or sorted((self.folder / "tests").rglob(f"test_{name}.py"))
        return [one.relative_to(self.folder).as_posix() for one in found]

    def stages(self, paths: Iterable[str]) -> tuple[list[str], list[str]]:
        """The tests near the changed files, and all others, to be run if those pass.

        The files' own doctests stand behind tests: pytest would import them alone, and their
        package would import them once more.
        """
        paths = list(paths)
        near = list(dict.fromkeys(test for path in paths for test in self.mirrored(path)))
        far = [test for test in self.wide() if test not in near]
        return (near + paths, far) if near else ([], far + paths)

    def pytest(self, paths: list[str], limit: float | None = None) -> tuple[int, str]:
        """(what pytest returns, what it says); TimeoutExpired if it takes more than the limit."""
        environment = os.environ | {
            "PYTHONPATH": str(self.folder), "PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",         # no xdist, and a quicker start
            "CI": "1"}                                     # hypothesis: the same examples each time
        command = [sys.executable, "-c", PYTEST, *OPTIONS, *paths]
        with open(self.folder / "said.txt", "w+", encoding="utf-8", errors="replace") as said:
            self.process = subprocess.Popen(command, cwd=self.folder, env=environment, stdout=said,
                                            stderr=subprocess.STDOUT, start_new_session=True)
            try:
                if self.stopped:
                    raise KeyboardInterrupt
                status = self.process.wait(limit)
            finally:
                self.stop()
            said.seek(0)
            return status, said.read()

    def stop(self) -> None:
        """End the tests that run here, and what they have started."""
        if self.process is not None and self.process.poll() is None:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except (AttributeError, ProcessLookupError):   # Windows has no groups of processes
                self.process.kill()
            self.process.wait()

    def write(self, path: str, raw: bytes) -> None:
        """Write a file and forget its compiled form: it may be as old and as long as the last."""
        file = self.folder / path
        file.write_bytes(raw)
        for compiled in (file.parent / "__pycache__").glob(f"{file.stem}.*.pyc"):
            compiled.unlink()

    def test(self, mutant: Mutant, limit: float) -> Outcome:
        """Plant a fault, run its tests until one fails, and take the fault out again."""
        sound, start = (self.folder / mutant.path).read_bytes(), time.monotonic()
        status, by = "survived", ""
        self.write(mutant.path, mutant.planted(sound))
        try:
            for paths in self.stages([mutant.path]):
                if paths and status == "survived":
                    status, by = verdict(*self.pytest(paths, limit))
        except subprocess.TimeoutExpired:
            status, by = "timeout", f"more than {limit:.0f} s"
        finally:
            self.write(mutant.path, sound)
        return Outcome(mutant, status, by, round(time.monotonic() - start, 2))


def verdict(code: int, said: str) -> tuple[str, str]:
    """("killed", "tests/layers/test_conv.py::test_padding") from what pytest returned and said."""
    named = re.search(r"^(?:FAILED|ERROR) (\S+?\[.*?\]|\S+)(?= - |$)", said, re.MULTILINE)
    last = named[1] if named else (said.strip().splitlines() or ["nothing said"])[-1]
    if code in (PASSED, NO_TESTS):
        return "survived", ""
    return ("killed", last) if code == FAILED else ("crash", f"pytest returned {code}: {last}")


def check_sound(copy: Copy, paths: Iterable[str]) -> float:
    """Seconds that all the tests take without a fault; ValueError if one fails even so."""
    start, (near, far) = time.monotonic(), copy.stages(paths)
    code, said = copy.pytest(far + near)
    if code not in (PASSED, NO_TESTS):
        raise ValueError(f"without any fault the tests do not pass: {verdict(code, said)[1]}\n"
                         + "\n".join(said.splitlines()[-30:]))
    return time.monotonic() - start


def outcomes(mutants: list[Mutant], copies: list[Copy], limit: float) -> Iterator[Outcome]:
    """Each fault's outcome, in their order; as many at the same time as there are copies."""
    free: SimpleQueue[Copy] = SimpleQueue()
    for copy in copies:
        free.put(copy)

    def one(mutant: Mutant) -> Outcome:
        copy = free.get()
        try:
            return copy.test(mutant, limit)
        finally:
            free.put(copy)

    with ThreadPoolExecutor(len(copies)) as pool:
        try:
            yield from pool.map(one, mutants)
        except BaseException:                      # stopped by hand, too: leave nothing running
            pool.shutdown(wait=False, cancel_futures=True)
            for copy in copies:
                copy.stopped = True
                copy.stop()
            raise
