"""Images whose rows and columns are mixed, in one launch: enlarged, padded, averaged.

What a layer says as a list, for each new row (old row, its share), becomes two tables on the GPU.
The gradient is the same with the lists turned round: for each old row (new row, its share).
"""

from collections.abc import Sequence
from functools import lru_cache, partial
from types import ModuleType
from typing import Any

import numpy as np

from minicnn.backend.arrays import Array, sum_dtype, xp_of
from minicnn.backend.cuda.launch import launch
from minicnn.backend.layout import batch_first, batch_last, packed

Shares = Sequence[Sequence[tuple[int, float]]]   # for each new row, (old row, its share)


def interpolate(x: Array, *, rows: Shares, columns: Shares, needs_grad: tuple[bool, ...]) -> Any:
    """(N, C, H, W) -> (N, C, len(rows), len(columns)) and its backward."""
    rows, columns = (tuple(map(tuple, shares)) for shares in (rows, columns))
    return resample(x, rows, columns), partial(resample, rows=rows, columns=columns,
                                               back=x.shape[2:])


def copies(x: Array, *, rows: list[int], columns: list[int], needs_grad: tuple[bool, ...]) -> Any:
    """y[i, j] = x[rows[i], columns[j]], such as the pixels beyond a mirrored edge."""
    return interpolate(x, rows=[[(h, 1.0)] for h in rows], columns=[[(w, 1.0)] for w in columns],
                       needs_grad=needs_grad)


def resample(x: Array, rows: tuple, columns: tuple, back: tuple[int, int] = (0, 0)) -> Array:
    """(N, C, H, W) -> (N, C, OH, OW)

    back : the size of the image whose gradient is wanted, of that of what was made from it
    """
    (N, C, H, W), xp, dtype = x.shape, xp_of(x), sum_dtype(x.dtype)
    h, down = tables(xp, rows, dtype, back[0])
    w, along = tables(xp, columns, dtype, back[1])
    OH, OW = len(h), len(w)
    y = xp.empty((C, OH, OW, N), x.dtype)
    launch("resample", "resample", (C, OH * OW * N), packed(batch_last(x)), y, h, w, down, along,
           C, H, W, N, OH, OW, h.shape[1], w.shape[1])
    return batch_first(y)


def turned(shares: Shares, size: int) -> list[list[tuple[int, float]]]:
    """For each of `size` old rows the new ones that have a share of it.

    >>> turned([[(0, 1.0)], [(0, 0.5), (1, 0.5)]], 2)
    [[(0, 1.0), (1, 0.5)], [(1, 0.5)]]
    """
    back: list[list[tuple[int, float]]] = [[] for _ in range(size)]
    for new, parts in enumerate(shares):
        for old, share in parts:
            back[old].append((new, share))
    return back


@lru_cache(maxsize=256)
def tables(xp: ModuleType, shares: tuple, dtype: np.dtype, back: int) -> tuple[Array, Array]:
    """(rows, most) old rows, -1 where there is none, and their shares, on the GPU.

    back : the number of old rows, where the lists are to be turned round; else 0
    """
    lists: Shares = turned(shares, back) if back else shares
    most = max([1, *map(len, lists)])
    shape = len(lists), most
    places, values = np.full(shape, -1, np.int32), np.zeros(shape, dtype)
    for new, parts in enumerate(lists):
        for number, (old, share) in enumerate(parts):
            places[new, number], values[new, number] = old, share
    return xp.asarray(places), xp.asarray(values)


def adaptive_average(x: Array, *, output_size: tuple[int, int], needs_grad: tuple[bool, ...]
                     ) -> Any:
    """(N, C, H, W) -> (N, C, OH, OW): means over floor(i H / OH) ... ceil((i + 1) H / OH)."""
    if output_size == (1, 1):
        return global_average(x)
    rows, columns = (means(size, new) for size, new in zip(x.shape[2:], output_size, strict=True))
    return interpolate(x, rows=rows, columns=columns, needs_grad=needs_grad)


def means(size: int, parts: int) -> Shares:
    shares = []
    for i in range(parts):
        under = range(i * size // parts, -(-(i + 1) * size // parts))
        shares.append([(h, 1 / len(under)) for h in under])
    return shares


def global_average(x: Array) -> Any:
    """A mean for each channel: a sum over what lies in rows."""
    (H, W), x = x.shape[2:], batch_last(x)                 # (C, H, W, N)
    y = x.mean(axis=(1, 2), keepdims=True, dtype=sum_dtype(x.dtype)).astype(x.dtype, copy=False)
    return batch_first(y), partial(global_average_backward, H=H, W=W)


def global_average_backward(dy: Array, H: int, W: int) -> Array:
    dy, xp = batch_last(dy), xp_of(dy)                     # (C, 1, 1, N)
    dy = xp.broadcast_to(dy, (len(dy), H, W, dy.shape[3]))
    return batch_first(xp.multiply(dy, 1 / (H * W)))
