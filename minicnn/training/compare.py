"""Networks trained on the same pictures, side by side: what each costs and how well it reads.

Compared is the error after the last epoch: the lowest of a run was chosen on the test pictures.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from minicnn.analysis.summary import kilobytes
from minicnn.analysis.tables import aligned, as_csv, lines_of, markdown, without_empty
from minicnn.data.files import DamagedFile, read_limited
from minicnn.training.outcome import LIMIT

TEXTS = ("network", "device", "data", "test", "train_pictures", "test_pictures")
WHOLE = ("parameters", "macs", "peak_memory", "epochs", "threads")


@dataclass(frozen=True)
class Outcome:
    """What result.json of a run says."""

    network: str
    error: float                       # percent of the test pictures, after the last epoch
    top5: float | None                 # None where there are no more than five classes
    parameters: int
    macs: int                          # of one image, forward
    seconds_per_epoch: float           # the median, without the test
    peak_memory: int | None            # bytes, of the whole process; None where it is not Linux
    epochs: int
    threads: int
    device: str
    data: str
    test: str
    train_pictures: str                # fingerprints: see minicnn/data/fingerprint.py
    test_pictures: str


@dataclass(frozen=True)
class Comparison:
    """Outcomes, the lowest error first, and as .text(), .markdown(), .csv(), .json()."""

    outcomes: list[Outcome]

    def cells(self) -> tuple[list[str], list[list[str]]]:
        """Headings and rows as a reader sees them; settings that all runs share are no columns."""
        columns = {
            "network": [one.network for one in self.outcomes],
            "error": [percent(one.error) for one in self.outcomes],
            "top-5 error": [percent(one.top5) for one in self.outcomes],
            "parameters": [f"{one.parameters:,}" for one in self.outcomes],
            "MACs": [f"{one.macs:,}" for one in self.outcomes],
            "seconds an epoch": [f"{one.seconds_per_epoch:.1f}" for one in self.outcomes],
            "peak memory": ["" if one.peak_memory is None else kilobytes(one.peak_memory)
                            for one in self.outcomes]}
        columns |= {name: [str(getattr(one, name)) for one in self.outcomes]
                    for name in ("epochs", "threads", "device") if len(self.different(name)) > 1}
        return without_empty(list(columns), list(zip(*columns.values(), strict=True)))

    def different(self, name: str) -> list[Any]:
        return sorted({getattr(one, name) for one in self.outcomes})

    def epochs(self) -> str:
        counts = self.different("epochs")
        return " to ".join(map(str, dict.fromkeys((counts[0], counts[-1])))) + " epochs"

    def title(self) -> str:
        """A heading for the picture."""
        return f"{place_left_out(self.outcomes[0].data)}, {self.epochs()}"

    def notes(self) -> str:
        """What the figures are, in one sentence or two."""
        threads, devices = self.different("threads"), self.different("device")
        where = [] if len(threads) > 1 or len(devices) > 1 else \
            [f"{threads[0]} thread{'s' * (threads[0] > 1)}"] if devices == ["cpu"] else devices
        first, fair = self.outcomes[0], len(self.different("epochs")) == 1
        return (f"Trained for {self.epochs()}{'' if fair else ' (not a fair comparison)'} on "
                f"{place_left_out(first.data)}; errors on {place_left_out(first.test)}. Parameters "
                f"with auxiliary classifiers, MACs of one image without; "
                f"{', '.join(['seconds without the test', *where])}; memory of the whole process.")

    def text(self) -> str:
        return "\n".join([*aligned(*self.cells(), {"network", "device"}), "",
                          lines_of(self.notes())])

    def markdown(self) -> str:
        return "\n".join([*markdown(*self.cells(), {"network", "device"}), "", self.notes()])

    def csv(self) -> str:
        return as_csv(self.outcomes)

    def json(self) -> str:
        return json.dumps([asdict(one) for one in self.outcomes], indent=1)


def compare(folders: Sequence[str | Path]) -> Comparison:
    """The runs of these folders of the train command, the lowest error first.

    ValueError if they were trained or tested on different pictures, FileNotFoundError if one is not
    over, DamagedFile if a result.json is not one.
    """
    if isinstance(folders, (str, Path)):
        raise TypeError(f"compare: folders is {folders!r}, expected a list of folders")
    if not folders:
        raise ValueError("no run to compare")
    outcomes = [read_outcome(Path(folder) / "result.json") for folder in folders]
    for name, content in (("data", "train_pictures"), ("test", "test_pictures")):
        seen = {getattr(one, content): f"{folder} has {place_left_out(getattr(one, name))}"
                for folder, one in zip(folders, outcomes, strict=True)}
        if len(seen) > 1:
            raise ValueError("these runs are not of the same pictures: " + "; ".join(seen.values())
                             + "; what is in them differs")
    return Comparison(sorted(outcomes, key=lambda one: (one.error, one.macs)))


def read_outcome(path: Path) -> Outcome:
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file; `train` writes it when training is over")
    try:
        said = json.loads(read_limited(path, LIMIT))
        values = {field.name: said[field.name] for field in fields(Outcome)}
    except (ValueError, TypeError, KeyError, RecursionError) as problem:
        raise DamagedFile(f"{path}: not what `train` writes: {problem!r}") from None
    for name, value in values.items():
        if not credible(name, value):
            raise DamagedFile(f"{path}: {name} is {value!r}")
    return Outcome(**values)


def credible(name: str, value: Any) -> bool:
    if name in TEXTS:
        return isinstance(value, str)
    if value is None:
        return name in ("top5", "peak_memory")
    kinds = (int,) if name in WHOLE else (int, float)
    least = 1 if name in ("epochs", "threads") else 0
    most = 100 if name in ("error", "top5") else 1e18
    return type(value) in kinds and least <= value <= most             # True is an int, too


def place_left_out(source: str) -> str:
    """"CIFAR-10, 2,000 test images, from DIR" -> "CIFAR-10, 2,000 test images"."""
    return source.partition(", from ")[0]


def percent(value: float | None) -> str:
    return "" if value is None else f"{value:.2f} %"
