"""Faster R-CNN: the network proposes its own regions, and looks at each a second time.

    name                      variant         trunk            image        regions   parameters
    faster_rcnn               "paper"         VGG-16           3x600x1000   300       137,078,239
    fasterrcnn_resnet50_fpn   "torchvision"   ResNet-50, FPN   3x800x1344   1,000      41,808,406
    faster_rcnn               "small"         7 convolutions   3x64x64      16            354,255

With 21 classes torchvision's has 41,449,656; with frozen_norms 53,120 fewer, for its batch norms
are constants.  MACs of an image: 224,627,447,808 and 215,986,953,472 and 61,947,904.

    maps -> rpn.py: is something there? -> proposals -> roi_heads.py: what is it, and where exactly?

Source: Ren, He, Girshick, Sun, "Faster R-CNN: towards real-time object detection with region
proposal networks", NIPS 2015, sections 3.1 to 3.3.  Slides: memphis, the list "Detection"; virginia
"CNNs are everywhere" (a figure).  The paper's image has 600 pixels at its shorter side, and the
mean colour is taken off.

Departures from the paper
-------------------------
1. Both stages learn at once from the same maps, as in the authors' later program; the paper trains
   them in turns, in four steps.
2. The loss of the moves is divided by the number of drawn anchors, as that of the scores is.  The
   paper divides it by the number of places, about 2,400, and weighs it with 10: nearly the same.
   It bends at 1/9, as in the authors' program; in the second stage at 1.
3. Anchors stand in the middle of their cell, with the area of their name, and boxes are half open;
   the authors' program rounds, and counts a pixel more in each direction.
4. Weights start at random; the paper's come from ImageNet, and its first four convolutions stay as
   they are: minicnn.freeze(model, "backbone.conv1_1", ...).  The layers bear VGG's names.
5. A move's growth is cut at 1000/16 times, before e^x overflows.

Further departures of the other variants
----------------------------------------
6. "torchvision" takes pictures from 0 to 1, normalises and resizes them itself, has rounded anchors
   that stand at the corner of their cell, RoIAlign half a pixel askew (aligned=False), a bend at
   1/9 in both stages, and no rule about the border; only its last layers start as the paper's.  Its
   weights load by name; those published in 2019 were trained with frozen_norms=True, norm_eps=0.0.
7. "small" is ours, for the drawn shapes: batch norm, one score and three square anchors at a place,
   RoIAlign, and no moves for the background.
8. gated=True is GBD-Net's idea, our reading: see gated.py.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from minicnn.layers.activations import ReLU
from minicnn.layers.containers import Sequential
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.module import Module
from minicnn.models.detection.batching import AsGiven, ResizeAndNormalise
from minicnn.models.detection.fpn import STRIDES, ResNetFPN
from minicnn.models.detection.gated import SCALES, GatedHead
from minicnn.models.detection.regions import RegionPool
from minicnn.models.detection.roi_heads import BoxPredictor, Judging, RoIHeads, TwoLinear
from minicnn.models.detection.rpn import Proposing, RegionProposals
from minicnn.models.detection.trunk import SmallTrunk, Trunk
from minicnn.models.detection.two_stage import TwoStage
from minicnn.models.network import check_choice, check_classes
from minicnn.models.vgg import VGG
from minicnn.weights.names import Names, numbered

# torchvision's names, and those of its files of 2019, which are still the published ones
NOW = ((r"^backbone\.body\.conv1_batchnorm2d", "backbone.body.bn1"),
       (r"^backbone\.body\.conv(\d)_x", numbered("backbone.body.layer{}", -1)),
       (r"\.shortcut\.projection", ".downsample"), (r"(?<!backbone)\.body", ""),
       (r"^rpn\.head\.conv\.conv", "rpn.head.conv.0.0"),
       (r"(fpn\.\w+_blocks\.\d)", r"\1.0"),
       (r"^mask_branch\.convs\.(\d)\.conv", r"roi_heads.mask_head.\1.0"),
       (r"^mask_branch", "roi_heads.mask_predictor"))
IN_2019 = (*NOW, (r"^rpn\.head\.conv\.0\.0", "rpn.head.conv"), (r"(fpn\.\w+_blocks\.\d)\.0", r"\1"),
           (r"^roi_heads\.mask_head\.(\d)\.0", numbered("roi_heads.mask_head.mask_fcn{}", 1)))
PUBLISHED = {"torchvision": Names(*NOW, variant="torchvision"),
             "torchvision-2019": Names(*IN_2019, variant="torchvision")}

PYRAMID = tuple((size,) for size in (32, 64, 128, 256, 512))       # anchors of p_2 to p_6
CLASSES = {"paper": 21, "torchvision": 91, "small": 4}
SMALL_ANCHORS, SMALL_REGIONS = (12.0, 18.0, 27.0), 16


def vgg_parts(classes: int, gated: bool) -> dict[str, Any]:
    """VGG-16: the convolutions as trunk, fc6 and fc7 as head."""
    net = VGG("D")
    layers = {name: part for name, part in net.named_parts() if name.startswith(("fc6", "fc7"))}
    if gated:                                              # fc6 reads both scales
        layers["fc6"] = Linear(2 * 512 * 7 * 7, 4096)
    return {
        "backbone": Trunk(net, "conv5_3"),
        "rpn": RegionProposals(512, 512, Proposing(((128, 256, 512),), strides=(16,), scores=2)),
        "roi_heads": heads(Sequential(**layers), BoxPredictor(4096, classes), Judging(), 512, gated,
                           size=7, strides=(16,), kind="pool"),
        "input_shape": (3, 600, 1000), "batching": AsGiven()}


def pyramid_parts(classes: int, gated: bool, frozen_norms: bool = False, norm_eps: float = 1e-5,
                  as_torchvision: bool = True) -> dict[str, Any]:
    """ResNet-50 with a pyramid: torchvision's numbers, or with a head as ours elsewhere."""
    C = ResNetFPN.channels
    proposing = Proposing(PYRAMID, before=(2000, 1000), after=(2000, 1000), smallest=1e-3,
                          inside=False, strides=None if as_torchvision else STRIDES,
                          offset=0.0 if as_torchvision else 0.5, rounded=as_torchvision)
    judging = Judging(drawn=512, overlap=0.5, beta=1 / 9 if as_torchvision else 1.0)
    return {
        "backbone": ResNetFPN(frozen_norms, norm_eps),
        "rpn": RegionProposals(C, C, proposing),
        "roi_heads": heads(TwoLinear((2 if gated else 1) * C * 7 * 7, 1024),
                           BoxPredictor(1024, classes), judging, C, gated,
                           size=7, strides=STRIDES[:4], aligned=not as_torchvision),
        "input_shape": (3, 800, 1344),
        "batching": ResizeAndNormalise() if as_torchvision else AsGiven(divisible=32)}


