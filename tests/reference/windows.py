"""Layers with windows as plain loops: convolution, pooling, shortcuts of zero channels."""

from math import ceil, floor, inf, isnan

import numpy as np


def both(value):
    return value if isinstance(value, tuple) else (value, value)


def positions(size, kernel, stride, before, after, dilation=1, ceil_mode=False):
    """First pixel of every window along one axis, counted from the image's first pixel."""
    reach = dilation * (kernel - 1) + 1
    starts = []
    start = -before
    while start + reach <= size + after:
        starts.append(start)
        start += stride
    # Ceil mode: one more window, if pixels are left over and it starts before the far padding.
    left_over = starts[-1] + reach < size + after
    if ceil_mode and left_over and start < size:
        starts.append(start)
    return starts


def same_padding(size, kernel, stride, dilation=1):
    """(before, after) as TensorFlow pads for "SAME": ceil(size / stride) windows."""
    reach = dilation * (kernel - 1) + 1
    missing = max((ceil(size / stride) - 1) * stride + reach - size, 0)
    return missing // 2, missing - missing // 2


def borders(x, kernel, stride, padding, dilation=(1, 1)):
    """((top, bottom), (left, right))."""
    if padding == "same":
        return tuple(same_padding(x.shape[2 + axis], kernel[axis], stride[axis], dilation[axis])
                     for axis in range(2))
    PH, PW = both(0 if padding == "valid" else padding)
    return (PH, PH), (PW, PW)


def windows(x, kernel, stride, padding, dilation=1, ceil_mode=False):
    """Rows and columns where windows start: (list, list)."""
    kernel, stride, dilation = both(kernel), both(stride), both(dilation)
    edges = borders(x, kernel, stride, padding, dilation)
    return [positions(x.shape[2 + axis], kernel[axis], stride[axis], *edges[axis], dilation[axis],
                      ceil_mode) for axis in range(2)]


def inside(x, h, w):
    return 0 <= h < x.shape[2] and 0 <= w < x.shape[3]


def conv2d(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    N, F, (KH, KW), (DH, DW) = len(x), len(w), w.shape[2:], both(dilation)
    rows, columns = windows(x, (KH, KW), stride, padding, dilation)
    y = np.zeros((N, F, len(rows), len(columns)))
    for n in range(N):
        for f in range(F):
            first = f // (F // groups) * w.shape[1]        # first channel of the filter's group
            for i, top in enumerate(rows):
                for j, left in enumerate(columns):
                    total = 0.0 if b is None else float(b[f])
                    for c in range(w.shape[1]):
                        for u in range(KH):
                            for v in range(KW):
                                h, k = top + u * DH, left + v * DW
                                if inside(x, h, k):
                                    total += w[f, c, u, v] * x[n, first + c, h, k]
                    y[n, f, i, j] = total
    return y


def partial_conv2d(x, w, b, table):
    """w is (links, KH, KW), in the order of the table."""
    KH, KW = w.shape[1:]
    rows, columns = windows(x, (KH, KW), 1, 0)
    y = np.zeros((len(x), len(table), len(rows), len(columns)))
    for n in range(len(x)):
        link = 0
        for f, seen in enumerate(table):
            y[n, f] = b[f]
            for c in seen:
                for i in rows:
                    for j in columns:
                        for u in range(KH):
                            for v in range(KW):
                                y[n, f, i, j] += w[link, u, v] * x[n, c, i + u, j + v]
                link += 1
    return y


def recurrent_conv(x, w_f, b, w_r, steps):
    pads = tuple(side // 2 for side in w_f.shape[2:])
    u = conv2d(x, w_f, b, padding=pads)
    h = np.maximum(u, 0)
    for _ in range(steps):
        h = np.maximum(u + conv2d(h, w_r, None, padding=pads), 0)
    return h


def max_pool2d(x, kernel, stride=None, padding=0, dilation=1, ceil_mode=False):
    (KH, KW), (DH, DW) = both(kernel), both(dilation)
    rows, columns = windows(x, kernel, stride or kernel, padding, dilation, ceil_mode)
    y = np.zeros((*x.shape[:2], len(rows), len(columns)))
    for n, c, i, j in np.ndindex(y.shape):
        largest = -inf
        for u in range(KH):
            for v in range(KW):
                h, w = rows[i] + u * DH, columns[j] + v * DW
                if inside(x, h, w) and (x[n, c, h, w] > largest or isnan(x[n, c, h, w])):
                    largest = x[n, c, h, w]
        y[n, c, i, j] = largest
    return y


def avg_pool2d(x, kernel, stride=None, padding=0, ceil_mode=False, count_include_pad=True):
    (KH, KW), stride = both(kernel), stride or kernel
    rows, columns = windows(x, kernel, stride, padding, 1, ceil_mode)
    (top, bottom), (left, right) = borders(x, (KH, KW), both(stride), padding)
    H, W = x.shape[2:]
    y = np.zeros((*x.shape[:2], len(rows), len(columns)))
    for n, c, i, j in np.ndindex(y.shape):
        total = count = 0
        for u in range(KH):
            for v in range(KW):
                h, w = rows[i] + u, columns[j] + v
                if inside(x, h, w):
                    total += x[n, c, h, w]
                    count += 1
                elif count_include_pad and h < H + bottom and w < W + right:
                    count += 1
        y[n, c, i, j] = total / count
    return y


def adaptive_avg_pool2d(x, OH, OW):
    H, W = x.shape[2:]
    y = np.zeros((*x.shape[:2], OH, OW))
    for n, c, i, j in np.ndindex(y.shape):
        values = [x[n, c, h, w] for h in range(floor(i * H / OH), ceil((i + 1) * H / OH))
                  for w in range(floor(j * W / OW), ceil((j + 1) * W / OW))]
        y[n, c, i, j] = sum(values) / len(values)
    return y


def subsample2d(x, a, b, kernel):
    y = avg_pool2d(x, kernel)
    for c in range(x.shape[1]):
        y[:, c] = a[c] * y[:, c] + b[c]
    return y


def shortcut_a(x, F, stride):
    N, C, H, W = x.shape
    y = np.zeros((N, F, ceil(H / stride), ceil(W / stride)))
    for n, c, i, j in np.ndindex(N, C, *y.shape[2:]):
        y[n, c, i, j] = x[n, c, i * stride, j * stride]
    return y
