"""Everything that is to be measured on a GPU, by one command: `python -m benchmarks.gpu`.

    networks   milliseconds a step, memory, multiply-adds against the card's matrix product; with
               --against PYTHON beside PyTorch eager in turns; TF32 off in both, then on in both
    kernels    one layer forward and backward, with our kernels and as plain CuPy does it, and the
               bytes that it must move against the card's copy

Prints Markdown for docs/speed.md.  It needs a GPU and CuPy, and for --against an interpreter that
has a PyTorch with CUDA.
"""

import argparse
import sys
from collections.abc import Callable
from contextlib import nullcontext
from statistics import median
from typing import Any

import numpy as np

from benchmarks.machine import machine
from benchmarks.models import build
from benchmarks.own import as_in_a_network
from benchmarks.process import Contestant
from benchmarks.rounds import measure
from benchmarks.workloads import GPU, Workload
from minicnn import Tensor, layers
from minicnn.analysis import summary
from minicnn.analysis.speed import gigabytes, gigaflops
from minicnn.backend.arrays import gpu_name, gpu_problem, to_device
from minicnn.backend.precision import allow_tf32
from minicnn.backend.versions import plain
from minicnn.cli.arguments import whole
from minicnn.optim import SGD

OURS = """
import sys
from benchmarks import own
from minicnn.backend.precision import allow_tf32
allow_tf32({tf32})
sys.argv[1:] = []
own.main()
"""
TORCH = """
import sys
sys.path.insert(0, "benchmarks/rivals")
import torch
from serve import serve
from torch_workloads import prepare
torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = {tf32}
gpu = torch.cuda.synchronize, torch.cuda.max_memory_reserved
serve({{"who": "PyTorch " + torch.__version__}}, prepare, ("train", "forward"),
      gpu if torch.cuda.is_available() else None)
"""
SHAPE = (64, 64, 112, 112)             # of the images in the second table, (N, C, H, W)
LAYERS: list[tuple[str, dict[str, Any]]] = [
    ("ReLU", {}), ("BatchNorm2d", {"num_features": SHAPE[1]}), ("MaxPool2d", {"kernel_size": 2}),
    ("MaxPool2d", {"kernel_size": 3, "stride": 2, "padding": 1}), ("AvgPool2d", {"kernel_size": 2}),
    ("LocalResponseNorm", {"size": 5}),
    ("Conv2d", {"in_channels": 64, "out_channels": 64, "kernel_size": 3, "padding": 1}),
    ("Conv2d", {"in_channels": 64, "out_channels": 128, "kernel_size": 3, "stride": 2,
                "padding": 1})]


def contestants(tf32: bool, python: str | None) -> list[Contestant]:
    ours = Contestant("minicnn", (sys.executable, "-c", OURS.format(tf32=tf32)), ours=True)
    rival = [Contestant("torch", (python, "-c", TORCH.format(tf32=tf32)))] if python else []
    return [ours, *rival]


def networks(workloads: list[Workload], python: str | None, rounds: int, device: str) -> None:
    """A table for TF32 off and one for TF32 on."""
    for tf32 in (False, True):
        allow_tf32(tf32)
        peak = gigaflops(device=device)
        print(f"\nTF32 {'on' if tf32 else 'off'}; matrix product {peak / 1e3:.2f} TFLOP/s\n")
        print("| step | minicnn ms | PyTorch ms | ratio | minicnn MB | PyTorch MB | of the product "
              "|\n|---|---|---|---|---|---|---|")
        for workload in workloads:
            found: dict[str, dict[str, Any]] = {}
            measure(workload, contestants(tf32, python), rounds, 0.3, found, device)
            print(network_row(workload, found, peak), flush=True)


def network_row(workload: Workload, found: dict[str, dict[str, Any]], peak: float) -> str:
    """A line of the table.  Backward takes two products for each one of forward."""
    cells, medians = [], {}
    for name in ("minicnn", "torch"):
        result = found.get(name, {})
        seconds = [second for turn in result.get("seconds", []) for second in turn]
        if seconds:
            medians[name] = median(seconds)
        cells.append(f"{1e3 * medians[name]:.2f}" if seconds else result.get("impossible", "-"))
    ratio = f"{medians['minicnn'] / medians['torch']:.2f}" if len(medians) == 2 else "-"
    memory = [f"{found[name]['peak_bytes'] / 1e6:.0f}" if name in medians else "-"
              for name in ("minicnn", "torch")]
    share = "-"
    if "minicnn" in medians:
        model = build(workload.what, workload.request()["rows"])
        macs = summary(model, workload.shape[1:]).macs * workload.shape[0]
        products = 2 * macs * (3 if workload.kind == "train" else 1)
        share = f"{100 * products / medians['minicnn'] / 1e9 / peak:.0f} %"
    return f"| {' | '.join([workload.title(), *cells, ratio, *memory, share])} |"


