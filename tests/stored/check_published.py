"""Holds networks filled from published weight files against the programs that wrote them.

    pip install torch torchvision timm safetensors      in an environment outside the project
    PYTHONPATH=. python tests/stored/check_published.py [NAME ...]

For each network below, torchvision's or timm's program is given random weights and random batch
norm statistics and saved by torch.save; the network here is filled from that file, and written back
with the other's names, which the other takes in strictly.  Both then see the same images in
float64, with dropout and stochastic depth at 0.  Held against each other, each array by its largest
entry: the logits in evaluation and in training, the gradient of every parameter and the new running
averages in training, to 1e-8, and the logits in float32, to 1e-4.
"""

import gc
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import safetensors.torch
import timm
import torch
import torchvision

import minicnn
from minicnn import Tensor, weights
from minicnn.layers import BatchNorm2d
from minicnn.models import build
from minicnn.weights.names import published_names


class Pair(NamedTuple):
    """A network here, and whose it is.

    theirs  : its name there, and its options
    library : whose names the file has: "torchvision", "timm", "cadene"
    options : of the network here
    size    : of the images; small, but so that batch norm sees several pixels of each map
    gain    : of the random weights; with more, fifty units with SE make rounding large
    """

    name: str
    theirs: str
    library: str = "torchvision"
    options: dict = {}
    their_options: dict = {}
    size: int = 64
    gain: float = 1.5


TORCHVISION, TIMM = {"variant": "torchvision"}, {"variant": "timm"}
tv, timms = Pair, partial(Pair, library="timm")

NETWORKS = [
    tv("alexnet", "alexnet", options=TORCHVISION),
    *(tv(f"vgg{depth}", f"vgg{depth}", options=TORCHVISION) for depth in (11, 13, 16, 19)),
    tv("vgg11", "vgg11", size=224),                        # that of the paper takes no other size
    *(tv(f"vgg{depth}_bn", f"vgg{depth}_bn") for depth in (11, 13, 16, 19)),
    *(tv("googlenet", "googlenet", options={**TORCHVISION, "aux": aux}, size=128,
         their_options={"init_weights": False, "aux_logits": aux}) for aux in (False, True)),
    *(tv("inception_v3", "inception_v3", options={"aux": aux}, size=299 if aux else 128,
         their_options={"init_weights": False, "aux_logits": aux}) for aux in (False, True)),
    tv("resnet18", "resnet18"), tv("resnet34", "resnet34"),
    *(tv(f"resnet{depth}", f"resnet{depth}", options=TORCHVISION)
      for depth in (18, 34, 50, 101, 152)),
    *(tv(name, name) for name in (
        "resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d", "wide_resnet50_2",
        "wide_resnet101_2", "densenet121", "densenet161", "densenet169", "densenet201",
        "mobilenet_v2")),
    *(tv("shufflenet_v2", f"shufflenet_v2_x{word}", options={"width": width})
      for word, width in (("0_5", 0.5), ("1_0", 1.0), ("1_5", 1.5), ("2_0", 2.0))),
    *(tv(f"efficientnet_b{number}", f"efficientnet_b{number}", options=TORCHVISION)
      for number in range(8)),
    *(tv(f"convnext_{size}", f"convnext_{size}") for size in ("tiny", "small", "base", "large")),
    *(tv(f"vit_{size}", f"vit_{size}", options={"image": 64}, their_options={"image_size": 64})
      for size in ("b_16", "b_32", "l_16")),
    timms("inception_v4", "inception_v4", size=128),
    timms("inception_resnet_v2", "inception_resnet_v2", size=128),
    timms("xception", "legacy_xception", options=TIMM),
    *(timms(f"efficientnet_b{number}", f"tf_efficientnet_b{number}") for number in range(8)),
    timms("mobilenet_v1", "mobilenetv1_100", options=TIMM),
    timms("mobilenet_v1_125", "mobilenetv1_125", options=TIMM),
    *(timms("res2net50", f"res2net50_{width}w_{scale}s", options={"width": width, "scale": scale})
      for width, scale in ((26, 4), (48, 2), (14, 8), (26, 6), (26, 8))),
    timms("res2net101", "res2net101_26w_4s"),
    *(timms(f"preact_resnet{depth}", f"resnetv2_{depth}", options=TIMM)
      for depth in (18, 34, 50, 101, 152)),
    timms("senet154", "legacy_senet154", gain=0.5),
    *(timms(f"se_{name}", f"se{name}", options=TIMM, gain=0.5)
      for name in ("resnet50", "resnet101", "resnet152", "resnext50_32x4d", "resnext101_32x4d")),
    *(Pair(f"se_{name}", f"legacy_se{name}", "cadene", gain=0.5)
      for name in ("resnet50", "resnet101", "resnet152", "resnext50_32x4d", "resnext101_32x4d")),
    timms("nasnet_a_large", "nasnetalarge", size=95),
]

