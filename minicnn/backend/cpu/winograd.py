"""3 x 3 convolution at stride 1 in a quarter of the multiplications: Winograd's F(4 x 4, 3 x 3).

16 neighbouring outputs of one filter need 16 * 9 multiplications a channel, and see 6 x 6 pixels.
Two polynomials with 4 and 3 coefficients are multiplied more cheaply: take both at 6 points,
multiply these 6 values, and find the product's 6 coefficients from them.  A row of a convolution is
such a product turned around, and an image has rows and columns: 6 * 6 = 36 multiplications.

    V = B d            d (36, C, tiles): the pixels of each tile         B (36, 36)
    U = G w            w (9, F C)                                        G (36, 9)
    M_k = U_k V_k      k = 1..36: (F, C) @ (C, tiles)                    the multiplications
    y = A M            y (16, F, tiles)                                  A (16, 36)

B, G and A hold powers of the points and nothing else; what they cost does not grow with C F, as
the 36 products do.  Backward is the same:

    dx                   the convolution of dy with the filters turned by 180 degrees, w'
    dw' = G^T dU         of w':  dU_k = (A^T x)_k V_k^T  with x in tiles of 4 x 4, and V of dy

The values at the points are larger than the result, so rounding is a few times that of the
definition: float32 only, and WITHIN says how far.  What is infinite or NaN spreads over its tile;
then the convolution is done again in the other way.

Source: Lavin and Gray 2016, "Fast algorithms for convolutional neural networks", sections 4.2, 4.3;
the points: Barabasz et al. 2020, "Error analysis and improving the accuracy of Winograd
convolution for deep neural networks".
"""

from functools import partial
from math import isfinite
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.polynomial.polynomial import polyfromroots

from minicnn.backend.arrays import Array, total
from minicnn.backend.cpu.channels import add_to_rows
from minicnn.backend.cpu.products import product, times_transposed
from minicnn.backend.cpu.small_products import small_products
from minicnn.backend.cpu.tiled_convolution import tiled_convolution, tiled_convolution_backward
from minicnn.backend.layout import as_items, batch_first, batch_last, packed
from minicnn.backend.memory import reused
from minicnn.backend.threads import at_once, sum_over, tiles
from minicnn.backend.windows import Padding, Window

POINTS = 0, 2 / 3, -2 / 3, 3 / 2, -3 / 2                   # and infinity
OUT, SEEN = 4, 6                           # pixels along an axis of a tile, of y and of x
WITHIN = 2.0 ** -16        # of the true y, as a share of the sum of |w| times the largest |x|
FEW, FILTERS, TILES = 32, 2048, 64         # C or F; C F; tiles: with fewer, columns are as fast
BOTH = 4096                # tiles times C or F
ENOUGH = 64                # tiles in a product; with fewer it spends its time on fetching U,
#                            and more, a little faster, take as much more memory


