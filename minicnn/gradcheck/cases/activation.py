"""Gradient-check cases of activations and softmax."""

from minicnn.gradcheck.cases.case import Case, apart, normal
from minicnn.layers.activations import LeakyReLU, PReLU, ReLU, ScaledTanh, Sigmoid, Tanh
from minicnn.layers.softmax import LogSoftmax, Softmax

CASES = [
    Case("ReLU", "", ReLU, (apart(2, 3, 2, 2),)),
    Case("LeakyReLU", "slope 0.01", LeakyReLU, (apart(2, 3, 2, 2),)),
    Case("LeakyReLU", "slope -0.5", lambda: LeakyReLU(-0.5), (apart(2, 3),)),
    Case("PReLU", "one slope", PReLU, (apart(2, 3, 2, 3),)),
    Case("PReLU", "a slope for each channel", lambda: PReLU(3), (apart(2, 3, 2, 3),)),
    Case("PReLU", "a slope for each feature", lambda: PReLU(5), (apart(3, 5),)),
    Case("Sigmoid", "", Sigmoid, (3 * normal(2, 3, 2, 2),)),
    Case("Tanh", "", Tanh, (normal(2, 3, 2, 2),)),
    Case("ScaledTanh", "", ScaledTanh, (normal(2, 3, 2, 2),)),
    Case("Softmax", "classes", Softmax, (normal(3, 4),)),
    Case("Softmax", "channels at each pixel", Softmax, (normal(2, 3, 2, 2),)),
    Case("Softmax", "last dim", lambda: Softmax(-1), (normal(2, 3, 4),)),
    Case("LogSoftmax", "classes", LogSoftmax, (3 * normal(3, 4),)),
    Case("LogSoftmax", "dim 0", lambda: LogSoftmax(0), (normal(4, 3),)),
]
