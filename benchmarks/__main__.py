"""Time the workloads: `python -m benchmarks [NAME ...] [--against PYTHON]`.

Rounds of steps are taken in turn, so that a machine that slows down slows everybody down.  With
`--against`, an interpreter that has PyTorch runs the same workloads in a process of its own, and
the ratio of the medians is printed: ours over PyTorch's.
"""

import argparse
import json
import platform
import subprocess
import time
from pathlib import Path
from statistics import median

from threadpoolctl import threadpool_info

from benchmarks.workloads import WORKLOADS
from minicnn.arguments import whole


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__,
                                      formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("names", nargs="*", metavar="NAME", default=[],
                         help=f"workloads, of: {', '.join(WORKLOADS)} (all)")
    options.add_argument("--rounds", type=whole, default=20, help="rounds (20)")
    options.add_argument("--steps", type=whole, default=10, help="steps in a round (10)")
    options.add_argument("--against", metavar="PYTHON", help="an interpreter that has torch")
    args = options.parse_args()
    names = args.names or list(WORKLOADS)
    for name in names:
        if name not in WORKLOADS:
            options.error(f"no workload {name!r}; there are {', '.join(WORKLOADS)}")

    for part in threadpool_info():
        if part["user_api"] == "blas":
            print(f"{part['internal_api']} {part['version']}, kernel {part.get('architecture')}, "
                  f"{part['num_threads']} threads, Python {platform.python_version()}")
    other = None
    if args.against:
        other = subprocess.Popen([args.against, Path(__file__).with_name("torch_workloads.py")],
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        print(json.loads(other.stdout.readline()))

    steps = {name: WORKLOADS[name]() for name in names}
    ours: dict[str, list[float]] = {name: [] for name in names}
    theirs: dict[str, list[float]] = {name: [] for name in names}
    for round_number in range(args.rounds + 1):
        for name in names:
            mine = timed(steps[name], args.steps)
            others = []
            if other:
                print(name, args.steps, file=other.stdin, flush=True)
                others = json.loads(other.stdout.readline())
            if round_number:                               # the first round only warms up
                ours[name] += mine
                theirs[name] += others
    if other:
        other.stdin.close()
        other.wait()
    print_table(names, ours, theirs)


def timed(step, count: int) -> list[float]:
    times = []
    for _ in range(count):
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return times


def print_table(names, ours, theirs) -> None:
    width = max(map(len, names))
    print(f"{'milliseconds a step':>{width}}")
    for name in names:
        line = f"{name:{width}}  minicnn median {1e3 * median(ours[name]):8.2f}  "
        line += f"min {1e3 * min(ours[name]):8.2f}"
        if theirs[name]:
            line += (f"   PyTorch median {1e3 * median(theirs[name]):8.2f}  "
                     f"min {1e3 * min(theirs[name]):8.2f}   ratio "
                     f"{median(ours[name]) / median(theirs[name]):.2f}")
        print(line)


if __name__ == "__main__":
    main()
