"""LeNet-5's subsampling: the mean of every window, times a coefficient, plus a bias, both learnt.

    m[n, c, i, j] = 1/(KH KW)  sum_{u < KH, v < KW}  x[n, c, i KH + u, j KW + v]
    y[n, c, i, j] = a[c] m[n, c, i, j] + b[c]

    da[c] = sum_{n, i, j} dy m,    db[c] = sum_{n, i, j} dy
    dx[n, c, i KH + u, j KW + v] = dy[n, c, i, j] a[c] / (KH KW)

A small coefficient makes the tanh behind it nearly linear, a blurring map; a large one makes it a
noisy OR or AND of the window.  The paper adds its four inputs up where the slide averages them: the
function is the same, the paper's coefficient is a / 4.

Source: LeCun et al. 1998, section II.B (S2, S4).  Lecture: iitk "LeNet-5".
"""

from typing import Any

from minicnn.autograd.tensor import Tensor
from minicnn.backend.windows import Window
from minicnn.layers.avgpool import AvgPool2dFn
from minicnn.layers.channels import refuse_channels
from minicnn.layers.module import Parameter, Shape, ones, zeros
from minicnn.layers.windowed import Windowed


class Subsample2d(Windowed):
    """Trainable average pooling:  (N, C, H, W) -> (N, C, floor(H / KH), floor(W / KW)).

    Parameters
    ----------
    channels : int                                C; each has one coefficient and one bias
    kernel_size : int or (int, int), default 2    KH, KW in pixels, which is the stride as well

    weight (C,) starts at 1 and bias (C,) at 0: as plain average pooling.

    >>> S2 = Subsample2d(6)
    >>> S2.shape((6, 28, 28)), S2.num_parameters()
    ((6, 14, 14), 12)
    """

    def __init__(self, channels: int, kernel_size: Any = 2) -> None:
        if channels < 1:
            raise ValueError(f"Subsample2d: channels must be at least 1, got {channels}")
        self.channels = channels
        self.window = Window.pooling(kernel_size)
        self.weight = Parameter((channels,), ones)
        self.bias = Parameter((channels,), zeros)

    def forward(self, x: Tensor) -> Tensor:
        self.out_shape(x.shape[1:])                        # checks x
        m = AvgPool2dFn(self.window)(x)                    # (N, C, OH, OW)
        return m * self.weight.reshape(-1, 1, 1) + self.bias.reshape(-1, 1, 1)

    def out_shape(self, in_shape: Shape) -> Shape:
        C = self.image(in_shape)[0]
        if self.channels != C:
            refuse_channels(self, in_shape, self.channels, f"Subsample2d({C})")
        return super().out_shape(in_shape)

    def extra_repr(self) -> str:
        return f"{self.channels}, kernel {self.window.kernel[0]}x{self.window.kernel[1]}"
