"""Claims about ResNet: depths, bottlenecks, cost, and the paths through it."""

from collections import Counter
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from minicnn.backend.windows import times
from minicnn.init import he_normal, xavier_normal
from minicnn.layers.batchnorm import BatchNorm2d
from minicnn.layers.conv import Conv2d
from minicnn.layers.dropout import Dropout
from minicnn.layers.linear import Linear
from minicnn.layers.maxpool import MaxPool2d
from minicnn.models.network import Residual
from minicnn.models.resnet import COLUMNS, MAPS
from minicnn.models.units import bottleneck
from minicnn.slides.claim import AGREES, DIFFERS, OTHER, ROUNDS, Claim, Fact, Topic
from minicnn.slides.measure import (
    depth,
    kinds,
    layers,
    macs,
    map_size,
    network,
    output,
    parameters,
    row,
    table,
    values,
    volume,
    weight_shape,
)

DEPTHS = tuple(COLUMNS)

# The brackets of the table: a copy, as claims about filters have (minicnn.slides.measure).
BASIC, BOTTLENECK = "3x3, {0}; 3x3, {0}", "1x1, {0}; 3x3, {0}; 1x1, {1}"
TABLE = "memphis: ResNet (4th); iitk: Architecture"
BRACKETS = ((18, BASIC, (2, 2, 2, 2)), (34, BASIC, (3, 4, 6, 3)), (50, BOTTLENECK, (3, 4, 6, 3)),
            (101, BOTTLENECK, (3, 4, 23, 3)), (152, BOTTLENECK, (3, 8, 36, 3)))

# Layers, and the shortcut under which the MACs round to the slide's FLOPs.
COST = ((18, "B"), (34, "A"), (50, "B"), (101, "B"), (152, "B"))


def brackets(name: str) -> tuple[str, ...]:
    """"[3x3, 64; 3x3, 64] x 2", what the rows with units consist of."""
    return tuple(" + ".join(f"[{text}] x {count}" for text, count in Counter(
        "; ".join(f"{times(part.kernel_size)}, {part.out_channels}"
                  for part in unit.body.modules() if isinstance(part, Conv2d))
        for layer in layers for unit in layer.modules() if isinstance(unit, Residual)).items())
        for label, layers, _ in network(name).rows if label.endswith("_x"))


def bracket_claims() -> list[Claim]:
    return [Claim(TABLE, f"{depth} layers: brackets", tuple(
                f"[{shape.format(maps, 4 * maps)}] x {count}"
                for maps, count in zip((64, 128, 256, 512), counts, strict=True)),
                  partial(brackets, f"resnet{depth}"), AGREES)
            for depth, shape, counts in BRACKETS]


def sizes() -> tuple[str, ...]:
    """Of the maps behind the rows; the five depths should have the same."""
    columns = [[map_size(volume(f"resnet{d}", line.row)) for line in table(f"resnet{d}").rows[:-1]]
               for d in DEPTHS]
    return tuple(" or ".join(sorted(set(row))) for row in zip(*columns, strict=True))


def twos() -> Fact:
    """Of the units of ResNet-34, those with two 3x3 convolutions."""
    bodies = [[part.kernel_size for part in unit.body.modules() if isinstance(part, Conv2d)]
              for unit in units("resnet34")]
    count = bodies.count([(3, 3), (3, 3)])
    return Fact(count == len(bodies), f"{count} of {len(bodies)} in ResNet-34")


def norm_for_each_conv() -> Fact:
    convs, norms = kinds("resnet152", Conv2d), kinds("resnet152", BatchNorm2d)
    return Fact(convs == norms, f"{convs} convolutions, {norms} batch norms in ResNet-152")


def any_size() -> Fact:
    """Sizes that ResNet-50 and VGG-16 take, of two that they were not made for."""
    taken = {name: [size for size in ((192, 192), (256, 320)) if takes(name, size)]
             for name in ("resnet50", "vgg16")}
    return Fact(len(taken["resnet50"]) == 2, "; ".join(
        f"{name} takes {', '.join(map(times, found)) or 'neither'}"
        for name, found in taken.items()))


def takes(name: str, size: tuple[int, int]) -> bool:
    try:
        network(name).shape((3, *size))
    except ValueError:
        return False
    return True


def more_parameters() -> Fact:
    deep, shallow = parameters("plain56"), parameters("plain20")
    return Fact(deep > shallow, f"{deep:,} with 56 layers, {shallow:,} with 20")


