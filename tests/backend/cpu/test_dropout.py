"""How dropout draws its mask, and leaves its results in memory."""

import numpy as np
import pytest

from minicnn import Tensor, manual_seed
from minicnn.backend.seeds import _Seeds, generator
from minicnn.backend.threads import as_if_large
from minicnn.backend.versions import plain
from minicnn.layers.dropout import Dropout, Dropout2d, DropoutFn, drawn
from tests.layers.checks import check_keeps_layout
from tests.several import several_threads


@pytest.mark.parametrize("kind", [Dropout, Dropout2d])
def test_the_layout_in_memory_is_kept(kind, rng):
    check_keeps_layout(kind(), rng.standard_normal((2, 3, 5, 4)).astype(np.float32))


def test_one_mask_is_kept(rng):
    x = Tensor(np.asfortranarray(rng.standard_normal((4, 5, 6), dtype=np.float32)))
    function = DropoutFn(rng.random((4, 5, 6)) > 0.5, 0.5)
    y, kept = function(x), function.kept
    assert function.backward.keywords["kept"] is kept and kept.strides == (1, 4, 20)
    assert np.array_equal(y.numpy() != 0, kept)


@pytest.mark.parametrize("before", [0, 1])                 # PCG64 makes two numbers at a time
@pytest.mark.parametrize("shape, each", [((7, 5, 3), 7), ((4, 1), None), ((0, 3), 0), ((), None),
                                         ((300,), 300)])
@pytest.mark.parametrize("p", [0, 2 ** -24, 0.3, np.nextafter(1, 0), 1])
def test_threads_draw_what_one_would(before, shape, each, p):
    def draw(how):
        manual_seed(5)
        generator().random(before, np.float32)
        return how(), generator().random(3, np.float32)

    x = np.zeros(1, np.float32)
    with plain():
        right, after = draw(lambda: drawn(x, shape, p, each))
    for count in (1, 3):
        with several_threads(count), as_if_large():
            kept, then = draw(lambda: drawn(x, shape, p, each))
        assert kept.shape == shape and kept.dtype == bool
        np.testing.assert_array_equal(kept, right)
        np.testing.assert_array_equal(then, after)


def test_another_generator_draws_as_ever(monkeypatch):
    monkeypatch.setattr(_Seeds, "generator", np.random.Generator(np.random.MT19937(1)))
    kept = drawn(np.zeros(1, np.float32), (1000,), 0.3, None)
    right = np.random.Generator(np.random.MT19937(1)).random(1000, np.float32) >= 0.3
    np.testing.assert_array_equal(kept, right)


def test_threads_share_a_large_mask(rng):
    x = Tensor(rng.standard_normal((4, 5, 6), dtype=np.float32))
    x.data[0, 1, 2] = np.inf
    kept = rng.random((4, 5, 6)) > 0.5
    right = DropoutFn(kept, 0.5)(x).numpy()
    with several_threads(3), as_if_large():
        np.testing.assert_array_equal(DropoutFn(kept, 0.5)(x).numpy(), right)
    np.testing.assert_array_equal(right, np.where(kept, x.data, 0) * 2)
