"""How dropout leaves its results in memory."""

import numpy as np
import pytest

from minicnn.layers.dropout import Dropout, Dropout2d
from tests.layers.checks import check_keeps_layout


@pytest.mark.parametrize("kind", [Dropout, Dropout2d])
def test_the_layout_in_memory_is_kept(kind, rng):
    check_keeps_layout(kind(), rng.standard_normal((2, 3, 5, 4)).astype(np.float32))
