"""The fast transposed convolution; tests/layers/test_conv_transpose.py holds its numbers."""

import numpy as np

from minicnn.backend.cpu.transposed_convolution import conv_transpose2d
from minicnn.backend.windows import Window
from tests.layers.checks import innermost

X = np.arange(8.0).reshape(2, 1, 2, 2)
W = np.ones((1, 3, 2, 2))


def test_what_leaves_it_lies_with_the_batch_innermost():
    y, backward = conv_transpose2d(innermost(X), W, window=Window.of(2, 2), output_size=(4, 4),
                                   G=1, needs_grad=(True, True))
    dx, dw = backward(innermost(np.ones(y.shape)))
    assert y.shape == (2, 3, 4, 4) and dw.shape == W.shape
    assert all(one.transpose(1, 2, 3, 0).flags.c_contiguous for one in (y, dx))
    assert (y[1, 2] == np.repeat(np.repeat(X[1, 0], 2, 0), 2, 1)).all()
    assert (dx == 12).all() and (dw == X.sum()).all()


def test_a_gradient_that_nobody_asks_for_is_not_computed():
    y, backward = conv_transpose2d(X, W, np.ones(3), window=Window.of(2, 2), output_size=(4, 4),
                                   G=1, needs_grad=(False, True, True))
    dx, dw, db = backward(np.ones(y.shape))
    assert dx is None and (dw == X.sum()).all() and (db == 32).all()


def test_output_padding_of_a_stride_or_more_is_left_to_the_definition():
    window = Window.of(2, 1, 0, 3)
    for size, taken in (((5, 5), True), ((7, 5), False)):
        answer = conv_transpose2d(X, W, window=window, output_size=size, G=1,
                                  needs_grad=(True, True))
        assert (answer is not NotImplemented) == taken
