"""Segmentation: a class for every pixel.  Can a network say what and also where?

    FCN-32s    what, from maps of 1/32 of the picture, enlarged 32 times at once
    FCN-8s     the same, with the scores of two earlier, larger maps added on the way
    U-Net      every size of map joined on the way up

To tell what an object is, a network looks at small late maps; where its edge runs, only the large
early ones know.  The skip connections bring that back.

Slides: memphis, "Segmentation"; virginia, "Segmentation" (Farabet et al. 2012).  Sources: Long et
al. 2015, section 4.2; Ronneberger et al. 2015.
"""

from collections.abc import Callable

import numpy as np

from minicnn.analysis.maps_picture import coloured
from minicnn.analysis.panels import class_colour
from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.backend.seeds import manual_seed
from minicnn.data.canvas import drawing
from minicnn.data.scenes import Scenes
from minicnn.experiments.experiment import Effect, Experiment, Result, Settings
from minicnn.experiments.figures import Figure
from minicnn.experiments.paired import paired
from minicnn.experiments.scene_nets import scenes, taught
from minicnn.experiments.sheets import put, sheet
from minicnn.layers.module import Module
from minicnn.models import build

SIZE, SHOWN = 32, 6
ARMS: dict[str, Callable[[], Module]] = {
    name: lambda name=name: build(name.lower().replace("-", ""), variant="small")  # type: ignore
    for name in ("FCN-32s", "FCN-8s", "U-Net")}


def ground_alone(test: Scenes) -> float:
    """The mean IoU in percent of saying "background" everywhere."""
    maps = np.stack([target["class_map"] for target in test.targets])
    counted = maps[maps != 255]
    return 100 * float((counted == 0).mean()) / len(test.classes)


def run(settings: Settings) -> Result:
    count, epochs = settings.pick(400, 4000, 16), settings.pick(6, 12, 1)
    tests = settings.pick(100, 500, 8)
    test: Scenes = scenes(settings, 0, 1, tests, SIZE)[1]

    def one_seed(seed: int) -> tuple[dict[str, float], dict[str, list[np.ndarray]]]:
        found, maps = {}, {}
        train, _ = scenes(settings, seed, count, tests, SIZE)
        for name, make in ARMS.items():
            manual_seed(seed)
            model = make()
            done = taught(settings, model, "maps-small", epochs, seed, train, test, SIZE)
            found[name] = done.history[-1]["miou"]
            maps[name] = answers(model, done.transforms, test[:SHOWN])
        return found, maps

    both = paired(settings, one_seed)
    found = [scores for scores, _ in both]
    rows = [{"seed": seed, "network": name, "parameters": ARMS[name]().num_parameters(),
             "mean IoU %": value} for seed, each in zip(settings.seeds, found, strict=False)
            for name, value in each.items()]
    settings.note(guessing=f"background everywhere {ground_alone(test):.1f} % mean IoU")
    said = ", ".join(f"{name} {np.mean([each[name] for each in found]):.1f} %" for name in ARMS)
    return Result(rows, draw(test[:SHOWN], both[0][1], test.classes), (
        f"mean IoU on {tests} scenes: {said}; background everywhere {ground_alone(test):.1f} %."), [
        Effect(f"{name}, which has skip connections, has a higher IoU than FCN-32s",
               [each[name] - each["FCN-32s"] for each in found]) for name in list(ARMS)[1:]])


@no_grad()
def answers(model: Module, transforms: object, test: Scenes) -> list[np.ndarray]:
    """The class of each pixel, of each scene."""
    x, _ = transforms.test(list(test.images), test.targets)                # type: ignore
    return list(model.eval()(Tensor(np.stack(x))).numpy().argmax(axis=1))


@drawing()
def draw(test: Scenes, shown: dict[str, list[np.ndarray]], classes: tuple[str, ...]
         ) -> Figure:
    drawn, cells = sheet("what and where: maps of drawn scenes that the networks have not seen",
                         2 + len(shown), len(test), 1.2)
    truth = [np.asarray(target["class_map"]) for target in test.targets]
    for line, (name, maps) in zip(cells[1:], [("truth", truth), *shown.items()], strict=True):
        for axes, image, found in zip(line, test.images, maps, strict=True):
            put(axes, coloured(image, found), beside=f"{name} " if axes is line[0] else "")
    for axes, image in zip(cells[0], test.images, strict=True):
        put(axes, image, beside="picture " if axes is cells[0][0] else "")
    for place, name in enumerate(classes[1:]):
        drawn.text(0.3 + 0.16 * place, 0.01, name, color=class_colour(place + 1), fontsize=11)
    drawn.supxlabel(" ")
    return Figure(drawn, "Six scenes in columns: the picture, the true map, and below it the map "
                  "of each network, a colour for each class.")


EXPERIMENT = Experiment(
    "segmentation", ("d48",), "Can a network say what and also where?",
    'memphis "Segmentation"; virginia "Segmentation"',
    "Three small segmenters learn 400 drawn scenes of 32x32; more: `train unet --data shapes`.", 24,
    1800, run, "With skip connections more pixels are right, U-Net's most.", seeds=1)
