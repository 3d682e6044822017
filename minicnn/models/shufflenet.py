"""ShuffleNet v1 and v2: grouped 1 x 1 convolutions, and channels that change groups in between.

    name                     parameters   MACs         made for
    shufflenet_v1, 1 group    1,531,936   143,078,976  3 x 224 x 224, 1000 classes
                   2 groups   1,733,848   140,836,512
                   3 groups   1,865,728   137,460,672
                   4 groups   1,968,344   134,339,776
                   8 groups   2,434,768   138,365,952
       3 groups,   x0.5         718,324    37,589,856
                   x1.5       3,442,168   292,443,552
                   x2.0       5,450,776   524,045,184
       8 groups,   x0.5       1,011,448    40,469,760
                   x1.5       4,269,952   290,188,800
                   x2.0       6,522,232   521,942,016
    shufflenet_v2, x0.5       1,366,792    40,476,448  3 x 224 x 224, 1000 classes
                   x1.0       2,278,604   144,907,992
                   x1.5       3,503,624   295,759,392
                   x2.0       7,393,996   583,253,464
    shufflenet_v1_small         110,794     5,900,736  3 x 32 x 32, 10 classes
    shufflenet_v2_small         287,962     8,293,888

Slide: stanford, "MobileNets" ("ShuffleNet: Zhang et al, CVPR 2018").

Sources: Zhang et al. 2018, "ShuffleNet", tables 1 and 2, figure 2; Ma et al. 2018, "ShuffleNet V2",
table 5, figure 3.  Input: colours scaled to mean 0 and variance 1 over the training images.
torchvision's weights load into v2.

Departures from the paper
-------------------------
1. v1 in other widths than table 1's has the channels of the authors' program, which knows 3 and 8
   groups; the paper prints what these networks cost, but not their channels.
2. v1's classifier has a bias; the authors' program leaves it out, the paper does not say.
3. Weights start by He's rule, biases at 0; the papers do not say.
4. v2 x2.0 has no dropout, as in torchvision; the authors' program drops 0.2 before the classifier.
"""


from minicnn.data.preparation import Preparation
from minicnn.init import apply_init, he_normal, zeros
from minicnn.layers.activations import ReLU
from minicnn.layers.adaptive import GlobalAvgPool2d
from minicnn.layers.avgpool import AvgPool2d
from minicnn.layers.channel_slice import ChannelSlice
from minicnn.layers.containers import Sequential
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.module import Module
from minicnn.layers.shuffle import ChannelShuffle
from minicnn.models.network import (
    Branches,
    ImageShape,
    Network,
    Residual,
    check_choice,
    check_classes,
    conv_unit,
)
from minicnn.models.table import Row, row
from minicnn.weights.names import Names

# groups -> channels of stages 2, 3, 4: table 1; conv1 has 24
V1_CHANNELS = {1: (144, 288, 576), 2: (200, 400, 800), 3: (240, 480, 960), 4: (272, 544, 1088),
               8: (384, 768, 1536)}
# (groups, width) -> channels of conv1; the stages have `width` times table 1's
V1_WIDTHS = {**{(groups, 1.0): 24 for groups in V1_CHANNELS},
             (3, 0.5): 12, (3, 1.5): 24, (3, 2.0): 48, (8, 0.5): 16, (8, 1.5): 24, (8, 2.0): 48}
# width -> channels of stages 2, 3, 4 and of conv5: table 5
V2_CHANNELS = {0.5: (48, 96, 192, 1024), 1.0: (116, 232, 464, 1024), 1.5: (176, 352, 704, 1024),
               2.0: (244, 488, 976, 2048)}
REPEATS = (4, 8, 4)


def v1_unit(in_channels: int, out_channels: int, stride: int, groups: int,
            first_groups: int) -> Module:
    """Figure 2: (b), with stride 1, adds its input; (c), with stride 2, puts it beside the output.

    first_groups : groups of the first convolution, 1 behind the few channels of conv1
    """
    middle = out_channels // 4
    out = out_channels - in_channels if stride == 2 else out_channels
    body = Sequential(
        gconv1=conv_unit(in_channels, middle, groups=first_groups), shuffle=ChannelShuffle(groups),
        depthwise=conv_unit(middle, middle, 3, stride, groups=middle, activation=None),
        gconv2=conv_unit(middle, out, groups=groups, activation=None))
    if stride == 1:
        return Residual(body, after=ReLU())
    return Sequential(join=Branches(shortcut=AvgPool2d(3, 2, 1), body=body), relu=ReLU())


def v2_unit(in_channels: int, out_channels: int, stride: int) -> Sequential:
    """Figure 3: (c) works on half of the channels; (d), with stride 2, on all, and doubles them."""
    half = out_channels // 2
    left: Module = ChannelSlice(0, half)
    first: dict[str, Module] = {"split": ChannelSlice(half, out_channels)}
    seen = half
    if stride == 2:
        left = Sequential(
            depthwise=conv_unit(in_channels, in_channels, 3, 2, groups=in_channels,
                                activation=None),
            pointwise=conv_unit(in_channels, half))
        first, seen = {}, in_channels
    right = Sequential(
        **first, conv1=conv_unit(seen, half),
        depthwise=conv_unit(half, half, 3, stride, groups=half, activation=None),
        conv2=conv_unit(half, half))
    return Sequential(join=Branches(left=left, right=right), shuffle=ChannelShuffle(2))


def first_rows(colours: int, channels: int, small: bool) -> list[Row]:
    """conv1 and pool1, which divide the image by 4;  small: conv1 with stride 1, and no pool1."""
    conv1 = row("conv1", conv_unit(colours, channels, 3, 1 if small else 2))
    return [conv1] if small else [conv1, row("pool1", MaxPool2d(3, 2, 1))]


