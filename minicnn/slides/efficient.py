"""Claims about cheap convolutions, scaling, and networks compared with each other."""

from collections.abc import Callable
from math import prod

from minicnn.backend.windows import times
from minicnn.layers.conv import Conv2d
from minicnn.layers.linear import Linear
from minicnn.layers.squeeze_excite import SqueezeExcite
from minicnn.models.efficientnet import compound_scaling
from minicnn.models.xception import separable
from minicnn.slides.claim import AGREES, DIFFERS, OTHER, ROUNDS, Claim, Fact, Topic
from minicnn.slides.measure import layers, macs, parameters

C, SIDE = 64, 14
WINNERS = ("alexnet", "googlenet", "resnet152")
COMPARED = ("alexnet", "nin", "googlenet", "resnet18", "resnet34", "resnet50", "resnet101",
            "resnet152", "inception_v3", "inception_v4", "vgg16", "vgg19")


def conv3(maps: int) -> Conv2d:
    return Conv2d(maps, maps, 3, padding=1, bias=False)


def convolutions(maps: int) -> list[Conv2d]:
    """What replaces it: a depthwise convolution and one of 1x1."""
    return [part for part in separable(maps, maps).modules() if isinstance(part, Conv2d)]


def cost(*convs: Conv2d) -> int:
    """MACs of convolutions that keep the size and the number of maps."""
    return sum(conv.macs(shape, conv.shape(shape)) for conv in convs
               for shape in [(conv.in_channels, SIDE, SIDE)])


def standard(maps: int) -> int:
    return cost(conv3(maps))


def separated(maps: int) -> int:
    return cost(*convolutions(maps))


def most(count: Callable[[str], int]) -> Fact:
    """VGG-19 leads the list."""
    first, second = sorted(COMPARED, key=count, reverse=True)[:2]
    return Fact(first == "vgg19", f"{first} {count(first):,}, {second} {count(second):,}")


def alexnet_small_and_heavy() -> Fact:
    others = [name for name in COMPARED if name != "alexnet"]
    return Fact(macs("alexnet") < min(map(macs, others))
                and parameters("alexnet") > parameters("resnet152"),
                f"{macs('alexnet'):,} MACs, fewest of {len(COMPARED)}; {parameters('alexnet'):,} "
                f"parameters, more than ResNet-152's {parameters('resnet152'):,}")


def outputs(*convs: Conv2d) -> int:
    """Values that convolutions put out, which training keeps."""
    return sum(prod(conv.shape((C, SIDE, SIDE))) for conv in convs)


def less_memory() -> Fact:
    parts = convolutions(C)
    return Fact(outputs(*parts) < outputs(conv3(C)),
                f"{outputs(*parts):,} values of outputs instead of {outputs(conv3(C)):,}")


def fewer_weights() -> Fact:
    own, other = sum(part.num_parameters() for part in convolutions(C)), conv3(C).num_parameters()
    return Fact(own < other, f"{own:,} instead of {other:,}")


def fewer_computations() -> Fact:
    return Fact(separated(C) < standard(C), f"{separated(C):,} MACs instead of {standard(C):,}")


def deeper_and_lighter() -> Fact:
    """Each winner against the one before."""
    counts = [(layers(name), parameters(name)) for name in WINNERS]
    return Fact(all(after[0] > before[0] and after[1] < before[1]
                    for before, after in zip(counts, counts[1:], strict=False)), "; ".join(
        f"{name} {depth} layers, {count / 1e6:.1f}M"
        for name, (depth, count) in zip(WINNERS, counts, strict=True)))


def gigas() -> str:
    return "the others in MACs: " + ", ".join(
        f"{name} {macs(name) / 1e9:.2f}G" for name in COMPARED if name != "vgg19")


def doubling() -> float:
    """alpha beta^2 gamma^2, by which the cost grows from one phi to the next."""
    depth, width, resolution = compound_scaling(1)
    return prod((depth, width ** 2, resolution ** 2))


EFFICIENT = Topic("Efficient networks and comparisons", (
    Claim("stanford: MobileNets",
          "3x3 convolution, C to C maps: MACs in units of C^2 H W", "9",
          lambda: standard(C) // (C * C * SIDE * SIDE), AGREES),
    Claim("stanford: MobileNets",
          "depthwise separable convolutions are much more efficient", "",
          lambda: Fact(standard(C) > 2 * separated(C), ", ".join(
              f"{standard(maps) / separated(maps):.1f} times with {maps} maps"
              for maps in (64, 512))), AGREES, "9 C H W + C^2 H W instead of 9 C^2 H W"),
    Claim("virginia: Separate convolutional layers",
          "separable convolutions use fewer parameters", "", fewer_weights, AGREES),
    Claim("virginia: Separate convolutional layers",
          "separable convolutions use few computations", "", fewer_computations,
          AGREES),
    Claim("virginia: Separate convolutional layers",
          "separable convolutions use less memory", "", less_memory, OTHER,
          "less for the weights; training keeps the depthwise output, too",
          ("for weights", fewer_weights)),
    Claim("stanford: EfficientNet: Smart Compound Scaling",
          "alpha beta^2 gamma^2 of the paper's alpha, beta, gamma", "~2", doubling,
          ROUNDS),
    Claim("stanford: Comparing complexity (3rd)",
          "VGG has the most parameters", "", lambda: most(parameters), AGREES),
    Claim("stanford: Comparing complexity (3rd)",
          "VGG has the most operations", "", lambda: most(macs), AGREES),
    Claim("stanford: Comparing complexity (2nd)",
          "G-Ops of VGG-19, off an axis labelled to 35",
          "over 35", lambda: Fact(macs("vgg19") > 35e9, f"{macs('vgg19') / 1e9:.2f}G"), OTHER,
          lambda: "an operation there is one multiplication or addition, in the ResNet table it is "
          f"a MAC; {gigas()}",
          ("two for each MAC", lambda: Fact(2 * macs("vgg19") > 35e9,
                                            f"{2 * macs('vgg19') / 1e9:.2f}G"))),
    Claim("stanford: Comparing complexity (5th)",
          "AlexNet: smaller compute, still memory heavy", "",
          alexnet_small_and_heavy, AGREES),
    Claim("virginia: Summary",
          'CNNs keep getting deeper and lighter (the winners of 2012, '
          "2014, 2015)", "", deeper_and_lighter, DIFFERS, "deeper, but ResNet is not lighter"),
    Claim("stanford: Squeeze-and-Excitation Networks (SENet)", "fully connected layers of the "
          "module", "2", lambda: sum(isinstance(part, Linear) for part in
                                     SqueezeExcite(64, 16).modules()), AGREES),
    Claim("stanford: MobileNets", "sizes of the filters instead of 3x3: depthwise, pointwise",
          ("3x3", "1x1"), lambda: tuple(times(part.kernel_size) for part in convolutions(C)),
          AGREES),
    Claim("stanford: EfficientNet: Smart Compound Scaling", "alpha, beta, gamma are at least 1", "",
          lambda: Fact(min(compound_scaling(1)) >= 1, ", ".join(map(str, compound_scaling(1)))),
          AGREES),
))
