"""Convolution in tiles: for columns that would not fit into the processor's cache.

Columns hold every pixel once for each cell of the window: KH KW times the image.  Here they are
made for some rows of windows at a time, a few megabytes that stay in the cache, in memory that is
used again; only x and w are kept for backward.

    y[rows] = w @ cols(x)[rows] + b

Backward follows the pixel instead of the window.  Pixel (h, w) lies under cell (u, v) of window
(i, j) where

    h + top = i SH + u DH    and    w + left = j SW + v DW

so its gradient is a sum over such windows: a convolution of dy.

    dx[n, c, h, w] = sum_{f, u, v}  w[f, c, u, v] dy[n, f, i, j]     with that (i, j) each time;
    dw[f, c, u, v] = sum_{n, h, w}  x[n, c, h, w] dy[n, f, i, j]     left out where there is none

Both take the same columns of dy, which are made once, and the columns of x not at all.

At stride 1 a pixel meets every cell.  At stride 2, with a kernel of 3 and no padding, row 4 lies
under cell 0 of window 2 and under cell 2 of window 1, and row 5 only under cell 1 of window 2: even
rows meet cells 0 and 2, odd rows cell 1.  So the pixels are done in SH SW classes, phases.py.
"""

from functools import partial
from math import ceil, prod
from typing import Any

import numpy as np

from minicnn.backend.arrays import Array, total, xp_of
from minicnn.backend.cpu.channels import add_to_rows
from minicnn.backend.cpu.columns import gather, laid_out
from minicnn.backend.cpu.phases import margins, phases
from minicnn.backend.cpu.products import shares, times_transposed
from minicnn.backend.cpu.small_products import small_products
from minicnn.backend.layout import as_items, batch_first, batch_last, packed, without_gaps
from minicnn.backend.threads import at_once, sizes, sum_over, thread_count, tiles
from minicnn.backend.windows import Corners, Window

FEW = 6                    # pixels for each channel: to add up what threads have found for more
#                            takes longer than to let each of them fetch all weights


