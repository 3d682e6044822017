"""Depthwise convolution: a filter for each channel, and no columns at all.

    y[c, i, j] = sum_{u, v}  w[c, u, v] x_pad[c, i SH + u, j SW + v]

With one filter a channel there is no matrix for the BLAS, and columns would be copied to be read
once.  Here the sum runs over the image as it lies.  At stride 1, rows of x_pad that lie without
gaps, Q numbers for each, make cell (u, v) a shift of the whole image:

    y_flat[l] = sum_{u, v}  w[u, v] x_flat[l + u Q + v]                l = i Q + j

(N images innermost: all of it times N.)  The numbers that l counts beyond the end of a row mean
nothing and are left out in the end.  np.einsum takes the shifts as one array whose rows overlap
in memory, and adds w times a shift to y in one pass over a few kilobytes that stay in the cache:
480 maps of 14 x 14, 4 images, 5 x 5 filters, forward with two threads: 2.65 to 1.37 ms.

The zeros to the right of a row do as those to the left of the next.  Backward follows the pixel:
dx is the same sum over dy with the filter turned around, and dw takes the same shifts of dy,

    dw[c, u, v] = sum_l  x_flat[l] dy_flat[l + (shift of u, v)]

These are dot products, which the BLAS does in a third of einsum's time.

At other strides, columns with one remainder modulo SW are laid side by side first.  Then what lies
under cell (u, v) of a row of windows is one run of OW N numbers, and np.einsum adds up over u.
Backward takes the pixels in phases (phases.py), each with its cells: there the shifts are whole.

With few pixels these runs are too short to be worth a loop: maps of 7 x 7, one image, are 49
numbers a channel.  There the channels go innermost, (H', W', N, C), and a cell is a row of weights,

    y[i, j, n, :] = sum_{u, v}  w[u, v, :] * x_pad[i SH + u, j SW + v, n, :]

which costs two copies: 1152 maps of 7 x 7, 5 x 5 filters, 0.70 to 0.31 ms.
"""

from collections.abc import Callable
from functools import partial
from math import prod
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from minicnn.backend.arrays import Array, total
from minicnn.backend.cpu.phases import margins, phases
from minicnn.backend.cpu.small_products import divisor
from minicnn.backend.layout import as_items, batch_first, batch_last, packed
from minicnn.backend.threads import at_once, stretches, thread_count
from minicnn.backend.windows import Window

TILE = 1 << 18             # numbers of some channels: what is done in one go; in smaller pieces
#                            threads wait for each other
MANY = 3 << 20             # products at strides above 1, below which columns are as fast
BLOCK = 256                # channels that are laid innermost in one go
SHARED = 1 << 21           # products that are worth handing to another thread
RUN = 1 << 12              # numbers of a dot product: both factors stay in the nearest cache


def takes(x: Array, w: Array, window: Window, groups: int) -> bool:
    """Whether the convolution is one that this file does."""
    if not (groups == x.shape[1] == len(w) and x.size > 0 and window.kernel != (1, 1)
            and window.dilation == (1, 1) and x.dtype == w.dtype
            and x.dtype in (np.float32, np.float64)):
        return False
    products = len(x) * w.size * prod(window.out(*x.shape[2:]))
    return window.stride == (1, 1) or products >= MANY or short_runs(x, window)


def short_runs(x: Array, window: Window) -> bool:
    """Whether a run along y (N, C, OH, OW) is so short that channels had better be innermost."""
    N, _, H, W = x.shape
    pixels = N * prod(window.out(H, W))
    if N * H * W * x.itemsize % 2048 == 0:                 # a pixel of one channel would evict that
        return False                                       # of another from the cache
    if window.stride != (1, 1):                            # a run is a row of y, not all of it
        return pixels <= 32 * prod(window.kernel)
    return pixels <= (200 if N == 1 else 128)              # one image takes KW runs: Flat.weighted


