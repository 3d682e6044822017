"""What max pooling keeps for backward: a byte for each window, the number of its winner."""

import numpy as np
import pytest

from minicnn.backend.cpu.max_pooling import max_pool
from minicnn.backend.windows import Window
from tests.layers.checks import check_agreement
from tests.reference import windows as reference


def test_without_a_gradient_no_winner_is_kept():
    x = np.array([[[[1.0, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]]]])
    y, backward = max_pool(x, window=Window.of(2, 2), needs_grad=(False,))
    assert backward.keywords["winner"] is None and y.tolist() == [[[[6, 8], [3, 4]]]]


@pytest.mark.parametrize("kernel, dtype", [(2, "uint8"), (16, "uint8"), (17, "int32")])
def test_one_byte_for_each_window(kernel, dtype, rng):
    x = rng.standard_normal((1, 1, 2 * kernel, kernel))
    x[0, 0, kernel - 1, kernel - 1] = 9                    # the last cell of the first window
    y, backward = max_pool(x, window=Window.of(kernel, kernel), needs_grad=(True,))
    winner = backward.keywords["winner"]
    assert winner.dtype == dtype and winner[0, 0, 0, 0] == kernel * kernel - 1
    check_agreement(y, reference.max_pool2d(x, kernel))
    dx = backward(np.ones_like(y))
    assert dx[0, 0, kernel - 1, kernel - 1] == 1 and dx.sum() == 2
