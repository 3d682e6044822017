"""The two words of the memory layout, and what is copied."""

import numpy as np

from minicnn.backend.arrays import to_cpu
from minicnn.backend.layout import as_items, batch_first, batch_last, packed, plus


def test_there_and_back(xp, rng):
    for shape in [(2, 3), (2, 3, 4), (2, 3, 4, 5), (7,)]:
        x = xp.asarray(rng.standard_normal(shape))
        assert batch_last(x).shape == (*shape[1:], shape[0])
        assert batch_first(batch_last(x)).shape == shape
        assert (to_cpu(batch_first(batch_last(x))) == to_cpu(x)).all()


def test_by_hand():
    x = np.arange(12).reshape(2, 3, 1, 2)                  # (N, C, H, W)
    assert batch_last(x)[2, 0, 1].tolist() == [5, 11]      # one pixel of both images
    assert np.shares_memory(batch_last(x), x)


def test_packed_copies_only_what_does_not_lie_so():
    inner = np.zeros((3, 5, 4, 2))
    assert np.shares_memory(packed(batch_last(batch_first(inner))), inner)
    assert packed(batch_last(np.zeros((2, 3, 5, 4)))).flags.c_contiguous


def test_plus_keeps_the_layout(rng):
    a, b = (batch_first(rng.standard_normal((3, 5, 4, 2))) for _ in range(2))
    assert (plus(a, b) == a + b).all() and batch_last(plus(a, b)).flags.c_contiguous
    assert (plus(a[0], b[0]) == a[0] + b[0]).all()


def test_items_are_a_view_of_the_last_axes(rng):
    x, y = rng.standard_normal((3, 4, 5, 2)), np.zeros((3, 4, 3, 2))
    as_items(y)[...] = as_items(x[:, :, ::2])              # strided items are copied whole
    assert np.array_equal(y, x[:, :, ::2]) and as_items(y).shape == (3, 4, 3)
    as_items(y, 2)[0] = as_items(x[:, :, 1:4], 2)[2]
    assert np.array_equal(y[0], x[2, :, 1:4]) and as_items(y, 2).shape == (3, 4)
    assert as_items(x[:0]).shape == x[:0].shape            # nothing to view


def test_items_of_another_library_stay_as_they_are():
    class Other:
        pass
    other = Other()
    assert as_items(other) is other
