"""Claims about VGG: its table, and the lines of configuration D."""

from functools import partial
from math import prod

from minicnn.analysis.figures import read_figure
from minicnn.backend.windows import times
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

# The lines of configuration D, and where two decks print them.
LIST = ("memphis: VGGNet: ILSVRC 2014 2nd place (3rd); "
        "stanford: VGG16, the list of its layers (1st)")
LINES = ("conv1_1", "conv1_2", "pool1", "conv2_1", "conv2_2", "pool2", "conv3_1", "conv3_2",
         "conv3_3", "pool3", "conv4_1", "conv4_2", "conv4_3", "pool4", "conv5_1", "conv5_2",
         "conv5_3", "pool5", "fc6", "fc7", "fc8")

# The configurations, from the top of their table to its end: a copy, as claims about filters have
# (minicnn.slides.measure).
COLUMNS = {
    "vgg11": "64 M 128 M 256 256 M 512 512 M 512 512 M",
    "vgg_a_lrn": "64 LRN M 128 M 256 256 M 512 512 M 512 512 M",
    "vgg13": "64 64 M 128 128 M 256 256 M 512 512 M 512 512 M",
    "vgg16_c": "64 64 M 128 128 M 256 256 1-256 M 512 512 1-512 M 512 512 1-512 M",
    "vgg16": "64 64 M 128 128 M 256 256 256 M 512 512 512 M 512 512 512 M",
    "vgg19": "64 64 M 128 128 M 256 256 256 256 M 512 512 512 512 M 512 512 512 512 M",
}
CONFIGURATIONS = "memphis: VGGNet: ILSVRC 2014 2nd place (2nd); iitk: Architectures Tested"
DRAWING = "stanford: VGG16, the list of its layers (1st)"
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
    figures = map(read_figure, [IMAGE, *(printed_count(line, "memory") for line in LINES)])
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


def column(name: str) -> str:
    """The layers of a configuration as the table writes them: conv3-64, LRN, maxpool, FC-4096."""
    words = {"Linear": "FC", "MaxPool2d": "maxpool", "LocalResponseNorm": "LRN"}
    out = []
    for line in table(name).lines:
        maps = line.output.split("x")[0]
        if line.layer == "Conv2d":
            out.append(f"conv{line.kernel[0]}-{maps}")
        elif line.layer in words:
            out.append(words[line.layer] + (f"-{maps}" if line.layer == "Linear" else ""))
    return " ".join(out)


def written(column: str) -> str:
    """A column of ours in the table's words."""
    words = {"M": "maxpool", "LRN": "LRN"}
    convs = [words.get(part) or ("conv" + part if "-" in part else f"conv3-{part}")
             for part in column.split()]
    return " ".join([*convs, "FC-4096 FC-4096 FC-1000"])


def column_claims() -> list[Claim]:
    return [Claim(CONFIGURATIONS, f"configuration {letter}", written(COLUMNS[name]),
                  partial(column, name), AGREES)
            for letter, name in zip(("A", "A-LRN", "B", "C", "D", "E"), NAMES, strict=True)]


def backward() -> float:
    """Values that training keeps for each of the forward pass: no gradient for the image."""
    return (2 * stored() - image()) / stored()


def of_summary() -> str:
    return (f"`summary vgg16` counts {table('vgg16').memory:,}: each layer's output, ReLUs and "
            "dropouts too, and no image")


def heavier(name: str, other: str) -> Fact:
    """More memory for outputs, and for parameters."""
    first, second = ((table(each).memory, 4 * parameters(each)) for each in (name, other))
    return Fact(all(more > less for more, less in zip(first, second, strict=True)), "; ".join(
        f"{each} {outputs / 1e6:.1f} MB of outputs, {own / 1e6:.1f} MB of parameters"
        for each, (outputs, own) in ((name, first), (other, second))))


def line_claims() -> list[Claim]:
    claims = []
    for label in LINES:
        claims.append(Claim(LIST, f"{label}: output, values in it", partial(printed_line, label),
                            partial(size_and_values, label),
                            AGREES if label.startswith("fc") else ROUNDS))
        claims.append(Claim(LIST, f"{label}: weights", partial(printed_count, label, "weights"),
                            partial(weights, "vgg16", label), AGREES))
    return claims


