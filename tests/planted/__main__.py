"""Plant faults in a copy of the package, one at a time, and see whether a test notices."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tqdm import tqdm

from tests.planted import report
from tests.planted.changes import ROOMS, again, find, sample
from tests.planted.run import Copy, Outcome, check_sound, outcomes

ROOT = Path(__file__).parents[2]


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="python -m tests.planted", description=__doc__)
    options.add_argument("--count", type=int, default=40, help="how many faults (40); 0: all")
    options.add_argument("--seed", type=int, default=0, help="which sample (0)")
    options.add_argument("--only", metavar="TEXT", default="",
                         help="only faults with TEXT in their file, function, kind, place or code")
    options.add_argument("--list", action="store_true", help="name them, and plant nothing")
    options.add_argument("--again", type=Path, metavar="FILE",
                         help="the faults of an earlier --out instead of a sample")
    options.add_argument("--out", type=Path, metavar="FILE", help="write the results as JSON")
    options.add_argument("--tree", type=Path, metavar="DIR", default=ROOT,
                         help="the tree whose package gets the faults (this one)")
    options.add_argument("--tests", type=Path, metavar="DIR",
                         help="the tree whose tests are to notice (the same)")
    options.add_argument("--rooms", nargs="+", metavar="PATH", default=ROOMS,
                         help="files and folders to plant in (the rooms of mathematics)")
    options.add_argument("--jobs", type=int, default=1, metavar="N", help="how many at a time (1)")
    options.add_argument("--limit", type=float, metavar="SECONDS",
                         help="time for the tests of a fault (three times that of all, and 20)")
    return options


def main(arguments: list[str] | None = None) -> int:
    """0: every survivor is explained, 1: not so, 2: nothing could be planted, 130: Ctrl-C."""
    args = parser().parse_args(arguments)
    try:
        return run(args)
    except (ValueError, OSError) as problem:
        print(f"planted: {problem}", file=sys.stderr)
        return 2


def run(args: argparse.Namespace) -> int:
    reasons, found = report.read_explained(), find(args.tree, args.rooms)
    wanted = [one for one in found if args.only in f"{one.place} {one.function} {one}"]
    before = dict(report.read(args.again)) if args.again else {}
    mutants, gone = again(found, before) if args.again else (
        sample(wanted, args.count, args.seed), [])
    if args.only:
        mutants = [one for one in mutants if one in wanted]
    if gone:
        print(f"{len(gone)} faults are gone:", *(f"    {name}" for name in gone), sep="\n")
    if args.list:
        print(report.listed(mutants))
        return 0
    if not mutants:
        raise ValueError(f"nothing to plant: {len(found)} faults found, none was asked for")
    start, stopped = time.monotonic(), False
    results: list[Outcome] = []
    try:
        plant(args, mutants, results)
    except KeyboardInterrupt:
        stopped = True
        print(f"stopped after {len(results)} of {len(mutants)}", file=sys.stderr)
    if args.out:
        report.write(args.out, results, gone, seed=args.seed, tree=str(args.tree),
                     tests=str(args.tests or args.tree))
    print(f"\n{report.table(results)}\n")
    print(report.survivors(results, args.tree, reasons))
    for one in results:
        if one.status in ("timeout", "crash"):
            print(f"{one.status}: {one.mutant}: {one.by}")
    if before:
        print(f"\n{report.compared(before, results)}")
    if not args.only and len(args.rooms) == len(ROOMS):
        for fault in reasons:
            if not any(report.explains(fault, one) for one in found):
                print(f"explained, but there is no such fault: {fault}")
    alive, seconds = len(report.unexplained(results, reasons)), time.monotonic() - start
    print(f"{len(results)} faults of {len(found)} in {seconds:.0f} s, "
          f"{alive} without an explanation survive")
    return 130 if stopped else 1 if alive else 0


def plant(args: argparse.Namespace, mutants: list, results: list[Outcome]) -> None:
    """Fill `results`: what was found out before Ctrl-C is not lost."""
    with tempfile.TemporaryDirectory(prefix="planted_") as folder:
        copies = [Copy(Path(folder) / str(number), args.tree, args.tests)
                  for number in range(max(args.jobs, 1))]
        seconds = check_sound(copies[0], sorted({one.path for one in mutants}))
        print(f"without a fault the tests pass, in {seconds:.0f} s", file=sys.stderr)
        bar = tqdm(outcomes(mutants, copies, args.limit or 3 * seconds + 20), total=len(mutants),
                   unit="fault", file=sys.stderr, dynamic_ncols=True)
        for outcome in bar:
            results.append(outcome)
            if outcome.status == "survived":
                bar.write(f"survives: {outcome.mutant}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
