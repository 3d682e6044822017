"""Pictures of different sizes in one batch, and boxes back in the pictures they came from.

    batch, targets = batching(pictures, targets)
    batch.x          (N, C, H, W): each picture in its upper left corner, zeros below and beside it
    batch.sizes      (h, w) of each picture in it
    batching.back(detections, batch, original sizes)

AsGiven leaves the pictures as they are.  ResizeAndNormalise is what torchvision's detectors do to
theirs first (its GeneralizedRCNNTransform).
"""

from collections.abc import Sequence
from math import floor
from typing import Any, NamedTuple

import numpy as np

from minicnn.autograd.functions import pad, stack
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import xp_of
from minicnn.data.preparation import IMAGENET_MEAN, IMAGENET_STD
from minicnn.layers.interpolate import interpolate
from minicnn.models.detection.detector import Detections, Target

Size = tuple[int, int]                           # (H, W)


class Batch(NamedTuple):
    """Pictures on top of each other; sizes: (h, w) of each without its rim of zeros."""

    x: Tensor                                    # (N, C, H, W)
    sizes: list[Size]

    @property
    def size(self) -> Size:
        """(H, W) of the whole."""
        return self.x.shape[2:]


def padded(pictures: Sequence[Tensor], divisible: int = 1) -> Batch:
    """The pictures in one Tensor whose sides are multiples of `divisible`."""
    sizes = [x.shape[1:] for x in pictures]
    H, W = (-(-max(sides) // divisible) * divisible for sides in zip(*sizes, strict=True))
    rims = [x if x.shape[1:] == (H, W) else pad(x, (0, W - x.shape[2], 0, H - x.shape[1]))
            for x in pictures]
    return Batch(stack(rims), sizes)


class AsGiven:
    """Pictures as they are, padded with zeros: the mean of what has been normalised.

    divisible : the batch's sides are multiples of it
    """

    def __init__(self, divisible: int = 1) -> None:
        self.divisible = divisible

    def __call__(self, pictures: Sequence[Tensor], targets: list[Target] | None = None
                 ) -> tuple[Batch, list[Target]]:
        return padded(pictures, self.divisible), targets or []

    def back(self, found: Detections, batch: Batch, sizes: Sequence[Size]) -> Detections:
        """The detections; the boxes are in the pictures already."""
        return found


class ResizeAndNormalise:
    """torchvision's: (x - mean) / std, then the shorter side to `shorter` pixels, the longer one to
    at most `longer`; bilinear, masks by the nearest pixel.

    Pictures come as they are, with values from 0 to 1.

    >>> ResizeAndNormalise().new_size(480, 640), ResizeAndNormalise().new_size(300, 1200)
    ((800, 1066), (333, 1333))
    """

    def __init__(self, shorter: int = 800, longer: int = 1333,
                 mean: Sequence[float] = IMAGENET_MEAN, std: Sequence[float] = IMAGENET_STD,
                 divisible: int = 32) -> None:
        self.shorter, self.longer, self.divisible = shorter, longer, divisible
        self.mean, self.std = mean, std

    def new_size(self, H: int, W: int) -> Size:
        scale = min(self.shorter / min(H, W), self.longer / max(H, W))
        return floor(H * scale), floor(W * scale)

    def __call__(self, pictures: Sequence[Tensor], targets: list[Target] | None = None
                 ) -> tuple[Batch, list[Target]]:
        ready = []
        for x in pictures:
            xp = xp_of(x.data)
            mean, std = (Tensor(xp.asarray(values, x.dtype).reshape(-1, 1, 1))
                         for values in (self.mean, self.std))
            x = (x - mean) / std
            new = self.new_size(*x.shape[1:])
            ready.append(interpolate(x[None], new, mode="bilinear")[0])
        resized = [self.resized(target, old.shape[1:], new.shape[1:]) for target, old, new
                   in zip(targets or (), pictures, ready, strict=bool(targets))]
        return padded(ready, self.divisible), resized

    def resized(self, target: Target, old: Size, new: Size) -> Target:
        """The target of the picture in its new size."""
        target = {**target, "boxes": rescaled(target["boxes"], old, new)}
        if "masks" in target:
            rows, columns = (np.arange(after) * before // after
                             for before, after in zip(old, new, strict=True))
            target["masks"] = target["masks"][:, rows][:, :, columns]
        return target

    def back(self, found: Detections, batch: Batch, sizes: Sequence[Size]) -> Detections:
        """The detections with boxes in pixels of the original pictures."""
        return [{**one, "boxes": rescaled(one["boxes"], new, old)}
                for one, new, old in zip(found, batch.sizes, sizes, strict=True)]


def rescaled(boxes: Any, old: Size, new: Size) -> Any:
    """Boxes (n, 4) of a picture of size (H, W) in the same picture of another size.

    >>> rescaled(np.array([[1., 2., 3., 4.]]), (10, 10), (20, 30)).tolist()
    [[3.0, 4.0, 9.0, 8.0]]
    """
    down, right = (after / before for before, after in zip(old, new, strict=True))
    return boxes * xp_of(boxes).asarray([right, down, right, down], boxes.dtype)
