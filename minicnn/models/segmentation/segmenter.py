"""What all segmentation networks share: rows whose paths cross, and layers of a size that is given.

    model(x)        (N, C, H, W) -> (N, classes, H, W), scores of every pixel

In training, a network with an auxiliary head returns (scores, aux).  Two networks see less of the
border than of the middle and answer for the middle alone: U-Net as published, and Dilated-8.
Background is class 0; 255 in a class map means that nobody knows, and no loss counts it.
"""

from typing import Any

from minicnn.autograd.tensor import Tensor
from minicnn.backend.windows import times
from minicnn.init import he_normal, zeros
from minicnn.layers.activations import ReLU
from minicnn.layers.batchnorm import BatchNorm2d
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d
from minicnn.layers.interpolate import interpolate
from minicnn.layers.module import Module
from minicnn.models.network import Network, check_choice, check_classes

SMALL_SIDE = 64                        # pixels, and 4 classes: the drawn shapes and the background
SMALL_CLASSES = 4

Size = tuple[int, int]


class Segmenter(Network):
    """Scores for every pixel.  A family writes `compute`: how its rows hang together.

    fewest_classes : 1 where one map may say how likely a pixel is the object
    halved         : how often it halves the image to double it again; its sides must allow that
    """

    fewest_classes = 2
    variants: tuple[str, ...] = ("paper", "small")
    halved = 0

    def forward(self, x: Tensor) -> Any:           # not marked in_order, for the paths cross
        self.check_size(x)
        return super().forward(x)

    def check_size(self, x: Tensor) -> None:
        """A ValueError unless the sides can be halved so often."""
        step = 2 ** self.halved
        if x.ndim == 4 and any(side % step for side in x.shape[2:]):
            near = tuple(max(side // step, 1) * step for side in x.shape[2:])
            raise ValueError(f"{type(self).__name__}: an image of {times(x.shape[2:])}; its sides "
                             f"are halved {self.halved} times and doubled again, so they must "
                             f"divide by {step}: cut it to {times(near)}, or pad it")

    def outputs(self, x: Tensor, *labels: str) -> list[Tensor]:
        """x through the rows from the first one on; what comes out of these, in their order."""
        ends, found = [self.row_ends[label] for label in labels], []
        for name, part in self.named_parts():
            x = part(x)
            if name in ends:
                found.append(x)
            if name == ends[-1]:
                break
        return found

    @classmethod
    def form(cls, variant: str, classes: int | None, published: int, side: int | Size
             ) -> tuple[bool, int, Size]:
        """(whether it is the small one, its classes, the pixels of its images), or an error.

        published, side : classes and pixels of the published form
        """
        small = check_choice(cls.__name__, "variant", variant, cls.variants) == "small"
        number = (SMALL_CLASSES if small else published) if classes is None else classes
        size = (side, side) if isinstance(side, int) else side
        return (small, check_classes(cls.__name__, number, cls.fewest_classes),
                (SMALL_SIDE, SMALL_SIDE) if small else size)


class Resize(Module):
    """Bilinear, to a size that comes with the call:  (N, C, h, w), (H, W) -> (N, C, H, W).

    align_corners : of interpolate
    """

    def __init__(self, align_corners: bool = False) -> None:
        self.align_corners = align_corners

    def forward(self, x: Tensor, size: Size) -> Tensor:
        if x.shape[2:] == tuple(size):
            return x
        return interpolate(x, tuple(size), mode="bilinear", align_corners=self.align_corners)


class Crop(Module):
    """A part of an image:  (N, C, h, w), (H, W) -> (N, C, H, W).

    offset : rows and columns left out before it; None for its middle
    """

    def __init__(self, offset: int | None = None) -> None:
        self.offset = offset

    def forward(self, x: Tensor, size: Size) -> Tensor:
        (h, w), (H, W) = x.shape[2:], size
        top, left = ((h - H) // 2, (w - W) // 2) if self.offset is None else (self.offset,) * 2
        if min(top, left) < 0 or top + H > h or left + W > w:
            raise ValueError(f"{self.located()}: {H}x{W} pixels from {top}, {left} on do not lie "
                             f"in {h}x{w}; the image is too small")
        return x[:, :, top:top + H, left:left + W]

    def extra_repr(self) -> str:
        return "the middle" if self.offset is None else f"from {self.offset}"


def conv(in_channels: int, out_channels: int, kernel_size: int, padding: Any, dilation: int,
         bias: bool) -> Conv2d:
    """padding : "same", "valid" or pixels"""
    pixels = {"same": dilation * (kernel_size // 2), "valid": 0}.get(padding, padding)
    return Conv2d(in_channels, out_channels, kernel_size, padding=pixels, dilation=dilation,
                  bias=bias)


def conv_relu(in_channels: int, out_channels: int, kernel_size: int = 3, padding: Any = "same",
              dilation: int = 1) -> list[Module]:
    """A convolution with a bias, and ReLU."""
    return [conv(in_channels, out_channels, kernel_size, padding, dilation, True), ReLU()]


def conv_norm_relu(in_channels: int, out_channels: int, kernel_size: int = 3,
                   padding: Any = "same", dilation: int = 1, bias: bool = False) -> list[Module]:
    """The same with batch norm, as one Sequential: conv, norm, relu."""
    return [Sequential(
        conv=conv(in_channels, out_channels, kernel_size, padding, dilation, bias),
        norm=BatchNorm2d(out_channels), relu=ReLU())]


HE = {"weight": he_normal(), "bias": zeros}        # how they all start: apply_init(model, **HE)
