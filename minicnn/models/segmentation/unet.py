"""U-Net: down to the meaning and up to the place, with every size of image joined across.

    name              variant        classes   image           parameters    MACs
    unet              "paper"        2         1x572x572 -> 388x388
                                                               31,030,658    150,428,424,448
    unet              "padded"       1         3x256x256       31,031,745     48,167,387,136
    unet              "padded", norm 1                         31,043,521     48,167,387,136
    unet              "small"        4         3x64x64            482,788        145,162,240
    attention_unet    "paper"        1         3x256x256       34,878,573     66,424,930,304
    attention_unet    "small"        4         3x64x64            543,253        198,696,960

    step down    conv 3x3, conv 3x3, each with ReLU;  pool 2x2;  twice the maps
    step up      transposed conv 2x2, half the maps;  [skip; it];  conv 3x3, conv 3x3

The way down sees more and more of the image and forgets where; the skip connections bring back
where.  "paper" has no zeros at the borders: each convolution eats a pixel all around, the maps of
the way down are larger than those of the way up, and their middle is taken.  The scores belong to
the middle of the image, here 388 of 572 pixels; the paper mirrors the image at its borders to have
an answer for all of it.  "padded" is what most programs call U-Net; its sides divide by 16.

Input: grey cells under the microscope.  The paper's weights of the loss, which press the network to
part cells that touch: minicnn.data.border_weights.

Attention U-Net asks, before a skip connection joins, which of its pixels matter for what is coming
up: minicnn.layers.AttentionGate.

Source: Ronneberger, Fischer and Brox 2015, "U-Net: Convolutional networks for biomedical image
segmentation", figure 1 and section 3; Oktay et al. 2018, "Attention U-Net".  Slides: memphis,
"Segmentation".

Departures from the paper
-------------------------
1. No dropout at the end of the way down, where the paper has some without saying how much.
2. Weights start by He's rule, as there; biases at 0.
3. Attention U-Net is the much used PyTorch port's: in two dimensions, with batch norm, nearest
   enlargement and a 3x3 convolution on the way up, and gates that see g after its enlargement,
   where the paper's sees it before.  No published count of the paper's own is known to us.
4. "small" is ours: four sizes, 16 to 128 maps, padded, with batch norm.
"""

from collections.abc import Callable, Sequence
from typing import Any

from minicnn.autograd.tensor import Tensor
from minicnn.init import apply_init
from minicnn.layers.attention_gate import AttentionGate
from minicnn.layers.concat import Concat
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d
from minicnn.layers.conv_transpose import ConvTranspose2d
from minicnn.layers.interpolate import Upsample
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.module import Module
from minicnn.models.segmentation.segmenter import HE, Crop, Segmenter, conv_norm_relu, conv_relu
from minicnn.models.table import Row, row

WIDTHS, SMALL_WIDTHS = (64, 128, 256, 512, 1024), (16, 32, 64, 128)

# Figure 1: the side of the images behind both convolutions of a step, and behind a step up.
FIGURE = {"down1": 568, "down2": 280, "down3": 136, "down4": 64, "down5": 28,
          "up4": 56, "merge4": 52, "up3": 104, "merge3": 100, "up2": 200, "merge2": 196,
          "up1": 392, "merge1": 388, "scores": 388}

Unit = Callable[[int, int], Module]                        # unit(in_channels, out_channels)


def double(in_channels: int, out_channels: int, padding: Any, norm: bool, bias: bool = True
           ) -> Sequential:
    """conv 3x3, conv 3x3."""
    if norm:
        return Sequential(*conv_norm_relu(in_channels, out_channels, padding=padding, bias=bias),
                          *conv_norm_relu(out_channels, out_channels, padding=padding, bias=bias))
    return Sequential(*conv_relu(in_channels, out_channels, padding=padding),
                      *conv_relu(out_channels, out_channels, padding=padding))


def up_conv(in_channels: int, out_channels: int) -> Module:
    """The ports' way up: every pixel four times, and a convolution."""
    return Sequential(Upsample(scale_factor=2), *conv_norm_relu(in_channels, out_channels,
                                                                bias=True))


def transposed(in_channels: int, out_channels: int) -> Module:
    """The paper's: every pixel lays down 2 x 2 of its own."""
    return ConvTranspose2d(in_channels, out_channels, 2, 2)


