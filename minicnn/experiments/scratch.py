"""Is pretraining only faster?  One network starts anew, the other from classes that it has learnt.

Both learn the same photographs of five classes, as many epochs; the second has learnt the other
five before.  The slide: from scratch it works as well, but takes 2 to 3 times as long.

Source: He et al. 2019, "Rethinking ImageNet pre-training".
"""

import numpy as np

from minicnn.backend.seeds import manual_seed
from minicnn.data.canvas import drawing
from minicnn.data.dataset import Dataset
from minicnn.experiments.experiment import Effect, Experiment, Result, Settings
from minicnn.experiments.figures import Figure, curves, level, panels
from minicnn.experiments.networks import Plan, learn, trained
from minicnn.experiments.paired import differences, paired
from minicnn.experiments.pictures import guessing, photos, pooled, some, some_classes
from minicnn.layers.module import Module
from minicnn.models.resnet_cifar import CifarResNet

ARMS = ("from scratch", "pretrained")
FIRST, SECOND = [0, 2, 4, 6, 8], [1, 3, 5, 7, 9]           # classes


def network() -> Module:
    return CifarResNet(8, classes=5)


def measured(settings: Settings, seed: int) -> dict[str, list[float]]:
    """{arm: test error after each epoch, in percent}"""
    train, test = photos(settings)
    before, count = settings.pick(2000, 5000, 32), settings.pick(1000, 2500, 32)
    pre_epochs, epochs = settings.pick(5, 20, 1), settings.pick(12, 60, 2)
    tests = settings.pick(1000, 2500, 40)
    settings.note(images_before=before, epochs_before=pre_epochs, images=count, epochs=epochs,
                  pixels="16x16", test=tests, network="residual, 8 layers")

    def part(data: Dataset, classes: list[int], size: int, number: int) -> Dataset:
        return pooled(some(some_classes(data, classes), size, number))

    base = trained(settings, "scratch base", Plan(pre_epochs, 0.1, flip=True), seed, network,
                   part(train, FIRST, before, seed), part(test, FIRST, tests, 0))
    settings.note(guessing=guessing(part(test, SECOND, tests, 0)))
    plan, found = Plan(epochs, 0.05, flip=True, last=False), {}
    for arm in ARMS:
        manual_seed(seed + 1)
        model = network()
        if arm == "pretrained":
            model.load_state_dict({name: value for name, value in base.model.state_dict().items()
                                   if not name.startswith("fc")}, strict=False)
        history = learn(settings, model, plan, seed, part(train, SECOND, count, seed),
                        part(test, SECOND, tests, 0), arm)
        found[arm] = [line["error"] for line in history]
    return found


def reached(errors: list[float], aim: float) -> float:
    """The first epoch with at most that error; one more than there were where none has."""
    return float(next((n for n, error in enumerate(errors, 1) if error <= aim), len(errors) + 1))


def run(settings: Settings) -> Result:
    found = paired(settings, lambda seed: measured(settings, seed))
    scratch, pretrained = ([each[arm] for each in found] for arm in ARMS)
    # The error that both reach, or nearly: the worse of the two best ones.
    aims = [max(min(a), min(b)) for a, b in zip(scratch, pretrained, strict=True)]
    epochs = {arm: [reached(each[arm], aim) for each, aim in zip(found, aims, strict=True)]
              for arm in ARMS}
    rows = [{"seed": seed, "arm": arm, "epoch": n, "test error %": value}
            for seed, each in zip(settings.seeds, found, strict=False)
            for arm in ARMS for n, value in enumerate(each[arm], 1)]
    ends = [float(np.mean([errors[-1] for errors in arm])) for arm in (scratch, pretrained)]
    slow, fast = (float(np.mean(epochs[arm])) for arm in ARMS)
    return Result(
        rows, picture(found),
        f"In the end {ends[0]:.1f} % from scratch and {ends[1]:.1f} % pretrained (guessing: 80 %); "
        f"an error that both reach takes {slow:.1f} and {fast:.1f} epochs, {slow / fast:.1f} times "
        "as many.",
        [Effect("pretrained, the first epoch ends with a lower error", differences(
            [errors[0] for errors in pretrained], [errors[0] for errors in scratch]), -1),
         Effect("from scratch it takes more epochs to an error that both reach",
                differences(*epochs.values()), 1, "epochs"),
         Effect("from scratch it takes at least twice as many", [
             a / b - 2 for a, b in zip(*epochs.values(), strict=True)], 1, "times")])


@drawing()
def picture(found: list[dict[str, list[float]]]) -> Figure:
    drawn, (axes,) = panels("From scratch, and from other classes")
    epochs = list(range(1, 1 + len(found[0][ARMS[0]])))
    curves(axes, epochs, {arm: [each[arm] for each in found] for arm in ARMS}, "epoch",
           "test error in percent", marks=False)
    level(axes, 80, "guessing")
    return Figure(drawn, "Test error by epoch from scratch and pretrained; the pretrained curve "
                  "starts lower.")


EXPERIMENT = Experiment(
    "scratch", ("d30",), "Is pretraining only faster?",
    'stanford "Transfer learning with CNNs is pervasive... But recent results show it might not '
    'always be necessary!"',
    "A residual network of 8 layers learns five classes of photographs, anew or after five others.",
    quick_seconds=50, full_seconds=900, run=run,
    expected="The pretrained network has a head start; that both end alike takes more epochs.")