def pays(x: Array, w: Array, window: Window, groups: int) -> bool:
    """Whether this is a convolution for Winograd's way, and large enough to win by it."""
    N, C, H, W = x.shape
    if (x.dtype != np.float32 or groups > 1 or min(C, len(w)) < FEW or C * len(w) < FILTERS
            or (window.kernel, window.stride, window.dilation) != ((3, 3), (1, 1), (1, 1))
            or max(map(max, window.borders(H, W))) > 2):
        return False
    OH, OW = window.out(H, W)
    tiles = -(-OH // OUT) * -(-OW // OUT) * N
    return tiles >= TILES and tiles * min(C, len(w)) >= BOTH


def transforms() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """B (36, 36), G (36, 9) and A (16, 36) of the formulas, in float64.

    Along one axis first, 6 points; the numbers of a point may be scaled as long as those in the
    three matrices multiply to the same, so they are made to add up to about 1 in B and G.
    """
    b, g, a = np.zeros((SEEN, SEEN)), np.zeros((SEEN, 3)), np.zeros((OUT, SEEN))
    for k, point in enumerate(POINTS):
        others = np.delete(POINTS, k)
        b[k, :SEEN - 1] = polyfromroots(others)
        g[k] = point ** np.arange(3) / np.prod(point - others)
        a[:, k] = point ** np.arange(OUT)
    b[-1], g[-1, -1], a[-1, -1] = polyfromroots(POINTS), 1, 1          # at infinity
    scale_b, scale_g = (2.0 ** np.frexp(abs(q).sum(1, keepdims=True))[1] for q in (b, g))
    b, g, a = b / scale_b, g / scale_g, a * (scale_b * scale_g).T
    return np.kron(b, b), np.kron(g, g), np.kron(a, a)


B, G, A = transforms()


def winograd_convolution(x: Array, w: Array, b: Array | None, window: Window,
                         needs_grad: tuple[bool, ...]) -> Any:
    """(N, C, H, W), (F, C, 3, 3), (F,) -> (N, F, OH, OW) and its backward."""
    x = packed(batch_last(x))                                       # (C, H, W, N)
    borders = window.borders(*x.shape[1:3])
    try:
        y, _ = correlate(x, w, borders)
    except FloatingPointError:
        return tiled_convolution(batch_first(x), w, b, window, 1, needs_grad)
    if b is not None:
        add_to_rows(y.reshape(len(y), y[0].size), b[:, None])
    return batch_first(y), partial(winograd_backward, x=x, w=w, window=window,
                                   needs_grad=needs_grad)


def winograd_backward(dy: Array, x: Array, w: Array, window: Window,
                      needs_grad: tuple[bool, ...]) -> tuple:
    otherwise = partial(tiled_convolution_backward, dy, x, w, window, 1, needs_grad)
    if not needs_grad[0]:                                  # nobody asks for dx
        return otherwise()
    dy = packed(batch_last(dy))                                     # (F, OH, OW, N)
    (top, bottom), (left, right) = window.borders(*x.shape[1:3])
    borders = (2 - top, 2 - bottom), (2 - left, 2 - right)
    try:
        dx, dw = correlate(dy, turned(w), borders, met=x)
    except FloatingPointError:
        return otherwise()
    db = total(dy.reshape(len(dy), dy[0].size), axis=1) if len(needs_grad) > 2 else None
    return (batch_first(dx), turned(dw), db)[:len(needs_grad)]


def turned(w: Array) -> Array:
    """Filters for the way back, (F, C, 3, 3) -> (C, F, 3, 3): by 180 degrees."""
    return np.ascontiguousarray(w[:, :, ::-1, ::-1].swapaxes(0, 1))


def correlate(x: Array, w: Array, borders: Padding, met: Array | None = None
              ) -> tuple[Array, Array | None]:
    """y of the definition, (F, OH, OW, N), of x (C, H, W, N) and w (F, C, 3, 3).

    met : like y; then also the gradient of sum(y * met) by w, from the same V

    FloatingPointError if a number on the way is not finite.
    """
    (C, H, W, N), F = x.shape, len(w)
    (top, bottom), (left, right) = borders
    y = np.empty((F, H + top + bottom - 2, W + left + right - 2, N), x.dtype)
    TH, TW = (-(-size // OUT) for size in y.shape[1:3])
    U = product(G.astype(x.dtype), w.reshape(F * C, 9).T).reshape(36, F, C)
    squares = []                                           # their sums, to see what is not finite

    def answer(rows: slice) -> Array:                      # fills these rows of y, and gives V
        T = (rows.stop - rows.start) * TW * N
        with np.errstate(over="ignore", invalid="ignore"):
            V = transformed(B, cut(x, rows, TW, SEEN, top, left), "V").reshape(36, C, T)
            M = small_products(U, V, reused("M", 36 * F * T, x).reshape(36, F, T))
            out = transformed(A, M.reshape(36, F * T), "columns")
            squares.append(float(np.vdot(out, out)))
        put(out, y, rows)
        return V

    def slopes(rows: slice) -> Array:
        V = answer(rows)
        dM = transformed(A.T, cut(met, rows, TW, OUT), "M").reshape(36, F, V.shape[2])
        return times_transposed(dM, V)                     # (36, F, C)

    parts = tiles(TH, 36 * (2 * C + F) * TW * N * x.itemsize, -(-ENOUGH // (TW * N)), x)
    dw = None
    if met is None:
        at_once(answer, parts, x)
    else:
        dU = sum_over(slopes, parts, x).reshape(36, F * C)
        dw = product(dU.T, G.astype(x.dtype)).reshape(F, C, 3, 3)
        squares.append(float(np.vdot(dw, dw)))
    if not isfinite(sum(squares)):
        raise FloatingPointError("Winograd's way needs finite numbers")
    return y, dw


def cut(x: Array, rows: slice, TW: int, size: int, top: int = 0, left: int = 0) -> Array:
    """Some rows of tiles, pixel by pixel: (C, H, W, N) -> (size size, C R TW N).

    top, left : how far the first tile begins outside the image, where there are zeros
    """
    (C, _, _, N), R = x.shape, rows.stop - rows.start
    height, width, first = OUT * R + size - OUT, OUT * TW + size - OUT, OUT * rows.start - top
    frame = reused("M", C * height * width * N, x).reshape(C, height, width, N)   # not M yet
    above, beside = max(-first, 0), left
    inside = x[:, max(first, 0):first + height, :width - left]
    frame[...] = 0
    frame[:, above:above + inside.shape[1], beside:beside + inside.shape[2]] = inside
    pixels = reused("columns", size * size * C * R * TW * N, x)
    pixels = pixels.reshape(size, size, C, R, TW, N)
    items = as_items(frame)
    c, h, w = items.strides
    # One copy, not one for each of 36 pixels: threads wait for each other at each call of NumPy.
    as_items(pixels)[...] = as_strided(items, pixels.shape[:-1], (h, w, c, OUT * h, OUT * w))
    return pixels.reshape(size * size, C * R * TW * N)


def put(out: Array, y: Array, rows: slice) -> None:
    """Write the outputs of some rows of tiles, (16, F R TW N), where they belong in y."""
    F, _, OW, N = y.shape
    target = as_items(y[:, OUT * rows.start:OUT * rows.stop])
    source = as_items(out.reshape(OUT, OUT, F, rows.stop - rows.start, -(-OW // OUT), N))
    for i in range(OUT):
        for j in range(OUT):
            place = target[:, i::OUT, j::OUT]              # the last tile may reach beyond y
            place[...] = source[i, j, :, :place.shape[1], :place.shape[2]]


def transformed(matrix: np.ndarray, q: Array, memory: str) -> Array:
    """matrix @ q, in the dtype of q, into memory that is used again."""
    out = reused(memory, len(matrix) * q.shape[1], q).reshape(len(matrix), q.shape[1])
    return small_products(matrix.astype(q.dtype), q, out)
