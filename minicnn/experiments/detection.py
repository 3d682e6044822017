"""Does the backbone matter for detection?  One detector, two backbones.

Faster R-CNN proposes regions and looks at each again, both on the maps of its backbone.  The two
stages stay what they are here; the backbone has seven layers, or three that give as many maps of
the same size.  The slide's bars on COCO say: the better classifier makes the better detector.

Slides: stanford, "Transfer learning with CNNs - Architecture matters"; virginia, "Detection".
Source: Girshick 2017, tutorial on the generalized R-CNN framework.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from minicnn.analysis.boxes_picture import draw_box_errors
from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.backend.seeds import manual_seed
from minicnn.data.scenes import Scenes
from minicnn.experiments.experiment import Effect, Experiment, Result, Settings
from minicnn.experiments.figures import Figure
from minicnn.experiments.paired import paired
from minicnn.experiments.scene_nets import scenes, taught
from minicnn.layers.module import Module
from minicnn.models.detection.faster_rcnn import FasterRCNN
from minicnn.models.detection.trunk import SmallTrunk

SIZE, SHOWN, LEAST = 64, 4, 0.2        # pixels, scenes that are drawn, score of a drawn box
BACKBONES: dict[str, Sequence[Sequence[int]]] = {          # maps of each convolution, by block
    "seven layers": ((16, 16), (32, 32), (64, 64, 64)), "three layers": ((16,), (32,), (64,))}


def detector(blocks: Sequence[Sequence[int]]) -> FasterRCNN:
    model = FasterRCNN("small")
    model.backbone = SmallTrunk(3, blocks)
    return model


def run(settings: Settings) -> Result:
    count, epochs = settings.pick(200, 3000, 4), settings.pick(4, 8, 1)
    tests = settings.pick(50, 500, 4)
    test = scenes(settings, 0, 1, tests, SIZE)[1]

    def one_seed(seed: int) -> tuple[dict[str, dict[str, float]], dict[str, list[Any]]]:
        train, scores, found = scenes(settings, seed, count, tests, SIZE)[0], {}, {}
        for name, blocks in BACKBONES.items():
            manual_seed(seed)
            model = detector(blocks)
            done = taught(settings, model, "boxes-small", epochs, seed, train, test, SIZE)
            scores[name] = done.history[-1]
            found[name] = answers(model, done.transforms, test[:SHOWN])
        return scores, found

    both = paired(settings, one_seed)
    results = [scores for scores, _ in both]
    rows = [{"seed": seed, "backbone": name, "its parameters":
             SmallTrunk(3, BACKBONES[name]).num_parameters(), "AP50 %": line["ap50"],
             "AP %": line["ap"]} for seed, each in zip(settings.seeds, results, strict=False)
            for name, line in each.items()]
    deep, shallow = BACKBONES
    said = ", ".join(f"{name} {np.mean([each[name]['ap50'] for each in results]):.1f} %"
                     for name in BACKBONES)
    return Result(rows, draw(test[:SHOWN], both[0][1][deep], deep), (
        f"AP at an overlap of .50 after {epochs} epochs of {count} scenes: {said}; the detector's "
        "two stages are the same."), [
        Effect("the deeper backbone makes the better detector (AP50)",
               [each[deep]["ap50"] - each[shallow]["ap50"] for each in results])])


@no_grad()
def answers(model: Module, transforms: Any, test: Scenes) -> list[Any]:
    """boxes, labels and scores of each scene."""
    x, _ = transforms.test(list(test.images), test.targets)
    return list(model.eval()(Tensor(np.stack(x))))


def draw(test: Scenes, found: list[Any], name: str) -> Figure:
    drawn = draw_box_errors(test.images, found, test.targets, test.classes, None,
                            f"Faster R-CNN, a backbone of {name}: boxes with a score from "
                            f"{LEAST:g} on", LEAST)
    return Figure(drawn.figure, "Pairs of pictures, the true boxes and those found, right ones in "
                  "green, wrong ones in red, missed ones dashed.")


EXPERIMENT = Experiment(
    "detection", ("d55",), "Does the backbone matter for detection?",
    'stanford "Transfer learning with CNNs - Architecture matters"; virginia "Detection"',
    "A small Faster R-CNN with a deep and a shallow backbone learns drawn scenes; more: `train "
    "faster_rcnn --data shapes`.", 13, 1800, run, "The deeper backbone finds more.", seeds=1)