def u_rows(channels: int, widths: Sequence[int], classes: int, unit: Unit, up: Unit,
           gates: bool = False, crops: bool = False, sides: dict[str, int] | None = None
           ) -> list[Row]:
    """down1, pool1, down2, ...; up4, crop4, gate4, join4, merge4, ...; scores.

    unit, up : those of the two convolutions, and of a step up
    sides    : of figure 1
    """
    def slide(label: str, maps: int) -> dict[str, str]:
        side = (sides or {}).get(label)
        return {"output": f"{maps}x{side}x{side}"} if side else {}

    rows, seen = [], channels
    for step, width in enumerate(widths, 1):
        if step > 1:
            rows.append(row(f"pool{step - 1}", MaxPool2d(2)))
        rows.append(row(f"down{step}", unit(seen, width), **slide(f"down{step}", width)))
        seen = width
    for step in range(len(widths) - 1, 0, -1):
        width = widths[step - 1]
        rows.append(row(f"up{step}", up(seen, width), **slide(f"up{step}", width)))
        if crops:
            rows.append(row(f"crop{step}", Crop()))
        if gates:
            rows.append(row(f"gate{step}", AttentionGate(width, width, width // 2)))
        rows += [row(f"join{step}", Concat()),
                 row(f"merge{step}", unit(2 * width, width), **slide(f"merge{step}", width))]
        seen = width
    return [*rows, row("scores", Conv2d(seen, classes, 1), **slide("scores", classes))]


class UShaped(Segmenter):
    """What U-Nets have in common: the way through rows of u_rows()."""

    fewest_classes = 1
    steps: int                                             # sizes of images

    def compute(self, x: Tensor) -> Tensor:
        parts, skips = dict(self.named_parts()), []
        for step in range(1, self.steps):
            x = parts[f"down{step}"](x)
            skips.append(x)
            x = parts[f"pool{step}"](x)
        x = parts[f"down{self.steps}"](x)
        for step in range(self.steps - 1, 0, -1):
            x, skip = parts[f"up{step}"](x), skips.pop()
            if f"crop{step}" in parts:
                skip = parts[f"crop{step}"](skip, x.shape[2:])
            if f"gate{step}" in parts:
                skip = parts[f"gate{step}"](x, skip)
            x = parts[f"merge{step}"](parts[f"join{step}"](skip, x))
        return parts["scores"](x)


class UNet(UShaped):
    """U-Net:  (N, C, H, W) -> (N, classes, H, W); "paper" 1 x 572 x 572 -> 2 x 388 x 388.

    Parameters
    ----------
    variant : "paper", "padded" or "small"     see the head of this file
    classes : int, optional                    2 of the paper's, 1 of "padded", 4 of "small"; with
                                               one map, its score is for or against the object
    channels : int, optional                   of the images: 1 of the paper's, else 3
    norm : bool, optional                      batch norm behind each convolution; True of "small"

    >>> UNet().shape((1, 572, 572)), UNet("padded").shape((3, 256, 256))
    ((2, 388, 388), (1, 256, 256))
    """

    variants = ("paper", "padded", "small")

    def __init__(self, variant: str = "paper", classes: int | None = None,
                 channels: int | None = None, norm: bool | None = None) -> None:
        valid = variant == "paper"
        small, classes, size = self.form(variant, classes, 2 if valid else 1,
                                            572 if valid else 256)
        channels = channels or (1 if valid else 3)
        norm = small if norm is None else norm
        published = valid and classes == 2

        def unit(in_channels: int, out_channels: int) -> Module:
            return double(in_channels, out_channels, "valid" if valid else "same", norm,
                          bias=not small)

        widths = SMALL_WIDTHS if small else WIDTHS
        super().__init__(*u_rows(channels, widths, classes, unit, transposed, crops=valid,
                                 sides=FIGURE if published else None),
                         input_shape=(channels, *size))
        self.variant, self.steps = variant + (", batch norm" if norm and not small else ""), \
            len(widths)
        self.halved = 0 if valid else len(widths) - 1
        apply_init(self, **HE)

    def compute(self, x: Tensor) -> Tensor:
        if self.variant.startswith("paper") and x.ndim == 4:
            self.check_even(x.shape[2:])
        return super().compute(x)

    def check_even(self, size: Sequence[int]) -> None:
        """Where a pooling meets an odd side, the skip connection would lie half a pixel off."""
        step = 2 ** (self.steps - 1)
        rest = self.input_shape[1] % step                  # 572 fits
        for side in size:
            if side % step != rest:
                near = (side - rest) // step * step + rest
                raise ValueError(f"UNet: an image of {size[0]}x{size[1]}; so that each pooling "
                                 f"meets an even side, sides are {step} n + {rest}: {near} or "
                                 f"{near + step} in the place of {side}")


class AttentionUNet(UShaped):
    """Attention U-Net:  (N, 3, H, W) -> (N, classes, H, W), sides that divide by 16.

    Parameters
    ----------
    variant : "paper" or "small"         "paper" is the port's: see departure 3
    classes : int, optional              1, a score for or against; 4 of the small one
    channels : int, default 3            of the images

    >>> AttentionUNet().num_parameters()
    34878573
    """

    def __init__(self, variant: str = "paper", classes: int | None = None, channels: int = 3
                 ) -> None:
        small, classes, size = self.form(variant, classes, 1, 256)
        widths = SMALL_WIDTHS if small else WIDTHS

        def unit(in_channels: int, out_channels: int) -> Module:
            return double(in_channels, out_channels, "same", norm=True)

        super().__init__(*u_rows(channels, widths, classes, unit, up_conv, gates=True),
                         input_shape=(channels, *size))
        self.variant, self.steps, self.halved = variant, len(widths), len(widths) - 1
        apply_init(self, **HE)


NETWORKS: dict[str, Callable[..., Module]] = {"unet": UNet, "attention_unet": AttentionUNet}
