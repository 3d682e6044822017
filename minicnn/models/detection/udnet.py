"""UD-Net: not boxes but a map, on which every object is a hill; the tops of the hills are counted.

    name     variant    reads            network               parameters       MACs
    udnet    "paper"    3 x 256 x 256    R2U-Net, t = 2        39,091,393       152,488,116,224
    udnet    "small"    3 x 64 x 64      our small R2U-Net     153,131          115,408,896

    L = mean over the pixels of (heat said - heat wanted)^2

One map for each class but the background.  Nothing is to be matched in training, and cells that
touch are two hills.  How large an object is, nobody says: the boxes of the answer are squares of
`side` pixels around the tops, which `points` has.

Slide: memphis, the list "Detection".  Source: Alom et al. 2022, Diagnostic Pathology: R2U-Net as a
regressor of density maps.

Departures from the paper
-------------------------
1. Only its idea is known to us.  The hills (sigma 2 pixels, 1 at the top), the peaks of 3 x 3 and
   the least height of 0.3 are our choice, and no published count stands beside ours.
2. The last convolution starts near zero, a flat map, as hills cover less than a hundredth of the
   pixels; from He's start our small form needs longer to unlearn its noise than to learn the hills.
3. "small" is ours.
"""

from collections.abc import Callable

import numpy as np

from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import to_cpu
from minicnn.data.boxes import clip_boxes_to_image
from minicnn.init import normal
from minicnn.layers.module import Module
from minicnn.models.detection.batching import padded
from minicnn.models.detection.detector import Detections, Detector, Target
from minicnn.models.detection.fixed_size import constant
from minicnn.models.detection.heat import heat_map, peaks
from minicnn.models.network import check_choice, check_classes
from minicnn.models.segmentation.r2unet import R2UNet


class UDNet(Detector):
    """UD-Net:  pictures (3, H, W) -> points, and squares around them.

    Parameters
    ----------
    variant : "paper" or "small"       see the head of this file
    classes : int, optional            with the background; 2, or 4 for "small"
    channels : int, default 3          of the pictures
    sigma : float, default 2           of the hills, in pixels
    least : float, default 0.3         the least height of a top
    side : float, default 16           of the squares in the answer, in pixels

    Pictures keep their size; smaller ones are padded with zeros.  The loss is named "heat"; what is
    found in a picture has, beside boxes, labels and scores, `points` (n, 2), x and y in pixels.

    >>> UDNet().num_parameters(), UDNet().shape((3, 256, 256))
    (39091393, (1, 256, 256))
    """

    marks_points = True

    def __init__(self, variant: str = "paper", classes: int | None = None, channels: int = 3,
                 sigma: float = 2.0, least: float = 0.3, side: float = 16.0) -> None:
        self.variant = check_choice("UDNet", "variant", variant, ("paper", "small"))
        default = 2 if variant == "paper" else 4
        self.classes = check_classes("UDNet", default if classes is None else classes)
        for name, value in (("sigma", sigma), ("side", side)):
            if not value > 0:
                raise ValueError(f"UDNet: {name} must be above 0 pixels, got {value}")
        self.sigma, self.least, self.side = sigma, least, side
        self.maps = R2UNet(variant, self.classes - 1, channels)
        self.maps.scores.weight.draw_again(normal(0.01))
        self.input_shape = self.maps.input_shape

    def outputs(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> the heat of each class, (N, classes - 1, H, W)."""
        return self.maps(x)

    def losses(self, images: list[Tensor], targets: list[Target]) -> dict[str, Tensor]:
        batch = padded(images, 2 ** self.maps.halved)
        said = self.outputs(batch.x)
        wanted = np.stack([[heat_map(target["boxes"][target["labels"] == label], batch.size,
                                     self.sigma) for label in range(1, self.classes)]
                           for target in targets])         # (N, K, H, W)
        error = (said - constant(wanted, said)) ** 2
        return {"heat": error.mean(axis=(1, 2, 3)) / len(images)}              # (N,)

    def detections(self, images: list[Tensor]) -> Detections:
        batch = padded(images, 2 ** self.maps.halved)
        with no_grad():
            heat = to_cpu(self.outputs(batch.x).data)
        found = []
        for number, (maps, (H, W)) in enumerate(zip(heat, batch.sizes, strict=True)):
            if np.isnan(maps).any():
                raise ValueError(f"UDNet: picture {number}: what it answers is NaN"
                                 f"{self.cause(images)}")
            tops = [peaks(one[:H, :W], self.least) for one in maps]
            points = np.concatenate([points for points, _ in tops])
            scores = np.concatenate([heights for _, heights in tops])
            labels = np.repeat(np.arange(1, self.classes), [len(heights) for _, heights in tops])
            order = np.argsort(-scores, kind="stable")
            points, half = points[order], self.side / 2
            boxes = np.concatenate([points - half, points + half], axis=1)
            found.append({"boxes": clip_boxes_to_image(boxes, (H, W)).astype(np.float32),
                          "labels": labels[order], "scores": scores[order],
                          "points": points.astype(np.float32)})
        return found


NETWORKS: dict[str, Callable[..., Module]] = {"udnet": UDNet}
