"""Is deeper worse without shortcuts?  20 and 56 layers, plain and residual, on the same pictures.

    plain      y = relu(F(x))              residual      y = relu(F(x) + x)

If the plain network of 56 layers had the larger test error alone, it would be overfitting; here its
training loss is the larger one, although it could be the 20 layers and 36 times the identity.
"Identity start" makes the residual network just that: the last batch norm of each unit starts with
gamma = 0, so that F = 0 and every unit hands x on.
"""

from minicnn.data.canvas import drawing
from minicnn.data.dataset import Dataset
from minicnn.experiments.experiment import Effect, Experiment, Result, Settings
from minicnn.experiments.figures import Figure, curves, level, panels
from minicnn.experiments.networks import Plan, Trained, trained
from minicnn.experiments.paired import differences, paired
from minicnn.experiments.pictures import photos, pooled, some
from minicnn.layers.module import Module
from minicnn.models import build

NETS = ("plain20", "plain56", "residual20", "residual56", "residual56 identity start")


def built(name: str) -> Module:
    word, *start = name.split(maxsplit=1)
    model = build(word.replace("residual", "resnet"))
    if start:
        for path, part in model.named_modules():
            if path.endswith("body.bn2"):
                part.weight.data = 0 * part.weight.data               # (C,)
    return model


def pictures(settings: Settings, seed: int) -> tuple[Dataset, Dataset]:
    """For training and for testing, 16 x 16 pixels."""
    train, test = photos(settings)
    count, tests = settings.pick(2000, 4000, 16), settings.pick(1000, 2000, 20)
    settings.note(images=count, test=tests, pixels="16x16")
    return pooled(some(train, count, seed)), pooled(test[:tests])


def network(settings: Settings, name: str, seed: int) -> Trained:
    """One of NETS, trained; other experiments take them, too."""
    epochs = settings.pick(4, 6, 1)
    plan = Plan(epochs, lr=0.1, warmup=settings.pick(40, 40, 1), last=False)
    settings.note(epochs=epochs, rate="0.1, after a warm-up, along a cosine")
    return trained(settings, name, plan, seed, lambda: built(name), *pictures(settings, seed))


def run(settings: Settings) -> Result:
    names = settings.pick(NETS, NETS, NETS[:3])
    nets = paired(settings, lambda seed: {name: network(settings, name, seed) for name in names})
    losses = {name: [each[name].loss for each in nets] for name in names}
    errors = {name: [each[name].error for each in nets] for name in names}
    rows = [{"seed": seed, "network": name, "training loss": each[name].loss,
             "test error %": each[name].error}
            for seed, each in zip(settings.seeds, nets, strict=False) for name in names]
    claims = [
        ("plain: the training loss of 56 layers is above that of 20", "plain56", "plain20", 1),
        ("residual: the training loss of 56 layers is below that of 20", "residual56",
         "residual20", -1),
        ("56 layers: the training loss with shortcuts is below that without", "residual56",
         "plain56", -1),
        ("residual, identity start: the training loss of 56 layers is below that of 20",
         "residual56 identity start", "residual20", -1)]
    effects = [Effect(words, differences(losses[one], losses[other]), sign, "nats")
               for words, one, other, sign in claims if one in names and other in names]
    told = ", ".join(f"{name} {sum(values) / len(values):.2f}" for name, values in losses.items())
    tested = ", ".join(f"{sum(values) / len(values):.0f}" for values in errors.values())
    return Result(rows, picture(nets), f"Training loss in the end: {told} (guessing: ln 10 = 2.30)."
                  f"  Test error in the same order: {tested} %.", effects)


@drawing()
def picture(nets: list[dict[str, Trained]]) -> Figure:
    drawn, axes = panels("Training loss, plain and residual", 2, sharey=True)
    for one, kind in zip(axes, ("plain", "residual"), strict=True):
        own = {name: [[line["loss"] for line in each[name].history] for each in nets]
               for name in nets[0] if name.startswith(kind)}
        epochs = [line["epoch"] for line in nets[0][next(iter(own))].history]
        curves(one, epochs, {words(name): lines for name, lines in own.items()},
               "epoch", "training loss" if kind == "plain" else "", kind)
        level(one, 2.303, "guessing")
        one.xaxis.get_major_locator().set_params(integer=True)
    return Figure(drawn, "Two panels of the training loss by epoch, plain and residual networks of "
                  "20 and 56 layers; in the end: " + ", ".join(
                      f"{name} {sum(each[name].loss for each in nets) / len(nets):.2f}"
                      for name in nets[0]))


def words(name: str) -> str:
    """Of a network's name, "56 layers" or "56 layers, identity start"."""
    depth, *start = name.removeprefix("plain").removeprefix("residual").split(maxsplit=1)
    return ", ".join([f"{depth} layers", *start])


EXPERIMENT = Experiment(
    "depth", ("d3",), "Is deeper worse without shortcuts?",
    'virginia "More layers equals better?"; stanford "Fact: Deep models"; iitk "Deeper nets are '
    'hard to train"; memphis "ResNet"',
    "Plain and residual networks of 20 and 56 layers learn the same photographs in the same order; "
    "the training loss is compared.",
    quick_seconds=105, full_seconds=900, shared_seconds=22, run=run, seeds=1,
    expected="Plain: 56 layers are clearly worse, in training.  Residual: 56 layers learn, where "
    "plain ones do not, but are behind 20 after so few epochs, also from the identity.")
