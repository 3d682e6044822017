"""Pooling of regions: each box of an image becomes a small map of one size, whatever its own size.

RoIPool cuts a box into OH x OW bins of whole pixels and takes the largest value of each, which then
receives all of dy:

    y[k, c, i, j] = max  x[n_k, c, h, w]  over bin i of rows h and bin j of columns w

RoIAlign rounds nothing.  It reads the map at evenly spread points of each bin, between the pixels
by bilinear interpolation, and takes their mean.  The weight of a pixel for such a point is one for
its row times one for its column, so the sums over rows and columns come apart:

    y[k, c] = a_y f[c] a_x^T             f (C, h, w): the part of the map under box k
    df[c]   = a_y^T dy[k, c] a_x         a_y (OH, h): the mean weights of the points of each bin

A pixel under several boxes receives the sum of what they give.

The boxes have no gradient: they are where to look, not what is seen.

Sources: Girshick 2015 (Fast R-CNN), section 2.1; He et al. 2017 (Mask R-CNN), section 3.  Names,
defaults and conventions are torchvision's.  Lecture: memphis "Detection".
"""

from math import prod
from typing import Any

import numpy as np

from minicnn.autograd.engine import Function
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import sum_dtype, xp_of
from minicnn.backend.cuda import roi as cuda
from minicnn.backend.versions import faster, in_float32
from minicnn.backend.windows import pair, truth
from minicnn.layers.module import Module, Shape
from minicnn.layers.roi_boxes import (
    Reading,
    as_rois,
    bins_by_size,
    check_points,
    check_scale,
    interpolated,
    rounded,
)


@faster(cuda=cuda.roi_align)
@in_float32
class RoIAlignFn(Function):
    """numbers : (K,) of the image of each box;  vertical, horizontal : how it is read, a_y and a_x

    With the channels last each sum is one product of matrices, for all channels together.
    After the call `regions` can be read: of each box its image, its rows and columns, a_y and a_x.
    """

    def __init__(self, numbers: np.ndarray, vertical: Reading, horizontal: Reading):
        self.numbers, self.vertical, self.horizontal = numbers, vertical, horizontal

    def forward(self, x):                                  # (N, C, H, W)
        C, xp, vertical, horizontal = x.shape[1], xp_of(x), self.vertical, self.horizontal
        a_y, a_x, self.x_shape = xp.asarray(vertical.a), xp.asarray(horizontal.a), x.shape
        OH, OW = a_y.shape[1], a_x.shape[1]
        self.regions = [(n, vertical.pixels(k), horizontal.pixels(k),
                         a_y[k, :, :vertical.span[k]], a_x[k, :, :horizontal.span[k]])
                        for k, n in enumerate(self.numbers.tolist())]
        pixels = xp.ascontiguousarray(x.transpose(0, 2, 3, 1))                 # (N, H, W, C)
        y = xp.empty((len(self.regions), OH, OW, C), x.dtype)
        for k, (n, rows, columns, a_y, a_x) in enumerate(self.regions):
            f = pixels[n, rows, columns]                   # (h, w, C)
            t = (a_y @ f.reshape(len(f), -1)).reshape(OH, -1, C)               # (OH, w, C)
            y[k] = a_x @ t                                 # (OH, OW, C)
        return y.transpose(0, 3, 1, 2)                     # (K, C, OH, OW)

    def backward(self, dy):                                # (K, C, OH, OW)
        (N, C, H, W), xp = self.x_shape, xp_of(dy)
        dpixels = xp.zeros((N, H, W, C), dy.dtype)
        dy = xp.ascontiguousarray(dy.transpose(0, 2, 3, 1))                    # (K, OH, OW, C)
        for k, (n, rows, columns, a_y, a_x) in enumerate(self.regions):
            dt = a_x.T @ dy[k]                             # (OH, w, C)
            df = a_y.T @ dt.reshape(len(dt), -1)           # (h, w C)
            dpixels[n, rows, columns] += df.reshape(len(df), -1, C)
        return dpixels.transpose(0, 3, 1, 2)               # (N, C, H, W)


@in_float32
class RoIPoolFn(Function):
    """groups : bins of equal size, M at a time: which they are of the K OH OW, (M,), and under each
    its pixels as numbers among the N H W, row by row, (M, h w).  A bin that is in none stays 0.
    """

    def __init__(self, groups: list, y_shape: tuple[int, int, int]):
        self.groups, self.y_shape = groups, y_shape

    def forward(self, x):                                  # (N, C, H, W)
        C, xp, self.x_shape, self.winners = x.shape[1], xp_of(x), x.shape, []
        pixels = xp.ascontiguousarray(x.transpose(0, 2, 3, 1)).reshape(-1, C)  # (N H W, C)
        y, channels = xp.zeros((prod(self.y_shape), C), x.dtype), xp.arange(C)
        for bins, under in self.groups:
            first = pixels[under].argmax(axis=1)           # (M, h w, C) -> (M, C)
            winner = xp.take_along_axis(under, first, axis=1)                  # its number, (M, C)
            y[bins] = pixels[winner, channels]
            self.winners.append(winner)
        return y.reshape(*self.y_shape, C).transpose(0, 3, 1, 2)               # (K, C, OH, OW)

    def backward(self, dy):                                # (K, C, OH, OW)
        (N, C, H, W), xp = self.x_shape, xp_of(dy)
        dy = dy.transpose(0, 2, 3, 1).reshape(-1, C)       # (K OH OW, C)
        dpixels, channels = xp.zeros((N * H * W, C), dy.dtype), xp.arange(C)
        for (bins, _), winner in zip(self.groups, self.winners, strict=True):
            xp.add.at(dpixels, (winner, channels), dy[bins])                   # += where it won
        return dpixels.reshape(N, H, W, C).transpose(0, 3, 1, 2)               # (N, C, H, W)


