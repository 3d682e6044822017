"""VGG: nothing but convolutions of 3 x 3 and pooling of 2 x 2, in six depths.

    name                     configuration                          parameters    of table 2
    "vgg11"                  A        11 layers with weights       132,863,336    133 million
    "vgg_a_lrn"              A-LRN    11, and normalisation        132,863,336    133
    "vgg13"                  B        13                           133,047,848    133
    "vgg16_c"                C        16, three of them 1 x 1      133,638,952    134
    "vgg16"                  D        16                           138,357,544    138
    "vgg19"                  E        19                           143,667,240    144
    "vgg11_bn"               A with batch normalisation            132,868,840
    "vgg13_bn"               B with it                             133,053,736
    "vgg16_bn"               D with it                             138,365,992
    "vgg19_bn"               E with it                             143,678,248
    "vgg_small"              6 convolutions, for 32 x 32 pictures      567,082

All but the last read colour images of 224 x 224, from which the paper takes the training set's mean
colour.

Source: Simonyan and Zisserman, "Very deep convolutional networks for large-scale image
recognition", ICLR 2015, tables 1 and 2.  Slides: memphis "VGGNet: ILSVRC 2014 2nd place" and iitk
"Architectures Tested" (table 1); memphis and stanford list configuration D line by line, with the
values of each output and the weights "not counting biases": SLIDE below.  Their sum of 24M values
is 15,237,608 in truth, with the input; the 138M parameters are right.

Departures from the paper
-------------------------
1. Dropout doubles what it keeps in training; the paper halves everything in the test instead.
2. Weights start as Glorot and Bengio draw them, biases at 0: a footnote of section 3.1 calls that
   enough.  The paper drew A with variance 0.01 (minicnn.init.vgg), and gave the deeper ones A's
   trained layers.
3. The paper turns the fully connected layers into convolutions for the test; here they stay, so
   the image must have 224 x 224 pixels.
4. variant="torchvision" has an average before the first fully connected layer that makes 7 x 7 out
   of any image, He's initialisation, and torchvision's names.  torchvision's weights load into both
   variants.  Batch normalisation is torchvision's addition; its convolutions keep their biases.
"""

from collections.abc import Callable
from functools import partial

from minicnn.data.preparation import Preparation
from minicnn.init import apply_init, he_normal, normal, xavier_normal, zeros
from minicnn.layers.activations import ReLU
from minicnn.layers.adaptive import AdaptiveAvgPool2d
from minicnn.layers.batchnorm import BatchNorm2d
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d
from minicnn.layers.dropout import Dropout
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.module import Module
from minicnn.models.alexnet import response_norm
from minicnn.models.network import Network, check_choice, check_classes
from minicnn.models.table import Row, row
from minicnn.weights.names import Names

# Table 1.  A bar is a maxpool; then come, for all, FC-4096, FC-4096, FC-1000.
TABLE = {
    "A":     "conv3-64 | conv3-128 | conv3-256 conv3-256 |"
             "conv3-512 conv3-512 | conv3-512 conv3-512",
    "A-LRN": "conv3-64 LRN | conv3-128 | conv3-256 conv3-256 |"
             "conv3-512 conv3-512 | conv3-512 conv3-512",
    "B":     "conv3-64 conv3-64 | conv3-128 conv3-128 | conv3-256 conv3-256 |"
             "conv3-512 conv3-512 | conv3-512 conv3-512",
    "C":     "conv3-64 conv3-64 | conv3-128 conv3-128 | conv3-256 conv3-256 conv1-256 |"
             "conv3-512 conv3-512 conv1-512 | conv3-512 conv3-512 conv1-512",
    "D":     "conv3-64 conv3-64 | conv3-128 conv3-128 | conv3-256 conv3-256 conv3-256 |"
             "conv3-512 conv3-512 conv3-512 | conv3-512 conv3-512 conv3-512",
    "E":     "conv3-64 conv3-64 | conv3-128 conv3-128 | conv3-256 conv3-256 conv3-256 conv3-256 |"
             "conv3-512 conv3-512 conv3-512 conv3-512 | conv3-512 conv3-512 conv3-512 conv3-512",
    "small": "conv3-32 conv3-32 | conv3-64 conv3-64 | conv3-128 conv3-128",
}

# Configuration D as memphis and stanford print it: output, memory in values, weights.
SLIDE = {
    "conv1_1": ("64x224x224",  "3.2M", 1_728),
    "conv1_2": ("64x224x224",  "3.2M", 36_864),
    "pool1":   ("64x112x112",  "800K", 0),
    "conv2_1": ("128x112x112", "1.6M", 73_728),
    "conv2_2": ("128x112x112", "1.6M", 147_456),
    "pool2":   ("128x56x56",   "400K", 0),
    "conv3_1": ("256x56x56",   "800K", 294_912),
    "conv3_2": ("256x56x56",   "800K", 589_824),
    "conv3_3": ("256x56x56",   "800K", 589_824),
    "pool3":   ("256x28x28",   "200K", 0),
    "conv4_1": ("512x28x28",   "400K", 1_179_648),
    "conv4_2": ("512x28x28",   "400K", 2_359_296),
    "conv4_3": ("512x28x28",   "400K", 2_359_296),
    "pool4":   ("512x14x14",   "100K", 0),
    "conv5_1": ("512x14x14",   "100K", 2_359_296),
    "conv5_2": ("512x14x14",   "100K", 2_359_296),
    "conv5_3": ("512x14x14",   "100K", 2_359_296),
    "pool5":   ("512x7x7",     "25K",  0),
    "fc6":     ("4096",        "4096", 102_760_448),
    "fc7":     ("4096",        "4096", 16_777_216),
    "fc8":     ("1000",        "1000", 4_096_000),
}