def small_parts(classes: int, gated: bool, anchors: Sequence[float] = SMALL_ANCHORS,
                regions: int = SMALL_REGIONS) -> dict[str, Any]:
    """For few objects of 10 to 30 pixels, unless other anchors and more regions are asked for."""
    proposing = Proposing(sizes=(tuple(anchors),), ratios=(1,), before=(8 * regions, 4 * regions),
                          after=(2 * regions, regions), smallest=2, drawn=4 * regions,
                          inside=False, strides=(4,))
    head = Sequential(flatten=Flatten(), fc6=Linear((2 if gated else 1) * 64 * 5 * 5, 128),
                      relu6=ReLU())
    return {
        "backbone": SmallTrunk(),
        "rpn": RegionProposals(64, 64, proposing, norm=True),
        "roi_heads": heads(head, BoxPredictor(128, classes, classes - 1),
                           Judging(drawn=regions, share=0.5, most=regions), 64, gated, size=5,
                           strides=(4,)),
        "input_shape": (3, 64, 64), "batching": AsGiven(4)}


def heads(head: Module, predictor: BoxPredictor, rule: Judging, channels: int, gated: bool,
          **pooling: Any) -> RoIHeads:
    """The second stage, with GBD-Net's messages before its head if `gated`."""
    if not gated:
        return RoIHeads([RegionPool(**pooling)], head, predictor, rule)
    return RoIHeads([RegionPool(**pooling, scale=scale) for scale in SCALES],
                    GatedHead(channels, head), predictor, rule)


def check_norms(name: str, resnet: bool, frozen_norms: bool, norm_eps: float) -> None:
    """ValueError for options of batch norms that this network does not have, or does not freeze."""
    if frozen_norms and not resnet:
        raise ValueError(f"{name}: frozen_norms is for a ResNet that is trained already; this "
                         "variant has none, variant='torchvision' has one")
    if norm_eps != 1e-5 and not frozen_norms:
        raise ValueError(f"{name}: norm_eps={norm_eps} is for batch norms that are constants; add "
                         "frozen_norms=True")


class FasterRCNN(TwoStage):
    """Faster R-CNN: see minicnn/models/detection/detector.py for what goes in and comes out.

    Parameters
    ----------
    variant : "paper", "torchvision" or "small"    see the head of this file
    classes : int, optional                        the background counted; 21, 91 or 4
    gated : bool, default False                    GBD-Net's messages in the head: see gated.py
    frozen_norms : bool, default False             "torchvision": batch norms are constants
    norm_eps : float, default 1e-5                 which the frozen ones add to the variance
    anchors : sequence of float                    "small": their sides in pixels
    regions : int, default 16                      "small": regions of an image that are looked at
                                                   again, and the most that it can find

    >>> FasterRCNN().num_parameters()
    137078239
    """

    def __init__(self, variant: str = "paper", classes: int | None = None, gated: bool = False,
                 frozen_norms: bool = False, norm_eps: float = 1e-5,
                 anchors: Sequence[float] = SMALL_ANCHORS, regions: int = SMALL_REGIONS) -> None:
        check_choice("FasterRCNN", "variant", variant, CLASSES)
        if variant != "small" and (tuple(anchors), regions) != (SMALL_ANCHORS, SMALL_REGIONS):
            raise ValueError(f"FasterRCNN: variant {variant!r} has its own anchors and regions; "
                             "they are options of variant='small'")
        classes = check_classes("FasterRCNN", CLASSES[variant] if classes is None else classes)
        check_norms("FasterRCNN", variant == "torchvision", frozen_norms, norm_eps)
        parts = (vgg_parts(classes, gated) if variant == "paper" else
                 small_parts(classes, gated, anchors, regions) if variant == "small" else
                 pyramid_parts(classes, gated, frozen_norms, norm_eps))
        super().__init__(mask_branch=None, classes=classes, **parts)
        self.variant = variant
        self.published = PUBLISHED if variant == "torchvision" and not gated else {}


NETWORKS: dict[str, Callable[..., Module]] = {
    "faster_rcnn": FasterRCNN,
    "fasterrcnn_resnet50_fpn": partial(FasterRCNN, variant="torchvision"),
}
