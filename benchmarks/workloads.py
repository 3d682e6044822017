"""What is timed, as data: every contestant gets the same description and builds it for itself."""

from difflib import get_close_matches
from typing import Any, NamedTuple

import numpy as np

from benchmarks import published
from benchmarks.networks import NETWORKS
from benchmarks.published import PUBLISHED

STEPS = "train", "segment", "detect"                       # kinds: a step of training


class Workload(NamedTuple):
    """One thing to time.

    name    : what the command line calls it
    kind    : "train"    forward, cross-entropy, backward, SGD with momentum 0.9
              "segment"  the same with a label for each pixel
              "detect"   the same with boxes: they are matched with the truth, and the loss is SSD's
              "forward"  forward alone, in eval mode, nothing recorded
              "folded"   the same, with minicnn's batch norms folded into their convolutions
              "layer"    one layer, forward and backward with a given upstream gradient
              "chain"    small additions in a row, forward and backward
              "arrays"   the same number of additions of arrays, without Tensors
    what    : the network (see benchmarks/networks.py and published.py), or the layer's name in
              PyTorch and minicnn
    shape   : of the input, (N, C, H, W); of a chain, its length
    options : the layer's arguments
    first   : the layer is the first of a network: its input are images as a loader gives them,
              and need no gradient
    """

    name: str
    kind: str
    what: str
    shape: tuple[int, ...]
    options: dict[str, Any] = {}
    first: bool = False

    def title(self) -> str:
        if self.kind in ("chain", "arrays"):
            return f"{self.shape[0]:,} additions of 16 numbers" + (
                ", forward and backward" if self.kind == "chain" else " in NumPy alone")
        N, C, H, W = self.shape
        if self.kind == "layer":
            options = ", ".join(f"{name} {value}" for name, value in self.options.items())
            return f"{self.what}({options}) on {C}x{H}x{W}, batch {N}: forward and backward"
        return f"{self.what} on {C}x{H}x{W}, batch {N}: " + (
            "training step" if self.kind in STEPS else
            "forward, folded" if self.kind == "folded" else "forward")

    def request(self, device: str = "cpu") -> dict[str, Any]:
        """What a contestant is told: the fields, `rows`, the network's layers, and the device.

        Where boxes are learnt, also `targets`: {boxes, labels} of each picture.  Instead of rows a
        network of published.py has `published`, its name and options on both sides.
        """
        rows = NETWORKS[self.what](self.shape[1:]) if self.what in NETWORKS else []
        targets = drawn_targets(self.shape) if self.kind == "detect" else []
        return {**self._asdict(), "rows": rows, "targets": targets, "device": device,
                "published": PUBLISHED.get(self.what)}

    def smaller(self) -> "Workload":
        """Few samples of a few pixels: enough to see that everything works.

        Where cost over the batch is the question, the batches still grow: 1, 2, 3 and so on.
        """
        if self.kind in ("chain", "arrays"):
            return self
        N, C, H, W = self.shape
        if self.what in PUBLISHED:                         # they are built for their size
            return self._replace(shape=(1, C, H, W))
        side = {"lenet": 32, "alexnet": 67, "ssd_small": 64}.get(self.what, min(H, 32))
        batch = 1 + BATCHES.index(N) if self.name.startswith("growth_") else min(N, 2)
        return self._replace(shape=(batch, C, side, side))


def drawn_targets(shape: tuple[int, ...]) -> list[dict[str, Any]]:
    """One to three objects in each picture, at least 12 pixels wide, labels from 1 to 3."""
    N, _, H, W = shape
    rng = np.random.default_rng(0)
    targets = []
    for _ in range(N):
        n = int(rng.integers(1, 4))
        sides = rng.uniform(12, 30, (n, 2))
        corner = rng.uniform(0, 1, (n, 2)) * ((W, H) - sides)
        boxes = np.concatenate([corner, corner + sides], axis=1)
        targets.append({"boxes": boxes.tolist(), "labels": rng.integers(1, 4, n).tolist()})
    return targets


def layer(name: str, what: str, shape: tuple[int, ...], first: bool = False,
          **options: Any) -> Workload:
    return Workload(name, "layer", what, shape, options, first)


