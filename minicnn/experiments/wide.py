"""Wide or deep?  A wide residual network against a thin deep one with as many weights.

    WRN-10-2    10 layers, stages of 32, 64, 128 maps        303,706 weights
    WRN-22-1    22 layers, stages of 16, 32, 64 maps         272,282

"Residuals are the important factor, not depth": wider units do as well with fewer layers, and they
are quicker, for a machine does the work of one wide layer at once and that of two layers one after
the other.  The time is measured; being another on every machine, it gets no verdict.

Slides: stanford, "Wide Residual Networks".  Source: Zagoruyko and Komodakis 2016, sections 2 and 3.
"""

import numpy as np

from minicnn.autograd.tensor import Tensor
from minicnn.data.canvas import drawing
from minicnn.experiments.arms import (
    Arm,
    Nets,
    error_bars,
    errors_of,
    learnt,
    lower,
    rows_of,
    said_of,
    usual,
)
from minicnn.experiments.experiment import Experiment, Result, Settings
from minicnn.experiments.figures import Figure, bars, panels
from minicnn.experiments.sheets import forward_milliseconds
from minicnn.models.wide_resnet import CifarWideResNet

ARMS = {"WRN-10-2 (wide)": Arm(lambda: CifarWideResNet(10, 2)),
        "WRN-22-1 (deep)": Arm(lambda: CifarWideResNet(22, 1))}


def run(settings: Settings) -> Result:
    nets = learnt(settings, "wide", ARMS, usual(settings, decay=5e-4))
    x = Tensor(np.zeros((64, 3, 16, 16), np.float32))
    times = {name: forward_milliseconds(arm.build(), x, settings.pick(5, 20, 1)) / len(x.data)
             for name, arm in ARMS.items()}
    rows = [{**row, "ms forward": times[row["network"]]}
            for row in rows_of(settings, nets, ARMS)]
    wide, deep = ARMS
    return Result(rows, draw(settings, nets, times), (
        f"test error: {said_of(nets)}; a picture takes {times[wide]:.2f} ms in the wide one and "
        f"{times[deep]:.2f} in the deep one, {rows[0]['MACs'] / 1e6:.1f} and "
        f"{rows[1]['MACs'] / 1e6:.1f} million MACs."), [
        lower(nets, "wide has the lower test error, with as many weights", wide, deep)])


@drawing()
def draw(settings: Settings, nets: Nets, times: dict[str, float]) -> Figure:
    drawn, (left, right) = panels("wide or deep, with as many weights", 2)
    error_bars(left, settings, nets)
    bars(right, {name: [value] for name, value in times.items()}, "ms for a picture",
         "forward, on this machine", text="{:.2f}")
    return Figure(drawn, "Bars: test error of the wide and the deep network, "
                  + "; ".join(f"{name} {np.mean(values):.1f} %" for name, values in
                              errors_of(nets).items()) + "; and the time of a picture in each.")


EXPERIMENT = Experiment(
    "wide", ("d38",), "Wide or deep?", 'stanford "Wide Residual Networks"',
    "WRN-10-2 and WRN-22-1 learn the same photographs of 16x16 pixels.", 68, 2400, run,
    "Wide is quicker for the same work, and as good or a little better.")
