"""Mask R-CNN's third branch: which pixels of a box belong to its object?

    h = relu(conv3x3(... pool(maps, box)))       (R, F, P, P)
    z = conv1x1(relu(deconv2x2(h)))              (R, K, 2P, 2P): a map for each of K classes

    L = mean BCE(z[class], mask)                 over the positive regions and their pixels

Only the map of the true class learns, so classes do not compete for a pixel; the box branch decides
which class it is.  The target is the truth's mask under the region, brought to 2P x 2P.  In test
the masks are computed for the boxes found, and drawn into the picture: pasting.py.

Source: He et al. 2017, "Mask R-CNN", section 3 and figure 4 (right).  Lecture: memphis "Detection".
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from minicnn.autograd.functions import stack
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import to_cpu
from minicnn.init import apply_init, he_normal, zeros
from minicnn.layers.activations import ReLU
from minicnn.layers.batchnorm import BatchNorm2d
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d
from minicnn.layers.conv_transpose import ConvTranspose2d
from minicnn.layers.module import Module
from minicnn.layers.roi import roi_align
from minicnn.losses.binary_cross_entropy import binary_cross_entropy_with_logits
from minicnn.models.detection.detector import Target
from minicnn.models.detection.pasting import Paste, paste
from minicnn.models.detection.roi_heads import Drawn
from minicnn.models.network import conv_unit


class MaskBranch(Module):
    """pool -> 3x3 convolutions -> deconvolution -> a map for each class.

    in_channels : of the maps;  widths : of the 3x3 convolutions and, the last, of the deconvolution
    classes : of the network;  number : of maps, `classes` or one fewer, without the background
    norm : batch norm behind the 3x3
    soft : the target is the share of each cell that is covered, read a quarter of a cell askew, as
           torchvision's; else whether half of it is covered
    pasting : how masks are drawn into the picture: see pasting.py
    """

    def __init__(self, pool: Module, in_channels: int, widths: Sequence[int], classes: int,
                 number: int, norm: bool = False, soft: bool = False, pasting: Paste = paste
                 ) -> None:
        self.classes, self.soft, self.pasting = classes, soft, pasting
        self.pool = pool
        units = []
        for width in widths:
            units.append(conv_unit(in_channels, width, 3, norm=BatchNorm2d if norm else None))
            in_channels = width
        self.convs = Sequential(*units)
        self.conv5_mask, self.relu = ConvTranspose2d(in_channels, in_channels, 2, 2), ReLU()
        self.mask_fcn_logits = Conv2d(in_channels, number, 1)
        apply_init(self, he_normal(mode="fan_out"), zeros)

    def forward(self, maps: Sequence[Tensor], boxes: Any) -> Tensor:
        """Log-odds (R, K, 2P, 2P) of the regions of all images."""
        h = self.convs(self.pool(*maps, boxes=boxes))
        return self.mask_fcn_logits(self.relu(self.conv5_mask(h)))

    def of_class(self, z: Tensor, labels: np.ndarray) -> Tensor:
        """Each region's map of its class:  (R, K, M, M), (R,) -> (R, M, M)."""
        background = self.classes - z.shape[1]             # 1 where it has no map
        return z[np.arange(len(labels)), labels - background]

    # --- what it learns -------------------------------------------------------------------------

    def losses(self, maps: Sequence[Tensor], drawn: Sequence[Drawn], targets: Sequence[Target]
               ) -> dict[str, Tensor]:
        """loss_mask (N,): each image's share."""
        positive = [one.boxes[one.positive] for one in drawn]
        labels = np.concatenate([one.labels[one.positive] for one in drawn])
        z = self.of_class(self(maps, positive), labels)                        # (R, M, M)
        R, M, _ = z.shape
        losses, start = [], 0
        for one, boxes, target in zip(drawn, positive, targets, strict=True):
            part, start = z[start:start + len(boxes)], start + len(boxes)
            truth = self.truth(np.asarray(target["masks"])[one.truths], boxes, M)
            losses.append(binary_cross_entropy_with_logits(part, truth.astype(z.dtype),
                                                           reduction="sum") / max(R * M * M, 1))
        return {"loss_mask": stack(losses)}

    def truth(self, masks: np.ndarray, boxes: np.ndarray, M: int) -> np.ndarray:
        """Each mask (H, W) under its box:  (R, H, W), (R, 4) -> (R, M, M)."""
        if not len(boxes):
            return np.zeros((0, M, M))
        regions = np.concatenate([np.arange(len(boxes))[:, None], boxes], axis=1)
        shares = roi_align(Tensor(masks[:, None].astype(np.float32)), regions, M,
                           aligned=not self.soft).data[:, 0]
        return shares.clip(0, 1) if self.soft else shares >= 0.5               # of 1.0000001

    # --- what it finds --------------------------------------------------------------------------

    def found(self, maps: Sequence[Tensor], detections: Sequence[Target]) -> list[np.ndarray]:
        """Probabilities (n, M, M) of the pixels of each image's boxes."""
        labels = np.concatenate([one["labels"] for one in detections])
        z = self.of_class(self(maps, [one["boxes"] for one in detections]), labels)
        ends = np.cumsum([len(one["labels"]) for one in detections])[:-1]
        return np.split(to_cpu(z.sigmoid().data), ends)