def direct() -> int:
    """Weights of one 3x3 layer from 256 to 256 maps."""
    conv = bottleneck(64, 256, 256, 1)[1]
    return conv.weight.numel()


def narrow() -> tuple[int, ...]:
    """Weights of the bottleneck 256-64-64-256."""
    return tuple(conv.weight.numel() for conv in bottleneck(256, 64, 256, 1))


def flops(name: str) -> int:
    """Multiplications and additions, each counted."""
    return 2 * macs(name)


def why_macs(depth: int) -> str:
    more = {34: ", and shortcuts B would round to 3.7", 50: ", and the last digit is cut off; with "
            "the stride on the 3x3, as in torchvision, they are "
            f"{macs('resnet50', variant='torchvision'):,}"}
    return "the FLOPs are MACs" + more.get(depth, "")


def cost_claims() -> list[Claim]:
    claims = []
    for number, shortcut in COST:
        name = f"resnet{number}"
        reading = f"MACs, shortcuts {shortcut}", partial(macs, name, shortcut=shortcut)
        claims.append(Claim(TABLE, f"{number} layers: FLOPs", COLUMNS[number].flops,
                            partial(flops, name), OTHER, partial(why_macs, number), reading))
    return claims


def units(name: str) -> list[Residual]:
    return [part for part in network(name).modules() if isinstance(part, Residual)]


def he_over_xavier() -> float:
    """Standard deviations of starting weights, for a 3x3 layer with 64 maps in and out."""
    he, xavier = (draw(np.random.default_rng(0), (64, 64, 3, 3)).std()
                  for draw in (he_normal(), xavier_normal()))
    return float(he / xavier)


def halved() -> Fact:
    """The output of each stage of ResNet-34 against that of the stage before."""
    sizes = [values("resnet34", f"conv{number}_x") for number in (2, 3, 4, 5)]
    return Fact(all(2 * after == before for before, after in pairwise(sizes)),
                " to ".join(f"{size:,}" for size in sizes))


def lower_complexity() -> Fact:
    own, others = macs("resnet152"), {name: macs(name) for name in ("vgg16", "vgg19")}
    return Fact(own < min(others.values()), f"{own / 1e9:.2f}G MACs; " + ", ".join(
        f"{name} {count / 1e9:.2f}G" for name, count in others.items()))


def skipped() -> int:
    """Fewest layers that a shortcut skips."""
    return min(depth(unit.body) for name in ("resnet34", "resnet152") for unit in units(name))


def doubled() -> Fact:
    """Maps of ResNet-34 from stage to stage, and their sides."""
    shapes = [tuple(map(int, output("resnet34", f"conv{number}_x").split("x")))
              for number in (2, 3, 4, 5)]
    return Fact(all(b[0] == 2 * a[0] and a[1] == 2 * b[1] for a, b in pairwise(shapes)),
                ", ".join(map(times, shapes)))


def bottlenecks() -> tuple[int, ...]:
    """Depths whose units have three layers."""
    return tuple(d for d in DEPTHS if depth(units(f"resnet{d}")[0].body) == 3)


def first_windows() -> tuple[Any, ...]:
    """conv1: kernel, filters, stride; max pooling: kernel, stride."""
    pool = next(part for part in network("resnet50").modules() if isinstance(part, MaxPool2d))
    conv1 = row("resnet50", "conv1")
    return (conv1.kernel, weight_shape("resnet50", "conv1")[0], conv1.stride,
            times(pool.window.kernel), pool.window.stride[0])


