"""MTCNN: three small networks find faces, each looking closer at what the one before let through.

    network    reads          says                          parameters
    PNet       3 x 12 x 12    face?, box                    6,632      convolutions only, so it
               or larger      at every second pixel                    slides over a whole picture
    RNet       3 x 24 x 24    face?, box                    100,178
    ONet       3 x 48 x 48    face?, box, five landmarks    389,040

Pixels are (x - 127.5) / 128, with x from 0 to 255.  The box is told as four shifts of the corners
of the square that was read, in parts of its side.  examples/faces_mtcnn.py puts the cascade
together.

Source: Zhang et al. 2016, "Joint face detection and alignment using multi-task cascaded
convolutional networks", section II and figure 2.

Sizes are rounded up in pooling, as figure 2 has them: 22 x 22 becomes 11 x 11.

Departures from the paper
-------------------------
1. Where a map is flattened columns come before rows, as in the authors' published program, or its
   weights would not fit; the paper does not say.
"""

from minicnn.autograd.tensor import Tensor
from minicnn.layers.activations import PReLU
from minicnn.layers.conv import Conv2d
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.module import Module
from minicnn.layers.softmax import Softmax

Answer = tuple[Tensor, ...]


def columns_first(x: Tensor) -> Tensor:
    """(N, C, H, W) -> (N, W, H, C), as MATLAB stores an image."""
    return x.permute(0, 3, 2, 1)


class PNet(Module):
    """(N, 3, H, W) -> chance of no face and of a face (N, 2, h, w), shifts (N, 4, h, w).

    Place (i, j) judges the 12 x 12 pixels from (2 i, 2 j) on.

    >>> PNet().shape((3, 12, 12)), PNet().shape((3, 100, 80))
    (((2, 1, 1), (4, 1, 1)), ((2, 45, 35), (4, 45, 35)))
    """

    input_shape = (3, 12, 12)

    def __init__(self) -> None:
        self.conv1, self.prelu1 = Conv2d(3, 10, 3), PReLU(10)
        self.pool1 = MaxPool2d(2, ceil_mode=True)
        self.conv2, self.prelu2 = Conv2d(10, 16, 3), PReLU(16)
        self.conv3, self.prelu3 = Conv2d(16, 32, 3), PReLU(32)
        self.conv4_1, self.softmax = Conv2d(32, 2, 1), Softmax(dim=1)
        self.conv4_2 = Conv2d(32, 4, 1)

    def forward(self, x: Tensor) -> Answer:
        x = self.pool1(self.prelu1(self.conv1(x)))         # (N, 10, 5, 5) of 12 x 12
        x = self.prelu2(self.conv2(x))                     # (N, 16, 3, 3)
        x = self.prelu3(self.conv3(x))                     # (N, 32, 1, 1)
        return self.softmax(self.conv4_1(x)), self.conv4_2(x)


class RNet(Module):
    """(N, 3, 24, 24) -> chance of no face and of a face (N, 2), shifts (N, 4)."""

    input_shape = (3, 24, 24)

    def __init__(self) -> None:
        self.conv1, self.prelu1 = Conv2d(3, 28, 3), PReLU(28)
        self.pool1 = MaxPool2d(3, 2, ceil_mode=True)
        self.conv2, self.prelu2 = Conv2d(28, 48, 3), PReLU(48)
        self.pool2 = MaxPool2d(3, 2, ceil_mode=True)
        self.conv3, self.prelu3 = Conv2d(48, 64, 2), PReLU(64)
        self.flatten = Flatten()
        self.dense4, self.prelu4 = Linear(576, 128), PReLU(128)
        self.dense5_1, self.softmax = Linear(128, 2), Softmax(dim=1)
        self.dense5_2 = Linear(128, 4)

    def forward(self, x: Tensor) -> Answer:
        x = self.pool1(self.prelu1(self.conv1(x)))         # (N, 28, 11, 11)
        x = self.pool2(self.prelu2(self.conv2(x)))         # (N, 48, 4, 4)
        x = self.prelu3(self.conv3(x))                     # (N, 64, 3, 3)
        x = self.prelu4(self.dense4(self.flatten(columns_first(x))))           # (N, 128)
        return self.softmax(self.dense5_1(x)), self.dense5_2(x)


class ONet(Module):
    """(N, 3, 48, 48) -> chance of no face and of a face (N, 2), shifts (N, 4), landmarks (N, 10).

    Landmarks are the eyes, the nose and the corners of the mouth, first the five x, then the five
    y, in parts of the square's side.
    """

    input_shape = (3, 48, 48)

    def __init__(self) -> None:
        self.conv1, self.prelu1 = Conv2d(3, 32, 3), PReLU(32)
        self.pool1 = MaxPool2d(3, 2, ceil_mode=True)
        self.conv2, self.prelu2 = Conv2d(32, 64, 3), PReLU(64)
        self.pool2 = MaxPool2d(3, 2, ceil_mode=True)
        self.conv3, self.prelu3 = Conv2d(64, 64, 3), PReLU(64)
        self.pool3 = MaxPool2d(2, ceil_mode=True)
        self.conv4, self.prelu4 = Conv2d(64, 128, 2), PReLU(128)
        self.flatten = Flatten()
        self.dense5, self.prelu5 = Linear(1152, 256), PReLU(256)
        self.dense6_1, self.softmax = Linear(256, 2), Softmax(dim=1)
        self.dense6_2, self.dense6_3 = Linear(256, 4), Linear(256, 10)

    def forward(self, x: Tensor) -> Answer:
        x = self.pool1(self.prelu1(self.conv1(x)))         # (N, 32, 23, 23)
        x = self.pool2(self.prelu2(self.conv2(x)))         # (N, 64, 10, 10)
        x = self.pool3(self.prelu3(self.conv3(x)))         # (N, 64, 4, 4)
        x = self.prelu4(self.conv4(x))                     # (N, 128, 3, 3)
        x = self.prelu5(self.dense5(self.flatten(columns_first(x))))           # (N, 256)
        return self.softmax(self.dense6_1(x)), self.dense6_2(x), self.dense6_3(x)
