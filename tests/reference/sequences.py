"""Recurrent cells in plain loops, one number at a time, straight from the formulas."""

from math import exp, tanh


def sigmoid(z):
    return 1 / (1 + exp(-z))


def row(w, b, x, k):
    """sum_m w[k, m] x[m] + b[k]"""
    return sum(float(w[k, m]) * float(x[m]) for m in range(len(x))) + float(b[k])


def rnn(x, h, w, u, b, d):
    return [tanh(row(w, b, x, k) + row(u, d, h, k)) for k in range(len(h))]


def lstm(x, h, c, w, u, b, d):
    H, new_h, new_c = len(h), [], []
    for k in range(H):
        i, f, g, o = (row(w, b, x, gate * H + k) + row(u, d, h, gate * H + k)
                      for gate in range(4))
        new_c.append(sigmoid(f) * float(c[k]) + sigmoid(i) * tanh(g))
        new_h.append(sigmoid(o) * tanh(new_c[-1]))
    return new_h, new_c


def gru(x, h, w, u, b, d):
    H, new_h = len(h), []
    for k in range(H):
        r, z = (sigmoid(row(w, b, x, gate * H + k) + row(u, d, h, gate * H + k))
                for gate in range(2))
        n = tanh(row(w, b, x, 2 * H + k) + r * row(u, d, h, 2 * H + k))
        new_h.append((1 - z) * n + z * float(h[k]))
    return new_h
