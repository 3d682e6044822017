"""What does each layer look for?  The nine patches that excite a channel most, layer by layer.

A unit of a first layer sees 5x5 pixels and looks for a stroke; one behind it sees 14x14 and looks
for a corner or a loop made of such strokes; one of a late layer sees the digit.  How far a channel
has come is measured by the classes of its nine best patches:

    purity = share of the commonest class among the nine, averaged over the layer's channels

Slides: virginia, "Convolution Layers learn local patterns" ("spatial hierarchies of patterns").
Source: Zeiler and Fergus 2014, figure 2, which memphis and iitk cite.
"""

import numpy as np

from minicnn.analysis.exciting import Best, most_exciting, patch
from minicnn.analysis.receptive_field import field_of
from minicnn.data.canvas import drawing
from minicnn.experiments.experiment import Effect, Experiment, Result, Settings
from minicnn.experiments.figures import Figure
from minicnn.experiments.networks import prepared
from minicnn.experiments.paired import differences, paired
from minicnn.experiments.reader import Reader, reader
from minicnn.experiments.sheets import put, sheet

LAYERS, SHOWN, NINE = ("CONV1_relu", "CONV2_relu", "FC2_relu"), 4, 9
SHAPE = (1, 32, 32)


def best_of(read: Reader, layer: str, count: int) -> Best:
    """The nine best of `count` test pictures for each channel of the layer."""
    images = read.test.images[:count]
    *_, best = most_exciting(read.net.model, layer, images,
                             lambda some: prepared(read.train, some), NINE, 200)
    return best


def purity(read: Reader, best: Best) -> float:
    """In percent; channels that no picture excites say nothing."""
    labels = read.test.labels[best.images[best.values[:, 0] > 0]]          # (channels, 9)
    if not len(labels):
        return 0.0
    return 100 * float(np.mean([np.bincount(nine).max() / len(nine) for nine in labels]))


def run(settings: Settings) -> Result:
    count = settings.pick(1000, 10_000, 40)

    def one_seed(seed: int) -> tuple[Reader, dict[str, Best]]:
        read = reader(settings, seed)
        return read, {layer: best_of(read, layer, count) for layer in LAYERS}

    found = paired(settings, one_seed)
    settings.note(patches=f"the best nine of {count:,} test pictures")
    pure = {layer: [purity(read, best[layer]) for read, best in found] for layer in LAYERS}
    sees = {layer: field_of(found[0][0].net.model, layer, SHAPE).size[0] for layer in LAYERS}
    rows = [{"seed": seed, "layer": layer, "sees": sees[layer],
             "channels": len(found[place][1][layer].values), "purity, %": pure[layer][place]}
            for place, seed in enumerate(settings.seeds[:len(found)]) for layer in LAYERS]
    said = ", ".join(f"{np.mean(pure[layer]):.0f} % for {layer.partition('_')[0]}"
                     for layer in LAYERS)
    return Result(rows, draw(*found[0]), (
        f"of the nine patches that excite a channel most, the commonest digit has {said}; a unit "
        f"sees {', '.join(map(str, sees.values()))} pixels a side."), [
        Effect(f"channels of {late} are more particular about the digit than those of {early}",
               differences(pure[f"{late}_relu"], pure[f"{early}_relu"]))
        for early, late in (("CONV1", "CONV2"), ("CONV2", "FC2"))])


@drawing()
def draw(read: Reader, best: dict[str, Best]) -> Figure:
    drawn, cells = sheet("the nine patches that excite a channel most", SHOWN * len(LAYERS),
                         NINE, 0.85, "four channels of each layer, those with the highest values; "
                         "tinted: beside the picture")
    for number, (layer, found) in enumerate(best.items()):
        field = field_of(read.net.model, layer, SHAPE)
        chosen = np.argsort(-found.values[:, 0], kind="stable")[:SHOWN]
        for line, channel in zip(cells[SHOWN * number:], chosen, strict=False):
            for place, axes in enumerate(line[:found.images.shape[1]]):
                image = read.test.images[found.images[channel, place]] / 255
                axes.set_facecolor("#f6dfc4")
                put(axes, patch(image, field, found.places[channel, place])[0], vmin=0, vmax=1,
                    beside=f"{layer.partition('_')[0]}\n{channel} " if place == 0 else "")
    return Figure(drawn, "Rows of nine small patches: short strokes for the first layer, corners "
                  "and arcs for the second, whole digits for the last but one.")


EXPERIMENT = Experiment(
    "parts", ("d51",), "What does each layer look for?",
    'virginia "Convolution Layers learn local patterns"; memphis "Clarifai/ZFNet"',
    "The nine test patches that excite each channel most, for three layers of a LeNet.", 8, 240,
    run, "Strokes, then corners, then digits: deeper channels are more particular.")
