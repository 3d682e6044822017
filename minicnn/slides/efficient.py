"""Claims about cheap convolutions, scaling, and networks compared with each other."""

from math import prod

from minicnn.layers.conv import Conv2d
from minicnn.models.efficientnet import compound_scaling
from minicnn.models.xception import separable
from minicnn.slides.claim import AGREES, OTHER, ROUNDS, Claim, Fact, Topic
from minicnn.slides.measure import macs, parameters

C, SIDE = 64, 14
COMPARED = ("alexnet", "nin", "googlenet", "resnet18", "resnet34", "resnet50", "resnet101",
            "resnet152", "inception_v3", "inception_v4", "vgg16", "vgg19")


def standard(maps: int) -> int:
    """MACs of a 3x3 convolution from `maps` to `maps`."""
    conv = Conv2d(maps, maps, 3, padding=1)
    return conv.macs((maps, SIDE, SIDE), conv.shape((maps, SIDE, SIDE)))


def separated(maps: int) -> int:
    """The same as a depthwise convolution and one of 1x1."""
    convs = [part for part in separable(maps, maps).modules() if isinstance(part, Conv2d)]
    return sum(conv.macs((maps, SIDE, SIDE), (maps, SIDE, SIDE)) for conv in convs)


def most(count) -> Fact:
    """VGG-19 leads the list."""
    first, second = sorted(COMPARED, key=count, reverse=True)[:2]
    return Fact(first == "vgg19", f"{first} {count(first):,}, {second} {count(second):,}")


def alexnet_small_and_heavy() -> Fact:
    others = [name for name in COMPARED if name != "alexnet"]
    return Fact(macs("alexnet") < min(map(macs, others))
                and parameters("alexnet") > parameters("resnet152"),
                f"{macs('alexnet'):,} MACs, fewest of {len(COMPARED)}; {parameters('alexnet'):,} "
                f"parameters, more than ResNet-152's {parameters('resnet152'):,}")


def doubling() -> float:
    """alpha beta^2 gamma^2, by which the cost grows from one phi to the next."""
    depth, width, resolution = compound_scaling(1)
    return prod((depth, width ** 2, resolution ** 2))


EFFICIENT = Topic("Efficient networks and comparisons", 'stanford "MobileNets", "EfficientNet: '
                  'Smart Compound Scaling", "Comparing complexity..."', (
    Claim("stanford:1654", "3x3 convolution, C to C maps: MACs in units of C^2 H W", "9",
          lambda: standard(C) // (C * C * SIDE * SIDE), AGREES),
    Claim("stanford:1657", "depthwise separable convolutions are much more efficient", "",
          lambda: Fact(standard(C) > 2 * separated(C), ", ".join(
              f"{standard(maps) / separated(maps):.1f} times with {maps} maps"
              for maps in (64, 512))), AGREES, "9 C H W + C^2 H W instead of 9 C^2 H W"),
    Claim("stanford:1712", "alpha beta^2 gamma^2 of the paper's alpha, beta, gamma", "~2", doubling,
          ROUNDS),
    Claim("stanford:1516", "VGG has the most parameters", "", lambda: most(parameters), AGREES),
    Claim("stanford:1516", "VGG has the most operations", "", lambda: most(macs), AGREES),
    Claim("stanford:1503, stanford:1510", "G-Ops of VGG-19, off an axis labelled to 35",
          "over 35", lambda: Fact(macs("vgg19") > 35e9, f"{macs('vgg19') / 1e9:.2f}G"), OTHER,
          "an operation there is one multiplication or addition; in the ResNet table it is a MAC",
          ("two for each MAC", lambda: Fact(2 * macs("vgg19") > 35e9,
                                            f"{2 * macs('vgg19') / 1e9:.2f}G"))),
    Claim("stanford:1536", "AlexNet: smaller compute, still memory heavy", "",
          alexnet_small_and_heavy, AGREES),
))
