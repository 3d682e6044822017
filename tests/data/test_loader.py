"""Batches in an order that a seed repeats and a stopped run goes on with."""

import copy
import pickle

import numpy as np
import pytest

from minicnn.data.dataset import Dataset
from minicnn.data.loader import Loader


def make(count=10, **options):
    images = np.arange(count, dtype=np.float32).reshape(count, 1, 1, 1)
    return Loader(images, np.arange(count), **{"batch_size": 4, "seed": 3, **options})


def jitter(x, rng):
    return x + rng.random(x.shape, dtype=np.float32)


def epoch_of(loader):
    return [(x.tolist(), y.tolist()) for x, y in loader]


def test_in_order_with_odd_last_batch():
    loader = make(shuffle=False)
    assert [y for _, y in epoch_of(loader)] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert len(loader) == 3 and (loader.epoch, loader.position) == (1, 0)


def test_drop_last():
    loader = make(shuffle=False, drop_last=True)
    assert [y for _, y in epoch_of(loader)] == [[0, 1, 2, 3], [4, 5, 6, 7]] and len(loader) == 2


def test_images_and_labels_stay_together():
    for x, y in make():
        assert x.shape == (len(y), 1, 1, 1) and x.ravel().tolist() == y.tolist()
        assert x.dtype == np.float32 and y.dtype == np.int64


def test_each_epoch_is_another_permutation():
    loader = make(count=50)
    first, second = (sum((y for _, y in epoch_of(loader)), []) for _ in range(2))
    assert sorted(first) == sorted(second) == list(range(50))
    assert first != second != list(range(50)) and loader.epoch == 2


def test_same_seed_same_batches():
    """Hazard 22."""
    assert epoch_of(make(transform=jitter)) == epoch_of(make(transform=jitter))
    assert epoch_of(make(transform=jitter)) != epoch_of(make(transform=jitter, seed=4))


def test_transform_draws_anew_for_each_batch_and_epoch():
    loader = make(count=8, shuffle=False, transform=lambda x, rng: 0 * x + rng.random())
    draws = [x[0, 0, 0, 0] for _ in range(3) for x, y in loader]
    assert len(set(draws)) == 6
    assert loader.generator(0, 0).random() != loader.generator(0, 1).random()


@pytest.mark.parametrize("stop", range(1, 10))
def test_resume_equals_uninterrupted(stop):
    """Hazard 39: three epochs of three batches, left after batch `stop`, also at epochs' ends."""
    whole = make(transform=jitter)
    expected = [epoch_of(whole) for _ in range(3)]

    interrupted, seen = make(transform=jitter), []
    while len(seen) < stop:
        for x, y in interrupted:
            seen.append((x.tolist(), y.tolist()))
            if len(seen) == stop:
                state = interrupted.state_dict()
                break
    resumed = make(transform=jitter)
    resumed.load_state_dict(state)
    while resumed.epoch < 3:
        seen += epoch_of(resumed)
    assert seen == sum(expected, [])
    assert resumed.state_dict() == whole.state_dict()


def test_without_the_position_a_resumed_run_differs():
    """Hazard 39, the other way round: the state is needed."""
    loader = make()
    batches = iter(loader)
    next(batches)
    rest, fresh = list(batches), list(make())
    assert rest[0][1].tolist() != fresh[0][1].tolist()


def test_looking_at_one_batch_loses_none():
    loader = make()
    next(iter(loader))
    assert loader.position == 1 and len(epoch_of(loader)) == 3


def test_a_loop_inside_a_loop():
    """Each hands out one epoch, whatever the other does meanwhile."""
    loader = make(transform=jitter)
    outer, inner = [], []
    for x, y in loader:
        outer.append((x.tolist(), y.tolist()))
        inner.append(epoch_of(loader))
    assert outer == inner[0] == epoch_of(make(transform=jitter))
    assert len({str(epoch) for epoch in inner}) == 3                   # three epochs, all different
    assert (loader.epoch, loader.position) == (3, 0)
    next_epoch = epoch_of(loader)
    assert next_epoch not in inner and (loader.epoch, loader.position) == (4, 0)


