"""DeepLab v3: a ResNet with holes, and a head that sees at four distances and the whole image.

    name                  variant         aux    parameters    MACs               image
    deeplabv3_resnet50    "torchvision"          39,638,869    168,731,205,888    3 x 520 x 520
    deeplabv3_resnet50    "torchvision"   yes    42,004,074    178,721,945,088
    deeplabv3_resnet101   "torchvision"          58,630,997    248,752,300,288
    deeplabv3_resnet101   "torchvision"   yes    60,996,202    258,743,039,488
    deeplabv3_resnet50    "small"                   168,436         43,765,760    3 x 64 x 64

    ASPP    [conv 1x1; 3x3 holes of 12; 3x3 holes of 24; 3x3 holes of 36; mean of the image, 1x1],
            256 maps each, side by side, conv 1x1 to 256, dropout 0.5
    head    ASPP, conv 3x3 to 256, conv 1x1 to the scores; BN and ReLU between

Holes wider than the image leave of a 3 x 3 filter its middle alone, a 1 x 1; what then still knows
of the whole image is its mean, one pixel enlarged to all.  That path ends in a batch norm over one
pixel an image: training needs two images at least.

Input, names of the weights, auxiliary head: those of fcn_resnet.py.

Source: Chen, Papandreou, Schroff and Adam 2017, "Rethinking atrous convolution for semantic image
segmentation", section 3.3 and figure 5; torchvision.models.segmentation.  Slides: memphis,
"Segmentation".

Departures from the paper
-------------------------
They are torchvision's, whose form this is; the paper's prints no count.
1. Scores come at every 8th pixel in training, too, where the paper has every 16th and holes half
   as wide.
2. All units of a stage have the same holes; the paper's multi-grid makes those of conv5_x 1, 2
   and 4 times as wide.
3. A convolution of 3 x 3 stands between ASPP and the scores, and an auxiliary head may hang on
   conv4_x.
4. Weights start by He's rule, the backbone's too.
5. "small" is ours: a ResNet of four units with 16 to 128 maps, holes of 2, 4 and 6, 32 maps.
"""

from collections.abc import Callable, Sequence
from functools import partial

from minicnn.autograd.tensor import Tensor
from minicnn.layers.activations import ReLU
from minicnn.layers.adaptive import GlobalAvgPool2d
from minicnn.layers.batchnorm import BatchNorm2d
from minicnn.layers.concat import Concat
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d
from minicnn.layers.dropout import Dropout
from minicnn.layers.module import Module
from minicnn.models.segmentation.fcn_resnet import DEPTHS, RULES, OnResNet
from minicnn.models.segmentation.segmenter import Resize
from minicnn.weights.names import Names

DILATIONS, SMALL_DILATIONS = (12, 24, 36), (2, 4, 6)


def unit(in_channels: int, out_channels: int, kernel_size: int = 1, dilation: int = 1
         ) -> list[Module]:
    return [Conv2d(in_channels, out_channels, kernel_size, padding="same", dilation=dilation,
                   bias=False), BatchNorm2d(out_channels), ReLU()]


class ImagePooling(Module):
    """The mean of each map, mixed, and enlarged again:  (N, C, H, W) -> (N, F, H, W)."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        self.layers = Sequential(GlobalAvgPool2d(), *unit(in_channels, out_channels))
        self.resize = Resize()

    def forward(self, x: Tensor) -> Tensor:
        if self.training and len(x) == 1:
            raise ValueError(f"{self.located()}: its batch norm sees one pixel of each image, and "
                             "has one image to take a mean of; train with two at least, or call "
                             "eval()")
        return self.resize(self.layers(x), x.shape[2:])


class ASPP(Module):
    """Atrous spatial pyramid pooling:  (N, C, H, W) -> (N, F, H, W).

    in_channels, out_channels : int      C and F
    dilations : whole numbers            the holes of each 3 x 3
    """

    def __init__(self, in_channels: int, out_channels: int, dilations: Sequence[int]) -> None:
        self.convs = [
            Sequential(*unit(in_channels, out_channels)),
            *(Sequential(*unit(in_channels, out_channels, 3, dilation)) for dilation in dilations),
            ImagePooling(in_channels, out_channels)]
        self.concat = Concat()
        self.project = Sequential(*unit(len(self.convs) * out_channels, out_channels),
                                  Dropout(0.5))

    def forward(self, x: Tensor) -> Tensor:
        return self.project(self.concat(*[conv(x) for conv in self.convs]))


def deeplab_head(width: int, dilations: Sequence[int], in_channels: int, classes: int
                 ) -> Sequential:
    return Sequential(ASPP(in_channels, width, dilations), *unit(width, width, 3),
                      Conv2d(width, classes, 1))


class DeepLabV3(OnResNet):
    """DeepLab v3:  (N, 3, H, W) -> (N, classes, H, W).

    Parameters
    ----------
    depth : 50 or 101                    of the ResNet: layers with weights
    variant : "torchvision" or "small"    see the head of this file
    classes : int, optional              21 (PASCAL VOC, the background counted); 4 of the small one
    channels : int, default 3            of the images
    aux : bool, default False            with the auxiliary head

    >>> DeepLabV3(50).num_parameters(), DeepLabV3(50, aux=True).num_parameters()
    (39638869, 42004074)
    """

    published = {"torchvision": Names(*RULES, (r"\.layers\.", "."),
                                      heads="^aux_classifier", variant="torchvision")}

    def __init__(self, depth: int = 50, variant: str = "torchvision", classes: int | None = None,
                 channels: int = 3, aux: bool = False) -> None:
        width, dilations = (32, SMALL_DILATIONS) if variant == "small" else (256, DILATIONS)
        super().__init__(depth, variant, classes, channels, aux,
                         partial(deeplab_head, width, dilations))


NETWORKS: dict[str, Callable[..., Module]] = {f"deeplabv3_resnet{depth}": partial(DeepLabV3, depth)
                                              for depth in DEPTHS}
