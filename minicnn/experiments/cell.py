"""Does a found network transfer?  The best of the table of digits, stacked deeper on photographs.

    design of nas  ->  each of its two convolutions three times before the image is halved,
                       for colours, as wide as makes about 20,000 parameters

beside a design drawn at random by each seed, stacked alike: NASNet's step from small images to
large ones, in small.  Equal parameters, or the design with more filters would win by its size; and
He's start, for from the smaller one of two layers six do not begin to learn in five epochs.
"""

import numpy as np

from minicnn.data.canvas import drawing
from minicnn.experiments.experiment import Effect, Experiment, Result, Settings
from minicnn.experiments.figures import Figure, bars, level, panels
from minicnn.experiments.networks import Plan, Trained, trained
from minicnn.experiments.paired import differences, paired
from minicnn.experiments.pictures import chance, photos, pooled, some
from minicnn.experiments.search_table import Table
from minicnn.init import apply_init, he_normal, zeros
from minicnn.models.search.searches import random_design
from minicnn.models.search.space import Design, said, stacked, width_for

ARMS = ("found", "drawn")


def network(settings: Settings, design: Design, seed: int) -> Trained:
    """A design stacked, and trained on photographs of 16 x 16."""
    train, test = photos(settings)
    count, epochs = settings.pick(1500, 8000, 40), settings.pick(5, 15, 1)
    depth, parameters = settings.pick(3, 4, 2), settings.pick(20_000, 60_000, 500)
    train, test = pooled(some(train, count, seed)), pooled(test[:settings.pick(1000, 2000, 40)])
    settings.note(images=count, epochs=epochs, depth=depth, parameters=f"about {parameters:,}",
                  test=len(test))
    width = width_for(design, depth, parameters)
    return trained(settings, f"cell {said(design)}", Plan(epochs, 0.02, 32, flip=True), seed,
                   lambda: apply_init(stacked(design, depth, width), he_normal(), zeros),
                   train, test)


def run(settings: Settings) -> Result:
    accuracy = Table(settings).whole()
    found = max(accuracy, key=lambda design: accuracy[design])

    def measure(seed: int) -> dict[str, tuple[Design, Trained]]:
        drawn = random_design(np.random.default_rng([seed, 3]))
        return {name: (design, network(settings, design, seed))
                for name, design in zip(ARMS, (found, drawn), strict=True)}

    nets = paired(settings, measure)
    errors = {name: [each[name][1].error for each in nets] for name in ARMS}
    found_error, drawn_error = (float(np.mean(errors[name])) for name in ARMS)
    return Result(
        [{"seed": seed, "arm": name, "design": said(each[name][0]),
          "parameters": each[name][1].model.num_parameters(),
          "training loss": each[name][1].loss, "test error %": each[name][1].error}
         for seed, each in zip(settings.seeds, nets, strict=False) for name in ARMS],
        picture(errors, chance(photos(settings)[1])),
        f"Stacked on photographs, the best design of the digits, {said(found)}, is wrong on "
        f"{found_error:.1f} %, designs drawn at random on {drawn_error:.1f} %.",
        [Effect("the found design, stacked, has a lower error than a drawn one of its size",
                differences(errors["found"], errors["drawn"]), -1)])


@drawing()
def picture(errors: dict[str, list[float]], guess: float) -> Figure:
    drawn, (axes,) = panels("A design found on digits, stacked deeper on photographs")
    bars(axes, {"found on digits": errors["found"], "drawn at random": errors["drawn"]},
         "test error in percent")
    level(axes, guess, "guessing")
    return Figure(drawn, "Two bars, test error on photographs: the design found on digits "
                  f"{np.mean(errors['found']):.1f} %, designs drawn at random "
                  f"{np.mean(errors['drawn']):.1f} %; guessing {guess:.0f} %.")


EXPERIMENT = Experiment(
    "cell", ("d36",), "Does a found design transfer to other pictures?",
    'stanford "Learning Transferable Architectures for Scalable Image Recognition"',
    "The best of nas's 486 networks for digits is stacked deeper on photographs, beside designs "
    "drawn at random, with as many parameters.",
    quick_seconds=60, full_seconds=400, run=run, full_seeds=5,
    expected="NASNet's cells transferred from CIFAR-10 to ImageNet.  Our designs are two "
             "convolutions, not cells: not at this size.")
