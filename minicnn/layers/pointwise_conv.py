"""Convolution with 1 x 1 filters: conv.py's sums without its columns.

    y = w @ x,   dx = w^T @ dy,   dw = dy @ x^T,   x as the matrix (C, H W N)

The columns would be x itself: the same small matrix acts on the channels of every pixel, and x is
not even copied.  A stride leaves out pixels; they have no influence, so their gradient is 0.

Source: Lin et al. 2014, "Network in network", section 3.1.  Lectures: stanford "Review: 1x1
convolutions", "Reminder: 1x1 convolutions".
"""

from minicnn.backend import total, xp_of
from minicnn.columns import innermost
from minicnn.engine import Function
from minicnn.threads import product


class PointwiseConv2dFn(Function):
    def __init__(self, stride: tuple[int, int] = (1, 1)):
        self.stride = stride

    def forward(self, x, w, b=None):                       # (N, C, H, W), (F, C, 1, 1), (F,)
        C, F, (SH, SW) = x.shape[1], len(w), self.stride
        self.x_shape, self.w = x.shape, w.reshape(F, C)
        seen = innermost(x[:, :, ::SH, ::SW])              # (C, OH, OW, N)
        self.x = seen.reshape(C, seen[0].size)             # (C, OH OW N)
        y = product(self.w, self.x)                        # (F, OH OW N)
        if b is not None:
            y += b[:, None]
        return y.reshape(F, *seen.shape[1:]).transpose(3, 0, 1, 2)   # (N, F, OH, OW)

    def backward(self, dy):                                # (N, F, OH, OW)
        (N, C, H, W), (_, F, OH, OW), (SH, SW) = self.x_shape, dy.shape, self.stride
        dy = innermost(dy).reshape(F, OH * OW * N)         # (F, OH OW N)
        dx, dw = None, product(dy, self.x.T).reshape(F, C, 1, 1)
        if self.needs_grad[0]:
            dx = product(self.w.T, dy).reshape(C, OH, OW, N)
            if (SH, SW) != (1, 1):
                seen, dx = dx, xp_of(dy).zeros((C, H, W, N), dtype=dy.dtype)
                dx[:, ::SH, ::SW] = seen
            dx = dx.transpose(3, 0, 1, 2)                  # (N, C, H, W)
        return (dx, dw, total(dy, axis=1))[:len(self.needs_grad)]
