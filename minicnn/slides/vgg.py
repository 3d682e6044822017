"""Claims about VGG: its table, and the lines of configuration D."""

from functools import partial
from math import prod

from minicnn.analysis.figures import read_figure
from minicnn.layers.windowed import Windowed
from minicnn.slides.claim import AGREES, DIFFERS, ROUNDS, Claim, Fact, Topic
from minicnn.slides.measure import (
    layers,
    network,
    parameters,
    printed,
    printed_volume,
    table,
    values,
    volume,
    weights,
)

FCS = ("fc6", "fc7", "fc8")
NAMES = ("vgg11", "vgg_a_lrn", "vgg13", "vgg16_c", "vgg16", "vgg19")     # A, A-LRN, B, C, D, E

# The lines of configuration D, and where memphis and stanford print them.
LINES = (
    ("conv1_1", 253, 829), ("conv1_2", 254, 830), ("pool1", 255, 831), ("conv2_1", 256, 832),
    ("conv2_2", 257, 834), ("pool2", 258, 835), ("conv3_1", 259, 836), ("conv3_2", 260, 837),
    ("conv3_3", 261, 838), ("pool3", 262, 839), ("conv4_1", 263, 840), ("conv4_2", 264, 841),
    ("conv4_3", 265, 842), ("pool4", 266, 843), ("conv5_1", 267, 844), ("conv5_2", 268, 845),
    ("conv5_3", 269, 846), ("pool5", 270, 847), ("fc6", 271, 848), ("fc7", 272, 849),
    ("fc8", 273, 850),
)

IMAGE = "150K"                     # values of the image, as both decks print them
WINDOWS = ["kernel 2x2, stride 2x2", "kernel 3x3, padding 1x1"]
TRANSFER = ("FC-1000 FC-4096 FC-4096 MaxPool Conv-512 Conv-512 MaxPool Conv-512 Conv-512 MaxPool "
            "Conv-256 Conv-256 MaxPool Conv-128 Conv-128 MaxPool Conv-64 Conv-64")


def image() -> int:
    return prod(network("vgg16").input_shape)


def stored() -> int:
    """Values of the image and of every row's output, as the slide adds them."""
    return image() + sum(values("vgg16", line.row) for line in table("vgg16").rows)


