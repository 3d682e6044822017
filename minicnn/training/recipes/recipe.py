"""Recipe: everything about a training run that is neither the network nor the data."""

from dataclasses import asdict, dataclass, replace
from math import inf, isclose, isfinite
from numbers import Integral, Real
from textwrap import fill
from typing import Any

from minicnn.backend.messages import as_html, plural

WIDTH = 100                                                # columns of a printed recipe


@dataclass(frozen=True)
class Recipe:
    """How a network learns.  `print(recipe)` shows it; `recipe._replace(epochs=5)` changes it.

    source    : paper and section; or "borrowed from ...", with whose it is and why
    lr, batch : the learning rate belongs to the batch
    optimizer : name in minicnn.optim, and its arguments
    schedule  : name in minicnn.schedule, and its arguments: step_size in epochs, milestones as
                shares of all epochs; T_max and total_iters are the whole run; "" keeps `lr`
    warmup    : epochs of straight rise to `lr`; (epochs, share): `lr` times the share for so long
    augment   : of "crop" (`pad` pixels around, less what the picture has more than the network
                reads), "resized crop", "flip", "jitter", "lighting"
    margin    : pictures are stored this much larger than the network's input, for crops
    aux       : weight of each auxiliary classifier's loss
    smoothing : label smoothing;  clip : largest length of the gradient, 0 for any
    network   : what belongs to the recipe but is part of the network: starting weights, dropout
    printed   : rate and batch of the source, where `lr` was scaled in proportion to the batch
    """

    name: str
    source: str
    lr: float
    batch: int
    epochs: int
    optimizer: tuple[str, dict[str, Any]]
    schedule: tuple[str, dict[str, Any]] = ("CosineAnnealingLR", {})
    warmup: float | tuple[float, float] = 0
    augment: tuple[str, ...] = ("crop", "flip")
    pad: int = 0
    margin: float = 256 / 224
    aux: float = 0.3
    smoothing: float = 0.0
    clip: float = 0.0
    network: str = ""
    printed: tuple[float, int] = (0, 0)

    def __post_init__(self) -> None:
        if self.printed == (0, 0):
            object.__setattr__(self, "printed", (self.lr, self.batch))
        for name in ("batch", "epochs"):
            self.check(name, Integral, "a whole number from 1 on", lambda value: value >= 1)
        self.check("pad", Integral, "a whole number of pixels from 0 on", lambda value: value >= 0)
        self.check("lr", Real, "a number above 0", lambda value: value > 0)
        self.check("margin", Real, "a factor from 1 on", lambda value: value >= 1)
        self.check("smoothing", Real, "a share from 0 to below 1", lambda value: 0 <= value < 1)
        for name in ("aux", "clip"):
            self.check(name, Real, "a number from 0 on", lambda value: value >= 0)
        for name in ("optimizer", "schedule"):
            self.check_words(name)
        self.check_warmup()
        self.check_printed()
        if not isinstance(self.augment, (tuple, list)) or not all(
                isinstance(step, str) for step in self.augment):
            raise self.wrong("augment", TypeError, 'a tuple of words, as ("crop", "flip")')

    def check(self, name: str, kind: type, expected: str, holds: Any) -> None:
        value = getattr(self, name)
        if not isinstance(value, kind) or isinstance(value, bool):
            raise self.wrong(name, TypeError, expected)
        if not isfinite(value) or not holds(value):                  # type: ignore[arg-type]
            raise self.wrong(name, ValueError, expected)

    def check_words(self, name: str) -> None:
        match getattr(self, name):
            case (str(), dict()):
                return
        raise self.wrong(name, TypeError, 'a name and its arguments, as ("SGD", {"momentum": 0.9})')

    def check_warmup(self) -> None:
        expected = "a number of epochs from 0 on, or with the share of lr held so long: (1, 0.1)"
        match self.warmup:
            case (Real() as epochs, Real() as share):
                if not 0 <= epochs < inf or not 0 < share <= 1:      # type: ignore[operator]
                    raise self.wrong("warmup", ValueError, expected)
            case _:
                self.check("warmup", Real, expected, lambda value: value >= 0)

    def check_printed(self) -> None:
        if not isinstance(self.printed, tuple) or len(self.printed) != 2 or not all(
                isinstance(value, Real) and value > 0 for value in self.printed):
            raise self.wrong("printed", ValueError, "rate and batch of the source: (0.1, 256)")

    def wrong(self, name: str, kind: type[Exception], expected: str) -> Exception:
        return kind(f"recipe {self.name}: {name} is {getattr(self, name)!r}, expected {expected}")

    def _replace(self, **changes: Any) -> "Recipe":
        return replace(self, **changes)

    def _asdict(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        """Name and source, and below them every figure."""
        parts = [words(*self.optimizer), self.rate(), self.rise(), words(*self.schedule),
                 plural(self.epochs, "epoch"), f"distortions: {', '.join(self.augment) or 'none'}",
                 f"labels smoothed by {self.smoothing:g}" if self.smoothing else "",
                 f"gradients clipped at length {self.clip:g}" if self.clip else "",
                 f"in the network: {self.network}" if self.network else ""]
        return "\n".join([
            fill(f"recipe {self.name}: {self.source}", WIDTH, subsequent_indent="  "),
            fill("; ".join(filter(None, parts)), WIDTH, initial_indent="  ",
                 subsequent_indent="  ")])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = [[name, shown(value)] for name, value in self._asdict().items() if value]
        return as_html(f"recipe {self.name}", ["setting", "value"], rows, ["setting", "value"])

    def rate(self) -> str:
        """The learning rate, its batch, and what the source has for another batch.

        In proportion to the batch: Goyal et al. 2017, section 2.1.
        """
        lr, batch = self.printed
        own, scaled = f"lr {self.lr:g} for batches of {self.batch:,}", lr * self.batch / batch
        if self.batch == batch:
            return own if self.lr == lr else f"{own} (the source: {lr:g})"
        if isclose(self.lr, scaled):
            return f"{own}, in proportion to the source's {lr:g} for {batch:,}"
        return f"{own} (the source: {lr:g} for {batch:,}, in proportion {scaled:.3g})"

    def rise(self) -> str:
        if isinstance(self.warmup, tuple):
            epochs, share = self.warmup
            return f"{share * self.lr:g} for the first {epochs:.3g} epochs"
        if not self.warmup:
            return ""
        return f"warm-up {self.warmup:g} epoch{'' if self.warmup == 1 else 's'}"


def shown(value: Any) -> str:
    """A setting as a cell of a table."""
    match value:
        case (str(name), dict(arguments)):
            return words(name, arguments)
        case tuple() | list():
            return ", ".join(map(shown, value))
        case float():
            return f"{value:g}"
    return str(value)


def words(name: str, arguments: dict[str, Any]) -> str:
    """
    >>> words("SGD", {"momentum": 0.9, "weight_decay": 4e-5, "nesterov": False})
    'SGD momentum 0.9 weight_decay 4e-05'
    >>> words("MultiStepLR", {"milestones": (1 / 3, 2 / 3)})
    'MultiStepLR milestones 0.333, 0.667'
    """
    given = [f"{key} {figure(value)}" for key, value in arguments.items() if value or value is None]
    return " ".join([name, *given])


def figure(value: Any) -> str:
    if isinstance(value, (tuple, list)):
        return ", ".join(map(figure, value))
    return f"{value:.3g}" if isinstance(value, float) else str(value)
