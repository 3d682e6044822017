"""What a mask stops is 0, whatever it was; what passes keeps its bits."""

from math import inf, nan

import numpy as np

from minicnn.backend import masks
from minicnn.backend.arrays import to_cpu
from minicnn.backend.masks import where_kept


def test_by_hand(xp, mode):
    x = xp.asarray(np.array([1.0, inf, nan, -inf, inf]))
    y = to_cpu(where_kept(x, xp.asarray(np.array([True, False, False, False, True]))))
    assert y.tolist() == [1, 0, 0, 0, inf]


def test_both_libraries_have_the_definition():
    """A faster version stands in for it on the CPU alone: CuPy makes one kernel of np.where."""
    assert [version is not None for version in masks.where_kept.versions] == [True, False]