class RoI(Module):
    """What both share: called with (x, boxes), they give a map for each box."""

    output_size: tuple[int, int]
    spatial_scale: float

    def out_shape(self, in_shape: Shape, boxes: Any = None) -> Shape:
        C, H, W = self.image(in_shape)
        if min(H, W) < 1:
            raise ValueError(f"{self.located()}: a map of {H}x{W} has no pixels")
        return C, *self.output_size

    def rois(self, x: Tensor, boxes: Any) -> tuple:
        """(number of its image, its box in the map's pixels) of each box, with every check."""
        self.out_shape(x.shape[1:])
        return as_rois(boxes, x.shape, self.spatial_scale, sum_dtype(x.dtype), self.located())

    def extra_repr(self) -> str:
        OH, OW = self.output_size
        return f"to {OH}x{OW}, scale {self.spatial_scale:g}"


class RoIAlign(RoI):
    """The mean of points in each bin of each box:  (N, C, H, W), boxes -> (K, C, OH, OW).

    Parameters
    ----------
    output_size : int or (int, int)     OH, OW
    spatial_scale : float               size of the map / size of the image that boxes are in: 1/16
    sampling_ratio : int                points of a bin in each direction; 0 or less: as many as it
                                        has pixels, rounded up
    aligned : bool, default False       True puts the middle of the first pixel at 1/2, where it is
                                        in boxes.  False, torchvision's default, is the mistake of
                                        the first programs: it reads half a pixel too far down and
                                        right, and takes no box for smaller than a pixel.  Published
                                        weights were trained so

    Called with (x, boxes): a list of arrays (n, 4), one for each image, or one array (K, 5) with
    the number of its image before each box; (x1, y1, x2, y2) in pixels of the image.  A point more
    than a pixel outside the map counts as 0.  NaN anywhere under a box is in its whole map.

    >>> x = Tensor([[[[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11], [12, 13, 14, 15]]]])
    >>> RoIAlign(2, sampling_ratio=1, aligned=True)(x, [[[0, 0, 4, 4]]]).numpy().tolist()
    [[[[2.5, 4.5], [10.5, 12.5]]]]
    """

    def __init__(self, output_size: Any, spatial_scale: float = 1.0, sampling_ratio: int = -1,
                 aligned: bool = False) -> None:
        self.output_size = pair(output_size, "RoIAlign: output_size")
        self.spatial_scale = check_scale(spatial_scale, "RoIAlign")
        self.sampling_ratio = check_points(sampling_ratio, "RoIAlign")
        self.aligned = truth(aligned, "RoIAlign: aligned")

    def forward(self, x: Tensor, boxes: Any) -> Tensor:
        numbers, found = self.rois(x, boxes)
        (H, W), (OH, OW) = x.shape[2:], self.output_size
        x1, y1, x2, y2 = found.T
        vertical = interpolated(y1, y2, H, OH, self.sampling_ratio, self.aligned)
        horizontal = interpolated(x1, x2, W, OW, self.sampling_ratio, self.aligned)
        return RoIAlignFn(numbers, vertical, horizontal)(x)

    def extra_repr(self) -> str:
        return (super().extra_repr()
                + f", {self.sampling_ratio} points a bin" * (self.sampling_ratio > 0)
                + ", aligned" * self.aligned)


class RoIPool(RoI):
    """The largest value of each bin of each box:  (N, C, H, W), boxes -> (K, C, OH, OW).

    output_size : int or (int, int)     OH, OW
    spatial_scale : float               size of the map / size of the image that boxes are in: 1/16

    Called as RoIAlign is.  The corners are rounded to pixels, halves away from zero, and the last
    row and column count in, so that every box has a pixel; neighbouring bins share one where the
    size does not divide.  A bin outside the map is 0; of equal values the first in row order wins.

    >>> x = Tensor([[[[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11], [12, 13, 14, 15]]]])
    >>> RoIPool(2, spatial_scale=0.1)(x, [[[0, 0, 20, 20]]]).numpy().tolist()
    [[[[5.0, 6.0], [9.0, 10.0]]]]
    """

    def __init__(self, output_size: Any, spatial_scale: float = 1.0) -> None:
        self.output_size = pair(output_size, "RoIPool: output_size")
        self.spatial_scale = check_scale(spatial_scale, "RoIPool")

    def forward(self, x: Tensor, boxes: Any) -> Tensor:
        numbers, found = self.rois(x, boxes)
        xp, (H, W), (OH, OW) = xp_of(x.data), x.shape[2:], self.output_size
        groups = [(xp.asarray(bins), xp.asarray(under))
                  for bins, under in bins_by_size(numbers, rounded(found), (H, W), (OH, OW))]
        return RoIPoolFn(groups, (len(numbers), OH, OW))(x)


def roi_align(x: Tensor, boxes: Any, output_size: Any, spatial_scale: float = 1.0,
              sampling_ratio: int = -1, aligned: bool = False) -> Tensor:
    """RoIAlign as a function."""
    return RoIAlign(output_size, spatial_scale, sampling_ratio, aligned)(x, boxes)


def roi_pool(x: Tensor, boxes: Any, output_size: Any, spatial_scale: float = 1.0) -> Tensor:
    """RoIPool as a function."""
    return RoIPool(output_size, spatial_scale)(x, boxes)
