"""DenseNet: each layer reads the maps of all layers before it in its block, and adds k new ones.

    x_l = F_l([x_0; x_1; ...; x_(l-1)])

    F_l = bn relu conv1x1 (to 4 k maps) bn relu conv3x3 (to k maps)

    ImageNet    layers    k     parameters       CIFAR-10    layers    k     parameters
                121       32     7,978,856       plain       40        12     1,019,722
                169       32    14,149,480                   100       12     6,979,642
                201       32    20,013,928                   100       24    27,249,082
                161       48    28,681,000       BC          100       12       769,162
                264       32    33,337,704                   250       24    15,324,406
                                                             190       40    25,624,430

"B" has the 1x1 in front of each 3x3, "C" halves the maps between two blocks; all networks for
ImageNet have both, plain ones neither.  ImageNet's images are 3 x 224 x 224, CIFAR's 3 x 32 x 32,
scaled to mean 0 and variance 1 in each channel.

Source: Huang, Liu, van der Maaten, Weinberger, "Densely connected convolutional networks", CVPR
2017, table 1 (ImageNet; 161 is in the authors' program), section 3 and table 2 (CIFAR).  The rows
of table 1 make 265 layers of what it calls DenseNet-264.  Slides: memphis "CNN models", stanford
"Other ideas..." and "Also....".

The weights are named as torchvision's but for the beginnings:

    torchvision                              here
    features.conv0.                          conv1.
    features.norm0.                          conv1_batchnorm2d.
    features.denseblockB.denselayerL.        denseB.(L-1).body.
    features.transitionB.                    transitionB.
    features.norm5.                          norm.
    classifier.                              fc.

Departures from the paper
-------------------------
1. Each layer copies the maps before it into one array, so that training memory grows with the
   square of a block's layers; the authors' later report shares the copies.
"""

from collections.abc import Callable, Sequence
from functools import partial

from minicnn.autograd.tensor import Tensor
from minicnn.data.preparation import Preparation
from minicnn.init import apply_init, he_normal, zeros
from minicnn.layers.activations import ReLU
from minicnn.layers.adaptive import GlobalAvgPool2d
from minicnn.layers.avgpool import AvgPool2d
from minicnn.layers.batchnorm import BatchNorm2d
from minicnn.layers.concat import Concat
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d
from minicnn.layers.dropout import Dropout
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.module import Module
from minicnn.models.network import Network, check_choice, check_classes
from minicnn.models.table import Row, row
from minicnn.models.units import units_per_stage
from minicnn.weights.names import Names, numbered

#   layers   k    layers in each dense block    (table 1)
COLUMNS = {
    121: (32, (6, 12, 24, 16)),
    169: (32, (6, 12, 32, 32)),
    201: (32, (6, 12, 48, 32)),
    264: (32, (6, 12, 64, 48)),
    161: (48, (6, 12, 36, 24)),
}


