"""What does the first layer look for?  Its filters as small pictures, before and after training.

    smoothness = correlation of neighbouring weights inside a filter

A filter that starts at random is noise; what it has learnt looks like strokes and edges: weights
that are neighbours have become alike.  The slides' 64 filters of 11x11 are those of torchvision's
AlexNet: `python -m minicnn weights FILE --filters PICTURE` draws them from its published file.

Slides: stanford, "First Layer: Visualize Filters"; unicamp, the AlexNet filters.
"""

import numpy as np

from minicnn.analysis.first_layer import first_filters
from minicnn.analysis.pictures import headed
from minicnn.backend.seeds import manual_seed
from minicnn.data.canvas import drawing, figure
from minicnn.experiments.experiment import Effect, Experiment, Result, Settings
from minicnn.experiments.figures import Figure
from minicnn.experiments.networks import Plan, trained
from minicnn.experiments.paired import differences, paired
from minicnn.experiments.pictures import photos, some
from minicnn.experiments.sheets import put
from minicnn.layers.activations import ReLU
from minicnn.layers.batchnorm import BatchNorm2d
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.module import Module

SIZE = 7


def net() -> Module:
    """Filters of 7x7, large enough to be looked at; 32x32 colour pictures, 10 classes."""
    return Sequential(Conv2d(3, 24, SIZE, 2, 3, bias=False), BatchNorm2d(24), ReLU(), MaxPool2d(2),
                      Conv2d(24, 48, 3, padding=1, bias=False), BatchNorm2d(48), ReLU(),
                      MaxPool2d(2), Flatten(), Linear(48 * 16, 10))


def smoothness(weight: np.ndarray) -> float:
    """Mean correlation of neighbours, down and across, in filters (F, C, KH, KW)."""
    w = weight - weight.mean(axis=(2, 3), keepdims=True)
    down, across = w[:, :, 1:] * w[:, :, :-1], w[:, :, :, 1:] * w[:, :, :, :-1]
    both = (down.mean(axis=(1, 2, 3)) + across.mean(axis=(1, 2, 3))) / 2
    return float((both / (w ** 2).mean(axis=(1, 2, 3))).mean())


def run(settings: Settings) -> Result:
    train, test = photos(settings)
    count, epochs = settings.pick(4000, 50_000, 64), settings.pick(4, 10, 1)
    settings.note(images=count, epochs=epochs, filters=f"24 of 3x{SIZE}x{SIZE}")

    def one_seed(seed: int) -> tuple[np.ndarray, np.ndarray, float]:
        manual_seed(seed)
        start = np.array(first_filters(net())[1].data)
        learnt = trained(settings, "filters", Plan(epochs, 0.05, 64), seed, net,
                         some(train, count, seed), test[:settings.pick(1000, 10_000, 64)])
        return start, np.asarray(first_filters(learnt.model)[1].data), learnt.error

    found = paired(settings, one_seed)
    smooth = {"start": [smoothness(start) for start, _, _ in found],
              "learnt": [smoothness(end) for _, end, _ in found]}
    rows = [{"seed": seed, "filters": when, "smoothness": smooth[when][place],
             "error, %": found[place][2] if when == "learnt" else ""}
            for place, seed in enumerate(settings.seeds[:len(found)]) for when in smooth]
    means = {when: float(np.mean(values)) for when, values in smooth.items()}
    return Result(rows, draw(*found[0][:2]), (
        f"neighbouring weights of a filter correlate by {means['start']:+.2f} at the start and by "
        f"{means['learnt']:+.2f} after {epochs} epochs (0 is "
        f"noise); the test error is {np.mean([wrong for _, _, wrong in found]):.0f} % then."), [
        Effect("filters become smooth: edges and blobs instead of noise",
               differences(smooth["learnt"], smooth["start"]), 1, "in correlation")])


@drawing()
def draw(start: np.ndarray, end: np.ndarray) -> Figure:
    drawn = figure(11, 6.2)
    headed(drawn, f"24 filters of the first layer, 3x{SIZE}x{SIZE}, of one seed")
    for part, weight, words in zip(drawn.subfigures(1, 2), (start, end), ("at the start", "learnt"),
                                   strict=True):
        part.suptitle(words, fontsize=12)
        for axes, one in zip(part.subplots(6, 4).ravel(), weight, strict=True):
            put(axes, (0.5 + one / (2 * np.abs(one).max())).clip(0, 1))
    drawn.supxlabel("grey is 0; each filter has its own scale", fontsize=10)
    return Figure(drawn, "Left, 24 small squares of coloured noise; right, the same filters after "
                  "training.")


EXPERIMENT = Experiment(
    "filters", ("d25",), "What does the first layer look for?",
    'stanford "AlexNet: 64 x 3 x 11 x 11"; unicamp "AlexNet, Architecture"',
    "The first filters of a small network before and after training.", 12, 900, run,
    "Edges and blobs of colour instead of noise.")
