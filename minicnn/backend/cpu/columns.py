"""Windows copied side by side, for some rows at a time: what the fast convolutions multiply.

`laid_out` brings the padded images into an order in which every copy is of long runs, `gather`
makes the columns of some rows of windows, and `col2im` adds gradients of columns to their pixels.
"""

from minicnn.backend.arrays import Array, xp_of
from minicnn.backend.cuda import windows
from minicnn.backend.layout import as_items, batch_first, batch_last, packed
from minicnn.backend.memory import reused
from minicnn.backend.versions import faster
from minicnn.backend.windows import Corners, Window


def padded(x: Array, window: Window) -> Array:
    """(C, H, W, N) -> (C, H', W', N): as window.pad, but only the border is filled."""
    H, W = x.shape[1:3]
    (top, _), (left, _) = window.borders(H, W)
    height, width = window.padded_size(H, W)
    if (height, width) == (H, W):
        return x
    x_pad = xp_of(x).empty((len(x), height, width, x.shape[3]), x.dtype)
    inside = x_pad[:, top:top + H]
    x_pad[:, :top], x_pad[:, top + H:] = 0, 0
    inside[:, :, :left], inside[:, :, left + W:] = 0, 0
    inside[:, :, left:left + W] = x
    return x_pad


@faster(cuda=windows.laid_out)
def laid_out(x: Array, window: Window) -> Array:
    """The padded images as `gather` reads them: (N, C, H, W) -> (C, H', SW, W'/SW, N).

        image[c, h, r, q, n] = x_pad[n, c, h, q SW + r]

    Columns with one remainder modulo the stride lie side by side, and the images of the batch lie
    innermost.  So at any stride, what lies under one cell of a row of windows is one run of OW N
    numbers: copying them was a third of a training step of LeNet-5 before.
    """
    x_pad, SW = padded(packed(batch_last(x)), window), window.stride[1]       # (C, H', W', N)
    if SW == 1:
        return x_pad[:, :, None]
    (C, H, W, N), xp = x_pad.shape, xp_of(x)
    Q = -(-W // SW)
    if N == 1:                                             # runs of one number: slices are faster
        image = xp.empty((C, H, SW, Q, N), x.dtype)
        for r in range(SW):
            columns = x_pad[:, :, r::SW]
            image[:, :, r, :columns.shape[2]] = columns    # beyond W nobody reads
        return image
    order = xp.arange(Q * SW).reshape(Q, SW).T             # 0, SW, 2 SW, ...; 1, SW + 1, ...
    image = xp.take(x_pad, xp.minimum(order, W - 1).ravel(), axis=2)
    return image.reshape(C, H, SW, Q, N)


@faster(cuda=windows.gather)
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
    places = as_items(cols.reshape(C, K, R, OW, N), 2)
    for k, (top, left) in enumerate(corners):
        first, (q, r) = top + rows.start * SH, divmod(left, SW)
        windows = image[:, first:first + SH * (R - 1) + 1:SH, r, q:q + OW]
        places[:, k] = as_items(windows, 2)
    return cols


@faster(cuda=windows.im2col)
def im2col(x: Array, window: Window) -> Array:
    """(N, C, H, W) -> (C, KH, KW, OH, OW, N): as layers/im2col.py, from images as they lie."""
    N, C, H, W = x.shape
    OH, OW = window.out(H, W)
    cols = gather(laid_out(x, window), window.corners(), window.stride, slice(0, OH), OW)
    return cols.reshape(C, *window.kernel, OH, OW, N)


@faster(cuda=windows.col2im)
def col2im(dcols: Array, x_shape: tuple[int, ...], window: Window) -> Array:
    """(C, KH, KW, OH, OW, N) -> (N, C, H, W): as layers/im2col.py, into images as they lie."""
    N, C, H, W = x_shape
    OH, OW = dcols.shape[3:5]
    dx_pad = batch_first(xp_of(dcols).zeros((C, *window.padded_size(H, W), N), dcols.dtype))
    for u, v in window.cells():
        view = window.shifted(dx_pad, u, v, OH, OW)
        view += batch_first(dcols[:, u, v])
    return window.crop(dx_pad, H, W)
