"""Activations and softmax as plain loops, value by value."""

from math import erfc, exp, log, sqrt, tanh

import numpy as np


def each(function, x):
    """function of every single value."""
    y = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        y[index] = function(float(x[index]))
    return y


def relu(x):
    return each(lambda v: v if v > 0 else 0.0, x)


def leaky_relu(x, slope):
    return each(lambda v: v if v > 0 else slope * v, x)


def prelu(x, slopes):
    y = np.zeros(x.shape)
    for c in range(x.shape[1]):
        y[:, c] = leaky_relu(x[:, c], slopes[c % len(slopes)])
    return y


def sigmoid(x):
    return each(lambda v: 1 / (1 + exp(-v)), x)


def scaled_tanh(x):
    return each(lambda v: 1.7159 * tanh(2 / 3 * v), x)


def gelu(x):
    return np.array([value * 0.5 * erfc(-value / sqrt(2)) for value in x.ravel()]).reshape(x.shape)


def silu(x):
    return np.array([value / (1 + exp(-value)) for value in x.ravel()]).reshape(x.shape)


def softmax(x):
    """Over axis 1, without any shift."""
    y = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        row = [exp(x[(index[0], k, *index[2:])]) for k in range(x.shape[1])]
        y[index] = row[index[1]] / sum(row)
    return y


def log_softmax(x):
    return each(log, softmax(x))
