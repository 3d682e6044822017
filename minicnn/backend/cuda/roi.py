"""RoIAlign on a GPU: one launch for all boxes, not five for each.

What a box reads, minicnn/layers/roi_boxes.py, goes to the GPU as three tables.
"""

from functools import partial
from typing import Any

import numpy as np

from minicnn.backend.arrays import Array, sum_dtype, xp_of
from minicnn.backend.cuda.launch import launch
from minicnn.backend.layout import batch_first, batch_last, packed


def roi_align(x: Array, *, numbers: np.ndarray, vertical: Any, horizontal: Any,
              needs_grad: tuple[bool, ...]) -> Any:
    """(N, C, H, W) -> (K, C, OH, OW) and its backward."""
    (K, OH, most_h), (_, OW, most_w) = vertical.a.shape, horizontal.a.shape
    N, C, H, W = x.shape
    columns = numbers, vertical.first, vertical.span, horizontal.first, horizontal.span
    xp, wide = xp_of(x), sum_dtype(x.dtype)
    tables = [xp.asarray(np.ascontiguousarray(table)) for table in (
        vertical.a.astype(wide), horizontal.a.astype(wide), np.stack(columns, 1).astype(np.int32))]
    sizes = K, C, H, W, N, OH, OW, most_h, most_w
    y = xp.empty((C, OH, OW, K), x.dtype)
    launch("resample", "roi_align", (C, OH * OW * K), packed(batch_last(x)), *tables, y, *sizes)
    return batch_first(y), partial(roi_align_backward, tables=tables, sizes=sizes)


def roi_align_backward(dy: Array, tables: list[Array], sizes: tuple[int, ...]) -> Array:
    _, C, H, W, N = sizes[:5]
    dx = xp_of(dy).empty((C, H, W, N), dy.dtype)
    launch("resample", "roi_align_backward", (C, H * W * N), packed(batch_last(dy)), *tables, dx,
           *sizes)
    return batch_first(dx)