class DenseLayer(Module):
    """y = [x; F(x)]:  (N, C, H, W) -> (N, C + k, H, W).

    in_channels, growth : int     C and k
    bottleneck : bool             1x1 with 4 k maps before the 3x3
    dropout : float               probability, behind each convolution

    A 3x3 on all C channels would cost 9 C k weights; with the 1x1 before it, 4 C k + 36 k^2.
    """

    def __init__(self, in_channels: int, growth: int, bottleneck: bool, dropout: float) -> None:
        convs = [(4 * growth, 1), (growth, 3)] if bottleneck else [(growth, 3)]
        seen = in_channels
        parts: dict[str, Module] = {}
        for number, (maps, size) in enumerate(convs, 1):
            parts |= {f"norm{number}": BatchNorm2d(seen), f"relu{number}": ReLU(),
                      f"conv{number}": Conv2d(seen, maps, size, 1, size // 2, bias=False)}
            if dropout:
                parts[f"dropout{number}"] = Dropout(dropout)
            seen = maps
        self.body = Sequential(**parts)
        self.concat = Concat()

    def forward(self, x: Tensor) -> Tensor:
        return self.concat(x, self.body(x))                # (N, C + k, H, W)


def transition(seen: int, kept: int, dropout: float) -> Sequential:
    """Between blocks: a 1x1 convolution down to `kept` maps, and the mean of 2x2 pixels."""
    last = {"dropout": Dropout(dropout)} if dropout else {}
    return Sequential(norm=BatchNorm2d(seen), relu=ReLU(),
                      conv=Conv2d(seen, kept, 1, bias=False), **last, pool=AvgPool2d(2))


def dense_rows(seen: int, maps: Sequence[str], growth: int, counts: Sequence[int], classes: int,
               bottleneck: bool = True, compression: float = 0.5,
               dropout: float = 0.0) -> list[Row]:
    """dense1, transition1, dense2, ..., norm, avgpool, fc.

    seen        : channels that come in
    maps        : what the paper prints as the output size of each block
    compression : share of its channels that a transition keeps
    """
    rows = []
    bracket = "[1x1 conv, 3x3 conv]" if bottleneck else "[3x3 conv]"
    for block, count in enumerate(counts, 1):
        layers = [DenseLayer(seen + number * growth, growth, bottleneck, dropout)
                  for number in range(count)]
        seen += count * growth
        rows.append(row(f"dense{block}", Sequential(*layers), maps=maps[block - 1],
                        layers=f"{bracket} x {count}"))
        if block < len(counts):
            kept = int(compression * seen)
            rows.append(row(f"transition{block}", transition(seen, kept, dropout),
                            maps=maps[block], layers="1x1 conv, 2x2 average pool"))
            seen = kept
    return [*rows, row("norm", BatchNorm2d(seen), ReLU()),
            row("avgpool", GlobalAvgPool2d(), maps="1x1"),
            row("fc", Flatten(), Linear(seen, classes))]


RULES = ((r"^conv1_batchnorm2d", "features.norm0"), (r"^conv1", "features.conv0"),
         (r"^dense(\d)", r"features.denseblock\1"),
         (r"(?<=block\d\.)(\d+)\.body", numbered("denselayer{}", 1)),
         (r"^transition", "features.transition"), (r"^norm", "features.norm5"),
         (r"^fc", "classifier"))


class DenseNet(Network):
    """DenseNet-BC:  (N, 3, H, W) -> (N, classes), published for 224 x 224.

    Parameters
    ----------
    depth : 121, 161, 169, 201 or 264     layers with weights
    classes : int, default 1000           how many it tells apart
    dropout : float, default 0            probability, behind each convolution

    >>> DenseNet(121).num_parameters()
    7978856
    """

    published = {"torchvision": Names(*RULES),
                 # its files of 2017, still the published ones: denselayer1.norm.1, not norm1
                 "torchvision-2017": Names(*RULES, (r"(layer\d+\.(?:norm|conv))(?=\d)", r"\1."))}
    preparation = Preparation()

    def __init__(self, depth: int = 121, classes: int = 1000, dropout: float = 0.0) -> None:
        growth, counts = COLUMNS[check_choice("DenseNet", "depth", depth, COLUMNS)]
        check_classes("DenseNet", classes)
        first = 2 * growth
        super().__init__(
            row("conv1", Conv2d(3, first, 7, 2, 3, bias=False), BatchNorm2d(first), ReLU(),
                maps="112x112", kernel="7x7", stride="2"),
            row("pool1", MaxPool2d(3, 2, 1), maps="56x56", kernel="3x3", stride="2"),
            *dense_rows(first, ("56x56", "28x28", "14x14", "7x7"), growth, counts, classes,
                        dropout=dropout),
            input_shape=(3, 224, 224))
        self.variant = f"{depth}, k {growth}"
        apply_init(self, weight=he_normal(), bias=zeros)


class CifarDenseNet(Network):
    """DenseNet for small images:  (N, C, H, W) -> (N, classes), published for 3 x 32 x 32.

    Parameters
    ----------
    depth : int, default 40         3 n + 4 layers with weights, or 6 n + 4 for "BC"
    growth : int, default 12        k, the new maps of each layer
    classes : int, default 10       how many it tells apart
    variant : "plain" or "BC"       see the head of this file
    dropout : float, default 0      probability, behind each convolution (paper: 0.2 where the
                                    images are not augmented)
    channels : int, default 3       of the image: 1 for grey ones

    >>> CifarDenseNet(100, 12, variant="BC").num_parameters()
    769162
    """

    def __init__(self, depth: int = 40, growth: int = 12, classes: int = 10,
                 variant: str = "plain", dropout: float = 0.0, channels: int = 3) -> None:
        check_choice("CifarDenseNet", "variant", variant, ("plain", "BC"))
        n = units_per_stage("CifarDenseNet", depth, 3 if variant == "plain" else 6, 4, (40, 100))
        if growth < 1:
            raise ValueError(f"CifarDenseNet: growth is at least 1 map, got {growth}")
        check_classes("CifarDenseNet", classes)
        first = 16 if variant == "plain" else 2 * growth
        super().__init__(
            row("conv1", Conv2d(channels, first, 3, 1, 1, bias=False), maps="32x32"),
            *dense_rows(first, ("32x32", "16x16", "8x8"), growth, (n, n, n), classes,
                        variant == "BC", 1 if variant == "plain" else 0.5, dropout),
            input_shape=(channels, 32, 32))
        self.variant = f"{variant} {depth}, k {growth}"
        apply_init(self, weight=he_normal(), bias=zeros)


NETWORKS: dict[str, Callable[..., Module]] = {
    **{f"densenet{depth}": partial(DenseNet, depth) for depth in COLUMNS},
    **{f"densenet{depth}_k{growth}": partial(CifarDenseNet, depth, growth)
       for depth, growth in ((40, 12), (100, 12), (100, 24))},
    **{f"densenet_bc{depth}_k{growth}": partial(CifarDenseNet, depth, growth, variant="BC")
       for depth, growth in ((100, 12), (250, 24), (190, 40))},
    "densenet_small": partial(CifarDenseNet, 40, 12, variant="BC"),
}
