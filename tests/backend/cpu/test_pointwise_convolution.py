"""What 1 x 1 filters save; what they compute is in tests/layers/test_conv.py."""

import numpy as np

from minicnn.backend.cpu.pointwise_convolution import pointwise_convolution


def test_the_input_is_not_copied(rng):
    inner = rng.standard_normal((4, 5, 6, 3))              # (C, H, W, N), as networks leave it
    x, w = inner.transpose(3, 0, 1, 2), rng.standard_normal((2, 4, 1, 1))
    _, backward = pointwise_convolution(x, w, None, (1, 1), (True, True))
    assert np.shares_memory(backward.keywords["x"], inner)
