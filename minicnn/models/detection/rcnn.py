"""R-CNN: every region is cut out of the picture, warped to one size, and classified by itself.

    variant   network                 a crop      parameters   MACs of a crop   of all crops
    "paper"   AlexNet in two halves   3x227x227   56,954,261   720,396,832      1,440,793,664,000
    "small"   AlexNet of 32 x 32      3x32x32        367,300    14,528,000            929,792,000

2,000 regions of an image cost more than three times what they cost in Fast R-CNN.

A region is enlarged until it has 16 of the crop's 227 pixels around it on every side, and stretched
to a square, whatever its shape; outside the picture there is 0, the mean.

Source: Girshick, Donahue, Darrell, Malik, "Rich feature hierarchies for accurate object detection
and semantic segmentation", CVPR 2014, sections 2.1 to 2.3 and appendix A.  Lecture: memphis, the
list "Detection".

Departures from the paper
-------------------------
1. Its regions come from selective search, which is not here; see windows.py.
2. The softmax of the network decides.  The paper trains a linear SVM for each class on fc7, with
   other examples: there, what overlaps by less than 0.3 is negative and the truths alone are
   positive; here, as in the paper's fine-tuning, 0.5 parts the two.
3. The boxes are those of the regions; the paper moves them by a ridge regression on pool5.
4. 128 regions of each image are learnt from, 32 of them positive; the paper mixes all images.
5. Weights start at random; the paper's come from ImageNet.
"""

from collections.abc import Callable

import numpy as np

from minicnn.autograd.functions import cat, stack
from minicnn.autograd.shapes import BATCH
from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import to_cpu
from minicnn.backend.seeds import generator
from minicnn.data.boxes.matching import match
from minicnn.data.boxes.overlap import box_iou
from minicnn.data.boxes.sampling import sample
from minicnn.data.boxes.suppression import batched_nms
from minicnn.layers.module import Module
from minicnn.layers.roi import roi_align
from minicnn.layers.softmax import softmax
from minicnn.losses.cross_entropy import cross_entropy
from minicnn.models.alexnet import AlexNet
from minicnn.models.detection.detector import Detections, Target
from minicnn.models.detection.fast_rcnn import COUNT, GRIDS
from minicnn.models.detection.regions import enlarged
from minicnn.models.detection.roi_heads import Judging
from minicnn.models.detection.two_stage import refuse_nan
from minicnn.models.detection.windows import GivenRegions, Regions, window_grid
from minicnn.models.network import check_choice, check_classes

CLASSES = {"paper": 21, "small": 4}
SHAPES = {"paper": (3, 375, 500), "small": (3, 64, 64)}            # VOC's pictures vary about this
RULES = {"paper": Judging(drawn=128), "small": Judging(drawn=32, share=0.5)}
CONTEXT = 16 / 227                               # of the warped crop's side, at each of its edges
CHUNK = 64                                       # crops that pass the network at once


class RCNN(GivenRegions):
    """R-CNN: see minicnn/models/detection/detector.py for what goes in and comes out.

    Parameters
    ----------
    variant : "paper" or "small"       AlexNet's, on crops of 227 or 32 pixels
    classes : int, optional            the background counted; 21 or 4

    Called as model(images, targets, proposals): proposals is a list of (n, 4), one for each image;
    without it windows are drawn, see windows.py.

    >>> RCNN().num_parameters()
    56954261
    """

    def __init__(self, variant: str = "paper", classes: int | None = None) -> None:
        check_choice("RCNN", "variant", variant, CLASSES)
        self.classes = check_classes("RCNN", CLASSES[variant] if classes is None else classes)
        self.variant, self.rule, self.grid = variant, RULES[variant], GRIDS[variant]
        self.count = COUNT[variant]
        self.net = AlexNet(variant, self.classes)
        self.input_shape = SHAPES[variant]

    def outputs(self, x: Tensor) -> Tensor:
        """Scores (n, classes) of the crops of all images; of windows, where x has values."""
        if x.is_shape:
            return self.net(x.of((BATCH * self.count, *self.net.input_shape)))
        regions = window_grid(x.shape[2:], self.grid)
        return self.net(cat([self.crops(image, regions) for image in x]))

    def crops(self, image: Tensor, boxes: np.ndarray) -> Tensor:
        """(C, H, W), (n, 4) -> (n, C, side, side), each box warped with its surroundings."""
        side = self.net.input_shape[1]
        around = enlarged(boxes, 1 / (1 - 2 * CONTEXT))
        return roi_align(image[None], [around], side, sampling_ratio=1, aligned=True)

    def region_losses(self, images: list[Tensor], targets: list[Target], regions: Regions
                      ) -> dict[str, Tensor]:
        crops, labels = [], []
        for image, target, boxes in zip(images, targets, regions, strict=True):
            boxes = np.concatenate([boxes, target["boxes"]])
            matched = match(box_iou(target["boxes"], boxes), self.rule.high, best_for_truth=False)
            both = np.concatenate(sample(matched, self.rule.drawn, self.rule.share, generator()))
            crops.append(self.crops(image, boxes[both]))
            own = np.zeros(len(both), np.int64)
            own[matched[both] >= 0] = target["labels"][matched[both][matched[both] >= 0]]
            labels.append(own)
        scores, R = self.net(cat(crops)), sum(map(len, labels))                # (R, classes)
        ends = np.cumsum([len(own) for own in labels])
        return {"loss_classifier": stack(
            [cross_entropy(scores[end - len(own):end], own, reduction="sum") / R
             for own, end in zip(labels, ends, strict=True)])}

    @no_grad()
    def region_detections(self, images: list[Tensor], regions: Regions) -> Detections:
        return [self.found_in(self.judged(image, boxes), boxes)
                for image, boxes in zip(images, regions, strict=True)]

    def judged(self, image: Tensor, boxes: np.ndarray) -> np.ndarray:
        """Probabilities (n, classes) of a picture's boxes (n, 4), some at a time."""
        parts = [self.net(self.crops(image, boxes[start:start + CHUNK]))
                 for start in range(0, len(boxes), CHUNK)]
        refuse_nan(self, [image], *parts)
        return np.concatenate([np.zeros((0, self.classes), image.dtype),
                               *[to_cpu(softmax(scores, 1).data) for scores in parts]])

    def found_in(self, sure: np.ndarray, boxes: np.ndarray) -> dict[str, np.ndarray]:
        row, column = np.nonzero(sure[:, 1:] > self.rule.threshold)
        scores, labels = sure[row, column + 1], column + 1
        kept = batched_nms(boxes[row], scores, labels, self.rule.overlap)[:self.rule.most]
        return {"boxes": boxes[row][kept], "labels": labels[kept], "scores": scores[kept]}


NETWORKS: dict[str, Callable[..., Module]] = {"rcnn": RCNN}
