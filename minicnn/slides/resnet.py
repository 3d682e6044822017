"""Claims about ResNet: depths, bottlenecks, cost, and the paths through it."""

from collections import Counter
from functools import partial
from itertools import pairwise
from math import comb, prod

import numpy as np

from minicnn.backend.windows import times
from minicnn.init import he_normal, xavier_normal
from minicnn.layers.batchnorm import BatchNorm2d
from minicnn.layers.conv import Conv2d
from minicnn.layers.dropout import Dropout
from minicnn.layers.linear import Linear
from minicnn.layers.module import Module
from minicnn.models.network import Residual
from minicnn.models.resnet import COLUMNS, MAPS
from minicnn.models.units import bottleneck
from minicnn.slides.claim import AGREES, DIFFERS, OTHER, ROUNDS, Claim, Fact, Topic
from minicnn.slides.measure import (
    kinds,
    layers,
    macs,
    map_size,
    network,
    parameters,
    table,
    values,
    volume,
)

DEPTHS = tuple(COLUMNS)

# The brackets of the table: a copy, as claims about filters have (minicnn.slides.measure).
BASIC, BOTTLENECK = "3x3, {0}; 3x3, {0}", "1x1, {0}; 3x3, {0}; 1x1, {1}"
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
    return [Claim("memphis:466, memphis:467, memphis:468, memphis:469, iitk:349",
                  f"{depth} layers: brackets", tuple(
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
    return conv.weight.size


def narrow() -> tuple[int, ...]:
    """Weights of the bottleneck 256-64-64-256."""
    return tuple(conv.weight.size for conv in bottleneck(256, 64, 256, 1))


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
    for depth, shortcut in COST:
        name = f"resnet{depth}"
        reading = f"MACs, shortcuts {shortcut}", partial(macs, name, shortcut=shortcut)
        claims.append(Claim("memphis:471, iitk:362", f"{depth} layers: FLOPs", COLUMNS[depth].flops,
                            partial(flops, name), OTHER, partial(why_macs, depth), reading))
    return claims


def paths(part: Module, deleted: Module | None = None) -> int:
    """Ways through a network if at each unit one may take the shortcut; the deleted has no other.
    """
    if isinstance(part, Residual):
        return 1 if part is deleted else paths(part.body) + 1
    return prod(paths(inner, deleted) for _, inner in part.children())


def units(name: str) -> list[Residual]:
    return [part for part in network(name).modules() if isinstance(part, Residual)]


def two_to_the_n() -> Fact:
    count, N = paths(network("resnet110")), len(units("resnet110"))
    return Fact(count == 2 ** N, f"{count:,}, N = {N}")


def lesion() -> Fact:
    whole = network("resnet110")
    left = [paths(whole, unit) for unit in units("resnet110")]
    return Fact(all(2 * count == paths(whole) for count in left), f"{left[0]:,}, whichever unit")


def share_of_paths(name: str, shortest: int, longest: int) -> float:
    """Of all paths, those that run through so many layers, two in each unit."""
    count = len(units(name))
    return sum(comb(count, k) for k in range(shortest // 2, longest // 2 + 1)) / 2 ** count


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


RESNET = Topic("ResNet", 'memphis "ResNet"; iitk "Architecture", "ResNet (MSR)", "Exponential '
               'Multiplicity"; stanford "Full ResNet architecture", "Training ResNet in practice"; '
               'virginia "ResNet"', (
    Claim("stanford:1397, memphis:463, iitk:346", "layers with weights",
          tuple(map(str, DEPTHS)), lambda: tuple(layers(f"resnet{d}") for d in DEPTHS), AGREES,
          "shortcuts do not count"),
    Claim("memphis:464, iitk:347", "output size of each row, for every depth", MAPS, sizes, AGREES),
    *bracket_claims(),
    Claim("virginia:298, unicamp:78, memphis:410, iitk:293", "layers of the winner of 2015", "152",
          lambda: layers("resnet152"), AGREES),
    Claim("virginia:310", "layers of the two plain networks", ("56", "20"),
          lambda: (layers("plain56"), layers("plain20")), AGREES),
    Claim("stanford:1432", "layers of the deepest one for CIFAR", "1202",
          lambda: layers("resnet1202"), AGREES),
    Claim("stanford:1290", "deeper plain networks have more parameters", "", more_parameters,
          AGREES),
    Claim("stanford:1340", "every residual block has two 3x3 convolutions", "", twos, AGREES,
          "ResNet-50 and deeper have bottlenecks instead (stanford:1404)"),
    Claim("stanford:1420, virginia:332", "batch normalization after every convolution", "",
          norm_for_each_conv, AGREES),
    Claim("stanford:1426, virginia:337", "layers of dropout", "0",
          lambda: kinds("resnet152", Dropout), AGREES),
    Claim("stanford:1382", "fully connected layers but the output", "0",
          lambda: kinds("resnet152", Linear) - 1, AGREES),
    Claim("stanford:1383", "takes images of any size", "", any_size, AGREES),
    Claim("stanford:1616, stanford:1617", "layers of the wide and of the original network",
          ("50", "152"), lambda: (layers("wide_resnet50_2"), layers("resnet152")), AGREES,
          lambda: f"{macs('wide_resnet50_2'):,} and {macs('resnet152'):,} MACs"),
    Claim("iitk:295", "times as deep as VGG", "8x",
          lambda: layers("resnet152") / layers("vgg19"), AGREES),
    Claim("iitk:296", "lower complexity than VGG", "", lower_complexity, AGREES),
    Claim("stanford:1353", "volume of the activations from stage to stage", "half", halved, AGREES),
    Claim("memphis:436", "3x3 from 256 to 256 maps: operations", "~600K", direct, ROUNDS,
          "weights, and MACs for each pixel"),
    Claim("memphis:438, memphis:439, memphis:440", "bottleneck 256-64-64-256: operations",
          ("~16K", "~36K", "~16K"), narrow, OTHER,
          "weights, and MACs for each pixel; 36,864 would round to 37K",
          ("K = 1,024", lambda: tuple(count / 1.024 for count in narrow()))),
    Claim("memphis:441", "bottleneck 256-64-64-256: sum of operations", "~70K",
          lambda: sum(narrow()), ROUNDS,
          lambda: f"{direct() / sum(narrow()):.2f} times fewer than without the bottleneck"),
    *cost_claims(),
    Claim("stanford:1421", '"Xavier initialization from He et al."', "",
          lambda: Fact(bool(np.isclose(he_over_xavier(), 1)),
                       f"He's standard deviation is {he_over_xavier():.3f} times Xavier's"),
          DIFFERS, "He et al. 2015 replaced Xavier's rule by their own; virginia:333 says He"),
    Claim("iitk:456", "paths through N units, in ResNet-110", "2^N", two_to_the_n, AGREES),
    Claim("iitk:476", "paths that are left when one unit is deleted", "half", lesion, AGREES),
    Claim("iitk:419", "ResNet-110 is an ensemble of networks of so many layers", "10-34",
          lambda: Fact(share_of_paths("resnet110", 10, 34) > 0.5,
                       f"{100 * share_of_paths('resnet110', 10, 34):.2f} % of the paths"), DIFFERS,
          lambda: "those carry most of the gradient (Veit et al. 2016); "
          f"{100 * share_of_paths('resnet110', 38, 70):.0f} % of the paths have 38 to 70 layers"),
))