def depthwise_convolution(x: Array, w: Array, b: Array | None, window: Window,
                          needs_grad: tuple[bool, ...]) -> Any:
    """(N, C, H, W), (C, 1, KH, KW), (C,) -> (N, C, OH, OW) and its backward."""
    short = short_runs(x, window)
    x, w = packed(batch_last(x)), w[:, 0]                  # (C, H, W, N), (C, KH, KW)
    C, H, W, N = x.shape
    (OH, OW), (KH, KW) = window.out(H, W), window.kernel
    (top, _), (left, right) = window.borders(H, W)
    shared = min(left, right, KW - 1)
    y = np.empty((C, OH, OW, N), x.dtype)

    def some(c: slice) -> None:
        if short:
            sums = weighted_innermost(x[c], w[c], window, OH, OW)
        elif window.stride == (1, 1):
            image = Flat(c.stop - c.start, OH + KH - 1, OW + KW - 1, N, shared, x.dtype)
            image.put(x[c], (top, left))
            sums = image.weighted(w[c], (0, 0), OH, OW)
        else:
            sums = weighted_with_stride(x[c], w[c], window, OH, OW)
        np.add(sums, 0 if b is None else b[c, None, None, None], out=y[c])

    by_channels(some, w, OH * OW * N, BLOCK if short else TILE // (OH * OW * N))
    return batch_first(y), partial(depthwise_convolution_backward, x=x, w=w, window=window,
                                   needs_grad=needs_grad)


def depthwise_convolution_backward(dy: Array, x: Array, w: Array, window: Window,
                                   needs_grad: tuple[bool, ...]) -> tuple:
    dy = packed(batch_last(dy))                            # (C, OH, OW, N)
    (C, H, W, N), (OH, OW) = x.shape, dy.shape[1:3]
    (top, bottom), (left, right) = margins(window, H, W)
    width = left + OW + right
    shared = min(left, right, width - -(-W // window.stride[1]))       # a row of a phase must fit
    every = list(phases(window, H, W))
    met = [phase for phase in every if phase.windows]      # on the others no window ever lies
    dx, dw = None, np.zeros(w.shape, w.dtype)
    if needs_grad[0]:
        dx = (np.empty_like if met == every else np.zeros_like)(x)

    def some(c: slice) -> None:
        image = Flat(c.stop - c.start, top + OH + bottom, width, N, shared, dy.dtype)
        image.put(dy[c], (top, left))
        for rows, columns, us, vs, windows in met:
            # Along the cells the windows go backwards: the last cell has the first one.
            corner = top + windows[-1][0], left + windows[-1][1]
            pixels, cells = x[c, rows, columns], w[c, us, vs]
            dw[c, us, vs] = image.products(pixels, corner, cells.shape[1:])[:, ::-1, ::-1]
            if dx is not None:
                as_items(dx[c, rows, columns])[...] = as_items(
                    image.weighted(cells[:, ::-1, ::-1], corner, *pixels.shape[1:3]))

    by_channels(some, w, OH * OW * N, TILE // (OH * OW * N))
    db = total(dy.reshape(C, OH * OW * N), axis=1) if len(needs_grad) > 2 else None
    return (None if dx is None else batch_first(dx), dw[:, None], db)[:len(needs_grad)]


def weighted_with_stride(x: Array, w: Array, window: Window, OH: int, OW: int) -> Array:
    """The sum for some channels, (C, H, W, N), (C, KH, KW) -> (C, OH, OW, N)."""
    (C, H, _, N), (KH, KW), (SH, SW) = x.shape, window.kernel, window.stride
    (top, _), (left, _) = window.borders(*x.shape[1:3])
    height, width = (OH - 1) * SH + KH, OW + (KW - 1) // SW
    image = np.zeros((C, height, SW, width, N), x.dtype)   # [c, h, r, q] = x_pad[c, h, q SW + r]
    source, target = as_items(x[:, :max(height - top, 0)]), as_items(image[:, top:top + H])
    for r in range(SW):
        q = max(-((r - left) // SW), 0)                    # the first that is on the image
        columns = source[:, :, q * SW + r - left::SW][:, :, :max(width - q, 0)]
        target[:, :, r, q:q + columns.shape[2]] = columns
    y, (each, row, *_, step) = np.empty((C, OH, OW * N), x.dtype), image.strides
    for v in range(KW):
        under = as_strided(image[:, :, v % SW, v // SW:], (C, KH, OH, OW * N),
                           (each, row, SH * row, step))
        if v == 0:
            np.einsum("cu,cuil->cil", w[:, :, v], under, out=y)
        else:
            y += np.einsum("cu,cuil->cil", w[:, :, v], under)
    return y.reshape(C, OH, OW, N)


def weighted_innermost(x: Array, w: Array, window: Window, OH: int, OW: int) -> Array:
    """The same with the channels innermost, (C, H, W, N), (C, KH, KW) -> (C, OH, OW, N), a view."""
    (C, H, W, N), (KH, KW), (SH, SW) = x.shape, window.kernel, window.stride
    (top, bottom), (left, right) = window.borders(H, W)
    image = np.zeros((top + H + bottom, left + W + right, N, C), x.dtype)
    image[top:top + H, left:left + W] = x.transpose(1, 2, 3, 0)
    row, pixel, *steps = image.strides
    under = as_strided(image, (KH, KW, OH, OW, N, C), (row, pixel, SH * row, SW * pixel, *steps))
    cells = np.ascontiguousarray(w.transpose(1, 2, 0))     # (KH, KW, C)
    return np.einsum("uvc,uvijnc->ijnc", cells, under).transpose(3, 0, 1, 2)


class Flat:
    """Some channels of an image with zeros around it, each as one run of numbers.

    shared : columns of zeros at the right of a row that are those at the left of the next
    """

    def __init__(self, C: int, H: int, W: int, N: int, shared: int, dtype: Any) -> None:
        self.N, self.pitch = N, W - shared                 # pitch: Q of the formula
        self.flat = np.zeros((C, (H + 1) * self.pitch * N + shared * N), dtype)
        self.rows = self.view((0, 0), (H, W, N), (self.pitch * N, N, 1))   # (C, H, W, N)

    def view(self, corner: tuple[int, int], shape: tuple[int, ...], steps: tuple[int, ...]
             ) -> Array:
        """(C, *shape) of the run from that pixel on, in steps of so many numbers; its parts may
        overlap, and its end lie in the row of zeros behind the image."""
        start = (corner[0] * self.pitch + corner[1]) * self.N
        strides = [step * self.flat.itemsize for step in steps]
        return as_strided(self.flat[:, start:], (len(self.flat), *shape),
                          (self.flat.strides[0], *strides))

    def put(self, x: Array, corner: tuple[int, int]) -> None:
        """x (C, H, W, N) from this place on."""
        (_, H, W, _), (top, left) = x.shape, corner
        self.rows[:, top:top + H, left:left + W] = x

    def weighted(self, w: Array, corner: tuple[int, int], H: int, W: int) -> Array:
        """sum over u, v of w[u, v] times its shift:  (C, U, V) -> (C, H, W, N)."""
        C, N, row = len(w), self.N, self.pitch * self.N
        sums = np.empty((C, H, self.pitch, N), w.dtype)
        run = sums.reshape(C, -1)[:, :(H - 1) * row + W * N]
        shifts = self.view(corner, (*w.shape[1:], run.shape[1]), (row, N, 1))      # (C, U, V, l)
        if N > 1:
            np.einsum("cuv,cuvl->cl", w, shifts, out=run)
        else:                                              # where v and l are one step, einsum
            np.einsum("cu,cul->cl", w[:, :, 0], shifts[:, :, 0], out=run)
            for v in range(1, w.shape[2]):                 # would go along v, a few numbers
                run += np.einsum("cu,cul->cl", w[:, :, v], shifts[:, :, v])
        return sums[:, :, :W]

    def products(self, x: Array, corner: tuple[int, int], cells: tuple[int, ...]) -> Array:
        """sum of x times each shift:  (C, H, W, N) -> (C, U, V)."""
        (C, H, W, N), row = x.shape, self.pitch * self.N
        run = row * divisor(H, max(RUN // row, 1))
        x_flat = np.zeros((C, H, self.pitch, N), x.dtype)  # 0 beyond the end of a row
        as_items(x_flat[:, :, :W])[...] = as_items(x)
        runs = x_flat.reshape(C, 1, 1, H * row // run, 1, run)
        shifts = self.view(corner, (*cells, H * row // run, run), (row, N, run, 1))
        with np.errstate(invalid="ignore"):                # infinity times such a 0
            return (runs @ shifts[..., None]).sum(axis=(3, 4, 5))    # a dot product for each run


def by_channels(some: Callable[[slice], None], w: Array, pixels: int, most: int) -> None:
    """some(c) for slices of the channels, at most `most` of them, shared out to the threads."""
    threads = thread_count() if w.size * pixels >= SHARED else 1
    rounds = -(-len(w) // (max(most, 1) * threads))
    at_once(some, stretches(len(w), rounds * threads))
