"""How dropout leaves its results in memory."""

import numpy as np
import pytest

from minicnn import Tensor
from minicnn.layers.dropout import Dropout, Dropout2d, DropoutFn
from tests.layers.checks import check_keeps_layout


@pytest.mark.parametrize("kind", [Dropout, Dropout2d])
def test_the_layout_in_memory_is_kept(kind, rng):
    check_keeps_layout(kind(), rng.standard_normal((2, 3, 5, 4)).astype(np.float32))


def test_one_mask_is_kept(rng):
    x = Tensor(np.asfortranarray(rng.standard_normal((4, 5, 6), dtype=np.float32)))
    function = DropoutFn(rng.random((4, 5, 6)) > 0.5, 0.5)
    y, kept = function(x), function.kept
    assert function.backward.keywords["kept"] is kept and kept.strides == (1, 4, 20)
    assert np.array_equal(y.numpy() != 0, kept)