ALL = [
    Workload("lenet", "train", "lenet", (64, 1, 32, 32)),
    Workload("resnet20_b32", "train", "resnet20", (32, 3, 32, 32)),
    Workload("resnet20_b128", "train", "resnet20", (128, 3, 32, 32)),
    Workload("resnet18", "train", "resnet18", (8, 3, 224, 224)),
    Workload("alexnet", "train", "alexnet", (16, 3, 227, 227)),
    Workload("unet_small", "segment", "unet_small", (32, 3, 64, 64)),
    Workload("ssd_small", "detect", "ssd_small", (16, 3, 64, 64)),
    Workload("vgg16_b1", "forward", "vgg16", (1, 3, 224, 224)),
    Workload("vgg16_b4", "forward", "vgg16", (4, 3, 224, 224)),
    Workload("mobilenet", "forward", "mobilenet", (4, 3, 224, 224)),
    layer("maxpool", "MaxPool2d", (8, 64, 112, 112), kernel_size=3, stride=2, padding=1),
    layer("lrn", "LocalResponseNorm", (8, 96, 55, 55), size=5, alpha=5e-4, beta=0.75, k=2.0),
    layer("conv1x1", "Conv2d", (8, 256, 56, 56), in_channels=256, out_channels=64, kernel_size=1),
    layer("conv3x3", "Conv2d", (8, 64, 56, 56), in_channels=64, out_channels=64, kernel_size=3,
          padding=1),
    layer("conv3x3_s2", "Conv2d", (8, 64, 56, 56), in_channels=64, out_channels=128,
          kernel_size=3, stride=2, padding=1),
    layer("conv11x11", "Conv2d", (8, 3, 227, 227), first=True, in_channels=3, out_channels=96,
          kernel_size=11, stride=4),
    layer("batchnorm", "BatchNorm2d", (8, 64, 56, 56), num_features=64),
    layer("depthwise", "Conv2d", (8, 512, 14, 14), in_channels=512, out_channels=512,
          kernel_size=3, padding=1, groups=512),
]

PHOTOS = [
    *(Workload(f"{what}_{kind}", kind, what, (N, 3, *[published.SIDES.get(what, 224)] * 2))
      for what, N in {"resnet50": 4, **published.BATCHES}.items() for kind in ("train", "forward")),
    Workload("resnet20_forward", "forward", "resnet20", (32, 3, 32, 32)),
    Workload("resnet18_forward", "forward", "resnet18", (8, 3, 224, 224)),
    Workload("unet_small_forward", "forward", "unet_small", (32, 3, 64, 64)),
    *(Workload(f"{what}_photo", kind, what, (1, 3, 224, 224))
      for what, kind in (("resnet50", "folded"), ("efficientnet_lite0", "folded"))),
]

ON_GPU = (("lenet", (64, 1, 32, 32)), ("resnet20", (128, 3, 32, 32)),
          ("resnet18", (64, 3, 224, 224)), ("resnet50", (32, 3, 224, 224)),
          ("vgg16", (32, 3, 224, 224)))
GPU = [Workload(f"gpu_{what}_{kind}", kind, what, shape)
       for kind in ("train", "forward") for what, shape in ON_GPU]

BATCHES = (1, 4, 16, 32, 64, 128)
DEPTHS = (100, 1000, 10_000)

GROWTH = [
    *(Workload(f"growth_{what}_{N}", "train", what, (N, *image)) for what, image in
      (("lenet", (1, 32, 32)), ("resnet20", (3, 32, 32))) for N in BATCHES),
    *(Workload(f"growth_{kind}_{depth}", kind, "addition", (depth,))
      for kind in ("chain", "arrays") for depth in DEPTHS),
]

WORKLOADS = {workload.name: workload for workload in [*ALL, *PHOTOS, *GROWTH, *GPU]}
GROUPS = {"all": [workload.name for workload in ALL],
          "photos": [workload.name for workload in PHOTOS],
          "growth": [workload.name for workload in GROWTH],
          "gpu": [workload.name for workload in GPU]}


def chosen(names: list[str]) -> list[str]:
    """The workloads that these names stand for, each once; all, for no name."""
    found: dict[str, None] = {}
    for name in names or ["all"]:
        if name not in WORKLOADS and name not in GROUPS:
            near = get_close_matches(name, [*GROUPS, *WORKLOADS], n=3, cutoff=0.5)
            raise ValueError(f"no workload is called {name!r}; " + (
                f"did you mean {' or '.join(near)}?" if near else
                f"there are {', '.join([*GROUPS['all'], *GROUPS])}"))
        found |= dict.fromkeys(GROUPS.get(name, [name]))
    return list(found)
