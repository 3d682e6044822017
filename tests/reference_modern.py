"""Plain loops straight from the formulas: shuffles, tokens, attention, recurrence, capsules."""

from math import erfc, exp, sqrt

import numpy as np

from tests.reference_layers import conv2d


def channel_shuffle(x, G):
    N, C, H, W = x.shape
    y = np.empty_like(x)
    for g in range(G):
        for k in range(C // G):
            y[:, k * G + g] = x[:, g * (C // G) + k]
    return y


def gelu(x):
    return np.array([value * 0.5 * erfc(-value / sqrt(2)) for value in x.ravel()]).reshape(x.shape)


def silu(x):
    return np.array([value / (1 + exp(-value)) for value in x.ravel()]).reshape(x.shape)


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


def tokens(x):
    N, D, H, W = x.shape
    z = np.empty((N, H * W, D))
    for i in range(H):
        for j in range(W):
            z[:, i * W + j] = x[:, :, i, j]
    return z


def token_linear(x, w, b):
    y = np.empty((*x.shape[:2], len(w)))
    for n in range(x.shape[0]):
        for i in range(x.shape[1]):
            for d in range(len(w)):
                y[n, i, d] = b[d] + sum(w[d] * x[n, i])
    return y


def attention(qkv, heads):
    N, L, D = qkv.shape[0], qkv.shape[1], qkv.shape[2] // 3
    q, k, v = qkv[..., :D], qkv[..., D:2 * D], qkv[..., 2 * D:]
    y, d = np.zeros((N, L, D)), D // heads
    for n in range(N):
        for head in range(heads):
            own = slice(head * d, (head + 1) * d)
            for i in range(L):
                s = [sum(q[n, i, own] * k[n, j, own]) / sqrt(d) for j in range(L)]
                e = [exp(value) for value in s]
                for j in range(L):
                    y[n, i, own] += e[j] / sum(e) * v[n, j, own]
    return y


def recurrent_conv(x, w_f, b, w_r, steps):
    pads = tuple(side // 2 for side in w_f.shape[2:])
    u = conv2d(x, w_f, b, padding=pads)
    h = np.maximum(u, 0)
    for _ in range(steps):
        h = np.maximum(u + conv2d(h, w_r, None, padding=pads), 0)
    return h


def squash(s):
    norm = sqrt(sum(s * s))
    return s * norm / (1 + norm * norm)


def primary_capsules(x, D):
    N, C, H, W = x.shape
    y = np.empty((N, C // D * H * W, D))
    for n in range(N):
        for m in range(C // D):
            for i in range(H):
                for j in range(W):
                    y[n, (m * H + i) * W + j] = squash(x[n, m * D:(m + 1) * D, i, j])
    return y


def routed_capsules(u, w, rounds):
    (I, J, E, _), N = w.shape, len(u)
    y = np.empty((N, J, E))
    for n in range(N):
        votes = [[w[i, j] @ u[n, i] for j in range(J)] for i in range(I)]
        b = np.zeros((I, J))
        for _ in range(rounds):
            c = [[exp(b[i, j]) / sum(exp(value) for value in b[i]) for j in range(J)]
                 for i in range(I)]
            for j in range(J):
                y[n, j] = squash(sum(c[i][j] * votes[i][j] for i in range(I)))
            for i in range(I):
                for j in range(J):
                    b[i, j] += sum(votes[i][j] * y[n, j])
    return y