Blocks = list[tuple[str, str, list[Module]]]


def convolutions(config: str, channels: int, batch_norm: bool) -> Blocks:
    """(label, word, layers) of each word of the table, and of the pooling behind each block."""
    found: Blocks = []
    for block, words in enumerate(TABLE[config].split("|"), 1):
        for number, word in enumerate(words.split(), 1):
            if word == "LRN":
                found.append((f"lrn{block}", word, [response_norm()]))
                continue
            side, width = map(int, word.removeprefix("conv").split("-"))       # conv3-64
            norm = [BatchNorm2d(width)] if batch_norm else []
            found.append((f"conv{block}_{number}", word, [
                Conv2d(channels, width, side, padding=side // 2), *norm, ReLU()]))
            channels = width
        found.append((f"pool{block}", "maxpool", [MaxPool2d(2)]))
    return found


def paper_rows(config: str, blocks: Blocks, size: tuple[int, int, int], classes: int,
               dropout: float) -> list[Row]:
    maps, side, width = size                               # last maps, their side; hidden units
    classifier: Blocks = [
        ("fc6", "FC-4096", [Flatten(), Linear(maps * side * side, width), ReLU(),
                            Dropout(dropout)]),
        ("fc7", "FC-4096", [Linear(width, width), ReLU(), Dropout(dropout)]),
        ("fc8", "FC-1000", [Linear(width, classes)])]
    rows = []
    for label, word, layers in blocks + classifier:
        slide = {} if config == "small" else {"word": word}
        if config == "D":
            output, values, weights = SLIDE[label]
            slide |= {"output": output, "memory": f"{values} values",
                      "weights": f"{weights:,} weights"}
        rows.append(row(label, *layers, **slide))
    return rows


def torchvision_rows(config: str, blocks: Blocks, size: tuple[int, int, int], classes: int,
                     dropout: float) -> list[Row]:
    maps, side, width = size
    features = Sequential(*[layer for _, _, layers in blocks for layer in layers])
    classifier = Sequential(
        Linear(maps * side * side, width), ReLU(), Dropout(dropout),
        Linear(width, width), ReLU(), Dropout(dropout),
        Linear(width, classes))
    return [row("features", apply_init(features, he_normal(mode="fan_out"), zeros)),
            row("avgpool", AdaptiveAvgPool2d(side)), row("flatten", Flatten()),
            row("classifier", apply_init(classifier, normal(0.01), zeros))]


VARIANTS = {"paper": paper_rows, "torchvision": torchvision_rows}


def torchvision_names(blocks: Blocks) -> Names:
    """Of the rows of "paper": torchvision counts all layers through."""
    rules, layer = [(r"^fc6", "classifier.0"), (r"^fc7", "classifier.3"),
                    (r"^fc8", "classifier.6")], 0
    for label, _, layers in blocks:
        rules += [(rf"^{label}\.", f"features.{layer}."),
                  (rf"^{label}_batchnorm2d\.", f"features.{layer + 1}.")]
        layer += len(layers)
    return Names(*rules)


class VGG(Network):
    """VGG:  (N, 3, 224, 224) -> (N, classes) scores.

    Parameters
    ----------
    config : "A", "A-LRN", "B", "C", "D" or "E"       the column of table 1; or "small"
    variant : "paper" or "torchvision"                see departure 4
    batch_norm : bool, default False                  between convolution and ReLU
    classes : int, optional                           1000 if not given; 10 for "small"
    channels : int, default 3                         of the image; 1 for grey ones
    dropout : float, default 0.5                      probability of dropping a hidden unit

    >>> [round(VGG(config).num_parameters() / 1e6) for config in ("A", "B", "C", "D", "E")]
    [133, 133, 134, 138, 144]
    """

    def __init__(self, config: str = "D", variant: str = "paper", batch_norm: bool = False,
                 classes: int | None = None, channels: int = 3, dropout: float = 0.5) -> None:
        check_choice("VGG", "configuration", config, TABLE)
        rows = VARIANTS[check_choice("VGG", "variant", variant, VARIANTS)]
        small = config == "small"
        classes = check_classes("VGG", (10 if small else 1000) if classes is None else classes)
        size = (128, 4, 128) if small else (512, 7, 4096)  # last maps, their side, hidden units
        image = 32 if small else 224
        blocks = convolutions(config, channels, batch_norm)
        super().__init__(*rows(config, blocks, size, classes, dropout),
                         input_shape=(channels, image, image))
        self.variant = config if variant == "paper" else f"{config} {variant}"
        if config in ("A", "B", "D", "E"):
            self.published = {"torchvision": torchvision_names(blocks) if variant == "paper"
                              else Names()}
        self.preparation = Preparation() if self.published else None
        if variant == "paper":
            apply_init(self, weight=xavier_normal(), bias=zeros)


NETWORKS: dict[str, Callable[..., Module]] = {
    "vgg11": partial(VGG, config="A"), "vgg_a_lrn": partial(VGG, config="A-LRN"),
    "vgg13": partial(VGG, config="B"), "vgg16_c": partial(VGG, config="C"),
    "vgg16": partial(VGG, config="D"), "vgg19": partial(VGG, config="E"),
    "vgg_small": partial(VGG, config="small"),
}
NETWORKS |= {f"{name}_bn": partial(NETWORKS[name], variant="torchvision", batch_norm=True)
             for name in ("vgg11", "vgg13", "vgg16", "vgg19")}
