"""DeepLab v1 and v2: VGG-16 with holes, scores at every 8th pixel.

    name          variant     head                             parameters    MACs
    deeplab_v1    "paper"     fc6 3x3, holes of 12             20,505,429    50,928,085,696
    deeplab_v2    "paper"     four of these: 6, 12, 18, 24     37,877,652    80,120,358,592
    deeplab_v1    "small"     fc6 3x3, holes of 2                 294,772        53,706,752
    deeplab_v2    "small"     four of these: 1, 2, 3, 4           518,272        67,960,832

    trunk    pool1 - pool3 3x3 at stride 2, pool4 and pool5 at stride 1, conv5 with holes of 2
    v1       mean 3x3, fc6 3x3 with 1024 maps, fc7 1x1 with 1024, fc8 1x1      "LargeFOV"
    v2       scores = fc8_1 + fc8_2 + fc8_3 + fc8_4, each behind its own fc6 and fc7     "ASPP-L"

fc6 of VGG-16 is 7 x 7 and dear; 3 x 3 weights with holes see as far.  v2 sees at four distances at
once: "atrous spatial pyramid pooling".  The papers sharpen the scores by a dense CRF, which is no
part of the network: minicnn/data/dense_crf.py.

Input 3 x 321 x 321, a crop, the mean of each channel subtracted (B, G, R there).  Sides of 8 n + 1
have a score in each corner, 41 x 41 here; they are enlarged bilinearly with the corners aligned.

Sources: Chen, Papandreou, Kokkinos, Murphy and Yuille 2015, "Semantic image segmentation with deep
convolutional nets and fully connected CRFs", section 3; 2017, "DeepLab", section 3.1 and figure 7.
Slides: memphis, "Segmentation".

Departures from the paper
-------------------------
1. The loss sees the enlarged scores; the authors make the class map smaller in training instead.
2. Weights start by He's rule, where the papers have those of VGG-16 from ImageNet; fc8 too.
3. v2 is the VGG-16 one of the two in the paper; the other stands on ResNet-101 and sees the image
   at three sizes.
4. "small" is ours: 64 maps, batch norm, 128 maps behind holes of 2 (v1) or 1, 2, 3, 4 (v2).
"""

from collections.abc import Callable, Sequence

from minicnn.autograd.tensor import Tensor
from minicnn.init import apply_init
from minicnn.layers.avgpool import AvgPool2d
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d
from minicnn.layers.dropout import Dropout
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.module import Module
from minicnn.layers.residual import Add
from minicnn.models.segmentation.segmenter import (
    HE,
    Resize,
    Segmenter,
    conv_norm_relu,
    conv_relu,
)
from minicnn.models.segmentation.trunks import vgg16
from minicnn.models.table import Row, row

V1_DILATION, V2_DILATIONS = 12, (6, 12, 18, 24)
SMALL_V1, SMALL_V2 = 2, (1, 2, 3, 4)


def trunk(channels: int, small: bool) -> list[Row]:
    pools = [MaxPool2d(3, stride, 1) for stride in (2, 2, 2, 1, 1)]
    return vgg16(channels, pools, small, dilations=(1, 1, 1, 1, 2))


def head(classes: int, dilation: int, small: bool, dropout: float) -> Sequential:
    """fc6, fc7, fc8 behind 512 maps."""
    if small:
        return Sequential(fc6=Sequential(*conv_norm_relu(64, 128, dilation=dilation),
                                         Dropout(dropout)), fc8=Conv2d(128, classes, 1))
    return Sequential(
        fc6=Sequential(*conv_relu(512, 1024, dilation=dilation), Dropout(dropout)),
        fc7=Sequential(*conv_relu(1024, 1024, 1), Dropout(dropout)),
        fc8=Conv2d(1024, classes, 1))


class DeepLabV1(Segmenter):
    """DeepLab-LargeFOV:  (N, 3, H, W) -> (N, classes, H, W), published for 321 x 321.

    Parameters
    ----------
    variant : "paper" or "small"         "small" is for 64 x 64
    classes : int, optional              21 (PASCAL VOC, the background counted); 4 of the small one
    channels : int, default 3            of the images
    dropout : float, default 0.5         behind fc6 and fc7

    >>> DeepLabV1().num_parameters()
    20505429
    """

    def __init__(self, variant: str = "paper", classes: int | None = None, channels: int = 3,
                 dropout: float = 0.5) -> None:
        small, classes, size = self.form(variant, classes, 21, 321)
        super().__init__(
            *trunk(channels, small), row("pool5a", AvgPool2d(3, 1, 1)),
            row("head", head(classes, SMALL_V1 if small else V1_DILATION, small, dropout)),
            row("upsample", Resize(align_corners=True)), input_shape=(channels, *size))
        self.variant = variant
        apply_init(self, **HE)

    def compute(self, x: Tensor) -> Tensor:
        scores, = self.outputs(x, "head")                  # every 8th pixel
        return self.upsample(scores, x.shape[2:])


class DeepLabV2(Segmenter):
    """DeepLab-ASPP-L:  (N, 3, H, W) -> (N, classes, H, W), published for 321 x 321.

    Parameters
    ----------
    variant : "paper" or "small"         "small" is for 64 x 64
    classes : int, optional              21 (PASCAL VOC, the background counted); 4 of the small one
    channels : int, default 3            of the images
    dilations : whole numbers, optional  the holes of each branch
    dropout : float, default 0.5         behind each fc6 and fc7

    >>> DeepLabV2().num_parameters()
    37877652
    """

    def __init__(self, variant: str = "paper", classes: int | None = None, channels: int = 3,
                 dilations: Sequence[int] | None = None, dropout: float = 0.5) -> None:
        small, classes, size = self.form(variant, classes, 21, 321)
        holes = dilations or (SMALL_V2 if small else V2_DILATIONS)
        heads = [row(f"branch{number}", head(classes, dilation, small, dropout))
                 for number, dilation in enumerate(holes, 1)]
        super().__init__(*trunk(channels, small), *heads, row("sum", Add()),
                         row("upsample", Resize(align_corners=True)),
                         input_shape=(channels, *size))
        self.variant, self.branches = variant, len(heads)
        apply_init(self, **HE)

    def compute(self, x: Tensor) -> Tensor:
        seen, = self.outputs(x, "pool5")                   # every 8th pixel
        scores = self.branch1(seen)
        for number in range(2, self.branches + 1):
            scores = self.sum(scores, self.get_submodule(f"branch{number}")(seen))
        return self.upsample(scores, x.shape[2:])


NETWORKS: dict[str, Callable[..., Module]] = {"deeplab_v1": DeepLabV1, "deeplab_v2": DeepLabV2}