# Their outputs are maps: test_segmentation.py has the digests of their names.
SEGMENTERS = [
    tv(f"{family}_resnet{depth}", f"{family}_resnet{depth}", options={"aux": aux}, size=size,
       their_options={"weights_backbone": None, "aux_loss": aux})
    for family, size in (("fcn", 65), ("deeplabv3", 65)) for depth in (50, 101)
    for aux in (False, True)]


def program(pair):
    """Theirs, in float64, with random weights; it drops nothing in training."""
    if pair.library == "torchvision":
        net = torchvision.models.get_model(pair.theirs, weights=None, **pair.their_options)
    else:
        net = timm.create_model(pair.theirs, pretrained=False, **pair.their_options)
    net = randomised(net.double(), pair.gain)
    net.drop_rate = 0.0                                    # timm's SENet drops in its forward
    for part in net.modules():
        if isinstance(part, torch.nn.Dropout):
            part.p = 0.0
        if type(part).__name__ in ("StochasticDepth", "DropPath"):
            part.p = part.drop_prob = 0.0
        if type(part).__name__ == "AvgPool2dSame":         # it counts the border; TensorFlow's,
            part.forward = partial(mean_of_the_image, part)        # and ours, does not
    return net


def mean_of_the_image(pool, x):
    """timm's pooling as the authors' program has it."""
    kernel, stride = pool.kernel_size, pool.stride
    pads = [max((-(-size // s) - 1) * s + k - size, 0)
            for size, k, s in zip(x.shape[-2:], kernel, stride, strict=True)]
    border = (pads[1] // 2, pads[1] - pads[1] // 2, pads[0] // 2, pads[0] - pads[0] // 2)
    sums, counts = (torch.nn.functional.avg_pool2d(torch.nn.functional.pad(q, border), kernel,
                                                   stride) for q in (x, torch.ones_like(x)))
    return sums / counts


def randomised(net, gain, seed=0):
    """Weights of the size that keeps the activations' size, and statistics that are not 0 and 1."""
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, q in [*net.named_parameters(), *net.named_buffers()]:
            if q.dtype == torch.int64:
                q.fill_(5)
            elif name.endswith("running_var") or (q.ndim == 1 and name.endswith("weight")):
                q.copy_(1 + 0.2 * torch.rand(q.shape, generator=draw, dtype=q.dtype))
            elif q.ndim == 1:
                q.copy_(0.1 * torch.randn(q.shape, generator=draw, dtype=q.dtype))
            else:
                fan = max(q[0].numel(), 1)
                q.copy_(torch.randn(q.shape, generator=draw, dtype=q.dtype) * (gain / fan) ** 0.5)
    return net


def filled(pair, theirs):
    """The network here from theirs' file, and theirs from ours."""
    mine = build(pair.name, **pair.options).to(dtype=np.float64)
    with tempfile.TemporaryDirectory() as folder:
        path, back = Path(folder) / "weights.pth", Path(folder) / "back.safetensors"
        torch.save(theirs.state_dict(), path)
        weights.load(mine, path, names=pair.library)
        minicnn.save(mine, back, names=pair.library)
        theirs.load_state_dict(safetensors.torch.load_file(back), strict=True)
    for part in mine.modules():
        if type(part).__name__ in ("Dropout", "Dropout2d", "StochasticDepth"):
            part.p = 0.0
    # How fast running averages move is a matter of training, and no file has it.
    momentum = next((part.momentum for part in mine.modules() if isinstance(part, BatchNorm2d)), 0)
    for part in theirs.modules():
        if isinstance(part, torch.nn.BatchNorm2d):
            part.momentum = momentum
    return mine


def apart(mine, theirs, least=0.0):
    """The largest difference as a share of the largest entry; below `least`, an array is 0."""
    mine, theirs = np.asarray(mine, float), np.asarray(theirs, float)
    largest = np.abs(theirs).max(initial=0)
    if max(largest, np.abs(mine).max(initial=0)) <= least:
        return 0.0
    return float(np.abs(mine.reshape(theirs.shape) - theirs).max(initial=0) / largest)


def scores(y, ours):
    """The main logits and the auxiliary ones; torchvision's GoogLeNet puts its second head first.
    """
    if isinstance(y, dict):
        return list(y.values())
    if not isinstance(y, tuple):
        return [y]
    return list(y) if ours or len(y) == 2 else [y[0], y[2], y[1]]


def check(pair):
    """The largest differences: evaluation, training, gradients, averages; then in float32."""
    theirs = program(pair)
    mine = filled(pair, theirs)
    x = np.random.default_rng(0).standard_normal((3, 3, pair.size, pair.size))
    theirs.eval()
    mine.eval()
    with torch.no_grad(), minicnn.no_grad():
        found = {"eval": apart(mine(Tensor(x)).data,
                               scores(theirs(torch.from_numpy(x)), False)[0].numpy())}
    theirs.train()
    mine.train()
    a, b = scores(mine(Tensor(x)), True), scores(theirs(torch.from_numpy(x)), False)
    found["train"] = max(apart(p.data, q.detach().numpy()) for p, q in zip(a, b, strict=True))
    draw = np.random.default_rng(1)
    dys = [draw.standard_normal(q.shape) for q in b]
    sum((p * Tensor(dy)).sum() for p, dy in zip(a, dys, strict=True)).backward()
    sum((q * torch.from_numpy(dy)).sum() for q, dy in zip(b, dys, strict=True)).backward()
    table = published_names(mine)[pair.library]
    grads = {name: q.grad.numpy() for name, q in theirs.named_parameters()}
    # Where another batch norm follows, the bias of one has no gradient but what rounding leaves.
    rounding = 1e-11 * max(np.abs(dq).max() for dq in grads.values())
    found["gradients"] = max(apart(q.grad, grads.pop(table.theirs(name)), rounding)
                             for name, q in mine.named_parameters())
    averages = {name: q.numpy() for name, q in theirs.named_buffers()}
    found["averages"] = max([apart(q.data, averages.pop(table.theirs(name)))
                             for name, q in mine.saved() if not q.learnt], default=0.0)
    if grads or averages:
        raise ValueError(f"not compared: {[*grads, *averages][:5]}")
    mine.zero_grad()
    theirs.zero_grad()
    mine.to(dtype=np.float32).eval()
    theirs.float().eval()
    x = x.astype("f")
    with torch.no_grad(), minicnn.no_grad():
        found["float32"] = apart(mine(Tensor(x)).data,
                                 scores(theirs(torch.from_numpy(x)), False)[0].numpy())
    return found


def main(wanted):
    bad = 0
    for pair in [*NETWORKS, *SEGMENTERS]:
        if wanted and pair.name not in wanted and pair.theirs not in wanted:
            continue
        options = " ".join(str(value) for value in pair.options.values())
        label = f"{pair.name} {options} <- {pair.library} {pair.theirs}"
        try:
            found = check(pair)
        except Exception as problem:                       # the table goes on
            print(f"{label:65} {type(problem).__name__}: {str(problem)[:300]}", flush=True)
            bad += 1
            continue
        wrong = [key for key, value in found.items()
                 if not value <= (1e-4 if key == "float32" else 1e-8)]
        bad += bool(wrong)
        print(f"{label:65} " + "  ".join(f"{key} {value:.0e}" for key, value in found.items())
              + (f"  WRONG: {wrong}" if wrong else ""), flush=True)
        gc.collect()
    return bad


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)
