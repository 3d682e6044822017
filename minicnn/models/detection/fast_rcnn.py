"""Fast R-CNN: an image passes the convolutions once, and every region is cut out of the maps.

    variant   trunk            image        regions   parameters     MACs of an image
    "paper"   VGG-16           3x600x1000   2,000     134,690,729    423,096,963,072
    "small"   7 convolutions   3x64x64      64            316,804         62,226,432

R-CNN's regions each pass the whole network; here they share the trunk, and only the fully connected
layers run for each: still 57 % of the MACs.

Source: Girshick, "Fast R-CNN", ICCV 2015, section 2 and table 4.  Slides: memphis, the list
"Detection"; stanford "Transfer learning with CNNs is pervasive" (a figure).

Departures from the paper
-------------------------
1. Its regions come from selective search, which is not here; see windows.py.
2. 64 regions of each image are learnt from, however many images there are; the paper has two.
3. In a picture without objects every region is background; by the paper's rule, negatives overlap
   an object by 0.1 to 0.5, such a picture would teach nothing.
4. Weights start at random; the paper's come from ImageNet, and its first four convolutions stay as
   they are.  The layers bear VGG's names.
5. "small" is ours: RoIPool of 5 x 5 on a trunk with batch norm, half of the 16 regions positive.
"""

from collections.abc import Callable
from typing import Any

from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.layers.activations import ReLU
from minicnn.layers.containers import Sequential
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.module import Module
from minicnn.models.detection.batching import AsGiven
from minicnn.models.detection.detector import Detections, Target
from minicnn.models.detection.regions import RegionPool
from minicnn.models.detection.roi_heads import BoxPredictor, Judging, RoIHeads
from minicnn.models.detection.trunk import SmallTrunk, Trunk
from minicnn.models.detection.two_stage import refuse_nan
from minicnn.models.detection.windows import GivenRegions, Grid, Regions, window_grid
from minicnn.models.network import check_choice, check_classes
from minicnn.models.vgg import VGG

CLASSES = {"paper": 21, "small": 4}
GRIDS = {"paper": Grid((64, 128, 256, 512), (0.5, 1, 2), 0.5),     # windows in test
         "small": Grid((12, 18, 27), (1,), 0.25)}
COUNT = {"paper": 2000, "small": 64}                               # of the regions in training


class FastRCNN(GivenRegions):
    """Fast R-CNN: see minicnn/models/detection/detector.py for what goes in and comes out.

    Parameters
    ----------
    variant : "paper" or "small"       see the head of this file
    classes : int, optional            the background counted; 21 or 4

    Called as model(images, targets, proposals): proposals is a list of (n, 4), one for each image;
    without it windows are drawn, see windows.py.

    >>> FastRCNN().num_parameters()
    134690729
    """

    def __init__(self, variant: str = "paper", classes: int | None = None) -> None:
        check_choice("FastRCNN", "variant", variant, CLASSES)
        self.classes = check_classes("FastRCNN", CLASSES[variant] if classes is None else classes)
        self.variant, self.batching = variant, AsGiven()
        self.count, self.grid = COUNT[variant], GRIDS[variant]
        rule = Judging(drawn=64, least=0.1)
        if variant == "paper":
            net = VGG("D")
            self.backbone: Module = Trunk(net, "conv5_3")
            head = Sequential(**{name: part for name, part in net.named_parts()
                                 if name.startswith(("fc6", "fc7"))})
            predictor, pool = BoxPredictor(4096, self.classes), RegionPool(7, (16,), "pool")
            self.input_shape = (3, 600, 1000)
        else:
            self.backbone = SmallTrunk()
            head = Sequential(flatten=Flatten(), fc6=Linear(64 * 5 * 5, 128), relu6=ReLU())
            predictor, pool = BoxPredictor(128, self.classes), RegionPool(5, (4,), "pool")
            rule, self.input_shape = rule._replace(drawn=16, share=0.5), (3, 64, 64)
        self.roi_heads = RoIHeads([pool], head, predictor, rule)

    def outputs(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Scores and moves of the regions; of windows, where x has values."""
        regions: Any = self.count if x.is_shape else [window_grid(x.shape[2:], self.grid)] * len(x)
        return self.roi_heads(self.backbone(x), regions)

    def region_losses(self, images: list[Tensor], targets: list[Target], regions: Regions
                      ) -> dict[str, Tensor]:
        batch, targets = self.batching(images, targets)
        drawn = [self.roi_heads.draw(boxes, target)
                 for boxes, target in zip(regions, targets, strict=True)]
        return self.roi_heads.losses(self.backbone(batch.x), drawn)

    @no_grad()
    def region_detections(self, images: list[Tensor], regions: Regions) -> Detections:
        batch, _ = self.batching(images)
        scores, moves = self.roi_heads(self.backbone(batch.x), regions)
        refuse_nan(self, images, scores, moves)
        return self.roi_heads.found(scores, moves, regions, batch)


NETWORKS: dict[str, Callable[..., Module]] = {"fast_rcnn": FastRCNN}