def tiled_convolution(x: Array, w: Array, b: Array | None, window: Window, groups: int,
                      needs_grad: tuple[bool, ...]) -> Any:
    """(N, C, H, W), (F, C/G, KH, KW), (F,) -> (N, F, OH, OW) and its backward."""
    x = packed(batch_last(x))                                       # (C, H, W, N)
    G, N, F = groups, x.shape[3], len(w)
    OH, OW = window.out(*x.shape[1:3])
    image = split(laid_out(batch_first(x), window), G)     # (G, C/G, H', SW, W'/SW, N), padded
    w_rows = w.reshape(G, F // G, w[0].size)               # (G, F/G, C/G KH KW)
    y = xp_of(x).empty((F, OH, OW, N), dtype=x.dtype)
    y_split = split(y, G)                                  # (G, F/G, OH, OW, N)
    def fill(groups: slice, rows: slice) -> None:
        cols = columns(image[groups], window.corners(), window.stride, rows, OW)
        y_rows = flat(y_split[groups, :, rows])            # (groups, F/G, R OW N)
        small_products(w_rows[groups], cols, y_rows)
        if b is not None:
            add_to_rows(y_rows, b.reshape(G, F // G, 1)[groups])

    if few_pixels(y_split, w_rows.shape[2]):
        fill_by_channels(image[0], w_rows[0], b, window, y)
    else:
        group_tiles, row_tiles = tiling(y_split, w_rows.shape[2])
        at_once(lambda groups: at_once(lambda rows: fill(groups, rows), row_tiles, x),
                group_tiles, x)
    backward = partial(tiled_convolution_backward, x=x, w=w, window=window, groups=G,
                       needs_grad=needs_grad)
    return batch_first(y), backward                        # (N, F, OH, OW)


def few_pixels(y: Array, weights: int) -> bool:
    """Whether threads had better share channels: of y (G, C/G, H, W, N), see `fill_by_channels`.

    weights : those that a number of y is a sum with
    """
    pixels = prod(y.shape[2:])
    return (len(y) == 1 and pixels < min(FEW * y.shape[1], weights) and thread_count() > 1
            and isinstance(y, np.ndarray))


def fill_by_channels(image: Array, w: Array, b: Array | None, window: Window, y: Array) -> None:
    """y (F, OH, OW, N), each thread with its share of the channels.

    Few pixels and many weights, as in the last layers for one photograph: if threads had a share
    of the rows, each would fetch all the weights.     image (C, H', SW, W'/SW, N),  w (F, C KH KW)
    """
    (F, OH, OW, _), cells = y.shape, prod(window.kernel)
    y_rows = y.reshape(F, y[0].size)

    def part(c: slice) -> Array:
        cols = gather(image[c], window.corners(), window.stride, slice(0, OH), OW, keep=False)
        return small_products(w[:, c.start * cells:c.stop * cells],
                              cols.reshape(-1, cols.shape[2]))

    y_rows[...] = sum_over(part, shares(len(image), thread_count(), y.size * cells), image)
    if b is not None:
        add_to_rows(y_rows, b[:, None])


def tiled_convolution_backward(dy: Array, x: Array, w: Array, window: Window, groups: int,
                               needs_grad: tuple[bool, ...]) -> tuple:
    dy = packed(batch_last(dy))                                     # (F, OH, OW, N)
    if needs_grad[0]:
        dx, dw = both_gradients(dy, x, w, window, groups)
    else:
        dx, dw = None, weight_gradient(dy, x, w, window, groups)
    db = total(dy.reshape(len(dy), dy[0].size), axis=1) if len(needs_grad) > 2 else None
    return (dx, dw, db)[:len(needs_grad)]


def both_gradients(dy: Array, x: Array, w: Array, window: Window, G: int) -> tuple[Array, Array]:
    """dx (N, C, H, W) and dw (F, C/G, KH, KW) from the same columns, those of dy (F, OH, OW, N)."""
    xp, (C, H, W, N) = xp_of(dy), x.shape
    (top, bottom), (left, right) = margins(window, H, W)
    # Laid out as an image is for windows of stride 1, which is what reads it: SW is 1.
    dy_pad = xp.pad(dy, ((0, 0), (top, bottom), (left, right), (0, 0)))[:, :, None]
    classes = list(phases(window, H, W))
    met = [len(one.windows) for one in classes]            # cells
    dx = (xp.empty if all(met) else xp.zeros)((C, H, W, N), dtype=dy.dtype)
    dw = (xp.empty if sum(met) == prod(window.kernel) else xp.zeros)(w.shape, dtype=dy.dtype)
    for hs, ws, us, vs, windows in classes:
        corners = [(top + i, left + j) for i, j in windows]
        if corners:                                        # else no window ever lies there
            one_class(split(x, G)[..., hs, ws, :],
                      split(w, G)[..., us, vs], split(dy_pad, G), corners,
                      split(dx, G)[..., hs, ws, :], split(dw, G)[..., us, vs])
    return batch_first(dx), dw


def weight_gradient(dy: Array, x: Array, w: Array, window: Window, G: int) -> Array:
    """dw = dy @ cols(x)^T, for a first layer: nobody asks for the gradient of the image."""
    dw, OW = xp_of(dy).empty(w.shape, w.dtype), dy.shape[2]
    image = split(laid_out(batch_first(x), window), G)
    dy = split(dy, G)                                      # (G, F/G, OH, OW, N)

    def of_rows(groups, rows):
        cols = columns(image[groups], window.corners(), window.stride, rows, OW)
        return times_transposed(flat(dy[groups, :, rows]), cols)

    sum_tiles(of_rows, dy, split(dw, G))
    return dw


def one_class(x: Array, w: Array, dy_pad: Array, corners: Corners, dx: Array, dw: Array) -> None:
    """Fill dx and dw, for the pixels of one class and the cells that they meet.

    x, dx (G, C/G, H, W, N);  w, dw (G, F/G, C/G, U, V);  dy_pad (G, F/G, H', 1, W', N)
    """
    w, dw = w.swapaxes(1, 2), dw.swapaxes(1, 2)            # (G, C/G, F/G, U, V), still the same dw
    if few_pixels(x, prod(w.shape[2:])):
        one_class_by_filters(x[0], w[0], dy_pad[0], corners, dx[0], dw[0])
        return
    w = flat(w)                                            # (G, C/G, F/G U V)
    in_place = dx.flags.c_contiguous                       # stride 1: products are written there

    def of_rows(groups, rows):                             # fills these rows of dx on the way
        cols = columns(dy_pad[groups], corners, (1, 1), rows, x.shape[3])
        dx_rows = dx[groups, :, rows]                      # (groups, C/G, R, W, N)
        if in_place:
            small_products(w[groups], cols, flat(dx_rows))
        else:
            found = small_products(w[groups], cols).reshape(dx_rows.shape)
            as_items(dx_rows)[...] = as_items(found)
        pixels = flat(without_gaps(x[groups, :, rows]))
        return times_transposed(pixels, cols)              # (groups, C/G, F/G U V)

    sum_tiles(of_rows, x, dw)


def one_class_by_filters(x: Array, w: Array, dy_pad: Array, corners: Corners, dx: Array, dw: Array
                         ) -> None:
    """The same for few pixels: each thread with its share of dy's maps, see `fill_by_channels`.

    x, dx (C, H, W, N);  w, dw (C, F, U, V);  dy_pad (F, H', 1, W', N)
    """
    (C, H, W, N), cells = x.shape, len(corners)
    pixels = without_gaps(x).reshape(C, H * W * N)

    def part(f: slice) -> Array:
        cols = gather(dy_pad[f], corners, (1, 1), slice(0, H), W, keep=False)
        cols = cols.reshape(-1, H * W * N)                 # (maps U V, H W N)
        dw[:, f] = times_transposed(pixels, cols).reshape(dw[:, f].shape)
        return small_products(w[:, f].reshape(C, -1), cols)

    parts = shares(len(dy_pad), thread_count(), 2 * C * cells * H * W * N)
    as_items(dx)[...] = as_items(sum_over(part, parts, x).reshape(dx.shape))


def columns(image: Array, corners: Corners, stride: tuple, rows: slice, OW: int) -> Array:
    """Columns of some groups: (G, C/G, H', SW, W'/SW, N) -> (G, C/G cells, R OW N)."""
    (G, C), n = image.shape[:2], len(corners)
    cols = gather(image.reshape(G * C, *image.shape[2:]), corners, stride, rows, OW, keep=False)
    return cols.reshape(G, C * n, cols.shape[2])


def tiling(y: Array, cells: int) -> tuple[list[slice], list[slice]]:
    """Groups and rows of y, (G, C/G, H, W, N), so that one part of each is a tile.

    cells : length of a column.  Small groups (a depthwise convolution's) are done several at once.
    """
    G, _, H, W, N = y.shape
    row = cells * W * N * y.itemsize                       # bytes of one row's columns
    # With fewer than 256 columns, a product spends its time on bringing the weights into the cache;
    # more, a little faster, take as much more memory.
    enough = ceil(256 / max(W * N, 1))
    by_rows = tiles(H, row, enough, y)
    if G == 1:
        return [slice(0, 1)], by_rows
    return tiles(G, H * row, 1, y), by_rows if H * row > sizes.block else [slice(0, H)]


def sum_tiles(of_rows, y: Array, dw: Array) -> None:
    """dw[groups] = sum over rows of of_rows(groups, rows), for all tiles of y; dw is (G, ...)."""
    group_tiles, row_tiles = tiling(y, prod(dw.shape[2:]))

    def fill(groups):
        dw_groups = dw[groups]
        dw_groups[...] = sum_over(lambda rows: of_rows(groups, rows), row_tiles, y).reshape(
            dw_groups.shape)

    at_once(fill, group_tiles, y)


def split(q: Array, G: int) -> Array:
    """(C, ...) -> (G, C/G, ...)."""
    return q.reshape(G, len(q) // G, *q.shape[1:])


def flat(q: Array) -> Array:
    """(G, C, ...) -> (G, C, all the rest)."""
    return q.reshape(*q.shape[:2], prod(q.shape[2:]))