def test_two_loops_side_by_side_hand_out_the_same():
    loader = make()
    for (x, y), (u, v) in zip(loader, loader, strict=False):
        assert x.tolist() == u.tolist() and y.tolist() == v.tolist()
    assert (loader.epoch, loader.position) == (1, 0)


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy,
                                   lambda loader: pickle.loads(pickle.dumps(loader))])
def test_a_copy_goes_on_from_where_it_was_made(again):
    loader = make(transform=jitter)
    list(loader)
    other = again(loader)
    assert other is not loader and epoch_of(other) == epoch_of(loader)
    assert other.state_dict() == loader.state_dict()


def test_is_readable():
    loader = make()
    next(iter(loader))
    assert repr(loader) == ("Loader(10 images 1x1x1 in 3 batches of 4, shuffled, seed 3; epoch 0, "
                            "batch 1)")
    assert bool(loader) and len(list(loader)) == len(loader)


def test_what_is_not_answered_names_the_cure():
    loader = make()
    with pytest.raises(TypeError, match="`in` is not answered, it would run through the epoch"):
        assert 3 in loader
    assert loader.position == 0
    data = Dataset(np.zeros((3, 1, 2, 2), np.uint8), [0, 1, 0], ("a", "b"), "made up")
    for call in (lambda: Loader(data, batch_size=2), lambda: Loader(data, 2)):
        with pytest.raises(TypeError, match=r"Loader\(train.images, train.labels, batch_size\)"):
            call()


def test_data_may_be_read_only_and_is_not_changed():
    """Hazards 15 and 16; a transform that works in place gets a copy, also without shuffling."""
    images, labels = np.ones((5, 1, 2, 2), np.float32), np.zeros(5, np.uint8)
    images.flags.writeable = labels.flags.writeable = False

    def in_place(x, rng):
        x *= 2
        return x

    for shuffle in (False, True):
        for x, y in Loader(images, labels, 2, shuffle=shuffle, transform=in_place):
            assert (x == 2).all() and y.dtype == np.int64
    assert (images == 1).all()


@pytest.mark.parametrize("change, error, message", [
    ({"labels": np.zeros(4, int)}, ValueError, "5 images but 4 labels"),
    ({"labels": np.zeros((5, 1), int)}, ValueError, r"shape \(5, 1\), expected \(N,\)"),
    ({"labels": np.zeros(5)}, TypeError, "float64, expected whole class numbers; .*astype"),
    ({"images": np.zeros((0, 1)), "labels": np.zeros(0, int)}, ValueError, "no images"),
    ({"batch_size": 0}, ValueError, "batch_size is 0, expected at least 1"),
    ({"batch_size": 2.5}, TypeError, "batch_size is 2.5, expected a whole number"),
    ({"seed": -1}, ValueError, "seed is -1, expected at least 0"),
    ({"batch_size": 6, "drop_last": True}, ValueError, "5 images, batch_size 6 and drop_last"),
])
def test_refused(change, error, message):
    """Hazard 14 among them: an empty batch cannot occur."""
    arguments = {"images": np.zeros((5, 1)), "labels": np.zeros(5, int), "batch_size": 2, **change}
    with pytest.raises(error, match=message):
        Loader(**arguments)


def test_transform_that_loses_images():
    with pytest.raises(ValueError, match="transform made 3 images out of 4"):
        list(make(transform=lambda x, rng: x[1:]))


def test_state_of_another_plan():
    state = make().state_dict()
    for name, other in (("batch_size", make(batch_size=5)), ("seed", make(seed=4)),
                        ("count", make(count=11)), ("shuffle", make(shuffle=False))):
        with pytest.raises(ValueError, match=f"saved run had {name}"):
            other.load_state_dict(state)
    for damage in ({"position": 4}, {"position": -1}, {"epoch": -1}):
        with pytest.raises(ValueError, match="expected 0 or more and 0 to 3"):
            make().load_state_dict({**state, **damage})
