"""Images as columns: what turns a convolution into one matrix product.

    cols[c, u, v, i, j, n]  = x_pad[n, c, i SH + u DH, j SW + v DW]          im2col
    dx_pad[n, c, i SH + u DH, j SW + v DW] += dcols[c, u, v, i, j, n]        col2im, its gradient

Column (i, j, n) holds what one window sees, its C KH KW pixels; row (c, u, v) what lies under one
cell of all windows.  `window.shifted(x_pad, u, v, OH, OW)` is such rows, those of all channels, as
one slice of the images: im2col copies these KH KW slices, col2im adds into them.  A pixel that
lies in several windows receives the sum of their gradients.

Source: Chellapilla, Puri and Simard 2006, "High performance convolutional neural networks for
document processing", section 2.  Lecture: stanford "Review: Convolution".
"""

from minicnn.backend.arrays import Array, xp_of
from minicnn.backend.layout import batch_first, batch_last
from minicnn.backend.windows import Window


def im2col(x: Array, window: Window) -> Array:
    """Every window of every image as one column:  (N, C, H, W) -> (C, KH, KW, OH, OW, N)."""
    N, C, H, W = x.shape
    OH, OW = window.out(H, W)
    x_pad = window.pad(x)                                  # (N, C, H', W'), padded
    cols = xp_of(x).empty((C, *window.kernel, OH, OW, N), x.dtype)
    for u, v in window.cells():
        cols[:, u, v] = batch_last(window.shifted(x_pad, u, v, OH, OW))        # (C, OH, OW, N)
    return cols


def col2im(dcols: Array, x_shape: tuple[int, ...], window: Window) -> Array:
    """The gradient of im2col:  (C, KH, KW, OH, OW, N) -> (N, C, H, W)."""
    N, C, H, W = x_shape
    OH, OW = dcols.shape[3:5]
    dx_pad = xp_of(dcols).zeros((N, C, *window.padded_size(H, W)), dcols.dtype)
    for u, v in window.cells():
        under_cell = window.shifted(dx_pad, u, v, OH, OW)                      # (N, C, OH, OW)
        under_cell += batch_first(dcols[:, u, v])
    return window.crop(dx_pad, H, W)                                           # (N, C, H, W)
