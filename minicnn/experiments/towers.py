"""What do AlexNet's two towers do?  Fewer weights, and two kinds of filters?

Each half of the maps lives on a GPU of its own: conv2, conv4 and conv5 read only their own half.
That saves weights, 60.97 for 62.38 million.  And, "kernels on GPU 1 are largely color-agnostic,
while the kernels on GPU 2 are largely color-specific", in every run, the paper says.

    colour of a filter = share of |w|^2 that is left when the mean over red, green, blue is gone

A small network with two towers learns coloured pictures; the same without towers, split in the
same place, shows what chance does.

Slides: unicamp, "AlexNet"; stanford, "Full (simplified) AlexNet architecture".  Source: Krizhevsky
et al. 2012, sections 3.5 and 6.1.
"""

import numpy as np

from minicnn.analysis.pictures import headed
from minicnn.data.canvas import drawing, figure
from minicnn.experiments.arms import Arm, learnt, usual
from minicnn.experiments.experiment import Effect, Exact, Experiment, Result, Settings
from minicnn.experiments.figures import Figure
from minicnn.experiments.networks import Trained
from minicnn.experiments.paired import differences
from minicnn.experiments.sheets import put
from minicnn.init import apply_init, he_normal, zeros
from minicnn.layers.activations import ReLU
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.lrn import LocalResponseNorm
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.module import Module
from minicnn.models import build

FILTERS, SIZE = 32, 7


def arm(groups: int) -> Arm:
    def network() -> Module:
        return apply_init(Sequential(
            Conv2d(3, FILTERS, SIZE, 2, 3), ReLU(), LocalResponseNorm(5, 5e-4, k=2), MaxPool2d(2),
            Conv2d(FILTERS, 64, 3, padding=1, groups=groups), ReLU(), MaxPool2d(2),
            Conv2d(64, 64, 3, padding=1, groups=groups), ReLU(), Flatten(), Linear(64 * 16, 10)),
            he_normal(), zeros)
    return Arm(network, 32)


ARMS = {"two towers": arm(2), "one": arm(1)}


def filters_of(net: Trained) -> np.ndarray:
    return np.asarray(next(iter(net.model.parameters())).data)         # (FILTERS, 3, SIZE, SIZE)


def colour(w: np.ndarray) -> np.ndarray:
    """(F,) in percent, of filters (F, 3, KH, KW)."""
    coloured = w - w.mean(axis=1, keepdims=True)
    return 100 * (coloured ** 2).sum(axis=(1, 2, 3)) / (w ** 2).sum(axis=(1, 2, 3))


def halves(net: Trained) -> list[float]:
    """Mean colour of the filters of the first tower, and of the second."""
    return [float(half.mean()) for half in np.split(colour(filters_of(net)), 2)]


def run(settings: Settings) -> Result:
    nets = learnt(settings, "towers", ARMS, usual(settings, lr=0.02, decay=5e-4))
    rows = []
    gaps: dict[str, list[float]] = {name: [] for name in ARMS}
    for seed, each in zip(settings.seeds, nets, strict=False):
        for name, net in each.items():
            one, two = halves(net)
            gaps[name].append(abs(one - two))
            rows.append({"seed": seed, "network": name, "parameters": net.model.num_parameters(),
                         "colour, first half %": one, "second half %": two,
                         "test error %": net.error})
    large = {name: build("alexnet", variant=name).num_parameters() for name in ("paper", "slide")}
    towers, whole = (float(np.mean(values)) for values in gaps.values())
    return Result(rows, draw(nets[0]), (
        f"AlexNet with towers has {large['paper']:,} weights, without {large['slide']:,}.  The "
        f"halves of the first layer differ by {towers:.1f} points of colour with towers and by "
        f"{whole:.1f} without, which is what chance does."), [
        Exact("AlexNet's weights with two towers and with one", list(large.values()),
              [60_965_224, 62_378_344]),
        Effect("with towers the halves of the first layer differ more in colour than without",
               differences(*gaps.values()))])


@drawing()
def draw(nets: dict[str, Trained]) -> Figure:
    drawn = figure(12, 6.4)
    headed(drawn, f"the {FILTERS} filters of the first layer, those of each half by their colour")
    for part, (name, net) in zip(drawn.subfigures(1, 2, wspace=0.08), nets.items(), strict=True):
        part.suptitle(f"{name}: colour " + " and ".join(f"{one:.0f} %" for one in halves(net)))
        w, share = filters_of(net), colour(filters_of(net))
        half = FILTERS // 2
        order = [*np.argsort(share[:half]), *(half + np.argsort(share[half:]))]
        cells = part.subplots(5, 8, height_ratios=(1, 1, 0.3, 1, 1))
        for axes in cells[2]:
            axes.axis("off")
        for axes, number in zip(cells[[0, 1, 3, 4]].ravel(), order, strict=True):
            put(axes, (0.5 + w[number] / (2 * np.abs(w[number]).max())).clip(0, 1))
    drawn.supxlabel("above the first tower, below the second; grey is 0", fontsize=10)
    return Figure(drawn, "Filters of two networks as small coloured squares, in two halves each: "
                  "with towers at the left, without at the right.")


EXPERIMENT = Experiment(
    "towers", ("d44",), "What do AlexNet's two towers do?",
    'unicamp "AlexNet"; stanford "Full (simplified) AlexNet architecture"',
    "Weights counted; small networks with two towers and with one learn photographs of 32x32.", 21,
    2400, run, "The saving is exact; that the towers specialise does not show reliably.")
