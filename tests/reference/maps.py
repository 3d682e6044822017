"""Layers of networks that answer with maps, as plain loops: enlarging, unpooling, gates."""

from math import exp, floor, inf, sqrt

import numpy as np

from tests.reference.windows import both, conv2d, inside, windows


def conv_transpose2d(x, w, b=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    (SH, SW), (PH, PW), (DH, DW) = both(stride), both(padding), both(dilation)
    (N, C, H, W), (_, filters, KH, KW), (MH, MW) = x.shape, w.shape, both(output_padding)
    y = np.zeros((N, filters * groups, (H - 1) * SH - 2 * PH + DH * (KH - 1) + MH + 1,
                  (W - 1) * SW - 2 * PW + DW * (KW - 1) + MW + 1))
    for n, c, i, j in np.ndindex(x.shape):
        group = c // (C // groups)
        for f, u, v in np.ndindex(filters, KH, KW):
            h, k = i * SH + u * DH - PH, j * SW + v * DW - PW
            if inside(y, h, k):
                y[n, group * filters + f, h, k] += w[c, f, u, v] * x[n, c, i, j]
    for f in range(filters * groups):
        y[:, f] += 0 if b is None else b[f]
    return y


def place(i, size, new, scale, align_corners):
    """Where new pixel i lies among the old ones."""
    if align_corners:
        return 0.0 if new == 1 else i * (size - 1) / (new - 1)
    ratio = size / new if scale is None else 1 / scale
    return max((i + 0.5) * ratio - 0.5, 0.0)


def interpolate(x, size=None, scale_factor=None, mode="nearest", align_corners=False):
    H, W = x.shape[2:]
    SH, SW = both(scale_factor)
    OH, OW = both(size) if scale_factor is None else (floor(H * SH), floor(W * SW))
    y = np.zeros((*x.shape[:2], OH, OW))
    for n, c, i, j in np.ndindex(y.shape):
        if mode == "nearest":
            p = i * H / OH if scale_factor is None else i / SH
            q = j * W / OW if scale_factor is None else j / SW
            y[n, c, i, j] = x[n, c, min(floor(p), H - 1), min(floor(q), W - 1)]
        else:
            p, q = place(i, H, OH, SH, align_corners), place(j, W, OW, SW, align_corners)
            for h in range(H):                             # a tent over each old pixel
                for w in range(W):
                    row, column = min(p, H - 1), min(q, W - 1)
                    share = max(1 - abs(row - h), 0) * max(1 - abs(column - w), 0)
                    y[n, c, i, j] += share * x[n, c, h, w]
    return y


def max_pool_indices(x, kernel, stride=None, padding=0, dilation=1, ceil_mode=False):
    (KH, KW), (DH, DW) = both(kernel), both(dilation)
    rows, columns = windows(x, kernel, stride or kernel, padding, dilation, ceil_mode)
    p = np.zeros((*x.shape[:2], len(rows), len(columns)), int)
    for n, c, i, j in np.ndindex(p.shape):
        largest = -inf
        for u in range(KH):
            for v in range(KW):
                h, w = rows[i] + u * DH, columns[j] + v * DW
                if inside(x, h, w) and x[n, c, h, w] > largest:
                    largest, p[n, c, i, j] = x[n, c, h, w], h * x.shape[3] + w
    return p


def max_unpool2d(x, indices, OH, OW):
    y = np.zeros((*x.shape[:2], OH, OW))
    for n, c, i, j in np.ndindex(x.shape):
        y[n, c, indices[n, c, i, j] // OW, indices[n, c, i, j] % OW] = x[n, c, i, j]
    return y


def l2_norm(x, w, eps=1e-12):
    y = np.zeros(x.shape)
    for n, i, j in np.ndindex(len(x), *x.shape[2:]):
        length = sqrt(sum(value ** 2 for value in x[n, :, i, j]))
        for c in range(x.shape[1]):
            y[n, c, i, j] = w[c] * x[n, c, i, j] / max(length, eps)
    return y


def frozen_batch_norm(x, weight, bias, mean, var, eps=1e-5):
    y = np.zeros(x.shape)
    for n, c, i, j in np.ndindex(x.shape):
        y[n, c, i, j] = weight[c] * (x[n, c, i, j] - mean[c]) / sqrt(var[c] + eps) + bias[c]
    return y


def batch_norm(x, eps=1e-5):
    """Of a batch's own mean and variance, with weight 1 and bias 0."""
    y = np.zeros(x.shape)
    for c in range(x.shape[1]):
        values = x[:, c].ravel()
        mean = sum(values) / len(values)
        var = sum((value - mean) ** 2 for value in values) / len(values)
        y[:, c] = (x[:, c] - mean) / sqrt(var + eps)
    return y


def attention_gate(g, x, w_g, b_g, w_x, b_x, w_a, b_a):
    q = np.maximum(batch_norm(conv2d(g, w_g, b_g)) + batch_norm(conv2d(x, w_x, b_x)), 0)
    a = batch_norm(conv2d(q, w_a, b_a))
    y = np.zeros(x.shape)
    for n, c, i, j in np.ndindex(x.shape):
        y[n, c, i, j] = x[n, c, i, j] / (1 + exp(-a[n, 0, i, j]))
    return y


def shared_recurrent_conv(x, w, b, steps):
    h = np.zeros(x.shape)
    for _ in range(steps + 1):
        h = np.maximum(batch_norm(conv2d(x + h, w, b, padding=1)), 0)
    return h
