import numpy as np
import pytest

from minicnn import threads
from minicnn.backend import to_cpu
from minicnn.layers import channels
from tests.layers.common import check_agreement, innermost
from tests.several import several_threads


def test_rows_by_hand(xp):
    x = np.arange(16.0).reshape(2, 2, 2, 2)
    one_behind_the_other = channels.by_channel(xp.asarray(x), False)
    assert one_behind_the_other.tolist() == [[[0, 1, 2, 3], [8, 9, 10, 11]],
                                             [[4, 5, 6, 7], [12, 13, 14, 15]]]
    inside = channels.by_channel(xp.asarray(x), True)
    assert inside.tolist() == [[[0, 8, 1, 9, 2, 10, 3, 11]], [[4, 12, 5, 13, 6, 14, 7, 15]]]


@pytest.mark.parametrize("shape", [(3, 2), (3, 2, 5), (3, 2, 4, 5), (0, 2, 4, 5), (1, 2, 128, 256),
                                   (3, 2, 67, 91)])
@pytest.mark.parametrize("order", [True, False])
def test_rows_hold_each_channel_and_lead_back(shape, order, xp, rng):
    x = rng.standard_normal(shape)
    rows = channels.by_channel(xp.asarray(x), order)
    assert np.array_equal(np.sort(to_cpu(rows).reshape(2, -1)),
                          np.sort(np.moveaxis(x, 1, 0).reshape(2, -1)))
    assert np.array_equal(to_cpu(channels.as_images(rows, shape, order)), x)


def test_the_usual_layouts_are_not_copied(rng):
    x = rng.standard_normal((4, 3, 8, 8))
    for lying, order in ((x, False), (innermost(x), True)):
        assert channels.images_innermost(lying) == order
        rows = channels.by_channel(lying, order)
        assert np.shares_memory(rows, lying)
        assert np.shares_memory(channels.as_images(rows, x.shape, order), lying)
    assert channels.images_innermost(x[:, :, ::2, ::2])    # anything else is copied into that order
    assert channels.images_innermost(x[:, :, 0, 0].copy())


def test_sums_and_products(xp, rng):
    p, q = rng.standard_normal((3, 4, 5)), rng.standard_normal((3, 4, 5))
    total = to_cpu(channels.sums(xp.asarray(p)))
    check_agreement(total, p.sum((1, 2)).reshape(3, 1, 1))
    both = to_cpu(channels.products(xp.asarray(p), xp.asarray(q)))
    check_agreement(both, (p * q).sum((1, 2)).reshape(3, 1, 1))
    empty = xp.asarray(np.zeros((3, 1, 0)))
    assert not to_cpu(channels.sums(empty)).any() and channels.sums(empty).shape == (3, 1, 1)
    assert not to_cpu(channels.products(empty, empty)).any()


def test_long_sums_keep_their_digits():
    """Added up one by one, a million times 0.1 in float32 is off by 1 in 100."""
    x = np.full((1, 1, 1024, 1024), 0.1, np.float32)
    total = channels.sums(channels.by_channel(innermost(x), True))
    assert abs(total.item() / (2 ** 20 * 0.1) - 1) < 1e-5


@pytest.mark.parametrize("count", [None, 2, 3])
@pytest.mark.parametrize("shape", [(), (5,), (4, 6, 8), (3, 16, 32, 32)])
def test_pieces_cover_everything_once(count, shape, monkeypatch):
    monkeypatch.setattr(channels, "BLOCK", 1000)
    monkeypatch.setattr(threads, "BLOCK", 1000)
    monkeypatch.setattr(threads, "LEAST", 100)
    plain = np.zeros(shape, np.float32)
    with several_threads(count):
        for x in (plain, plain.T, innermost(plain) if len(shape) > 1 else plain):
            y, pieces = np.zeros_like(x), []

            def work(i, x=x, y=y, pieces=pieces):
                y[i] += 1
                pieces.append(x[i].nbytes)
            channels.in_pieces(work, x)
            assert (y == 1).all() and (len(pieces) > 1) == (x.nbytes > 1000)


def test_on_a_gpu_everything_is_one_call(xp):
    if xp is np:
        return
    x, calls = xp.asarray(np.zeros((2, 1 << 20))), []
    channels.in_pieces(calls.append, x)
    channels.for_channels(calls.append, x)
    assert calls == [..., slice(0, 2)]


def test_the_buffer_of_numpy_is_as_before():
    before = np.getbufsize()
    with pytest.raises(KeyError), channels.short_rows():
        assert np.getbufsize() < before
        raise KeyError
    assert np.getbufsize() == before
