"""Images as columns: what turns a convolution into one matrix product.

A column holds what one window sees.  `geometry.py` knows where the windows lie; here their contents
are copied side by side, and gradients of columns are added back to their pixels.
"""

from minicnn.backend import Array, fused_on_gpu, xp_of
from minicnn.cuda import windows
from minicnn.geometry import Corners, Window
from minicnn.memory import reused


def innermost(x: Array) -> Array:
    """(N, C, H, W) -> (C, H, W, N): a network's images lie in memory so, and are not copied."""
    return xp_of(x).ascontiguousarray(x.transpose(1, 2, 3, 0))


@fused_on_gpu(windows.laid_out)
def laid_out(x: Array, window: Window) -> Array:
    """The padded images as `gather` reads them: (N, C, H, W) -> (C, H', SW, W'/SW, N).

        image[c, h, r, q, n] = x_pad[n, c, h, q SW + r]

    Columns with one remainder modulo the stride lie side by side, and the images of the batch lie
    innermost.  So at any stride, what lies under one cell of a row of windows is one run of OW N
    numbers: copying them was a third of a training step of LeNet-5 before.
    """
    x_pad, SW = innermost(window.pad(x)), window.stride[1]           # (C, H', W', N)
    if SW == 1:
        return x_pad[:, :, None]
    (C, H, W, N), xp = x_pad.shape, xp_of(x)
    Q = -(-W // SW)
    order = xp.arange(Q * SW).reshape(Q, SW).T             # 0, SW, 2 SW, ...; 1, SW + 1, ...
    image = xp.take(x_pad, xp.minimum(order, W - 1).ravel(), axis=2)   # beyond W nobody reads
    return image.reshape(C, H, SW, Q, N)


@fused_on_gpu(windows.gather)
def gather(image: Array, corners: Corners, stride: tuple[int, int], rows: slice, OW: int,
           keep: bool = True) -> Array:
    """Windows as columns: what lies under each cell, for some rows of window positions.

        cols[c, k, (i, j, n)] = x_pad[n, c, i SH + top_k, j SW + left_k]        i in rows, j < OW

    (C, H', SW, W'/SW, N) -> (C, K, R OW N)

    image   : from `laid_out`
    corners : K pairs (top, left), the place of each cell in the first window
    keep    : False takes memory that the next call uses again
    """
    (C, *_, N), K, R, (SH, SW) = image.shape, len(corners), rows.stop - rows.start, stride
    size = R * OW * N
    # Rows of cols that start a power of two apart fall on the same lines of the cache: a product
    # with 16 filters took 1.5 times as long.
    apart = size + 16 * (size % 256 == 0 and size > 0)
    room = (xp_of(image).empty(C * K * apart, dtype=image.dtype) if keep else
            reused("columns", C * K * apart, image))
    cols = room.reshape(C, K, apart)[:, :, :size]
    places = cols.reshape(C, K, R, OW, N)
    for k, (top, left) in enumerate(corners):
        first, (q, r) = top + rows.start * SH, divmod(left, SW)
        places[:, k] = image[:, first:first + SH * (R - 1) + 1:SH, r, q:q + OW]
    return cols


@fused_on_gpu(windows.im2col)
def im2col(x: Array, window: Window) -> Array:
    """Every window of every image as one column: the convolution becomes one matrix product.

        cols[c, u, v, i, j, n] = x_pad[n, c, i SH + u DH, j SW + v DW]

    (N, C, H, W) -> (C, KH, KW, OH, OW, N)
    """
    N, C, H, W = x.shape
    OH, OW = window.out(H, W)
    cols = gather(laid_out(x, window), window.corners(), window.stride, slice(0, OH), OW)
    return cols.reshape(C, *window.kernel, OH, OW, N)


@fused_on_gpu(windows.col2im)
def col2im(dcols: Array, x_shape: tuple[int, ...], window: Window) -> Array:
    """The gradient of im2col: each column goes back to its window; where windows overlap, they add.

    (C, KH, KW, OH, OW, N) -> (N, C, H, W)
    """
    N, C, H, W = x_shape
    OH, OW = dcols.shape[3:5]
    dx_pad = xp_of(dcols).zeros((C, *window.padded_size(H, W), N), dtype=dcols.dtype)
    dx_pad = dx_pad.transpose(3, 0, 1, 2)                                        # (N, C, H', W')
    for u, v in window.cells():
        view = window.shifted(dx_pad, u, v, OH, OW)
        view += dcols[:, u, v].transpose(3, 0, 1, 2)
    return window.crop(dx_pad, H, W)                                             # (N, C, H, W)
