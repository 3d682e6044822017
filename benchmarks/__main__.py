"""Time minicnn, alone or in turn with others: `python -m benchmarks [NAME ...] [--against torch]`.

Everybody takes a few steps in every round, each in a process of its own, so that a machine that
slows down slows all of them down.  docs/speed.md explains the figures.
"""

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks import page, results
from benchmarks.environments import RECIPES, interpreters
from benchmarks.growth import growth_tables
from benchmarks.machine import Watch, machine
from benchmarks.process import Contestant, minicnn, rival
from benchmarks.rounds import measure
from benchmarks.tables import (
    aligned,
    compare_text,
    heading,
    in_both,
    machine_text,
    ratio_text,
    settings,
    workload_text,
)
from benchmarks.workloads import GPU, GROUPS, WORKLOADS, Workload, chosen
from minicnn.backend.arrays import gpu_problem
from minicnn.cli.arguments import above_zero, whole


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__,
                                      formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("names", nargs="*", metavar="NAME", default=[],
                         help="all (default); photos: published networks for photographs, training "
                              "and answering; growth: how cost grows with batch and depth; gpu: "
                              f"networks on a GPU; or some of: {', '.join(GROUPS['all'])}")
    options.add_argument("--list", action="store_true",
                         help="say in a line what each NAME does, and measure nothing")
    options.add_argument("--against", action="append", default=[], metavar="RIVAL",
                         help=f"{', '.join(RECIPES)}: installed in an environment of its own when "
                              "first asked for; or the path of a Python that has it; repeatable")
    options.add_argument("--threads", type=thread_counts, default=[None], metavar="N,...",
                         help="MINICNN_THREADS, as by minicnn.set_threads(N); unset,2 measures "
                              "with nothing set, and with 2")
    options.add_argument("--coretype", type=kernels, default=[None], metavar="NAME,...",
                         help="OPENBLAS_CORETYPE for minicnn; unset,Haswell measures both")
    options.add_argument("--device", choices=["cpu", "cuda"],
                         help="where minicnn and PyTorch compute (cpu; for gpu workloads, cuda)")
    options.add_argument("--rounds", type=whole, default=12, help="rounds (12)")
    options.add_argument("--turn", type=above_zero, default=0.3, metavar="SECONDS",
                         help="how long each works in a round, but at least one step (0.3)")
    options.add_argument("--small", action="store_true",
                         help="few samples of few pixels: to see that everything works; seconds")
    options.add_argument("--json", type=Path, metavar="FILE", help="write everything measured")
    options.add_argument("--read", type=Path, metavar="FILE", action="append", default=[],
                         help="show such a file instead of measuring; several are joined")
    options.add_argument("--compare", type=Path, metavar="FILE",
                         help="say what has changed since --json wrote that file")
    options.add_argument("--markdown", nargs="?", type=Path, const=page.PAGE, metavar="PAGE",
                         help="write the tables into docs/speed.md")
    return options


def thread_counts(text: str) -> list[str]:
    parts = text.split(",")
    if not all(part == "unset" or part.isdecimal() and int(part) > 0 for part in parts):
        raise argparse.ArgumentTypeError(f"{text!r} is no list such as unset,2")
    return parts


def kernels(text: str) -> list[str]:
    parts = text.split(",")
    if not all(part.isalnum() for part in parts):
        raise argparse.ArgumentTypeError(f"{text!r} is no list such as unset,Haswell")
    return parts


