"""Full runs that were kept: minicnn/experiments/stored/NAME.json, and the book's CSV and figure.

A quick run that is too short for a verdict shows the stored one.  It is written into the sources by
`python -m minicnn experiment NAME --full --store .`
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from minicnn.data.files import DamagedFile, read_limited, written_whole
from minicnn.experiments.outcome import Outcome, write

FOLDER = Path(__file__).parent / "stored"
BOOK = Path("docs") / "stored" / "experiments"
LIMIT = 1 << 20                        # bytes


@cache
def stored(name: str) -> dict[str, Any] | None:
    """{"command", "settings", "finding", "effects", "alt", "rows"} of that experiment, or None."""
    path = FOLDER / f"{name}.json"
    if not path.exists():
        return None
    try:
        said = json.loads(read_limited(path, LIMIT))
        if not {"settings", "effects", "finding", "rows"} <= set(said):
            raise ValueError("it lacks settings, effects, finding or rows")
        return said
    except ValueError as problem:
        raise DamagedFile(f"{path}: no stored run ({problem}); install minicnn again") from None


def check_sources(root: Path) -> None:
    """An error unless `root` is where minicnn's sources are."""
    if not (root / "minicnn" / "experiments").is_dir():
        raise NotADirectoryError(f"--store is {str(root)!r}, but there is no folder "
                                 "minicnn/experiments in it; name the folder of minicnn's sources")


def store(outcome: Outcome, root: Path, command: str) -> list[Path]:
    """Keep a full run in the sources at `root`.  command: the one that made it."""
    check_sources(root)
    name, result = outcome.experiment.name, outcome.result
    said = {
        "command": command, "settings": outcome.settings, "finding": result.finding,
        "effects": [{"claim": effect.claim, "verdict": word, "shown": shown}
                    for effect, (word, shown) in zip(result.effects, outcome.verdicts,
                                                     strict=True)],
        "alt": getattr(result.figure, "alt", ""), "rows": [dict(row) for row in result.rows]}
    path = root / "minicnn" / "experiments" / "stored" / f"{name}.json"
    with written_whole(path) as file:
        file.write((json.dumps(said, indent=1, ensure_ascii=False) + "\n").encode())
    return [path, *write(outcome, root / BOOK / name)]