class ShuffleNetV1(Network):
    """ShuffleNet v1:  (N, 3, 224, 224) -> (N, classes) scores.

    Parameters
    ----------
    groups : 1, 2, 3, 4 or 8, default 3    of the 1 x 1 convolutions; more groups, more channels
    classes : int, default 1000            how many it tells apart
    width : 0.5, 1.0, 1.5 or 2.0           of all channels; 1.0 alone with 1, 2 and 4 groups
    repeats, small, input_shape            for networks of another size: as in ShuffleNetV2

    >>> [ShuffleNetV1(groups).num_parameters() for groups in (1, 3, 8)]
    [1531936, 1865728, 2434768]
    """

    def __init__(self, groups: int = 3, classes: int = 1000, width: float = 1.0,
                 repeats: tuple[int, int, int] = REPEATS, small: bool = False,
                 input_shape: ImageShape = (3, 224, 224)) -> None:
        check_choice("ShuffleNetV1", "number of groups", groups, V1_CHANNELS)
        check_choice(f"ShuffleNetV1({groups})", "width", width,
                     [w for g, w in V1_WIDTHS if g == groups])
        check_classes("ShuffleNetV1", classes)
        channels = V1_WIDTHS[groups, width]
        rows = first_rows(input_shape[0], channels, small)
        for stage, full, count in zip((2, 3, 4), V1_CHANNELS[groups], repeats, strict=True):
            out = int(width * full)
            units = [v1_unit(channels, out, 2, groups, 1 if stage == 2 else groups)]
            units += [v1_unit(out, out, 1, groups, groups) for _ in range(count - 1)]
            rows.append(row(f"stage{stage}", Sequential(*units)))
            channels = out
        super().__init__(*rows, row("gap", GlobalAvgPool2d()),
                         row("fc", Flatten(), Linear(channels, classes)), input_shape=input_shape)
        apply_init(self, weight=he_normal(), bias=zeros)


class ShuffleNetV2(Network):
    """ShuffleNet v2:  (N, 3, 224, 224) -> (N, classes) scores.

    Parameters
    ----------
    width : 0.5, 1.0, 1.5 or 2.0     how many channels: table 5
    classes : int, default 1000      how many it tells apart

    For networks of another size:

    repeats : whole numbers          units of stages 2, 3 and 4
    small : bool, default False      conv1 has stride 1, and there is no pool1
    input_shape : (C, H, W)          of the images

    >>> ShuffleNetV2().num_parameters()
    2278604
    """

    published = {"torchvision": Names(
        (r"^conv(\d)\.conv", r"conv\1.0"), (r"^conv(\d)\.norm", r"conv\1.1"),
        (r"join\.left", "branch1"), (r"join\.right", "branch2"),
        (r"(1)\.depthwise\.conv", r"\1.0"), (r"(1)\.depthwise\.norm", r"\1.1"),
        (r"(1)\.pointwise\.conv", r"\1.2"), (r"(1)\.pointwise\.norm", r"\1.3"),
        (r"(2)\.conv1\.conv", r"\1.0"), (r"(2)\.conv1\.norm", r"\1.1"),
        (r"(2)\.depthwise\.conv", r"\1.3"), (r"(2)\.depthwise\.norm", r"\1.4"),
        (r"(2)\.conv2\.conv", r"\1.5"), (r"(2)\.conv2\.norm", r"\1.6"))}

    def __init__(self, width: float = 1.0, classes: int = 1000,
                 repeats: tuple[int, int, int] = REPEATS, small: bool = False,
                 input_shape: ImageShape = (3, 224, 224)) -> None:
        check_choice("ShuffleNetV2", "width", width, V2_CHANNELS)
        check_classes("ShuffleNetV2", classes)
        *stages, last = V2_CHANNELS[width]
        channels = 24
        rows = first_rows(input_shape[0], channels, small)
        for stage, out, count in zip((2, 3, 4), stages, repeats, strict=True):
            units = [v2_unit(channels, out, 2)]
            units += [v2_unit(out, out, 1) for _ in range(count - 1)]
            rows.append(row(f"stage{stage}", Sequential(*units)))
            channels = out
        super().__init__(*rows, row("conv5", conv_unit(channels, last)),
                         row("gap", GlobalAvgPool2d()),
                         row("fc", Flatten(), Linear(last, classes)), input_shape=input_shape)
        self.preparation = (None if small else
                            Preparation(resize=256 if width in (0.5, 1.0) else 232))
        apply_init(self, weight=he_normal(), bias=zeros)


def shufflenet_v1_small(classes: int = 10, channels: int = 3) -> ShuffleNetV1:
    """For 32 x 32 images: 3 groups, x0.5, conv1 with stride 1, no pool1, eight units."""
    return ShuffleNetV1(3, classes, 0.5, (2, 4, 2), small=True, input_shape=(channels, 32, 32))


def shufflenet_v2_small(classes: int = 10, channels: int = 3) -> ShuffleNetV2:
    """For 32 x 32 images: x0.5, conv1 with stride 1, no pool1, eight units."""
    return ShuffleNetV2(0.5, classes, (2, 4, 2), small=True, input_shape=(channels, 32, 32))


NETWORKS = {"shufflenet_v1": ShuffleNetV1, "shufflenet_v2": ShuffleNetV2,
            "shufflenet_v1_small": shufflenet_v1_small, "shufflenet_v2_small": shufflenet_v2_small}