def main(arguments: list[str] | None = None) -> int:
    args = parser().parse_args(arguments)
    try:
        return run(args)
    except (ValueError, OSError, RuntimeError) as problem:
        print(f"benchmarks: {problem}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("benchmarks: stopped", file=sys.stderr)
        return 130


def run(args: argparse.Namespace) -> int:
    if args.list:
        print(listed())
        return 0
    before = results.read(args.compare) if args.compare else None
    if args.markdown:
        page.update(args.markdown, None)                   # a page that will not do: said at once
    if args.json:
        results.check_path(args.json)
    if args.read:
        found, status = results.joined([results.read(path) for path in args.read]), 0
        refuse_small(args, found["command"])
        print("\n".join(workload_text(entry) for entry in found["workloads"]))
    else:
        refuse_small(args, "--small" if args.small else "")
        found, status = measured(args, before)
    for rival_name in found["rivals"]:
        print(f"\n{ratio_text(found, rival_name)}")
    for title, rows in growth_tables(found):
        print(f"\n{title}\n{aligned(rows)}")
    print(f"\n{machine_text(found['machine'])}")
    print("\n".join(f"{name}: {told}" for name, told in settings(found)))
    if before:
        print(f"\n{compare_text(before, found)}")
    if args.json:
        results.write(args.json, found)
    if args.markdown and status == 0:
        parts = page.update(args.markdown, found)
        print(f"{args.markdown}: {' and '.join(parts) or 'nothing'} renewed")
    return status


def listed() -> str:
    """What each name does, a line each, the largest group first."""
    parts = []
    for name, what in (("all", "networks and layers"), ("gpu", "networks for a GPU"),
                       ("photos", "published networks, training and answering"),
                       ("growth", "does cost grow as it must with batch and depth?")):
        parts += ["", f"{name}: {what}"]
        parts += [f"  {heading(each, WORKLOADS[each].title())}" for each in GROUPS[name]]
    return "\n".join(parts[1:])


def refuse_small(args: argparse.Namespace, command_of_results: str) -> None:
    if args.markdown and "--small" in command_of_results:
        raise ValueError("figures of --small workloads do not belong into a page; measure without "
                         "--small, or leave --markdown away")


def device_for(asked: str | None, workloads: list[Workload]) -> str:
    """Where to compute; RuntimeError if that is a GPU and there is none."""
    device = asked or ("cuda" if any(workload in GPU for workload in workloads) else "cpu")
    problem = gpu_problem() if device == "cuda" else None
    if problem:
        raise RuntimeError(problem)
    return device


def measured(args: argparse.Namespace, before: dict[str, Any] | None) -> tuple[dict[str, Any], int]:
    """(results, exit status) of all the chosen workloads; 130 if Ctrl-C came before the end.

    before : results to compare with later; ValueError if no workload is the same
    """
    from tqdm import tqdm
    workloads = [WORKLOADS[name] for name in chosen(args.names)]
    device = device_for(args.device, workloads)
    if args.small:
        workloads = [workload.smaller() for workload in workloads]
    if before and not in_both(before, {each.name: each.title() for each in workloads}):
        there = ", ".join(heading(each["name"], each["title"]) for each in before["workloads"])
        raise ValueError(f"{args.compare} holds none of the workloads to be measured; it holds "
                         f"{there or 'nothing'}")
    ours = once(minicnn(threads, coretype) for coretype in args.coretype
                for threads in args.threads)
    rivals = once(rival(*found) for choice in args.against for found in interpreters(choice))
    found: dict[str, Any] = {
        "machine": machine(), "command": command(args, rivals), "workloads": [],
        "ours": [each.name for each in ours], "rivals": [each.name for each in rivals]}
    turns = len(workloads) * len(ours + rivals) * (1 + args.rounds)
    with tqdm(total=turns, disable=None, delay=2, leave=False, unit="turn") as bar:
        def tick(text: str) -> None:
            bar.set_description(text)
            bar.update()

        for workload in workloads:
            entry: dict[str, Any] = {"name": workload.name, "title": workload.title(),
                                     "batch": workload.shape[0], "results": {}}
            found["workloads"].append(entry)
            watch = Watch()
            try:
                measure(workload, ours + rivals, args.rounds, args.turn, entry["results"],
                        device, tick)
            except KeyboardInterrupt:
                tqdm.write(f"{workload_text(entry)}\n\nstopped; what had been measured:")
                return found, 130
            entry["others"] = watch.others()
            tqdm.write(workload_text(entry))
            sys.stdout.flush()
            if args.json:                                  # what is measured outlives the process
                results.write(args.json, found)
    return found, 0


def once(contestants: Iterable[Contestant]) -> list[Contestant]:
    return list({each.name: each for each in contestants}.values())


def command(args: argparse.Namespace, rivals: list[Contestant]) -> str:
    """The command, with rivals by name wherever their interpreters lie."""
    words = ["python -m benchmarks", *args.names]
    words += [f"--against {each.name}" for each in rivals]
    words += [f"--threads {','.join(args.threads)}"] if args.threads != [None] else []
    words += [f"--coretype {','.join(args.coretype)}"] if args.coretype != [None] else []
    words += [f"--device {args.device}"] if args.device else []
    words += [f"--rounds {args.rounds} --turn {args.turn:g}"] + ["--small"] * args.small
    return " ".join(words)


if __name__ == "__main__":
    sys.exit(main())
