"""minicnn's own contestant: `python -m benchmarks.own`, started by benchmarks/process.py.

A layer's input and upstream gradient lie in memory as they do inside a network, the images of the
batch innermost; images lie as a loader gives them, (N, C, H, W).
"""

import os
import sys
from collections.abc import Callable

import numpy as np

import minicnn
from benchmarks.models import build
from benchmarks.rivals.serve import Impossible, blas, serve
from minicnn import Tensor, layers, manual_seed, models, no_grad
from minicnn.backend.arrays import gpu_problem, to_device
from minicnn.layers import fold_all
from minicnn.losses import cross_entropy
from minicnn.optim import SGD

Step = Callable[[], object]


def as_in_a_network(array: np.ndarray) -> np.ndarray:
    """The same (N, C, H, W) array, lying in memory as (C, H, W, N)."""
    return np.ascontiguousarray(array.transpose(1, 2, 3, 0)).transpose(3, 0, 1, 2)


def prepare(workload: dict) -> tuple[Step, int]:
    """(a function that does one step, the number of parameters)."""
    if workload["device"] == "cuda" and gpu_problem():
        raise Impossible(gpu_problem())
    manual_seed(0)
    if workload["kind"] in ("chain", "arrays"):
        return additions(workload["shape"][0], workload["kind"] == "chain"), 0
    rng = np.random.default_rng(0)
    x = rng.standard_normal(workload["shape"], np.float32)
    if workload["kind"] == "layer":
        return layer(workload, x, rng)
    if workload["published"]:
        (name, options), *_ = workload["published"]
        model = models.build(name, **options).to(workload["device"])
    else:
        model = build(workload["what"], workload["rows"]).to(workload["device"])
    count = model.num_parameters()
    if workload["kind"] == "folded":
        fold_all(model.eval())
    images = to_device(x, workload["device"])
    if workload["kind"] in ("forward", "folded"):
        return forward(model, images), count
    if workload["kind"] == "detect":
        return train(model, detection_loss(model, images, workload["targets"])), count
    K, *places = model.shape(x.shape[1:])                  # (K,), or (K, H, W) of a map
    labels = rng.integers(0, K, (len(x), *places))
    return train(model, lambda: cross_entropy(model(Tensor(images)), labels)), count


def train(model: minicnn.Module, loss_now: Callable[[], Tensor]) -> Step:
    optimizer = SGD(model.parameters(), lr=1e-3, momentum=0.9)

    def step() -> None:
        loss = loss_now()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return step


def detection_loss(model: minicnn.Module, images: np.ndarray, targets: list[dict]
                   ) -> Callable[[], Tensor]:
    arrays = [{name: np.array(values) for name, values in target.items()} for target in targets]

    def loss_now() -> Tensor:
        terms = model(Tensor(images), arrays)
        return terms["bbox_regression"] + terms["classification"]
    return loss_now


def forward(model: minicnn.Module, images: np.ndarray) -> Step:
    model.eval()

    def step() -> None:
        with no_grad():
            model(Tensor(images))
    return step


def layer(workload: dict, array: np.ndarray, rng: np.random.Generator) -> tuple[Step, int]:
    device, first = workload["device"], workload["first"]
    part = getattr(layers, workload["what"])(**workload["options"]).to(device)
    x = Tensor(to_device(array if first else as_in_a_network(array), device), not first)
    y_shape = (len(array), *part.shape(array.shape[1:]))
    dy = to_device(as_in_a_network(rng.standard_normal(y_shape, np.float32)), device)

    def step() -> None:
        x.grad = None
        part.zero_grad()
        part(x).backward(dy)
    return step, part.num_parameters()


def additions(count: int, through_tensors: bool) -> Step:
    ones = np.ones(16, np.float32)
    x, one = Tensor(ones, requires_grad=True), Tensor(ones)

    def chain() -> None:
        y = x
        for _ in range(count):
            y = y + one
        x.grad = None
        y.backward(ones)

    def arrays() -> None:
        y = ones
        for _ in range(count):
            y = y + ones
    return chain if through_tensors else arrays


def gpu() -> tuple[Callable[[], object], Callable[[], int]] | None:
    """What serve() needs where there is a GPU."""
    if gpu_problem():
        return None
    import cupy
    return cupy.cuda.runtime.deviceSynchronize, cupy.get_default_memory_pool().total_bytes


def main() -> None:
    threads = os.environ.get("MINICNN_THREADS")            # minicnn has read it already
    serve({"who": f"minicnn {minicnn.__version__}", "numpy": np.__version__,
           "python": sys.version.split()[0], "blas": blas(),
           "threads": int(threads) if threads else None},
          prepare, ("train", "segment", "detect", "forward", "folded", "layer", "chain", "arrays"),
          gpu())


if __name__ == "__main__":
    main()
