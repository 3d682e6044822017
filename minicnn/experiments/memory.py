"""Why does training need so much more memory than answering?

    answering     a layer's output may go as soon as the next layer has read it
    training      backward needs the intermediate values, all of them, until it has passed there

Forward alone takes as much as the network's widest place, training as the sum of all places.  Here
are the bytes that NumPy holds, without weights and pictures, beside the outputs of `summary`.

Slides: virginia, "Hyperparameters and Memory Requirements"; stanford and memphis, VGGNet's table.
"""

import gc
import tracemalloc
from typing import Any

import numpy as np

from minicnn.analysis.summary import summary
from minicnn.autograd.hooks import Hook, record
from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.data.canvas import drawing
from minicnn.experiments.experiment import Exact, Experiment, Result, Settings
from minicnn.experiments.figures import Figure, labelled, level, panels
from minicnn.layers.module import Module
from minicnn.losses import cross_entropy
from minicnn.models import build

NETWORKS = {"lenet5": {"variant": "visualiser"}, "vgg_small": {}, "resnet20": {}}


class Meter(Hook):
    """levels : megabytes held after each layer, and after each backward; peak: the most ever."""

    def __init__(self) -> None:
        self.levels: list[float] = []
        self.forward = 0                                   # of them, before backward began
        gc.collect()
        tracemalloc.start()
        self.start = tracemalloc.get_traced_memory()[0]

    def now(self) -> None:
        self.levels.append((tracemalloc.get_traced_memory()[0] - self.start) / 1e6)

    def layer_ends(self, path: str, layer: Any, inputs: tuple, y: Any) -> None:
        self.now()
        self.forward = len(self.levels)

    def gradient_ends(self, function: Any, dy: Any, dxs: list) -> None:
        self.now()

    def stop(self) -> float:
        peak = (tracemalloc.get_traced_memory()[1] - self.start) / 1e6
        tracemalloc.stop()
        return peak


def measured(model: Module, x: np.ndarray, training: bool) -> tuple[Meter, float]:
    """The levels, and the peak, in megabytes; the second pass, so that buffers are there."""
    labels = np.zeros(len(x), np.int64)
    model.train(training)
    for warm in (True, False):
        meter = Meter()
        with record(Hook() if warm else meter):
            if training:
                model.zero_grad()
                cross_entropy(model(Tensor(x)), labels).backward()
            else:
                with no_grad():
                    model(Tensor(x))
        peak = meter.stop()
    return meter, peak


def run(settings: Settings) -> Result:
    batch = settings.pick(32, 128, 2)
    settings.note(batch=batch)
    rng = np.random.default_rng(settings.seeds[0])
    rows, curves = list[dict[str, Any]](), {}
    for name in settings.pick(list(NETWORKS), list(NETWORKS), ["lenet5"]):
        model = build(name, **NETWORKS[name])
        shape = model.input_shape                                          # type: ignore
        x = rng.standard_normal((batch, *shape)).astype(np.float32)
        meter, training = measured(model, x, True)
        curves[name] = meter
        answering, table = measured(model, x, False)[1], batch * summary(model).memory / 1e6
        rows.append({"network": name, "outputs in the table, MB": table,
                     "answering, MB": answering, "training, MB": training,
                     "training / table": training / table})
    return Result(rows, draw(curves, rows), (
        f"a batch of {batch}: " + "; ".join(
            f"{row['network']} {row['answering, MB']:.1f} MB to answer, "
            f"{row['training, MB']:.1f} to train, {row['training / table']:.1f} times the outputs "
            "in its table" for row in rows) + ".  The slides' \"*2 for bwd\" "
        "would be 2 times the table: gradients do not pile up here, each goes once it is used."), [
        Exact("training takes more than answering, in every network",
              all(row["training, MB"] > row["answering, MB"] for row in rows), True)])


@drawing()
def draw(curves: dict[str, Meter], rows: list[dict]) -> Figure:
    drawn, axes = panels("memory that is held while a network learns from one batch", len(curves))
    for one, (name, meter), row in zip(axes, curves.items(), rows, strict=True):
        one.fill_between(range(meter.forward), meter.levels[:meter.forward], alpha=0.7,
                         label="forward: the values pile up")
        one.fill_between(range(meter.forward - 1, len(meter.levels)),
                         meter.levels[meter.forward - 1:], alpha=0.7, label="backward: they go")
        level(one, row["answering, MB"], "answering alone, at most")
        labelled(one, "layers, and back", "MB", name)
    axes[0].legend(frameon=False, fontsize=9, loc="lower center")
    return Figure(drawn, "For each network a mountain: memory rises in the forward pass and falls "
                  "in backward; a dashed line below it is the most that answering takes.")


EXPERIMENT = Experiment(
    "memory", ("d52",), "Why does training need so much more memory than answering?",
    'virginia "Hyperparameters and Memory Requirements"; stanford "VGGNet"', "Bytes held after "
    "each layer and each backward of three networks, beside the table of their outputs.", 2, 6, run,
    "All intermediate values are kept until backward has passed.", seeds=1, full_seeds=1)
