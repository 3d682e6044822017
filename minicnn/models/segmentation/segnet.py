"""SegNet: a decoder that puts every value back to where the encoder's pooling had found it.

    name           encoder                         classes    parameters    MACs
    segnet         13 convolutions of VGG-16       12         29,449,932    106,387,292,160
    segnet_basic   4 of 7 x 7 with 64 maps         11          1,416,075     57,873,530,880
    segnet         small                            4            294,420         96,403,456
    segnet_basic   small                            4             90,484         94,994,432

    encoder    conv BN relu ... pool      the pool keeps which pixel of each 2 x 2 was the largest
    decoder    unpool conv BN relu ...    and the unpool puts the value there, 0 around it

The decoder is the encoder in a mirror: its stages have as many convolutions, and the last one of
each brings the maps down to what the next stage has.  Nothing is learnt to enlarge the image, and
no maps of the encoder are kept, only one number below 4 for each pooled value.  An image with an
odd side comes back to its size, for the unpooling is told it.

Input 3 x 360 x 480 (CamVid), of any size; local contrast normalisation in the paper.  Weights of
the classes for the loss: minicnn.data.median_frequency.

Source: Badrinarayanan, Kendall and Cipolla 2015, "SegNet: A deep convolutional encoder-decoder
architecture for image segmentation", section 3 and figure 2.  Slides: memphis, "Segmentation".

Departures from the paper
-------------------------
1. Weights start by He's rule, as its decoder's do; its encoder has those of VGG-16 from ImageNet.
2. 12 classes: the 11 of CamVid and one for the rest.
3. segnet_basic is as the library chainercv has it, after the authors' file: response normalisation
   of the input, no ReLU in the decoder, 1 x 1 for the scores.  The normalisation's alpha, 0.0001,
   is divided by its window of 5, as Caffe does and chainercv does not.
4. variant="small" is ours: four stages of two convolutions, and 1 x 1 for the scores.
"""

from collections.abc import Callable, Sequence

from minicnn.autograd.tensor import Tensor
from minicnn.init import apply_init
from minicnn.layers.batchnorm import BatchNorm2d
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d
from minicnn.layers.lrn import LocalResponseNorm
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.maxunpool import MaxUnpool2d
from minicnn.layers.module import Module
from minicnn.models.segmentation.segmenter import HE, Segmenter, conv_norm_relu
from minicnn.models.segmentation.trunks import SMALL_WIDTHS, WIDTHS
from minicnn.models.table import Row, row


def encoder(widths: Sequence[Sequence[int]], channels: int, bias: bool) -> list[Row]:
    """Stages of convolutions, and a pooling behind each that also gives its indices."""
    rows, seen = [], channels
    for stage, maps in enumerate(widths, 1):
        layers = []
        for width in maps:
            layers += conv_norm_relu(seen, width, bias=bias)
            seen = width
        rows += [row(f"encoder{stage}", Sequential(*layers)),
                 row(f"pool{stage}", MaxPool2d(2, return_indices=True))]
    return rows


def decoder(widths: Sequence[Sequence[int]], last: int, bias: bool) -> list[Row]:
    """The mirror: the last convolution of a stage has the maps of the stage above; `last` of 1."""
    rows: list[Row] = []
    for stage in range(len(widths), 0, -1):
        maps = widths[stage - 1]
        after = widths[stage - 2][-1] if stage > 1 else last
        layers = [layer for _ in maps[1:] for layer in conv_norm_relu(maps[-1], maps[-1],
                                                                      bias=bias)]
        rows += [row(f"unpool{stage}", MaxUnpool2d(2)),
                 row(f"decoder{stage}",
                     Sequential(*layers, *conv_norm_relu(maps[-1], after, bias=bias)))]
    return rows


class SegNet(Segmenter):
    """SegNet:  (N, 3, H, W) -> (N, classes, H, W), published for 360 x 480.

    Parameters
    ----------
    variant : "paper" or "small"       "small" is for 64 x 64
    classes : int, optional            12, the 11 of CamVid and the rest; 4 of the small one
    channels : int, default 3          of the images

    >>> SegNet().num_parameters()
    29449932
    """

    def __init__(self, variant: str = "paper", classes: int | None = None, channels: int = 3
                 ) -> None:
        small, classes, size = self.form(variant, classes, 12, (360, 480))
        if small:
            widths: Sequence[Sequence[int]] = SMALL_WIDTHS[:4]
            rows = [*decoder(widths, widths[0][0], bias=False),
                    row("scores", Conv2d(widths[0][0], classes, 1))]
        else:
            widths = WIDTHS
            rows = decoder(widths, classes, bias=True)
            last = rows.pop().layers[0]                    # 64 conv conv: only scores at its end
            rows += [row("decoder1", last[0]), row("scores", last[1].conv)]
        super().__init__(*encoder(widths, channels, bias=not small), *rows,
                         input_shape=(channels, *size))
        self.variant, self.stages = variant, len(widths)
        apply_init(self, **HE)

    def compute(self, x: Tensor) -> Tensor:
        pooled = []
        for stage in range(1, self.stages + 1):
            x = self.get_submodule(f"encoder{stage}")(x)
            size = x.shape[2:]
            x, indices = self.get_submodule(f"pool{stage}")(x)       # half as large
            pooled.append((indices, size))
        for stage in range(self.stages, 0, -1):
            indices, size = pooled.pop()
            x = self.get_submodule(f"unpool{stage}")(x, indices, size)
            x = self.get_submodule(f"decoder{stage}")(x)
        return self.scores(x)                                        # (N, classes, H, W)


class SegNetBasic(SegNet):
    """SegNet-Basic:  (N, 3, H, W) -> (N, classes, H, W), four stages of one 7 x 7 convolution.

    Parameters
    ----------
    variant : "paper" or "small"       64 or 16 maps; "small" is for 64 x 64
    classes : int, optional            11 of CamVid; 4 of the small one
    channels : int, default 3          of the images

    >>> SegNetBasic().num_parameters()
    1416075
    """

    def __init__(self, variant: str = "paper", classes: int | None = None, channels: int = 3
                 ) -> None:
        small, classes, size = self.form(variant, classes, 11, (352, 480))
        width, stages = 16 if small else 64, (1, 2, 3, 4)
        rows = [row("norm", LocalResponseNorm(5, k=1))]
        for stage in stages:
            seen = channels if stage == 1 else width
            rows += [row(f"encoder{stage}", *conv_norm_relu(seen, width, 7)),
                     row(f"pool{stage}", MaxPool2d(2, return_indices=True))]
        for stage in reversed(stages):
            rows += [row(f"unpool{stage}", MaxUnpool2d(2)),
                     row(f"decoder{stage}", Sequential(
                         conv=Conv2d(width, width, 7, padding=3, bias=False),
                         norm=BatchNorm2d(width)))]
        Segmenter.__init__(self, *rows, row("scores", Conv2d(width, classes, 1)),
                           input_shape=(channels, *size))
        self.variant, self.stages = variant, len(stages)
        apply_init(self, **HE)

    def compute(self, x: Tensor) -> Tensor:
        return super().compute(self.norm(x))


NETWORKS: dict[str, Callable[..., Module]] = {"segnet": SegNet, "segnet_basic": SegNetBasic}
