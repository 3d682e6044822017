"""Several networks learn the same pictures in the same order: the arms of a comparison.

    nets = learnt(settings, "lrn", {"none": Arm(...), "across": Arm(...)}, Plan(4))
    nets[0]["none"].error              of the first seed, in percent
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from minicnn.analysis.summary import summary
from minicnn.data.dataset import Dataset
from minicnn.experiments.experiment import Effect, Settings
from minicnn.experiments.figures import OWN, bars, level
from minicnn.experiments.networks import Plan, Trained, trained
from minicnn.experiments.paired import differences, paired
from minicnn.experiments.pictures import chance, photos, some
from minicnn.layers.module import Module
from minicnn.training.transforms import resize

SIDE = 16


class Arm(NamedTuple):
    """build() -> the network, which reads (3, side, side)."""

    build: Callable[[], Module]
    side: int = SIDE


Nets = list[dict[str, Trained]]        # of each seed, by the name of the arm


def pictures(settings: Settings, seed: int, side: int) -> tuple[Dataset, Dataset]:
    """Photographs of that size, for training and for testing."""
    train, test = photos(settings)
    count, tests = settings.pick(2000, 10_000, 32), settings.pick(1000, 2000, 40)
    settings.note(images=count, test=tests)
    return tuple(part if part.images.shape[2] == side else part.replace(          # type: ignore
        images=resize(part.images, (side, side))) for part in (some(train, count, seed),
                                                               test[:tests]))


def usual(settings: Settings, **changes: float) -> Plan:
    epochs = settings.pick(5, 20, 1)
    settings.note(epochs=epochs)
    full = {"shift": 2, "flip": True} if settings.full else {}
    return Plan(epochs, **{"warmup": settings.pick(20, 200, 1), **full, **changes})  # type: ignore


def learnt(settings: Settings, family: str, arms: Mapping[str, Arm], plan: Plan) -> Nets:
    return paired(settings, lambda seed: {
        name: trained(settings, f"{family} {name}", plan, seed, arm.build,
                      *pictures(settings, seed, arm.side)) for name, arm in arms.items()})


def costs(arms: Mapping[str, Arm]) -> dict[str, dict[str, int]]:
    """{arm: {"parameters", "MACs"}}, of one picture."""
    found = {}
    for name, arm in arms.items():
        model = arm.build()
        found[name] = {"parameters": model.num_parameters(),
                       "MACs": summary(model, (3, arm.side, arm.side)).macs}
    return found


def rows_of(settings: Settings, nets: Nets, arms: Mapping[str, Arm]) -> list[dict]:
    cost = costs(arms)
    return [{"seed": seed, "network": name, **cost[name], "training loss": each[name].loss,
             "test error %": each[name].error}
            for seed, each in zip(settings.seeds, nets, strict=False) for name in arms]


def errors_of(nets: Nets) -> dict[str, list[float]]:
    return {name: [each[name].error for each in nets] for name in nets[0]}


def said_of(nets: Nets) -> str:
    """"none 52.1 %, across 51.8 %": the mean test errors."""
    return ", ".join(f"{name} {sum(errors) / len(errors):.1f} %"
                     for name, errors in errors_of(nets).items())


def lower(nets: Nets, claim: str, arm: str, other: str) -> Effect:
    """The claim that the error of an arm is below that of another."""
    errors = errors_of(nets)
    return Effect(claim, differences(errors[arm], errors[other]), -1)


def error_bars(axes: object, settings: Settings, nets: Nets, title: str = "test error") -> None:
    errors, guess = errors_of(nets), chance(photos(settings)[1])
    bars(axes, {name.replace(" (", "\n("): values for name, values in errors.items()},
         "test error in percent", title, OWN)
    level(axes, guess, "guessing")
    axes.set_ylim(0, 1.12 * max(guess, *map(max, errors.values())))        # type: ignore
