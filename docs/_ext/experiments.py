"""Stored full runs of experiments as the book shows them.

minicnn/experiments/stored/NAME.json has settings, finding and verdicts, and
docs/stored/experiments/NAME/ the figure, its words and the table.
"""

from pathlib import Path
from typing import Any

from prose import escaped

from minicnn.backend.messages import did_you_mean
from minicnn.experiments import ELSEWHERE, EXPERIMENTS
from minicnn.experiments.stored import BOOK, FOLDER, stored

ROOT = Path(__file__).resolve().parents[2]
MOST_SEEDS = 5                                             # whose numbers are told one by one
SHOWN = ("date", "processor", "cores", "minicnn", "Python", "NumPy", "seconds of one core")


def files_of(name: str) -> list[Path]:
    """What a page with this experiment depends on."""
    return [FOLDER / f"{name}.json", *(ROOT / BOOK / name / file for file in
                                       ("figure.png", "figure.txt", "rows.csv"))]


def experiment_page(name: str) -> str:
    """Markdown: figure, finding, verdicts, settings, date and command of the stored full run.

    Without a stored run the question and the command.  ValueError for an unknown name.
    """
    others = {one.name: f"**Experiment {one.name}.** {one.question} `{one.command}`"
              for one in ELSEWHERE}
    if name in others:
        return others[name]
    if name not in EXPERIMENTS:
        hint = did_you_mean(name, [*EXPERIMENTS, *others])
        raise ValueError(f"there is no experiment {name!r}; {hint}")
    one, said = EXPERIMENTS[name], stored(name)
    head = f"**Experiment {name}.** {one.question}\n\n{escaped(one.method)}\n"
    ask = f"`python -m minicnn experiment {name}` asks it, in about {duration(one.quick_seconds)}."
    if said is None:
        return f"{head}\n{ask}\n"
    return "\n".join([head, picture(name), found(said), ask, "", settings(said)])


def picture(name: str) -> str:
    """The figure with the words for those who do not see it."""
    figure, words = ROOT / BOOK / name / "figure.png", ROOT / BOOK / name / "figure.txt"
    if not figure.exists():
        return ""
    alt = " ".join(words.read_text(encoding="utf-8").split()).replace("]", ")").replace("[", "(")
    return f"![{alt}](/stored/experiments/{name}/figure.png)\n"


def found(said: dict[str, Any]) -> str:
    """The finding, and a verdict on each claim; of many seeds the mean only."""
    claims = [f"- **{effect['verdict']}**: {effect['claim']}{measured(effect['shown'])}"
              for effect in said["effects"]]
    return "\n".join([f"Found: {said['finding']}", "", *claims, ""])


def measured(shown: str) -> str:
    """"+1 ± 0.2 points over 3 seeds: +1.1, +1, +0.9 points" in brackets; "" where "equal" says all.
    """
    if shown == "True, expected True":
        return ""
    mean, _, each = shown.partition(": ")
    return f" ({shown if each.count(',') < MOST_SEEDS else mean})"


def settings(said: dict[str, Any]) -> str:
    """The command that made it, when and where, and what it was set to."""
    of = dict(said["settings"])
    where = "; ".join(f"{key} {of.pop(key)}" for key in SHOWN if key in of)
    chosen = "; ".join(f"{key} {value}" for key, value in of.items() if key != "experiment")
    return ("<details><summary>How it was run</summary>\n\n"
            f"`{said['command']}`, the full run, stored with the book: {where}. "
            f"Settings: {chosen}.\n\n</details>\n")


def duration(seconds: float) -> str:
    """Of one processor core, in words: 4 seconds, 75 seconds, 4 minutes, 2.5 hours."""
    if seconds < 100:
        return "a second" if seconds < 1.5 else f"{round(seconds)} seconds"
    if seconds < 6000:
        return f"{round(seconds / 60)} minutes"
    return f"{seconds / 3600:.1f} hours"
