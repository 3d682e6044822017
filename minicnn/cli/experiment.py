"""`python -m minicnn experiment NAME`: a claim of the lectures, run and judged."""

import argparse
import shlex
from math import inf
from pathlib import Path

from minicnn.analysis.tables import lines_of
from minicnn.backend.memory import machine_memory
from minicnn.backend.messages import did_you_mean, plural
from minicnn.backend.threads import set_threads
from minicnn.cli.arguments import (
    OWN_FOLDER,
    above_zero,
    check_folder,
    place,
    whole,
    word,
    workers,
)
from minicnn.experiments import ELSEWHERE, EXPERIMENTS, Experiment, Settings, run_experiment
from minicnn.experiments.all_of_them import planned, run_all, same_python
from minicnn.experiments.outcome import text, write
from minicnn.experiments.pictures import check_data
from minicnn.experiments.stored import check_sources, store, stored
from minicnn.training.loop import silent
from minicnn.training.parallel.mpi import own_cores, processes
from minicnn.training.parallel.world import World

WHAT = ("run an experiment of the lectures and say honestly whether its effect shows at a laptop's "
        "size")
EXAMPLE = "experiment augment"
FOLDER = OWN_FOLDER / "experiments"
ALL_SECONDS = 1200.0                   # of one core: ten minutes on two
SEED_MEMORY = 1 << 30                  # bytes that a seed of a full run may take; 0.7 was the most


def add_arguments(parser: argparse.ArgumentParser) -> None:
    option = parser.add_argument
    option("name", nargs="?", type=word, metavar="NAME", help="an experiment that --list names")
    option("--list", action="store_true", help="all experiments, one line each")
    option("--all", action="store_true", help="all of them in their quick form, the cheapest "
           f"first, in {ALL_SECONDS:,.0f} seconds of one core, ten minutes of two (--seconds)")
    option("--full", action="store_true", help="the full form, which takes as long as --list says")
    option("--seeds", type=whole, metavar="N", help="paired seeds 0 to N - 1; three or more give a "
           "verdict")
    option("--data", type=word, metavar="NAME", help="mnist, digits, cifar10, shapes or a folder; "
           "without, MNIST and CIFAR-10 where they are found, else drawn pictures")
    option("--seconds", type=above_zero, metavar="S", help="of one core: begin no seed that would "
           "end later")
    option("--jobs", type=workers, default=2, metavar="N", help="of --all: experiments that run at "
           "once (2)")
    option("--processes", type=workers, metavar="N", help="that share the seeds, with the same "
           "results (1; with --full one for each core that has 1 GB of memory); mpiexec starts "
           "them on several machines")
    option("--threads", type=workers, default=1, metavar="N", help="that share the work; small "
           "networks gain little from more (1)")
    option("--out", type=place, metavar="FOLDER", default=FOLDER, help="for tables, figures and "
           "trained networks (out/experiments)")
    option("--store", type=place, metavar="DIR", help="keep a full run in minicnn's sources at DIR")


def run(args: argparse.Namespace) -> int:
    if args.list:
        print(*listed(), sep="\n")
        return 0
    if args.all == (args.name is not None):
        raise ValueError("which experiment? give one NAME, or --all; --list names them")
    if args.store and not args.full:
        raise ValueError("--store keeps full runs; give --full with it")
    if args.store:
        check_sources(args.store)
    if args.data:
        check_data(args.data)
    if args.name:
        chosen(args.name)
    check_folder(args.out)
    set_threads(args.threads)
    world = processes()
    if not args.all:
        several = processes_for(args, world)
        with world:
            return run_one(chosen(args.name), args, several, world)
    if world.size > 1:
        raise ValueError("--all starts processes of its own; start it without mpiexec")
    if args.processes:
        raise ValueError("--processes share the seeds of one experiment; of --all, --jobs says how "
                         "many run at once")
    return run_each(args)


