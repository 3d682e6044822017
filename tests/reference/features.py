"""Layers that mix channels, features, tokens or capsules, as plain loops."""

from math import exp, sqrt

import numpy as np

from tests.reference.activations import relu, sigmoid


def linear(x, w, b=None):
    y = np.zeros((len(x), len(w)))
    for n in range(len(x)):
        for d in range(len(w)):
            y[n, d] = 0.0 if b is None else b[d]
            for m in range(x.shape[1]):
                y[n, d] += w[d, m] * x[n, m]
    return y


def rbf(x, codes):
    y = np.zeros((len(x), len(codes)))
    for n in range(len(x)):
        for i in range(len(codes)):
            y[n, i] = sum((x[n, j] - codes[i, j]) ** 2 for j in range(x.shape[1]))
    return y


def squeeze_excite(x, w1, b1, w2, b2):
    y = np.zeros(x.shape)
    for n in range(len(x)):
        z = [x[n, c].sum() / x[n, c].size for c in range(x.shape[1])]
        hidden = relu(linear(np.array([z]), w1, b1))
        s = sigmoid(linear(hidden, w2, b2))[0]
        for c in range(x.shape[1]):
            y[n, c] = s[c] * x[n, c]
    return y


def channel_shuffle(x, G):
    N, C, H, W = x.shape
    y = np.empty_like(x)
    for g in range(G):
        for k in range(C // G):
            y[:, k * G + g] = x[:, g * (C // G) + k]
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
