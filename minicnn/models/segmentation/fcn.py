"""FCN: a classifier whose fully connected layers became convolutions, and a way back up.

    name      skips          parameters     MACs              small: parameters   MACs
    fcn32s                  136,152,917    181,365,854,976         294,644        45,713,408
    fcn16s    pool4         134,815,994    181,448,086,272         246,008        45,718,528
    fcn8s     pool4, pool3  134,489,759    181,529,034,048         234,236        45,739,008

    32s   score of fc7 --------------- 64/32 up -> crop 19
    16s   score of fc7 -- 4/2 up --+-- 32/16 up -> crop 27
          score of pool4, crop 5 --'
    8s    score of fc7 -- 4/2 up --+-- 4/2 up --+-- 16/8 up -> crop 31
          score of pool4, crop 5 --'            |
          score of pool3, crop 9 ---------------'

fc6 is a convolution of 7 x 7, so the network slides over an image of any size and scores every
place at a step of 32 pixels.  Coarse scores are enlarged by transposed convolutions that start as
bilinear interpolation; earlier poolings know better where an edge is, and their scores are added
on the way: 32s < 16s < 8s in the paper, and on drawn shapes.

conv1_1 has a border of 100 zeros, so that the smallest images leave something for fc6; what is
then too much is cut off, by the offsets of the authors' files.  Input 3 x 500 x 500 or any other
size, the mean of each channel subtracted (B, G, R there).

Source: Long, Shelhamer and Darrell 2015, "Fully convolutional networks for semantic segmentation",
sections 3 and 4, figure 3; Shelhamer et al. 2017.  Slides: memphis, "Segmentation" (a name in a
list).  Another network of that name, on ResNet and without skips, is fcn_resnet50.

Departures from the paper
-------------------------
1. All transposed convolutions learn; the authors keep the last one as it starts.  All are counted.
2. Weights start by He's rule, where the paper has those of a VGG-16 trained on ImageNet.  Score
   layers start at 0, as there.
3. fcn8s has all its skips from the beginning; the paper trains 32s, then 16s, then 8s.  The later
   "at once" form scales pool4 by 0.01 and pool3 by 0.0001; this one does not.
4. variant="small" is ours: two convolutions with batch norm a block, no border, nothing to crop.
"""

from collections.abc import Callable
from functools import partial

from minicnn.autograd.tensor import Tensor
from minicnn.init import apply_init, bilinear, zeros
from minicnn.layers.conv import Conv2d
from minicnn.layers.conv_transpose import ConvTranspose2d
from minicnn.layers.dropout import Dropout
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.module import Module
from minicnn.layers.residual import Add
from minicnn.models.network import check_choice
from minicnn.models.segmentation.segmenter import HE, Crop, Segmenter, conv_relu
from minicnn.models.segmentation.trunks import vgg16
from minicnn.models.table import Row, row

# Pixels from which the enlarged scores are cut: those of pool4, of pool3, and the last ones.
CROPS = {32: 19, 16: 27, 8: 31}
POOL4_CROP, POOL3_CROP = 5, 9


def up(classes: int, times: int, small: bool) -> ConvTranspose2d:
    """Scores `times` as large; the small one's padding cuts off what hangs over."""
    return ConvTranspose2d(classes, classes, 2 * times, times, times // 2 if small else 0,
                           bias=False)


def top(classes: int, small: bool, dropout: float) -> list[Row]:
    """VGG's fully connected layers as convolutions, and the scores."""
    if small:
        return [row("fc6", *conv_relu(64, 128, 1), Dropout(dropout)),
                row("score", Conv2d(128, classes, 1))]
    return [row("fc6", *conv_relu(512, 4096, 7, padding=0), Dropout(dropout)),
            row("fc7", *conv_relu(4096, 4096, 1), Dropout(dropout)),
            row("score", Conv2d(4096, classes, 1))]


def way_up(stride: int, classes: int, small: bool) -> list[Row]:
    def crop(offset: int) -> Crop:
        return Crop(0 if small else offset)

    rows = []
    if stride <= 16:
        rows += [row("upscore2", up(classes, 2, small)),
                 row("score_pool4", Conv2d(64 if small else 512, classes, 1)),
                 row("crop_pool4", crop(POOL4_CROP)), row("fuse_pool4", Add())]
    if stride == 8:
        rows += [row("upscore_pool4", up(classes, 2, small)),
                 row("score_pool3", Conv2d(64 if small else 256, classes, 1)),
                 row("crop_pool3", crop(POOL3_CROP)), row("fuse_pool3", Add())]
    return [*rows, row("upscore", up(classes, stride, small)), row("crop", crop(CROPS[stride]))]


class FCN(Segmenter):
    """FCN:  (N, 3, H, W) -> (N, classes, H, W), published for 500 x 500.

    Parameters
    ----------
    stride : 32, 16 or 8               pixels from one coarse score to the next
    variant : "paper" or "small"       "small" is for 64 x 64; sides divide by 32
    classes : int, optional            21 (PASCAL VOC, the background counted); 4 of the small one
    channels : int, default 3          of the images
    dropout : float, default 0.5       behind fc6 and fc7

    >>> FCN(8).shape((3, 500, 500))
    (21, 500, 500)
    """

    def __init__(self, stride: int = 8, variant: str = "paper", classes: int | None = None,
                 channels: int = 3, dropout: float = 0.5) -> None:
        check_choice("FCN", "stride", stride, CROPS)
        small, classes, size = self.form(variant, classes, 21, 500)
        pools = [MaxPool2d(2, ceil_mode=True) for _ in range(5)]
        rows = vgg16(channels, pools, small, border=None if small else 100)
        super().__init__(*rows, *top(classes, small, dropout), *way_up(stride, classes, small),
                         input_shape=(channels, *size))
        self.stride, self.variant, self.halved = stride, f"{stride}s {variant}", 5 if small else 0
        apply_init(self, **HE)
        for label, (layer, *_), _ in self.rows:
            if label.startswith("score"):
                apply_init(layer, zeros, zeros)
            elif label.startswith("upscore"):
                layer.weight.draw_again(bilinear())

    def compute(self, x: Tensor) -> Tensor:
        pool3, pool4, y = self.outputs(x, "pool3", "pool4", "score")           # steps 8, 16, 32
        if self.stride <= 16:
            y = self.upscore2(y)                                               # step 16
            y = self.fuse_pool4(y, self.crop_pool4(self.score_pool4(pool4), y.shape[2:]))
        if self.stride == 8:
            y = self.upscore_pool4(y)                                          # step 8
            y = self.fuse_pool3(y, self.crop_pool3(self.score_pool3(pool3), y.shape[2:]))
        return self.crop(self.upscore(y), x.shape[2:])                         # (N, classes, H, W)


NETWORKS: dict[str, Callable[..., Module]] = {f"fcn{stride}s": partial(FCN, stride)
                                              for stride in CROPS}
