"""Frozen or fine-tuned?  A network that has learnt some classes is taken for others.

    scratch        all layers start anew
    frozen         the layers stay as they were; only the last one learns
    fine-tuned     all layers learn on, from where they were

Quick: LeNet learns the digits 0-4, then 5-9.  Full: a residual network learns eight classes of
photographs, then the other two, which are similar, or digits, which are not.
"""

from itertools import product

import numpy as np

from minicnn.backend.seeds import manual_seed
from minicnn.data.canvas import drawing
from minicnn.experiments import pictures
from minicnn.experiments.experiment import Effect, Experiment, Result, Settings
from minicnn.experiments.figures import Figure, curves, in_powers, panels
from minicnn.experiments.networks import Plan, learn, trained
from minicnn.experiments.paired import differences, paired
from minicnn.experiments.small_nets import last_of
from minicnn.layers.freeze import freeze
from minicnn.layers.module import Module
from minicnn.models import build
from minicnn.models.resnet_cifar import CifarResNet

ARMS = ("scratch", "frozen", "fine-tuned")
Cell = tuple[str, int, str]            # data, pictures of each class, arm


def network(settings: Settings, classes: int) -> Module:
    return CifarResNet(8, classes=classes) if settings.full else \
        build("lenet5", variant="visualiser", classes=classes)


def tasks(settings: Settings) -> dict[str, pictures.Pair]:
    """"base", which is learnt first, and the others that the network is then taken for."""
    def of(pair: pictures.Pair, own: list[int]) -> pictures.Pair:
        return pictures.some_classes(pair[0], own), pictures.some_classes(pair[1], own)

    if not settings.full:
        pair = pictures.digits(settings, 32)
        return {"base": of(pair, [0, 1, 2, 3, 4]), "digits 5-9": of(pair, [5, 6, 7, 8, 9])}
    train, test = pictures.photos(settings)
    pair = pictures.pooled(train), pictures.pooled(test)
    other, tested = pictures.digits(settings)
    return {"base": of(pair, [0, 2, 3, 4, 6, 7, 8, 9]), "two other classes": of(pair, [1, 5]),
            "digits": (pictures.as_photographs(other), pictures.as_photographs(tested))}


def measured(settings: Settings, seed: int) -> dict[Cell, float]:
    """Test errors in percent."""
    count, tests = settings.pick(5000, 8000, 40), settings.pick(1000, 2000, 40)
    sizes = settings.pick((5, 20, 100), (5, 20, 100, 500), (2,))
    epochs, passes = settings.pick(3, 15, 1), settings.pick(6000, 20_000, 20)
    settings.note(images_of_the_base=count, epochs_of_the_base=epochs, passes=passes, test=tests)
    data_of = tasks(settings)
    train, test = data_of.pop("base")
    base = trained(settings, f"transfer base {settings.form}", Plan(epochs, 0.05, 32), seed, lambda:
                   network(settings, len(train.classes)), pictures.some(train, count, seed), test)
    last, found = last_of(base.model), {}
    learnt = {name: value for name, value in base.model.state_dict().items()
              if not name.startswith(f"{last}.")}
    for data, (more, tested) in data_of.items():
        settings.note(**{f"guessing {data}": pictures.guessing(tested[:tests])})
        for size, arm in product(sizes, ARMS):
            few = pictures.some_of_each(more, size, seed)
            manual_seed(seed + 1)                          # the new layers start from other weights
            model = network(settings, len(more.classes))
            model.load_state_dict({} if arm == "scratch" else learnt, strict=False)
            if arm == "frozen":
                freeze(model, *(name for name, _ in model.named_parts() if name != last))
            plan, name = Plan(max(min(passes // len(few), 100), 1), 0.02, 32), f"{size} of {data}"
            history = learn(settings, model, plan, seed, few, tested[:tests], f"{name}, {arm}")
            found[data, size, arm] = history[-1]["error"]
    return found


def run(settings: Settings) -> Result:
    found = paired(settings, lambda seed: measured(settings, seed))
    of = {cell: [each[cell] for each in found] for cell in found[0]}
    rows = [{"seed": seed, "data": data, "a class": size, "arm": arm, "test error %": value}
            for seed, each in zip(settings.seeds, found, strict=False)
            for (data, size, arm), value in each.items()]
    cells = list(dict.fromkeys(cell[:2] for cell in of))
    told = "; ".join(f"{data}, {size} a class: " + ", ".join(
        f"{arm} {np.mean(of[data, size, arm]):.1f}" for arm in ARMS) for data, size in cells)
    few, many = cells[0][1], cells[-1][1]
    effects = [Effect(f"{data}, {size} a class: {one} is better than {other}",
                      differences(of[data, size, one], of[data, size, other]), -1)
               for data in dict.fromkeys(data for data, _ in cells)
               for size, one, other in ((few, "frozen", "scratch"), (few, "frozen", "fine-tuned"),
                                        (many, "fine-tuned", "frozen"))]
    return Result(rows, picture(found, cells), f"Test error in percent: {told}.", effects)


@drawing()
def picture(found: list[dict[Cell, float]], cells: list[tuple[str, int]]) -> Figure:
    names = list(dict.fromkeys(data for data, _ in cells))
    drawn, axes = panels("A network taken for other classes", len(names))
    for one, data in zip(axes, names, strict=True):
        sizes = [size for where, size in cells if where == data]
        lines = {arm: [[each[data, n, arm] for n in sizes] for each in found] for arm in ARMS}
        curves(one, sizes, lines, "pictures of each class", "test error in percent", data)
        one.set_ylim(bottom=0)
        in_powers(one, sizes)
    return Figure(drawn, "Test error against the number of pictures of each class, from scratch, "
                  "frozen and fine-tuned, on " + " and on ".join(names) + ".")


EXPERIMENT = Experiment(
    "transfer", ("d27",), "Frozen or fine-tuned, with few pictures or many?",
    'stanford "Transfer Learning with CNNs"',
    "A network that has learnt some classes learns others, with its layers frozen, fine-tuned or "
    "new. examples/transfer_learning.py has the whole table, also with published weights.",
    quick_seconds=20, full_seconds=700, run=run,
    expected="Fine-tuning helps with few pictures; frozen features of a few source classes are "
    "worse than learning anew, against the slide's advice.")
