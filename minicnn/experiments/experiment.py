"""What an experiment is: a question of the lectures, a run, and what came out.

    EXPERIMENT = Experiment("depth", ("d3",), "Is deeper worse without shortcuts?", ..., run=run)

    def run(settings: Settings) -> Result:
        errors = paired(settings, one_seed)                # minicnn/experiments/paired.py
        return Result(rows, figure, finding, effects)

Both arms of a comparison share the seed, the pictures, their order and, where the shapes allow, the
starting weights: what differs is what is asked about.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from minicnn.data.canvas import Picture
from minicnn.training.parallel.world import ALONE, World

Row = Mapping[str, Any]                # a line of the table: {"network": "plain20", "error": 59.9}
T = TypeVar("T")
FORMS = ("tiny", "quick", "full")


class Effect(NamedTuple):
    """A claim of the lecture, and what the seeds say to it.

    claim       : in words, as "plain: 56 layers have the larger training loss than 20"
    differences : of each seed, one arm minus the other
    sign        : that the lecture gives to them, +1 or -1
    unit        : of a difference, as "points" (of an error in percent) or "nats" (of a loss)
    """

    claim: str
    differences: Sequence[float]
    sign: int = 1
    unit: str = "points"


class Exact(NamedTuple):
    """A claim that is equal or not: no seed, no doubt.

    value, expected : compared by ==
    """

    claim: str
    value: Any
    expected: Any


@dataclass
class Result:
    """rows    : of the table, all with the same names
    figure  : drawn like the slide's; minicnn/experiments/figures.py
    finding : a sentence or two, of what was seen, with its numbers
    effects : what a verdict is given on
    """

    rows: Sequence[Row]
    figure: Picture | None
    finding: str
    effects: Sequence[Effect | Exact] = ()


@dataclass
class Settings:
    """How large an experiment is run, on which pictures, and who is told of it.

    seeds   : one after the other, or several at once
    form    : "quick" for a laptop, "full", or "tiny", which only shows that everything runs
    data    : mnist, digits, cifar10, shapes, or a folder; None looks for them
    cache   : folder of trained networks; None keeps none
    seconds : of the processor's time; no seed is begun that would not end within
    processes : of this machine, that share the seeds
    world   : the processes that share them, where mpiexec has started this program
    say     : receives a line
    bars    : progress bars, where somebody watches

    An experiment notes what it chose by `note`; it stands above its table.
    """

    seeds: Sequence[int] = (0, 1, 2)
    form: str = "quick"
    data: str | None = None
    cache: Path | None = None
    seconds: float | None = None
    processes: int = 1
    world: World = ALONE
    say: Callable[[str], object] = print
    bars: bool = True
    noted: dict[str, Any] = field(default_factory=dict)
    stopped: str = ""                  # why not all seeds were run
    interrupt: BaseException | None = None
    elsewhere: float = 0.0             # seconds of the processor in other processes
    again: "Run | None" = None         # what those run, up to their seed
    is_sent: bool = False              # to such a process
    said: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        if self.form not in FORMS:
            raise ValueError(f"Settings: form is {self.form!r}, expected {', '.join(FORMS)}")
        if not self.seeds:
            raise ValueError("Settings: seeds is empty, expected at least one, as (0, 1, 2)")

    @property
    def full(self) -> bool:
        return self.form == "full"

    def pick(self, quick: T, full: T, tiny: T) -> T:
        """A size: of the quick form, the full one, or the one that only runs through."""
        return {"tiny": tiny, "quick": quick, "full": full}[self.form]

    def note(self, **chosen: Any) -> None:
        """What belongs to the settings of this run: note(images=2000, test_images=500)."""
        self.noted.update({name.replace("_", " "): value for name, value in chosen.items()})

    def tell(self, line: str) -> None:
        """Say it, but once: several processes may find the same."""
        if line not in self.said:
            self.said.add(line)
            self.say(line)

    def watched(self, things: Iterable[T], what: str, total: int | None = None) -> Iterator[T]:
        """The same one after the other, with a progress bar where somebody watches."""
        from tqdm import tqdm
        yield from tqdm(things, what, total, leave=False, delay=1,
                        disable=None if self.bars else True)


Run = Callable[[Settings], Result]


@dataclass(frozen=True)
class Experiment:
    """One row of the lectures' experiments.

    name          : of the command, `python -m minicnn experiment NAME`
    ids           : as the list of experiments counts them, ("d3",)
    question      : one line
    slides        : 'deck "title"; deck "title"'
    method        : what is done, in a sentence or two
    quick_seconds, full_seconds : of one processor core, about, with the usual number of seeds
    run           : run(settings) -> Result
    expected      : what the lecture says, and what was seen at a laptop's size
    seeds         : of the quick form; 1 where a seed is long, or where nothing is left to chance
    full_seeds    : of the full form
    shared_seconds : of quick_seconds, what the networks of `depth` take, which others train as well
    """

    name: str
    ids: tuple[str, ...]
    question: str
    slides: str
    method: str
    quick_seconds: float
    full_seconds: float
    run: Run
    expected: str
    seeds: int = 3
    full_seeds: int = 3
    shared_seconds: float = 0.0

    def usual_seeds(self, full: bool = False) -> tuple[int, ...]:
        return tuple(range(self.full_seeds if full else self.seeds))
