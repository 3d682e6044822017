"""Feature pyramid network: fine maps that know what the coarse ones have seen.

    m_5 = inner_5(c_5)
    m_k = inner_k(c_k) + enlarge(m_{k+1})        k = 4, 3, 2; `enlarge` repeats pixels
    p_k = layer_k(m_k)                           p_6 is every second pixel of p_5

c_2 to c_5 are the outputs of a ResNet's stages, at 1/4 to 1/32 of the image: the fine ones have
seen little, the coarse ones have lost where it was.  inner_k is a 1x1 convolution that brings all
to the same number of maps, layer_k a 3x3 that smooths what the enlarging has left.

Source: Lin et al. 2017, "Feature pyramid networks for object detection", section 3.
"""

from collections.abc import Sequence

from minicnn.autograd.tensor import Tensor
from minicnn.init import apply_init, he_uniform, zeros
from minicnn.layers.conv import Conv2d
from minicnn.layers.interpolate import interpolate
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.module import Module
from minicnn.models.detection.trunk import Trunk, freeze_norms
from minicnn.models.resnet import ResNet

STRIDES = (4, 8, 16, 32, 64)                     # of p_2 to p_6


class FeaturePyramid(Module):
    """Maps of several sizes to maps (N, out_channels, h, w) of these sizes and one half as large.

    in_channels : of each map, the finest first

    >>> FeaturePyramid((8, 16), 4).shape((8, 12, 12), (16, 6, 6))
    ((4, 12, 12), (4, 6, 6), (4, 3, 3))
    """

    def __init__(self, in_channels: Sequence[int], out_channels: int) -> None:
        self.inner_blocks = [Conv2d(seen, out_channels, 1) for seen in in_channels]
        self.layer_blocks = [Conv2d(out_channels, out_channels, 3, padding=1) for _ in in_channels]
        self.pool = MaxPool2d(1, 2)
        apply_init(self, he_uniform(a=1), zeros)

    def forward(self, *maps: Tensor) -> tuple[Tensor, ...]:
        top = self.inner_blocks[-1](maps[-1])
        pyramid = [self.layer_blocks[-1](top)]
        for inner, layer, x in list(zip(self.inner_blocks, self.layer_blocks, maps,
                                        strict=True))[-2::-1]:
            side = inner(x)                                # (N, out_channels, h, w)
            top = side + interpolate(top, side.shape[2:])
            pyramid.insert(0, layer(top))
        return *pyramid, self.pool(pyramid[-1])


class ResNetFPN(Module):
    """ResNet-50 and a pyramid on its four stages:  (N, 3, H, W) -> five maps of 256 channels.

    frozen : bool     batch norms are constants, as where a detector starts from a classifier
    eps : float       added to the variances of the frozen ones
    """

    channels = 256

    def __init__(self, frozen: bool = False, eps: float = 1e-5) -> None:
        body = Trunk(ResNet(50, variant="torchvision"), *[f"conv{k}_x" for k in (2, 3, 4, 5)])
        self.body = freeze_norms(body, eps) if frozen else body
        self.fpn = FeaturePyramid((256, 512, 1024, 2048), self.channels)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        return self.fpn(*self.body(x))
