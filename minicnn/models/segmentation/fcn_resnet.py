"""torchvision's FCN: a ResNet with holes, and a head of two convolutions; no skips.

    name            variant           aux      parameters    MACs               image
    fcn_resnet50    "torchvision"              32,957,013    142,725,772,800    3 x 520 x 520
    fcn_resnet50    "torchvision"     yes      35,322,218    152,716,512,000
    fcn_resnet101   "torchvision"              51,949,141    222,746,867,200
    fcn_resnet101   "torchvision"     yes      54,314,346    232,737,606,400
    fcn_resnet50    "small"                        71,796         20,168,704    3 x 64 x 64

    conv1 ... conv5_x    of ResNet; conv4_x and conv5_x have holes instead of a stride
    classifier           conv 3x3 to a quarter of the maps, BN, ReLU, dropout 0.1, conv 1x1
    upsample             bilinear, to the size of the image
    aux_classifier       the same head behind conv4_x, in training only; its loss counts half

It shares a name with the network of Long et al. (fcn32s, fcn16s, fcn8s), and the idea of sliding a
classifier over the image; VGG-16, the skips and the transposed convolutions are gone.  With
aux=True, training gives (scores, aux).

Input: pictures of any size, from 0 to 1, ImageNet's mean subtracted and divided by its spread;
torchvision brings the shorter side to 520 pixels.  Its weights load key for key; those published
have the auxiliary head, so they need aux=True.

    torchvision                here
    backbone.conv1., bn1.      conv1., conv1_batchnorm2d.
    backbone.layerK.i.         conv(K+1)_x.i.body., .shortcut.projection.

Source: torchvision.models.segmentation; Long et al. 2015.  No paper describes this form.

Departures from torchvision
---------------------------
1. Weights start by He's rule, the backbone's too, which torchvision loads from ImageNet.
2. "small" is ours: a ResNet of four units with 16 to 128 maps, for 64 x 64.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from minicnn.autograd.tensor import Tensor
from minicnn.init import apply_init
from minicnn.layers.activations import ReLU
from minicnn.layers.batchnorm import BatchNorm2d
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d
from minicnn.layers.dropout import Dropout
from minicnn.layers.module import Module
from minicnn.models.network import check_choice
from minicnn.models.resnet import RULES as RESNET_RULES
from minicnn.models.segmentation.segmenter import HE, Resize, Segmenter
from minicnn.models.segmentation.trunks import maps, resnet
from minicnn.models.table import row
from minicnn.weights.names import Names

DEPTHS = 50, 101

# torchvision's names of the backbone.
RULES = (*RESNET_RULES, (r"^(conv1|bn1|layer\d)\.", r"backbone.\1."))


def fcn_head(in_channels: int, classes: int) -> Sequential:
    middle = in_channels // 4
    return Sequential(Conv2d(in_channels, middle, 3, padding=1, bias=False), BatchNorm2d(middle),
                      ReLU(), Dropout(0.1), Conv2d(middle, classes, 1))


class OnResNet(Segmenter):
    """A ResNet with holes, a classifier behind conv5_x and, with aux, one behind conv4_x."""

    variants = "torchvision", "small"
    published = {"torchvision": Names(*RULES, heads="^aux_classifier", variant="torchvision")}

    def __init__(self, depth: int, variant: str, classes: int | None, channels: int, aux: bool,
                 classifier: Callable[[int, int], Module]) -> None:
        check_choice(type(self).__name__, "depth", depth, DEPTHS)
        small, classes, size = self.form(variant, classes, 21, 520)
        _, _, middle, deep = maps(small)
        heads = [row("classifier", classifier(deep, classes))]
        if aux:
            heads.append(row("aux_classifier", fcn_head(middle, classes)))
        super().__init__(*resnet(depth, channels, small, dilated=(False, True, True)), *heads,
                         row("upsample", Resize()), input_shape=(channels, *size))
        self.variant, self.aux = variant if small else f"{depth} {variant}", aux
        self.keep_published(variant)
        apply_init(self, **HE)

    def compute(self, x: Tensor) -> Any:
        middle, deep = self.outputs(x, "conv4_x", "conv5_x")                   # every 8th pixel
        scores = self.upsample(self.classifier(deep), x.shape[2:])
        if not (self.aux and self.training):
            return scores
        return scores, self.upsample(self.aux_classifier(middle), x.shape[2:])


class FCNResNet(OnResNet):
    """torchvision's FCN:  (N, 3, H, W) -> (N, classes, H, W).

    Parameters
    ----------
    depth : 50 or 101                    of the ResNet: layers with weights
    variant : "torchvision" or "small"    see the head of this file
    classes : int, optional              21 (PASCAL VOC, the background counted); 4 of the small one
    channels : int, default 3            of the images
    aux : bool, default False            with the auxiliary head

    >>> FCNResNet(50).num_parameters(), FCNResNet(50, aux=True).num_parameters()
    (32957013, 35322218)
    """

    def __init__(self, depth: int = 50, variant: str = "torchvision", classes: int | None = None,
                 channels: int = 3, aux: bool = False) -> None:
        super().__init__(depth, variant, classes, channels, aux, fcn_head)


NETWORKS: dict[str, Callable[..., Module]] = {f"fcn_resnet{depth}": partial(FCNResNet, depth)
                                              for depth in DEPTHS}