def kernels(rounds: int, shape: tuple[int, ...] = SHAPE) -> None:
    """What our kernels bring, layer by layer, in float32 with TF32 off."""
    allow_tf32(False)
    speed = gigabytes(device="cuda")
    print(f"\n{shape} float32; copy {speed:.0f} GB/s\n")
    print("| forward and backward | our kernels ms | plain CuPy ms | ratio | of the copy |\n"
          "|---|---|---|---|---|")
    rng = np.random.default_rng(0)
    x = Tensor(to_device(as_in_a_network(rng.standard_normal(shape, np.float32)), "cuda"), True)
    for what, options in LAYERS:
        layer = getattr(layers, what)(**options).to("cuda")
        y_shape = (shape[0], *layer.shape(shape[1:]))
        dy = to_device(as_in_a_network(rng.standard_normal(y_shape, np.float32)), "cuda")

        def step(layer=layer, dy=dy) -> None:
            x.grad = None
            layer.zero_grad()
            layer(x).backward(dy)

        told = ", ".join(f"{name} {value}" for name, value in options.items())
        print(kernel_row(f"{what}({told})", step, 4 * 2 * (x.numel() + dy.size), rounds,
                         speed),
              flush=True)                              # x and dy are read, y and dx written
    weight = Tensor(to_device(rng.standard_normal((4096, 4096), np.float32), "cuda"), True)
    weight.grad = to_device(rng.standard_normal((4096, 4096), np.float32), "cuda")
    optimizer = SGD([weight], lr=1e-3, momentum=0.9, weight_decay=1e-4)
    moved = 4 * 5 * weight.numel()
    print(kernel_row("SGD, momentum 0.9, weight decay", optimizer.step, moved, rounds,
                     speed))                           # w, g, v are read, w and v written


def kernel_row(name: str, step: Callable[[], object], nbytes: int, rounds: int, speed: float
               ) -> str:
    """nbytes : what must be read and written at least."""
    times = []
    for ours in (True, False):
        with nullcontext() if ours else plain():
            times.append(milliseconds(step, rounds))
    share = nbytes / times[0] / 1e6 / speed
    return (f"| {name} | {times[0]:.3f} | {times[1]:.3f} | {times[0] / times[1]:.2f} | "
            f"{100 * share:.0f} % |")


def milliseconds(step: Callable[[], object], rounds: int, steps: int = 5) -> float:
    """Median over rounds of the GPU's own clock for a step."""
    cuda = sys.modules["cupy"].cuda
    times = []
    for _ in range(rounds + 1):                        # in the first round kernels are compiled
        start, stop = cuda.Event(), cuda.Event()
        start.record()
        for _ in range(steps):
            step()
        stop.record()
        stop.synchronize()
        times.append(cuda.get_elapsed_time(start, stop) / steps)
    return median(times[1:])


def main(arguments: list[str] | None = None) -> int:
    options = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__,
                                      formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--against", metavar="PYTHON", help="an interpreter that has PyTorch")
    options.add_argument("--rounds", type=whole, default=12, help="rounds (12)")
    options.add_argument("--small", action="store_true",
                         help="two samples of a few pixels: to see that everything works")
    options.add_argument("--device", choices=["cpu", "cuda"], default="cuda",
                         help="cpu: the first table without a GPU, to see that everything works")
    args = options.parse_args(arguments)
    problem = gpu_problem() if args.device == "cuda" else None
    if problem:
        print(f"benchmarks.gpu: {problem}", file=sys.stderr)
        return 2
    host = machine()
    print(f"{gpu_name() if args.device == 'cuda' else 'no GPU'}; {host['processor']}; "
          f"{host['date']}")
    networks([workload.smaller() if args.small else workload for workload in GPU], args.against,
             args.rounds, args.device)
    if args.device == "cuda":
        kernels(args.rounds, (2, 64, 12, 12) if args.small else SHAPE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
