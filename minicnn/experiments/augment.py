"""What do shifted copies buy?  LeNet-5 learns 300 digits as they are, and shifted at random.

    x'[i, j] = x[i + a, j + b]         a, b in -2 ... 2, drawn anew for each picture in each epoch

The label stays: a shifted 7 is a 7.  So each epoch brings pictures that were not there before, and
what is learnt by heart helps less.
"""

from minicnn.data.canvas import drawing
from minicnn.experiments.experiment import Effect, Experiment, Result, Settings
from minicnn.experiments.figures import Figure, bars, panels
from minicnn.experiments.networks import Plan, Trained, trained
from minicnn.experiments.paired import differences, paired
from minicnn.experiments.pictures import chance, digits, some
from minicnn.layers.module import Module
from minicnn.models import build

ARMS = {"as they are": 0, "shifted": 2}                    # pixels


def lenet() -> Module:
    return build("lenet5", variant="visualiser")


def lenets(settings: Settings, seed: int) -> dict[str, Trained]:
    """One network for each arm; `ensemble` takes them, too."""
    train, test = digits(settings, 32)
    count, epochs = settings.pick(300, 300, 40), settings.pick(40, 80, 1)
    test = test[:settings.pick(2000, 10_000, 40)]
    settings.note(images=count, epochs=epochs, test=len(test), network="lenet5, variant visualiser")
    return {name: trained(settings, f"lenet {name}", Plan(epochs, 0.05, 32, shift=pixels), seed,
                          lenet, some(train, count, seed), test)
            for name, pixels in ARMS.items()}


def run(settings: Settings) -> Result:
    nets = paired(settings, lambda seed: lenets(settings, seed))
    errors = {name: [each[name].error for each in nets] for name in ARMS}
    rows = [{"seed": seed, "pictures": name, "training loss": each[name].loss,
             "test error %": each[name].error}
            for seed, each in zip(settings.seeds, nets, strict=False) for name in ARMS]
    plain, shifted = (sum(errors[name]) / len(nets) for name in ARMS)
    guess, count = chance(digits(settings)[1]), settings.noted["images"]
    return Result(rows, picture(errors, guess),
                  f"{count} digits as they are leave {plain:.1f} % of the test digits wrong, "
                  f"shifted by up to 2 pixels {shifted:.1f} %; guessing {guess:.0f} %.",
                  [Effect("shifted copies lower the test error",
                          differences(errors["shifted"], errors["as they are"]), -1)])


@drawing()
def picture(errors: dict[str, list[float]], guess: float) -> Figure:
    drawn, (axes,) = panels("LeNet-5 on 300 digits, with and without shifts")
    bars(axes, errors, "test error in percent")
    axes.set_ylim(0, 1.25 * max(map(max, errors.values())))
    return Figure(drawn, "Two bars, the test error without and with shifted copies: "
                  + "; ".join(f"{name} {sum(values) / len(values):.1f} %"
                              for name, values in errors.items()) + f"; guessing {guess:.0f} %.")


EXPERIMENT = Experiment(
    "augment", ("d31",), "What do shifted copies of the pictures buy?",
    'unicamp "Data augmentation"',
    "LeNet-5 learns 300 digits as they are, and shifted by up to 2 pixels anew in each epoch.",
    quick_seconds=20, full_seconds=45, run=run, seeds=5, full_seeds=10,
    expected="Augmentation lowers the error; it does so in every seed, by about a half.")