def with_relus() -> int:
    """The same if each ReLU keeps an output of its own."""
    return stored() + sum(line.memory // 4 for line in table("vgg16").lines if line.layer == "ReLU")


def printed_count(label: str, column: str) -> str:
    """"3.2M" of the row's "3.2M values", "1,728" of its "1,728 weights"."""
    return printed("vgg16", label, column).split()[0]


def rounded_values() -> float:
    """The slide's own figures for the image and the outputs, added up."""
    figures = map(read_figure, [IMAGE, *(printed_count(line[0], "memory") for line in LINES)])
    return sum(figure.value for figure in figures if figure is not None)


def printed_line(label: str) -> tuple[str, str]:
    return printed_volume("vgg16", label), printed_count(label, "memory")


def size_and_values(label: str) -> tuple[str, int]:
    return volume("vgg16", label), values("vgg16", label)


def share_of_values(*blocks: str) -> float:
    """What the outputs of the convolutions of some blocks take: conv1_1 is of block conv1."""
    return sum(values("vgg16", line.row) for line in table("vgg16").rows
               if line.row[:-2] in blocks) / stored()


def share_of_weights(*labels: str) -> float:
    return weights("vgg16", *labels) / weights("vgg16")


def windows(name: str) -> list[str]:
    """"kernel 2x2, stride 2x2": the kinds of window that a network has."""
    return sorted({str(layer.window) for layer in network(name).modules()
                   if isinstance(layer, Windowed)})


def from_the_end(name: str) -> str:
    """The layers as stanford's transfer learning slides write them."""
    words = {"Conv2d": "Conv-", "Linear": "FC-", "MaxPool2d": "MaxPool"}
    return " ".join(words[line.layer] + (line.output.split("x")[0] if line.macs else "")
                    for line in reversed(table(name).lines) if line.layer in words)


def heavier(name: str, other: str) -> Fact:
    """More memory for outputs, and for parameters."""
    first, second = ((table(each).memory, 4 * parameters(each)) for each in (name, other))
    return Fact(all(more > less for more, less in zip(first, second, strict=True)), "; ".join(
        f"{each} {outputs / 1e6:.1f} MB of outputs, {own / 1e6:.1f} MB of parameters"
        for each, (outputs, own) in ((name, first), (other, second))))


def line_claims() -> list[Claim]:
    claims = []
    for label, memphis, stanford in LINES:
        places = f"memphis:{memphis}, stanford:{stanford}"
        claims.append(Claim(places, f"{label}: output, values in it", partial(printed_line, label),
                            partial(size_and_values, label),
                            AGREES if label.startswith("fc") else ROUNDS))
        claims.append(Claim(places, f"{label}: weights", partial(printed_count, label, "weights"),
                            partial(weights, "vgg16", label), AGREES))
    return claims


VGG = Topic("VGG", 'memphis "VGGNet: ILSVRC 2014 2nd place"; iitk "Architectures Tested", "Number '
            'of Parameters"; stanford "VGGNet"', (
    Claim("memphis:240, iitk:169", "millions of parameters: A, A-LRN, B, C, D, E",
          tuple(f"{millions} million" for millions in (133, 133, 133, 134, 138, 144)),
          lambda: tuple(map(parameters, NAMES)), ROUNDS),
    Claim("iitk:170, memphis:220", "layers with weights: A, A-LRN, B, C, D, E",
          ("11", "11", "13", "16", "16", "19"), lambda: tuple(map(layers, NAMES)), AGREES),
    Claim("stanford:742, unicamp:289, iitk:23", "layers of VGG16 and VGG19", ("16", "19"),
          lambda: (layers("vgg16"), layers("vgg19")), AGREES),
    Claim("memphis:404", "layers in the drawing", "19", lambda: layers("vgg19"), AGREES),
    Claim("memphis:624", "layers of the network that came second", "16", lambda: layers("vgg16"),
          AGREES),
    Claim("memphis:252, stanford:828", "values of the image", IMAGE, image, ROUNDS),
    *line_claims(),
    Claim("memphis:319, stanford:885", "values of the image and of all lines' outputs", "24M",
          stored, DIFFERS, lambda: "the lines' own rounded figures add up to "
          f"{rounded_values():,.0f}; an output more for each ReLU would make {with_relus():,}"),
    Claim("memphis:319", "bytes of the image and of the outputs", "93MB",
          lambda: 4 * stored(), DIFFERS, "24M of 4 bytes would be 96.0 MB or 91.6 MiB, not 93"),
    Claim("stanford:885", "bytes of the image and of the outputs", "96MB",
          lambda: 4 * stored(), DIFFERS, "follows from the 24M, and goes with it"),
    Claim("memphis:321, stanford:886", "parameters", "138M", lambda: parameters("vgg16"), ROUNDS,
          lambda: f"{weights('vgg16'):,} without biases, as the lines count"),
    Claim("memphis:350, stanford:903", "most memory is in the early convolutions", "",
          lambda: Fact(share_of_values("conv1", "conv2") > 0.5,
                       f"{100 * share_of_values('conv1', 'conv2'):.1f} % in the first four, "
                       f"{100 * share_of_values('conv1'):.1f} % in the first two"), AGREES),
    Claim("memphis:351, stanford:916", "most parameters are in the late fully connected layers",
          "", lambda: Fact(share_of_weights(*FCS) > 0.5,
                           f"{100 * share_of_weights(*FCS):.1f} % of the weights"), AGREES),
    Claim("unicamp:291, stanford:745", "only 3x3 convolutions, stride 1, pad 1, and 2x2 poolings, "
          "stride 2", "", lambda: Fact(windows("vgg16") == WINDOWS, "; ".join(windows("vgg16"))),
          AGREES, "VGG-16 is D; configuration C has convolutions of 1x1, too"),
    Claim("stanford:946", "VGG19: more memory than VGG16", "", lambda: heavier("vgg19", "vgg16"),
          AGREES),
    Claim("stanford:1800", "the network drawn for transfer learning", TRANSFER,
          lambda: from_the_end("vgg13"), AGREES,
          lambda: f"VGG-{layers('vgg13')}, configuration B"),
))
