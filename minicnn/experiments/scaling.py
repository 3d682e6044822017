"""Which way to grow?  Deeper, wider, larger pictures, or a little of each.

    MACs  ~  depth x width^2 x resolution^2

Four times the work of a small residual network, spent in four ways (compound: depth x 1.5, width x
1.13, resolution x 1.38; the paper's 1.2, 1.1 and 1.15, each squared, are 1.44, 1.21 and 1.32).  The
paper finds the compound way best; a single way soon gives less and less.

Slides: stanford, "EfficientNet: Smart Compound Scaling".  Source: Tan and Le 2019, section 3.
"""

from functools import partial

import numpy as np

from minicnn.data.canvas import drawing
from minicnn.experiments.arms import (
    Arm,
    Nets,
    costs,
    error_bars,
    learnt,
    lower,
    rows_of,
    said_of,
    usual,
)
from minicnn.experiments.experiment import Exact, Experiment, Result, Settings
from minicnn.experiments.figures import Figure, bars, panels
from minicnn.init import apply_init, he_normal, zeros
from minicnn.layers.module import Module
from minicnn.models.network import Network
from minicnn.models.resnet_cifar import cifar_end, cifar_stages, cifar_start
from minicnn.models.units import ORDERS, around, basic, residual_unit

# name -> units a stage, maps of the first stage, pixels a side
FORMS = {"the small one": (2, 8, 16), "deeper": (8, 8, 16), "wider": (2, 16, 16),
         "larger pictures": (2, 8, 32), "compound": (3, 9, 22)}


def residual(units: int, maps: int, side: int) -> Module:
    """6 units + 2 layers of maps, 2 maps, 4 maps."""
    def unit(in_channels: int, channels: int, stride: int) -> Module:
        convs = basic(in_channels, channels, stride)
        return residual_unit(convs, around(convs, "A"), ORDERS["original"])

    return apply_init(Network(
        cifar_start(3, maps), *cifar_stages(unit, units, maps, maps), *cifar_end(4 * maps, 10),
        input_shape=(3, side, side)), he_normal(), zeros)


ARMS = {name: Arm(partial(residual, *form), form[2]) for name, form in FORMS.items()}


def run(settings: Settings) -> Result:
    nets = learnt(settings, "scaling", ARMS, usual(settings))
    small, *larger = [cost["MACs"] for cost in costs(ARMS).values()]
    grown = [macs / small for macs in larger]
    names = list(FORMS)
    return Result(rows_of(settings, nets, ARMS), draw(settings, nets, [1, *grown]), (
        f"test error: {said_of(nets)}, for {min(grown):.1f} to {max(grown):.1f} times the work of "
        "the small one."), [
        Exact("all four take about 4 times the work, within a tenth",
              bool(np.allclose(grown, 4, rtol=0.1)), True),
        *[lower(nets, f"compound has a lower error than {name}", "compound", name)
          for name in names[1:-1]]])


@drawing()
def draw(settings: Settings, nets: Nets, grown: list[float]) -> Figure:
    drawn, (left, right) = panels("four times the work, spent in four ways", 2,
                                  width_ratios=(3, 2))
    error_bars(left, settings, nets)
    bars(right, {name.replace(" ", "\n"): [times] for name, times in
                 zip(FORMS, grown, strict=True)}, "MACs, in those of the small one", "work")
    for axes in (left, right):
        axes.tick_params(axis="x", labelsize=8.5)
    return Figure(drawn, f"Bars: test errors, {said_of(nets)}; and the work of each, about four "
                  "times that of the small one.")


EXPERIMENT = Experiment(
    "scaling", ("d37",), "Which way to grow: deeper, wider, larger pictures, or all?",
    'stanford "EfficientNet: Smart Compound Scaling"',
    "A small residual network and four that take 4 times its work learn photographs.", 60, 5400,
    run, "The differences are within the spread of seeds: not at this size.", seeds=1)
