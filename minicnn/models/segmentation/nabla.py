"""NABLA-N, in our reading: a U-Net with two ways up, from different depths.

    name          variant    classes    image         parameters    MACs
    nabla_unet    "paper"    1          3 x 256 x 256      8,516,801    17,909,678,080
    nabla_unet    "small"    4          3 x  64 x  64        527,828       205,979,648

    down      as in U-Net, five sizes of images (four of the small one)
    up 1      from the smallest images, as in U-Net
    up 2      from the second smallest, with weights of its own
    scores    of the sum of both

The deepest maps know best what is there, and have come a long way up; a second decoder that starts
one size earlier keeps more of what is small.  Each of the N ways sees the same skip connections.

Source: Alom, Aspiras, Taha and Asari 2019, "Skin cancer segmentation and classification with
NABLA-N and inception recurrent residual convolutional networks".  Slides: memphis, "Segmentation".

Departures from the paper
-------------------------
We have read its abstract only: several decoding units over different depths, whose features are
fused, with no more parameters than R2U-Net.  The rest is our reading, and no published count stands
beside these networks.
1. N = 2; fusion is a sum at the size of the image.
2. Two convolutions with batch norm in each unit, where the authors' other networks have recurrent
   ones; widths 32 to 512.
3. "small" is ours: 16 to 128 maps.
"""

from collections.abc import Callable

from minicnn.autograd.tensor import Tensor
from minicnn.init import apply_init
from minicnn.layers.concat import Concat
from minicnn.layers.conv import Conv2d
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.module import Module
from minicnn.layers.residual import Add
from minicnn.models.segmentation.segmenter import HE, Segmenter
from minicnn.models.segmentation.unet import SMALL_WIDTHS, double, transposed
from minicnn.models.table import Row, row

WIDTHS = (32, 64, 128, 256, 512)


def decoder(name: str, widths: tuple[int, ...]) -> list[Row]:
    """up, join, merge from the last of the widths to the first."""
    rows = []
    for step in range(len(widths) - 1, 0, -1):
        width = widths[step - 1]
        rows += [row(f"{name}_up{step}", transposed(widths[step], width)),
                 row(f"{name}_join{step}", Concat()),
                 row(f"{name}_merge{step}", double(2 * width, width, "same", norm=True,
                                                   bias=False))]
    return rows


class NablaUNet(Segmenter):
    """U-Net with two decoders:  (N, 3, H, W) -> (N, classes, H, W), sides that divide by 16.

    Parameters
    ----------
    variant : "paper" or "small"         "paper" is our reading: see the head of this file
    classes : int, optional              1, a score for or against; 4 of the small one
    channels : int, default 3            of the images

    >>> NablaUNet("small").shape((3, 64, 64))
    (4, 64, 64)
    """

    fewest_classes = 1

    def __init__(self, variant: str = "paper", classes: int | None = None, channels: int = 3
                 ) -> None:
        small, classes, size = self.form(variant, classes, 1, 256)
        widths = SMALL_WIDTHS if small else WIDTHS
        rows, seen = [], channels
        for step, width in enumerate(widths, 1):
            if step > 1:
                rows.append(row(f"pool{step - 1}", MaxPool2d(2)))
            rows.append(row(f"down{step}", double(seen, width, "same", norm=True, bias=False)))
            seen = width
        super().__init__(*rows, *decoder("first", widths), *decoder("second", widths[:-1]),
                         row("fuse", Add()), row("scores", Conv2d(widths[0], classes, 1)),
                         input_shape=(channels, *size))
        self.variant, self.steps, self.halved = variant, len(widths), len(widths) - 1
        apply_init(self, **HE)

    def compute(self, x: Tensor) -> Tensor:
        down = self.outputs(x, *[f"down{step}" for step in range(1, self.steps + 1)])
        first, second = self.up("first", down), self.up("second", down[:-1])
        return self.scores(self.fuse(first, second))

    def up(self, name: str, down: list[Tensor]) -> Tensor:
        """The last of these images, brought up past all the others."""
        parts, x = dict(self.named_parts()), down[-1]
        for step in range(len(down) - 1, 0, -1):
            x = parts[f"{name}_up{step}"](x)
            x = parts[f"{name}_merge{step}"](parts[f"{name}_join{step}"](down[step - 1], x))
        return x


NETWORKS: dict[str, Callable[..., Module]] = {"nabla_unet": NablaUNet}