RESNET = Topic("ResNet", (
    Claim(TABLE, "conv1: kernel, filters, stride; max pooling: kernel, stride",
          ("7x7", "64", "2", "3x3", "2"), first_windows, AGREES),
    Claim(f"{TABLE}; stanford: Full ResNet architecture (1st)", "neurons of the output", "1000",
          lambda: values("resnet50", "fc"), AGREES),
    Claim("memphis: ResNet (1st)", "layers that a shortcut skips, at least", "two",
          lambda: {1: "one", 2: "two"}.get(skipped(), "more"), AGREES),
    Claim("stanford: Full ResNet architecture (2nd)", "from stage to stage twice the filters, and "
          "stride 2, /2 in each dimension", "", doubled, AGREES),
    Claim('stanford: For deeper networks, use "bottleneck" layer (1st)', "depths with bottlenecks, "
          "ResNet-50 and deeper", ("50", "101", "152"), bottlenecks, AGREES),
    Claim('stanford: Stacking deeper layers on a "plain" network (3rd)', "layers of the one that "
          "performs worse", "56", lambda: layers("plain56"), AGREES),
    Claim("stanford: Total depths for ImageNet; memphis: ResNet (4th); iitk: Architecture",
          "layers with weights",
          tuple(map(str, DEPTHS)), lambda: tuple(layers(f"resnet{d}") for d in DEPTHS), AGREES,
          "shortcuts do not count"),
    Claim("memphis: ResNet (4th); iitk: Architecture",
          "output size of each row, for every depth", MAPS, sizes, AGREES),
    *bracket_claims(),
    Claim("virginia: ResNet (1st); unicamp: ImageNet 2015 - ResNet, 152 layers; "
          "memphis: ResNet: ILSVRC 2015 winner; iitk: ResNet (MSR)",
          "layers of the winner of 2015", "152",
          lambda: layers("resnet152"), AGREES),
    Claim("virginia: More layers equals better?",
          "layers of the two plain networks", ("56", "20"),
          lambda: (layers("plain56"), layers("plain20")), AGREES),
    Claim("stanford: Experimental Results (1st)",
          "layers of the deepest one for CIFAR", "1202",
          lambda: layers("resnet1202"), AGREES),
    Claim("stanford: Deep models have more representation power (1st)",
          "deeper plain networks have more parameters", "", more_parameters,
          AGREES),
    Claim("stanford: Full ResNet architecture (1st)",
          "every residual block has two 3x3 convolutions", "", twos, AGREES,
          "ResNet-50 and deeper have bottlenecks instead, as another of its slides says"),
    Claim("stanford: Training ResNet in practice; virginia: ResNet Configuration",
          "batch normalization after every convolution", "",
          norm_for_each_conv, AGREES),
    Claim("stanford: Training ResNet in practice; virginia: ResNet Configuration",
          "layers of dropout", "0",
          lambda: kinds("resnet152", Dropout), AGREES),
    Claim("stanford: Full ResNet architecture (4th)",
          "fully connected layers but the output", "0",
          lambda: kinds("resnet152", Linear) - 1, AGREES),
    Claim("stanford: Full ResNet architecture (4th)",
          "takes images of any size", "", any_size, AGREES),
    Claim("stanford: Wide Residual Networks",
          "layers of the wide and of the original network",
          ("50", "152"), lambda: (layers("wide_resnet50_2"), layers("resnet152")), AGREES,
          lambda: f"{macs('wide_resnet50_2'):,} and {macs('resnet152'):,} MACs"),
    Claim("iitk: ResNet (MSR)",
          "times as deep as VGG", "8x",
          lambda: layers("resnet152") / layers("vgg19"), AGREES),
    Claim("iitk: ResNet (MSR)",
          "lower complexity than VGG", "", lower_complexity, AGREES),
    Claim("stanford: Full ResNet architecture (2nd)",
          "volume of the activations from stage to stage", "half", halved, AGREES),
    Claim("memphis: ResNet (2nd)",
          "3x3 from 256 to 256 maps: operations", "~600K", direct, ROUNDS,
          "weights, and MACs for each pixel"),
    Claim("memphis: ResNet (2nd)",
          "bottleneck 256-64-64-256: operations",
          ("~16K", "~36K", "~16K"), narrow, OTHER,
          "weights, and MACs for each pixel; 36,864 would round to 37K",
          ("K = 1,024", lambda: tuple(count / 1.024 for count in narrow()))),
    Claim("memphis: ResNet (2nd)",
          "bottleneck 256-64-64-256: sum of operations", "~70K",
          lambda: sum(narrow()), ROUNDS,
          lambda: f"{direct() / sum(narrow()):.2f} times fewer than without the bottleneck"),
    *cost_claims(),
    Claim("stanford: Training ResNet in practice",
          '"Xavier initialization from He et al."', "",
          lambda: Fact(bool(np.isclose(he_over_xavier(), 1)),
                       f"He's standard deviation is {he_over_xavier():.3f} times Xavier's"),
          DIFFERS, "He et al. 2015 replaced Xavier's rule by their own; virginia has "
          '"He Initialization"'),
))