VGG = Topic("VGG", (
    Claim("memphis: VGGNet: ILSVRC 2014 2nd place (2nd); iitk: Number of Parameters",
          "millions of parameters: A, A-LRN, B, C, D, E",
          tuple(f"{millions} million" for millions in (133, 133, 133, 134, 138, 144)),
          lambda: tuple(map(parameters, NAMES)), ROUNDS),
    Claim("iitk: Number of Parameters; memphis: VGGNet: ILSVRC 2014 2nd place (2nd)",
          "layers with weights: A, A-LRN, B, C, D, E",
          ("11", "11", "13", "16", "16", "19"), lambda: tuple(map(layers, NAMES)), AGREES),
    Claim("stanford: Small filters, Deeper networks; unicamp: VGGNet; iitk: Image Classification",
          "layers of VGG16 and VGG19", ("16", "19"),
          lambda: (layers("vgg16"), layers("vgg19")), AGREES),
    Claim("memphis: ResNet: ILSVRC 2015 winner",
          "layers in the drawing", "19", lambda: layers("vgg19"), AGREES),
    Claim("memphis: Summary: ILSVRC 2012-2015",
          "layers of the network that came second", "16", lambda: layers("vgg16"),
          AGREES),
    Claim("memphis: VGGNet: ILSVRC 2014 2nd place (3rd); "
          "stanford: VGG16, the list of its layers (1st)",
          "values of the image", IMAGE, image, ROUNDS),
    *line_claims(),
    *column_claims(),
    Claim(CONFIGURATIONS, "sides of the input", "224 x 224",
          lambda: times(network("vgg16").input_shape[1:]).replace("x", " x "), AGREES),
    Claim(DRAWING, "convolutions with 64, 128, 256, 512 maps in the drawing of VGG16",
          ("2", "2", "2", "6"), lambda: tuple(column("vgg16").split().count(f"conv3-{maps}")
                                              for maps in (64, 128, 256, 512)), DIFFERS,
          "the drawing lacks one of the three with 256 maps, so it shows 15 layers"),
    Claim(DRAWING, "neurons in the drawing", ("4096", "4096", "1000"),
          lambda: tuple(values("vgg16", label) for label in FCS), AGREES),
    Claim("memphis: VGGNet: ILSVRC 2014 2nd place (4th); "
          "stanford: VGG16, the list of its layers (3rd)", "times as much memory for the backward "
          "pass", "~2", backward, ROUNDS, "a gradient for each output, none for the image"),
    Claim("memphis: VGGNet: ILSVRC 2014 2nd place (4th); "
          "stanford: VGG16, the list of its layers (2nd)",
          "values of the image and of all lines' outputs", "24M",
          stored, DIFFERS, lambda: "the lines' own rounded figures add up to "
          f"{rounded_values():,.0f}; an output more for each ReLU would make {with_relus():,}"),
    Claim("memphis: VGGNet: ILSVRC 2014 2nd place (4th)",
          "bytes of the image and of the outputs", "93MB",
          lambda: 4 * stored(), DIFFERS, lambda: "24M of 4 bytes would be 96.0 MB or 91.6 MiB, "
          f"not 93; {of_summary()}"),
    Claim("stanford: VGG16, the list of its layers (2nd)",
          "bytes of the image and of the outputs", "96MB",
          lambda: 4 * stored(), DIFFERS, lambda: f"follows from the 24M; {of_summary()}"),
    Claim("memphis: VGGNet: ILSVRC 2014 2nd place (4th); "
          "stanford: VGG16, the list of its layers (2nd)",
          "parameters", "138M", lambda: parameters("vgg16"), ROUNDS,
          lambda: f"{weights('vgg16'):,} without biases, as the lines count"),
    Claim("memphis: VGGNet: ILSVRC 2014 2nd place (5th); "
          "stanford: VGG16, the list of its layers (3rd)",
          "most memory is in the early convolutions", "",
          lambda: Fact(share_of_values("conv1", "conv2") > 0.5,
                       f"{100 * share_of_values('conv1', 'conv2'):.1f} % in the first four, "
                       f"{100 * share_of_values('conv1'):.1f} % in the first two"), AGREES),
    Claim("memphis: VGGNet: ILSVRC 2014 2nd place (5th); "
          "stanford: VGG16, the list of its layers (3rd)",
          "most parameters are in the late fully connected layers",
          "", lambda: Fact(share_of_weights(*FCS) > 0.5,
                           f"{100 * share_of_weights(*FCS):.1f} % of the weights"), AGREES),
    Claim("unicamp: VGGNet; stanford: Small filters, Deeper networks",
          "only 3x3 convolutions, stride 1, pad 1, and 2x2 poolings, "
          "stride 2", "", lambda: Fact(windows("vgg16") == WINDOWS, "; ".join(windows("vgg16"))),
          AGREES, "VGG-16 is D; configuration C has convolutions of 1x1, too"),
    Claim("stanford: VGGNet, Details",
          "VGG19: more memory than VGG16", "", lambda: heavier("vgg19", "vgg16"),
          AGREES),
    Claim("stanford: 1. Train on Imagenet (2nd)",
          "the network drawn for transfer learning", TRANSFER,
          lambda: from_the_end("vgg13"), AGREES,
          lambda: f"VGG-{layers('vgg13')}, configuration B"),
))
