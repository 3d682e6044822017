"""The normalisation layers as plain loops."""

from itertools import product
from math import exp, sqrt

import numpy as np


def lrn_across(x, size, alpha=1e-4, beta=0.75, k=1.0):
    N, C, H, W = x.shape
    y = np.zeros(x.shape)
    for n, c, i, j in product(range(N), range(C), range(H), range(W)):
        squares = 0.0
        for other in range(c - size // 2, c - size // 2 + size):
            if 0 <= other < C:
                squares += x[n, other, i, j] ** 2
        y[n, c, i, j] = x[n, c, i, j] / (k + alpha / size * squares) ** beta
    return y


def lrn_within(x, size, alpha=1e-4, beta=0.75, k=1.0):
    N, C, H, W = x.shape
    y = np.zeros(x.shape)
    for n, c, i, j in product(range(N), range(C), range(H), range(W)):
        squares = 0.0
        for u, v in product(range(size), range(size)):
            row, col = i + u - size // 2, j + v - size // 2
            if 0 <= row < H and 0 <= col < W:
                squares += x[n, c, row, col] ** 2
        y[n, c, i, j] = x[n, c, i, j] / (k + alpha / size ** 2 * squares) ** beta
    return y


def local_mean(q, i, j, size, std):
    """Gaussian mean of one image (C, H, W) around pixel (i, j), over all maps."""
    C, H, W = q.shape
    weighted, weights = 0.0, 0.0
    for c, u, v in product(range(C), range(size), range(size)):
        down, right = u - size // 2, v - size // 2
        if 0 <= i + down < H and 0 <= j + right < W:
            weight = exp(-(down ** 2 + right ** 2) / (2 * std ** 2))
            weighted += weight * q[c, i + down, j + right]
            weights += weight
    return weighted / weights


def contrast(x, size, std, eps):
    N, C, H, W = x.shape
    y = np.zeros(x.shape)
    for n in range(N):
        v, sigma = np.zeros((C, H, W)), np.zeros((H, W))
        for i, j in product(range(H), range(W)):
            v[:, i, j] = x[n, :, i, j] - local_mean(x[n], i, j, size, std)
        for i, j in product(range(H), range(W)):
            sigma[i, j] = sqrt(local_mean(v ** 2, i, j, size, std))
        typical = sum(sigma[i, j] for i, j in product(range(H), range(W))) / (H * W)
        for c, i, j in product(range(C), range(H), range(W)):
            y[n, c, i, j] = v[c, i, j] / max(typical, sigma[i, j], eps)
    return y


def standardised(x, group_of, eps):
    """Each position's value among the values of its own group; group_of(index) names the group."""
    groups = {}
    for index in np.ndindex(x.shape):
        groups.setdefault(group_of(index), []).append(x[index])
    y = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        values = groups[group_of(index)]
        mu = sum(values) / len(values)
        var = sum((value - mu) ** 2 for value in values) / len(values)
        y[index] = (x[index] - mu) / sqrt(var + eps)
    return y


def scaled_by_channel(x_hat, gamma, beta):
    y = np.zeros(x_hat.shape)
    for index in np.ndindex(x_hat.shape):
        y[index] = gamma[index[1]] * x_hat[index] + beta[index[1]]
    return y


def batch_norm(x, eps=1e-5):
    return standardised(x, lambda index: index[1], eps)


def instance_norm(x, eps=1e-5):
    return standardised(x, lambda index: index[:2], eps)


def layer_norm(x, axes, eps=1e-5):
    return standardised(x, lambda index: index[:x.ndim - axes], eps)


def layer_norm_2d(x, gamma, beta, eps):
    y = np.empty_like(x)
    N, C, H, W = x.shape
    for n in range(N):
        for i in range(H):
            for j in range(W):
                pixel = x[n, :, i, j]
                mu = sum(pixel) / C
                var = sum((pixel - mu) ** 2) / C
                y[n, :, i, j] = gamma * (pixel - mu) / sqrt(var + eps) + beta
    return y


def group_norm(x, groups, eps=1e-5):
    each = x.shape[1] // groups
    return standardised(x, lambda index: (index[0], index[1] // each), eps)


def running_averages(batches, momentum):
    """(mean, variance) of each channel after these batches (N, C, ...), from 0 and 1."""
    C = batches[0].shape[1]
    mean, var = [0.0] * C, [1.0] * C
    for number, batch in enumerate(batches, 1):
        share = 1 / number if momentum is None else momentum
        for c in range(C):
            values = [batch[index] for index in np.ndindex(batch.shape) if index[1] == c]
            mu = sum(values) / len(values)
            unbiased = sum((value - mu) ** 2 for value in values) / (len(values) - 1)
            mean[c] = (1 - share) * mean[c] + share * mu
            var[c] = (1 - share) * var[c] + share * unbiased
    return np.array(mean), np.array(var)