def processes_for(args: argparse.Namespace, world: World) -> int:
    """How many share the seeds, on this machine."""
    if max(args.processes or 1, world.size) > 1:
        if args.seconds:
            raise ValueError("--seconds counts what the seeds of one process take; leave it out "
                             "where several share them")
        if args.threads > 1:
            raise ValueError("--threads share the work of one network, processes the seeds, and "
                             "each has one thread then; leave one of them out")
    if args.processes or not args.full or args.seconds or args.threads > 1:
        return args.processes or 1
    return int(max(min(own_cores(), machine_memory() // SEED_MEMORY), 1))


def run_each(args: argparse.Namespace) -> int:
    """1 if one of them failed."""
    seconds = args.seconds or (inf if args.full else ALL_SECONDS)
    counts = {name: args.seeds or one.full_seeds for name, one in EXPERIMENTS.items()} \
        if args.full else planned(EXPERIMENTS.values(), seconds, args.seeds)
    one_seed = [name for name, count in counts.items() if count < EXPERIMENTS[name].seeds]
    if one_seed and not args.seeds:
        print(f"with one seed, for want of time: {', '.join(one_seed)}\n")
    options = ["--out", str(args.out), "--threads", str(args.threads)]
    options += ["--full", "--processes", "1"] if args.full else []
    options += ["--data", args.data] if args.data else []
    options += ["--store", str(args.store)] if args.store else []

    def start(experiment: Experiment, count: int, left: float) -> list[str]:
        budget = [] if left == inf else ["--seconds", f"{max(left, 1):.0f}"]
        return same_python("experiment", experiment.name, "--seeds", str(count), *budget, *options)

    failed = run_all(EXPERIMENTS.values(), start, counts, seconds, args.jobs, print)
    if failed:
        print(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


def chosen(name: str) -> Experiment:
    for other in ELSEWHERE:
        if other.name == name:
            raise ValueError(f"{name} is another command: {other.command}")
    if name not in EXPERIMENTS:
        hint = did_you_mean(name, [*EXPERIMENTS, *(other.name for other in ELSEWHERE)])
        raise ValueError(f"no experiment is called {name!r}; "
                         f"{hint or '`python -m minicnn experiment --list` names them'}")
    return EXPERIMENTS[name]


def run_one(experiment: Experiment, args: argparse.Namespace, several: int, world: World) -> int:
    """Run it, print what came out, write it; Ctrl-C ends the command after that."""
    say = print if world.is_first else silent
    seeds = tuple(range(args.seeds)) if args.seeds else experiment.usual_seeds(args.full)
    about = experiment.full_seconds if args.full else experiment.quick_seconds
    about *= len(seeds) / len(experiment.usual_seeds(args.full))
    together = min(max(several, world.size), len(seeds))
    say(f"{experiment.name}: {experiment.question}\n{lines_of(experiment.method)}\n"
        f"about {duration(about)} of one core with {plural(len(seeds), 'seed')}, less where "
        "networks are kept from before"
        + (f"; {together} processes share the seeds" if together > 1 else ""))
    settings = Settings(seeds, "full" if args.full else "quick", args.data, args.out / "cache",
                        args.seconds, several, world, say, world.is_first)
    outcome = run_experiment(experiment, settings)
    if world.is_first:
        print(*text(outcome, stored(experiment.name)), sep="\n")
        written = write(outcome, args.out / experiment.name)
        if args.store and settings.interrupt is None:
            written += store(outcome, args.store, command(experiment, args))
        print(f"written: {', '.join(map(str, written))}")
    world.gather(None)                                     # who leaves first ends the others
    if settings.interrupt is not None:
        raise settings.interrupt
    return 0


def command(experiment: Experiment, args: argparse.Namespace) -> str:
    """The line that runs it again."""
    words = ["python", "-m", "minicnn", "experiment", experiment.name, "--full"]
    words += ["--seeds", str(args.seeds)] if args.seeds else []
    return shlex.join(words + (["--data", Path(args.data).name] if args.data else []))


def listed() -> list[str]:
    """A line an experiment, in the order of the list of the lectures' experiments."""
    lines = {experiment.ids: f"{experiment.name:<15} {experiment.question}  "
             f"[{duration(experiment.quick_seconds)}; --full {duration(experiment.full_seconds)}]"
             for experiment in EXPERIMENTS.values()}
    lines |= {other.ids: f"{other.name:<15} {other.question}  [{other.command}]"
              for other in ELSEWHERE}
    return [lines[ids] for ids in sorted(lines, key=lambda ids: (ids[0][0], int(ids[0][1:])))]


def duration(seconds: float) -> str:
    """"40 s", "5 min", "2.5 h"."""
    if seconds < 100:
        return f"{max(round(seconds), 1)} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
