"""ConvNeXt: a ResNet rebuilt step by step after the transformer, without attention.

    name              stages          channels              parameters     MACs
    convnext_tiny     3, 3,  9, 3     96, 192, 384, 768      28,589,128     4,455,531,264
    convnext_small    3, 3, 27, 3     96, 192, 384, 768      50,223,688     8,683,712,256
    convnext_base     3, 3, 27, 3     128, 256, 512, 1024    88,591,464    15,354,729,472
    convnext_large    3, 3, 27, 3     192, 384, 768, 1536   197,767,336    34,361,433,600
    convnext_xlarge   3, 3, 27, 3     256, 512, 1024, 2048  350,196,968    60,921,030,656
    convnext_mini     2, 2,  2        32, 64, 128               413,418        15,136,000

All but the last read 224 x 224 images of 1000 classes, the last 32 x 32 ones of 10.

A block is a 7 x 7 filter for each channel, layer normalisation over the channels of each pixel,
1 x 1 to four times the channels, GELU, 1 x 1 back, layer scale, stochastic depth, and the sum.

Slide: memphis, the list "ConvNext".  Source: Liu et al. 2022, "A ConvNet for the 2020s", sections 2
and 3, table 9 and figure 4.  Input: colours scaled to mean 0 and variance 1 over the training
images.  torchvision's weights load; the two fully connected layers of a block there are 1 x 1
convolutions here.

Departures from the paper
-------------------------
1. Weights start normal with std 0.02; the paper's are cut off at +-2, 100 standard deviations.
"""

from collections.abc import Sequence
from functools import partial

from minicnn.data.preparation import Preparation
from minicnn.init import apply_init, normal, zeros
from minicnn.layers.adaptive import GlobalAvgPool2d
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d
from minicnn.layers.layernorm2d import LayerNorm2d
from minicnn.layers.layerscale import LayerScale
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.smooth_activations import GELU
from minicnn.layers.stochastic_depth import StochasticDepth
from minicnn.models.network import (
    ImageShape,
    Network,
    Residual,
    check_choice,
    check_classes,
    check_lengths,
)
from minicnn.models.table import row
from minicnn.weights.names import Names

# blocks of each stage, channels of each, stochastic depth of the last block (table 5)
SIZES = {"tiny": ((3, 3, 9, 3), (96, 192, 384, 768), 0.1),
         "small": ((3, 3, 27, 3), (96, 192, 384, 768), 0.4),
         "base": ((3, 3, 27, 3), (128, 256, 512, 1024), 0.5),
         "large": ((3, 3, 27, 3), (192, 384, 768, 1536), 0.5),
         "xlarge": ((3, 3, 27, 3), (256, 512, 1024, 2048), 0.2)}          # on ImageNet-22k only
# Pixels of the shorter side before it is cut, for torchvision's weights.
RESIZED = {"tiny": 236, "small": 230, "base": 232, "large": 232}


def block(channels: int, drop: float) -> Residual:
    """Figure 4: the wide part is in the middle, as in MobileNet v2 and in a transformer."""
    return Residual(Sequential(
        depthwise=Conv2d(channels, channels, 7, padding=3, groups=channels),
        norm=LayerNorm2d(channels), expand=Conv2d(channels, 4 * channels, 1), gelu=GELU(),
        project=Conv2d(4 * channels, channels, 1), scale=LayerScale(channels),
        drop=StochasticDepth(drop)))


class ConvNeXt(Network):
    """ConvNeXt:  (N, 3, 224, 224) -> (N, classes) scores.

    Parameters
    ----------
    size : "tiny", "small", "base", "large" or "xlarge"     the table at the head of this file
    classes : int, default 1000                             how many it tells apart

    For networks of another size:

    blocks, channels : whole numbers     of each stage, instead of a row of SIZES
    patch : int, default 4               side of the first convolution's patches, in pixels
    drop : float, optional               stochastic depth of the last block
    input_shape : (C, H, W)              of the images

    >>> ConvNeXt("tiny").num_parameters()
    28589128
    """

    published = {"torchvision": Names(
        (r"^stem\.conv", "features.0.0"), (r"^stem\.norm", "features.0.1"),
        (r"^down(\d)\.norm", lambda found: f"features.{2 * int(found[1]) - 2}.0"),
        (r"^down(\d)\.conv", lambda found: f"features.{2 * int(found[1]) - 2}.1"),
        (r"^stage(\d)", lambda found: f"features.{2 * int(found[1]) - 1}"),
        (r"body\.depthwise", "block.0"), (r"body\.norm", "block.2"), (r"body\.expand", "block.3"),
        (r"body\.project", "block.5"), (r"body\.scale\.weight", "layer_scale"),
        (r"^norm", "classifier.0"), (r"^fc", "classifier.2"),
        shapes={r"(expand|project)\.weight": "F C", r"scale\.weight": "C 1 1"})}

    def __init__(self, size: str = "tiny", classes: int = 1000,
                 blocks: Sequence[int] | None = None, channels: Sequence[int] | None = None,
                 patch: int = 4, drop: float | None = None,
                 input_shape: ImageShape = (3, 224, 224)) -> None:
        check_choice("ConvNeXt", "size", size, SIZES)
        check_classes("ConvNeXt", classes)
        given = SIZES[size]
        blocks, channels = blocks or given[0], channels or given[1]
        check_lengths("ConvNeXt", blocks=blocks, channels=channels)
        last_drop = given[2] if drop is None else drop     # rises linearly up to here
        total, done = sum(blocks), 0
        rows = [row("stem", Sequential(conv=Conv2d(input_shape[0], channels[0], patch, patch),
                                       norm=LayerNorm2d(channels[0])))]
        for stage, (count, width) in enumerate(zip(blocks, channels, strict=True), 1):
            if stage > 1:
                before = channels[stage - 2]
                rows.append(row(f"down{stage}", Sequential(norm=LayerNorm2d(before),
                                                           conv=Conv2d(before, width, 2, 2))))
            drops = [last_drop * number / max(total - 1, 1) for number in range(done, done + count)]
            rows.append(row(f"stage{stage}", Sequential(*[block(width, p) for p in drops])))
            done += count
        super().__init__(*rows, row("pool", GlobalAvgPool2d()),
                         row("norm", LayerNorm2d(channels[-1])),
                         row("fc", Flatten(), Linear(channels[-1], classes)),
                         input_shape=input_shape)
        self.variant = size if blocks is given[0] else ""
        published = (size in RESIZED and blocks is given[0] and channels is given[1]
                     and patch == 4 and input_shape == (3, 224, 224))
        self.preparation = Preparation(resize=RESIZED[size]) if published else None
        apply_init(self, weight=normal(0.02), bias=zeros)


def convnext_mini(classes: int = 10, channels: int = 3) -> ConvNeXt:
    """For 32 x 32 images: patches of 2 x 2, three stages of two blocks."""
    return ConvNeXt("tiny", classes, (2, 2, 2), (32, 64, 128), patch=2, drop=0.0,
                    input_shape=(channels, 32, 32))


NETWORKS = {**{f"convnext_{size}": partial(ConvNeXt, size) for size in SIZES},
            "convnext_mini": convnext_mini}
