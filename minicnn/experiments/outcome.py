"""An experiment that was run: its rows and its verdicts, how they were made, and what is said."""

import platform
from dataclasses import dataclass
from datetime import date
from os import cpu_count
from pathlib import Path
from time import process_time
from typing import Any

from minicnn import __version__
from minicnn.analysis.tables import lines_of
from minicnn.data.files import written_whole
from minicnn.experiments.experiment import Experiment, Result, Settings
from minicnn.experiments.records import table, write_csv
from minicnn.experiments.verdict import NO_VERDICT, NOT_HERE, Verdict, verdict
from minicnn.training.machine import machine

CPU_INFO = Path("/proc/cpuinfo")


@dataclass
class Outcome:
    """seconds : of one processor core;  settings : all that the numbers depend on, by name"""

    experiment: Experiment
    result: Result
    verdicts: list[Verdict]
    seconds: float
    settings: dict[str, Any]
    stopped: str = ""

    def needs_stored(self) -> bool:
        """Whether a larger run says more: a claim got no verdict, or does not show at this size."""
        return self.settings["form"] != "full" and any(
            word == NOT_HERE or word.endswith(NO_VERDICT) for word, _ in self.verdicts)


def run_experiment(experiment: Experiment, settings: Settings) -> Outcome:
    """Run it, and judge it by the rule of minicnn/experiments/verdict.py."""
    begun, settings.again = process_time(), experiment.run
    result = experiment.run(settings)
    verdicts = [verdict(effect) for effect in result.effects]
    seconds = process_time() - begun + settings.elsewhere
    return Outcome(experiment, result, verdicts, seconds, {
        "experiment": experiment.name, "form": settings.form,
        "seeds": " ".join(map(str, settings.seeds)), **settings.noted,
        "seconds of one core": f"{seconds:.0f}", "minicnn": __version__,
        "date": date.today().isoformat(), "processor": processor(), "cores": cpu_count(),
        "Python": platform.python_version(), **machine("cpu"),
        "processes": 1}, settings.stopped)                 # train a network, however many seeds run


def processor() -> str:
    """Its name, as far as the system tells."""
    if CPU_INFO.exists():
        for line in CPU_INFO.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def text(outcome: Outcome, stored: dict[str, Any] | None = None) -> list[str]:
    """The lines that the command prints; `stored` is the full run that was kept, if there is one.

    Where the seeds are too few for a verdict, or nothing shows at this size, it says what it found.
    """
    experiment, result = outcome.experiment, outcome.result
    chosen = "; ".join(f"{name} {value}" for name, value in outcome.settings.items()
                       if name not in NOT_PRINTED)
    lines = [lines_of(f"settings: {chosen}", "  "), "", *table(result.rows), "",
             lines_of(f"found: {result.finding}", "  "),
             lines_of(f"expected: {experiment.expected}", "  ")]
    for effect, (word, shown) in zip(result.effects, outcome.verdicts, strict=True):
        lines.append(lines_of(f"{word}: {effect.claim} ({shown})", "  "))
    if outcome.needs_stored():
        lines += said_of(stored)
    lines.append(lines_of(f"in the lecture: {experiment.slides}", "  "))
    return lines + ([outcome.stopped] if outcome.stopped else [])


NOT_PRINTED = {"experiment", "date", "processor", "cores", "Python", "NumPy", "BLAS",
               "BLAS threads", "Python threads", "processes", "faster versions", "device",
               "minicnn"}


def said_of(stored: dict[str, Any] | None) -> list[str]:
    """What the stored full run said to the same claims."""
    if stored is None:
        return ["no full run is stored; --full makes one, and three seeds give a verdict"]
    lines = [f"stored full run of {stored['settings']['date']}, on "
             f"{stored['settings']['processor']}:"]
    return lines + [lines_of(f"  {said['verdict']}: {said['claim']} ({said['shown']})", "    ")
                    for said in stored["effects"]]


def write(outcome: Outcome, folder: Path) -> list[Path]:
    """FOLDER/rows.csv, figure.png and figure.txt, which says the figure in words."""
    written = [write_csv(folder / "rows.csv", outcome.result.rows, outcome.settings)]
    if outcome.result.figure is not None:
        written.append(outcome.result.figure.save(folder / "figure.png"))
        alt = getattr(outcome.result.figure, "alt", "")
        with written_whole(folder / "figure.txt") as file:
            file.write(f"{alt}\n".encode())
        written.append(folder / "figure.txt")
    return written
