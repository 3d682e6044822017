"""Saving an optimiser and resuming from what was saved."""

import pickle

import numpy as np
import pytest

from minicnn.autograd.tensor import Tensor
from minicnn.optim import SGD, Adam
from tests.optim.test_optimizer import every_kind, give, parameters


@every_kind
def test_a_resumed_run_is_the_uninterrupted_run(xp, rng, kind, options):
    gradients = rng.standard_normal((6, 3))

    def run(w, optimiser, numbers):
        for number in numbers:
            w.grad = xp.asarray(gradients[number])
            optimiser.step()

    w, frozen = parameters(xp, [1.0, 2.0, 3.0], [1.0])
    optimiser = kind([frozen, w], **options)
    run(w, optimiser, range(3))
    saved = pickle.loads(pickle.dumps(optimiser.state_dict()))
    assert all(isinstance(value, (float, int, np.ndarray)) for value in saved.values())
    again = Tensor(w.data.copy(), requires_grad=True)
    resumed = kind([frozen, again], **{"lr": 0.5} | options)
    resumed.load_state_dict(saved)
    optimiser.lr = resumed.lr = optimiser.lr / 10
    run(w, optimiser, range(3, 6))
    run(again, resumed, range(3, 6))
    assert w.numpy().tolist() == again.numpy().tolist()


def test_the_state_is_a_copy(xp):
    w, = parameters(xp, [1.0])
    optimiser = SGD([w], 0.1, momentum=0.9)
    give(w, 1.0)
    optimiser.step()
    saved = optimiser.state_dict()
    optimiser.load_state_dict(saved)
    give(w, 1.0)
    optimiser.step()
    assert saved == {"lr": 0.1, "v.0": [1.0]}


def test_loading_takes_all_or_nothing(xp):
    w, b = parameters(xp, [[1.0, 2.0]], [1.0])
    adam = Adam([w, b])
    for p in (w, b):
        give(p, 1.0)
    adam.step()
    good = adam.state_dict()
    before = adam.state_dict()
    for change, message in [
            ({"m.0": np.zeros(2)}, r"m.0: \(2,\) given, \(1, 2\) needed; nothing was changed"),
            ({"m.1": None}, "missing: m.1"), ({"lr": None}, "missing: lr"),
            ({"v.7": np.zeros(1)}, "unexpected: v.7"), ({"s.0": np.zeros(1)}, "unexpected: s.0"),
            ({"t.0": np.zeros(3)}, r"t.0: \(3,\) given, \(\) needed")]:
        values = {key: value for key, value in (good | {"lr": 0.7} | change).items()
                  if value is not None}
        with pytest.raises(ValueError, match=rf"Adam.load_state_dict: .*{message}"):
            adam.load_state_dict(values)
        after = adam.state_dict()
        assert after.keys() == before.keys()
        assert all(np.array_equal(after[key], before[key]) for key in after)
    with pytest.raises(ValueError, match="and 1 more; nothing was changed. Was this"):
        SGD([w], 0.1).load_state_dict({"lr": 1.0} | {f"q.{i}": 0 for i in range(9)})
