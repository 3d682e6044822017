"""The parent's side of a contestant: start its process, ask, and understand what goes wrong."""

import json
import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
RIVALS = Path(__file__).with_name("rivals")


class Contestant(NamedTuple):
    """Who takes part, and how its process is started.

    name        : its column in tables: "minicnn", "minicnn, 2 threads, Haswell", "torch"
    command     : the program and its arguments
    environment : what is set beyond this process's own environment; None takes a variable away
    ours        : minicnn, not a rival
    """

    name: str
    command: tuple[str, ...]
    environment: dict[str, str | None] = {}
    ours: bool = False


def minicnn(threads: str | None = None, coretype: str | None = None) -> Contestant:
    """minicnn with MINICNN_THREADS and OPENBLAS_CORETYPE so set.

    None leaves a variable as it is, "unset" takes it away.
    """
    name = "minicnn"
    environment: dict[str, str | None] = {}
    if threads is not None:
        name += "" if threads == "unset" else f", {threads} thread{'s' * (threads != '1')}"
        environment["MINICNN_THREADS"] = None if threads == "unset" else threads
    if coretype is not None:
        name += "" if coretype == "unset" else f", {coretype}"
        environment["OPENBLAS_CORETYPE"] = None if coretype == "unset" else coretype
    return Contestant(name, (sys.executable, "-m", "benchmarks.own"), environment, ours=True)


def rival(name: str, python: str) -> Contestant:
    """That library in an interpreter that has it."""
    return Contestant(name, (python, str(RIVALS / f"{name}_workloads.py")))


class Died(RuntimeError):
    """A contestant's process ended, or answered what nobody can read."""


class Process:
    """A running contestant: `with Process(contestant) as process: process.ask(steps=3)`."""

    def __init__(self, contestant: Contestant) -> None:
        self.contestant = contestant
        surroundings = {**os.environ, **contestant.environment}
        self.errors = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115
        # A session of its own: Ctrl-C is for the parent, which then ends its contestants.
        self.process = subprocess.Popen(
            contestant.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors,
            text=True, cwd=ROOT, start_new_session=True,
            env={name: value for name, value in surroundings.items() if value is not None})
        self.greeting = self.answer()

    def ask(self, **request: Any) -> dict[str, Any]:
        try:
            print(json.dumps(request), file=self.process.stdin, flush=True)
        except OSError:
            raise self.trouble("ended") from None
        return self.answer()

    def answer(self) -> dict[str, Any]:
        line = self.process.stdout.readline() if self.process.stdout else ""
        if not line:
            raise self.trouble("ended")
        try:
            answer = json.loads(line)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise self.trouble(f"answered {line[:80]!r}")
        return answer

    def trouble(self, what: str) -> Died:
        """What the process said last; -9 is most often the system, short of memory."""
        self.end()
        self.errors.seek(0)
        last = self.errors.read().strip().split("\n")[-1] or f"status {self.process.returncode}"
        self.errors.close()
        return Died(f"{self.contestant.name} {what}: {last[:300]}")

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                with suppress(OSError):            # what was not written, nobody will read
                    pipe.close()

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, *_: object) -> None:
        self.end()
        self.errors.close()
