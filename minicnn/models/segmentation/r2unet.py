"""R2U-Net: a U-Net whose convolutions read their own output again, with a way around them.

    name      variant          classes   parameters   MACs               image
    r2unet    "paper"          1         39,091,393   152,488,116,224    3 x 256 x 256
    r2unet    "paper", gates   1         39,442,925   153,565,790,208
    r2unet    "small"          4            153,140       115,441,664    3 x 64 x 64

    every two convolutions of U-Net  ->  RecurrentUnit2d:  1x1, then twice one 3x3 used 3 times

A recurrent layer is as deep as its steps and has the weights of one convolution:
minicnn/layers/recurrent_unit.py.  Skip connections, poolings and the way up are U-Net's; with
gates=True they are those of Attention U-Net.

Input: pictures of cells, vessels and skin; sides divide by 16.

Source: Alom, Hasan, Yakopcic, Taha and Asari 2018, "Recurrent residual convolutional neural network
based on U-Net (R2U-Net) for medical image segmentation", figures 2 and 3.  Slides: memphis,
"Segmentation".

Departures from the paper
-------------------------
1. The widths 64 to 1024 and all counts are those of the much used PyTorch port; the paper's text
   describes a narrower network, whose total it does not print.
2. The port uses each convolution once before its t steps, so t = 2 means three times.
3. Images are enlarged by repeating pixels, and a 3x3 convolution follows, as in the port.
4. "small" is ours: four sizes, 8 to 64 maps.
"""

from collections.abc import Callable

from minicnn.init import apply_init
from minicnn.layers.module import Module
from minicnn.layers.recurrent_unit import RecurrentUnit2d
from minicnn.models.segmentation.segmenter import HE
from minicnn.models.segmentation.unet import WIDTHS, UShaped, u_rows, up_conv

SMALL_WIDTHS = (8, 16, 32, 64)


class R2UNet(UShaped):
    """R2U-Net:  (N, 3, H, W) -> (N, classes, H, W), sides that divide by 16.

    Parameters
    ----------
    variant : "paper" or "small"         see the head of this file
    classes : int, optional              1, a score for or against; 4 of the small one
    channels : int, default 3            of the images
    steps : int, default 2               t, how often a convolution's output is fed back to it
    gates : bool, default False          attention gates on the skip connections

    >>> R2UNet().num_parameters(), R2UNet(gates=True).num_parameters()
    (39091393, 39442925)
    """

    def __init__(self, variant: str = "paper", classes: int | None = None, channels: int = 3,
                 steps: int = 2, gates: bool = False) -> None:
        small, classes, size = self.form(variant, classes, 1, 256)
        widths = SMALL_WIDTHS if small else WIDTHS

        def unit(in_channels: int, out_channels: int) -> Module:
            return RecurrentUnit2d(in_channels, out_channels, steps)

        super().__init__(*u_rows(channels, widths, classes, unit, up_conv, gates),
                         input_shape=(channels, *size))
        self.variant = variant + (", attention gates" if gates else "")
        self.steps, self.halved = len(widths), len(widths) - 1
        apply_init(self, **HE)


NETWORKS: dict[str, Callable[..., Module]] = {"r2unet": R2UNet}
