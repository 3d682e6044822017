"""Does a pixel need its surroundings?  Farabet's pyramid with one size of the picture, and three.

The features have the same weights at every size, so that three sizes cost only a wider layer behind
them; what changes is how far a pixel sees.
"""

import numpy as np

from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.backend.seeds import manual_seed
from minicnn.data.canvas import drawing
from minicnn.data.shapes import shapes
from minicnn.experiments.experiment import Effect, Experiment, Result, Settings
from minicnn.experiments.figures import Figure, bars, panels
from minicnn.experiments.paired import differences, paired
from minicnn.losses import cross_entropy
from minicnn.models.segmentation.farabet import Farabet
from minicnn.optim import Adam
from minicnn.schedule import CosineAnnealingLR
from minicnn.training.metrics import SegmentationMetric

BATCH, RATE, TEST_SEED = 16, 2e-3, 1000
Scores = dict[str, float]              # {"pixels": accuracy, "IoU": mean over classes} in percent


def arrays(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Drawn scenes and the class of each pixel: (N, 3, 64, 64) float32, (N, 64, 64)."""
    scenes = shapes(count, seed=seed)
    maps = np.stack([target["class_map"] for target in scenes.targets]).astype(np.int64)
    return np.asarray(scenes.images, np.float32) / 127.5 - 1, maps


def learnt(settings: Settings, scales: int, seed: int) -> Scores:
    x, maps = arrays(settings.pick(600, 2000, 16), seed)
    test_x, test_maps = arrays(settings.pick(200, 500, 8), TEST_SEED)
    epochs = settings.pick(6, 15, 1)
    settings.note(images=len(x), test=len(test_x), epochs=epochs, batch=BATCH)
    manual_seed(seed)
    model, rng = Farabet("small", scales=scales), np.random.default_rng(seed)
    optimizer = Adam(model.parameters(), lr=RATE)
    schedule = CosineAnnealingLR(optimizer, T_max=epochs * (len(x) // BATCH))
    for _ in settings.watched(range(epochs), f"{scales} sizes"):
        order = rng.permutation(len(x))
        for start in range(0, len(x) - BATCH + 1, BATCH):
            chosen = order[start:start + BATCH]
            loss = cross_entropy(model(Tensor(x[chosen])), maps[chosen], ignore_index=255)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return judged(model, test_x, test_maps)


@no_grad()
def judged(model: Farabet, x: np.ndarray, maps: np.ndarray) -> Scores:
    metric = SegmentationMetric(4)
    model.eval()
    for start in range(0, len(x), BATCH):
        metric.add(model(Tensor(x[start:start + BATCH])).numpy(), maps[start:start + BATCH])
    found = metric.result()
    return {"pixels": 100 * found["pixel_accuracy"], "IoU": 100 * found["mean_iou"]}


def run(settings: Settings) -> Result:
    found = paired(settings, lambda seed: {scales: learnt(settings, scales, seed)
                                           for scales in (1, 3)})
    values = {scales: [each[scales]["IoU"] for each in found] for scales in (1, 3)}
    one, three = (float(np.mean(values[scales])) for scales in (1, 3))
    counts = [Farabet("small", scales=scales).num_parameters() for scales in (1, 3)]
    return Result(
        [{"seed": seed, "sizes": scales, "pixels right %": each[scales]["pixels"],
          "mean IoU %": each[scales]["IoU"]}
         for seed, each in zip(settings.seeds, found, strict=False) for scales in each],
        picture(values),
        f"With one size ({counts[0]:,} parameters) the mean IoU is {one:.1f} %, with three "
        f"({counts[1]:,}) {three:.1f} %.",
        [Effect("three sizes of the picture label its pixels better than one",
                differences(values[3], values[1]))])


@drawing()
def picture(values: dict[int, list[float]]) -> Figure:
    drawn, (axes,) = panels("A pixel and its surroundings: one size of the picture, and three")
    named = {f"{scales} size{'s' if scales > 1 else ''}": each for scales, each in values.items()}
    bars(axes, named, "mean IoU in percent")
    return Figure(drawn, "Two bars, mean IoU on drawn scenes: " + "; ".join(
        f"{name} {np.mean(each):.1f} %" for name, each in named.items()))


EXPERIMENT = Experiment(
    "scene-labels", ("x5",), "Does a pixel need its surroundings?",
    'virginia "CNNs are everywhere" (the figure of scene labels, Farabet 2012)',
    "Farabet's network, small, learns drawn scenes with one size of the picture, and with three "
    "that share their weights.",
    quick_seconds=45, full_seconds=400, run=run,
    expected="Three sizes help: the paper's 3-scale network labels 78.8 % of the pixels right, its "
             "single-scale one 66.")
