"""Two processes against one, and against two threads: `python -m benchmarks.scale [NETWORK ...]`.

Everybody trains on the same batch: two processes take half of it each.  All take turns, some steps
in every round, so that a machine that slows down slows all of them down; shown is the best round's
median step.  docs/scale.md explains the figures.
"""

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.machine import Watch, machine
from benchmarks.networks import NETWORKS
from benchmarks.scale_turn import SIDES
from benchmarks.tables import aligned
from minicnn.cli.arguments import whole

HERE = Path(__file__).parent
BATCHES = {"lenet": 64, "resnet20": 32, "resnet18": 8, "resnet50": 4}
STEPS = {"lenet": 60, "resnet20": 12, "resnet18": 5, "resnet50": 4}
# name -> (processes, threads in each, when gradients are sent)
OURS = {"1 process, 1 thread": (1, 1, "after"), "1 process, 2 threads": (1, 2, "after"),
        "2 processes": (2, 1, "after"), "2 processes, overlapping": (2, 1, "overlap")}
THEIRS = {"PyTorch, 1 thread": (1, 1), "PyTorch, 2 threads": (1, 2),
          "PyTorch, 2 processes, gloo": (2, 1)}


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__,
                                      formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("names", nargs="*", default=["lenet", "resnet20", "resnet18"],
                         metavar="NETWORK", help=f"some of {', '.join(BATCHES)}")
    options.add_argument("--rounds", type=whole, default=5, help="turns of each (5)")
    options.add_argument("--mpiexec", help="the program, if not the one beside this Python")
    options.add_argument("--torch", metavar="PYTHON", help="a Python that has PyTorch")
    options.add_argument("--json", type=Path, metavar="FILE", help="write everything measured")
    return options


def mpiexec(asked: str | None) -> str:
    beside = Path(sys.executable).parent / "mpiexec"
    found = asked or (str(beside) if beside.exists() else shutil.which("mpiexec"))
    if not found:
        raise SystemExit("there is no mpiexec; in minicnn's folder: "
                         "pip install -e '.[mpi,mpich]', or name it: --mpiexec")
    return found


def turn(command: list[str], others: list[dict[str, str]] | None = None) -> dict[str, Any]:
    """What the first process prints; `others` are the surroundings of each, where we start them."""
    surroundings = [os.environ | extra | {"OPENBLAS_NUM_THREADS": extra.get("THREADS", "1")}
                    for extra in others or [{}]]
    started = [subprocess.Popen(command, env=each, cwd=HERE.parent, text=True,
                                stdout=subprocess.PIPE) for each in surroundings]
    texts = [process.communicate()[0] for process in started]
    if any(process.returncode for process in started):
        raise SystemExit(f"{' '.join(command)[:200]} failed")
    return json.loads(next(line for line in texts[0].splitlines() if line.startswith("{")))


def ours(name: str, contestant: str, starter: str) -> dict[str, Any]:
    size, threads, how = OURS[contestant]
    command = [sys.executable, "-m", "benchmarks.scale_turn", name, str(BATCHES[name]),
               str(STEPS[name]), str(threads), how]
    return turn([starter, "-n", str(size), *command] if size > 1 else command)


def theirs(name: str, contestant: str, python: str) -> dict[str, Any]:
    size, threads = THEIRS[contestant]
    shape = SIDES.get(name, (3, 224, 224))
    command = [python, str(HERE / "rivals" / "torch_scale.py"), json.dumps(NETWORKS[name](shape)),
               json.dumps(shape), str(BATCHES[name]), str(STEPS[name]), str(threads)]
    if size == 1:
        return turn(command)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    return turn(command, [{"RANK": str(rank), "WORLD_SIZE": str(size), "MASTER_ADDR": "127.0.0.1",
                           "MASTER_PORT": port} for rank in range(size)])


def main() -> None:
    args = parser().parse_args()
    starter, watch = mpiexec(args.mpiexec), Watch()
    found: dict[str, dict[str, list[dict[str, Any]]]] = {name: {} for name in args.names}
    for _ in range(args.rounds):
        for name in args.names:
            for contestant in OURS:
                found[name].setdefault(contestant, []).append(ours(name, contestant, starter))
            for contestant in THEIRS if args.torch else ():
                found[name].setdefault(contestant, []).append(theirs(name, contestant, args.torch))
    for name, contestants in found.items():
        print(f"\n{name}, batch {BATCHES[name]}\n\n{table(name, contestants)}")
    others = watch.others()
    print(f"\n{machine()}\ncores kept busy by others, on average: {others}")
    if args.json:
        args.json.write_text(json.dumps({"machine": machine(), "others": others, "found": found},
                                        indent=1))


def table(name: str, contestants: dict[str, list[dict[str, Any]]]) -> str:
    rows = [["", "ms a step", "images/s", "speed-up", "MB sent", "us a small sum", "GB/s",
             "ms after backward"]]
    first = min(turn["seconds"] for turn in contestants["1 process, 1 thread"])
    for contestant, turns in contestants.items():
        best = min(turns, key=lambda turn: turn["seconds"])
        sent = f"{best['bytes'] / 1e6:.2f}" if best.get("bytes") else ""
        small = f"{1e6 * best['small sum']:.0f}" if sent else ""
        speed = f"{best['bytes a second'] / 1e9:.2f}" if sent else ""
        after = f"{1e3 * best['after backward']:.1f}" if sent else ""
        rows.append([contestant, f"{1e3 * best['seconds']:.1f}",
                     f"{BATCHES[name] / best['seconds']:.0f}", f"{first / best['seconds']:.2f}",
                     sent, small, speed, after])
    return aligned(rows)


if __name__ == "__main__":
    main()
