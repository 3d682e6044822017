"""Boxes and the pooling of regions as plain loops, one number at a time."""

from math import ceil, floor, inf

import numpy as np


def between_pixels(F, y, x):
    """The map (H, W) at (y, x), bilinear; 0 for more than a pixel outside."""
    H, W = F.shape
    if not (-1 <= y <= H and -1 <= x <= W):
        return 0.0
    y, x = min(max(y, 0.0), H - 1), min(max(x, 0.0), W - 1)
    top, left = floor(y), floor(x)
    value = 0.0
    for h in (top, top + 1):
        for w in (left, left + 1):
            if h < H and w < W:
                value += (1 - abs(y - h)) * (1 - abs(x - w)) * F[h, w]
    return value


def roi_align(x, rois, output_size, scale, points, aligned):
    """rois (K, 5): the image's number and the box."""
    OH, OW = output_size
    y = np.zeros((len(rois), x.shape[1], OH, OW))
    for k, c, i, j in np.ndindex(y.shape):
        n, x1, y1, x2, y2 = rois[k]
        x1, y1, x2, y2 = (value * scale - 0.5 * aligned for value in (x1, y1, x2, y2))
        wide, high = x2 - x1, y2 - y1
        if not aligned:
            wide, high = max(wide, 1.0), max(high, 1.0)
        SY = points if points > 0 else ceil(high / OH)
        SX = points if points > 0 else ceil(wide / OW)
        total = 0.0
        for u in range(SY):
            for v in range(SX):
                total += between_pixels(x[int(n), c], y1 + (i + (u + 0.5) / SY) * high / OH,
                                        x1 + (j + (v + 0.5) / SX) * wide / OW)
        y[k, c, i, j] = total / max(SY * SX, 1)
    return y


def half_away(value):
    return floor(value + 0.5) if value >= 0 else ceil(value - 0.5)


def roi_pool(x, rois, output_size, scale):
    (_, C, H, W), (OH, OW) = x.shape, output_size
    y = np.zeros((len(rois), C, OH, OW))
    for k, c, i, j in np.ndindex(y.shape):
        n, *box = rois[k]
        x1, y1, x2, y2 = (half_away(value * scale) for value in box)
        high, wide = max(y2 - y1 + 1, 1), max(x2 - x1 + 1, 1)
        best = -inf
        for h in range(y1 + i * high // OH, y1 + ceil((i + 1) * high / OH)):
            for w in range(x1 + j * wide // OW, x1 + ceil((j + 1) * wide / OW)):
                if 0 <= h < H and 0 <= w < W:
                    best = max(best, x[int(n), c, h, w])
        y[k, c, i, j] = 0 if best == -inf else best
    return y


def iou(a, b):
    """Of two boxes of whole numbers, pixel by pixel."""
    both = either = 0
    for x in range(min(a[0], b[0]), max(a[2], b[2])):
        for y in range(min(a[1], b[1]), max(a[3], b[3])):
            in_a = a[0] <= x < a[2] and a[1] <= y < a[3]
            in_b = b[0] <= x < b[2] and b[1] <= y < b[3]
            both, either = both + (in_a and in_b), either + (in_a or in_b)
    return both / either if either else 0.0


def nms(boxes, scores, threshold, overlap=iou):
    """Numbers of the boxes that stay, best first."""
    left, kept = sorted(range(len(boxes)), key=lambda k: -scores[k]), []
    while left:
        best, *left = left
        kept.append(best)
        left = [k for k in left if overlap(boxes[best], boxes[k]) <= threshold]
    return kept


def dense_crf(P, image, steps, appearance, space, colour, smoothness, near):
    """Krähenbühl and Koltun 2011, algorithm 1, with every sum written out and Potts' penalty."""
    C, H, W = P.shape
    Q = P.astype(float)
    pixels = [(h, w) for h in range(H) for w in range(W)]
    for _ in range(steps):
        new = np.zeros_like(Q)
        for h, w in pixels:
            penalty = np.zeros(C)
            for i, j in pixels:
                if (i, j) == (h, w):
                    continue
                distance = (h - i) ** 2 + (w - j) ** 2
                contrast = sum((image[c, h, w] - image[c, i, j]) ** 2 for c in range(len(image)))
                k = appearance * np.exp(-distance / (2 * space ** 2) - contrast / (2 * colour ** 2))
                k += smoothness * np.exp(-distance / (2 * near ** 2))
                for own in range(C):
                    for other in range(C):
                        penalty[own] += k * Q[other, i, j] * (other != own)
            e = P[:, h, w] * np.exp(-penalty)
            new[:, h, w] = e / e.sum()
        Q = new
    return Q
