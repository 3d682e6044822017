"""no_grad and its kin: they hold inside the block, they nest, and they always end."""

import threading

import numpy as np
import pytest

from minicnn.autograd.hooks import detect_anomaly, record_outputs
from minicnn.autograd.switches import layer_path, located, no_grad, record_shapes, state
from minicnn.autograd.tensor import Tensor
from minicnn.layers.containers import Sequential
from minicnn.layers.module import Module


def records() -> bool:
    return (Tensor([1.0], requires_grad=True) * 2).requires_grad


def test_no_grad_as_a_block():
    with no_grad():
        assert not records()
    assert records()


def test_no_grad_as_a_decorator():
    @no_grad()
    def predict(x, *, scale=1):
        """What it does."""
        assert not records()
        return x * scale

    assert predict(2, scale=3) == 6 and predict.__name__ == "predict"
    assert predict.__doc__ == "What it does." and records()


def test_a_decorated_function_may_call_itself():
    @no_grad()
    def count(n):
        return n if n == 0 or records() else count(n - 1)

    assert count(5) == 0 and records()


def test_it_ends_after_an_exception():
    with pytest.raises(KeyError), no_grad():
        raise KeyError
    assert records()

    @no_grad()
    def fails():
        raise KeyError

    with pytest.raises(KeyError):
        fails()
    assert records()


def test_it_nests():
    with no_grad():
        with no_grad():
            assert not records()
        assert not records()
        with detect_anomaly():
            assert state.hooks and not records()
        assert not state.hooks
    assert records()


def test_one_object_used_twice():
    setting = no_grad()
    for _ in range(2):
        with setting:
            assert not records()
        assert records()
    with setting:
        with setting:
            assert not records()
        assert not records()
    assert records()


def test_other_threads_keep_their_own():
    seen = []
    with no_grad():
        thread = threading.Thread(target=lambda: seen.append((records(), layer_path())))
        thread.start()
        thread.join()
    assert seen == [(True, "")]


def test_one_object_in_two_threads():
    """Each thread gets back what it had, in whatever order they leave."""
    setting, seen = no_grad(), []
    steps = [threading.Event() for _ in range(3)]

    def other():
        with no_grad(), setting:
            steps[0].set()
            assert steps[1].wait(10)
        seen.append(records())
        steps[2].set()

    thread = threading.Thread(target=other)
    thread.start()
    assert steps[0].wait(10)
    with setting:                                          # opened last ...
        steps[1].set()
        assert steps[2].wait(10)                           # ... and closed last
        assert not records()
    thread.join()
    assert records() and seen == [True]


def test_one_hook_in_two_threads():
    heard, other_heard = [], []
    hook = record_outputs(lambda path, layer, y: heard.append(threading.get_ident()))
    outer = record_outputs(lambda path, layer, y: other_heard.append(path))
    inside, done = threading.Event(), threading.Event()

    def other():
        with hook:
            inside.set()
            assert done.wait(10)
            Where()(Tensor([1.0]))

    thread = threading.Thread(target=other)
    thread.start()
    assert inside.wait(10)
    with outer, hook:
        done.set()
        thread.join()
        Where()(Tensor([1.0]))
    assert not state.hooks and len(set(heard)) == 2 and len(other_heard) == 1


def test_without_brackets():
    @no_grad
    def predict(x):
        return records(), x

    assert predict(3) == (False, 3) and predict.__name__ == "predict" and records()


def test_a_generator_function():
    """Its body runs inside, whoever asks for its values stays outside, whatever he sends in."""
    log = []

    @no_grad()
    def numbers(n):
        try:
            for i in range(n):
                sent = yield i, records()
                log.append((sent, records()))
        except KeyError:
            log.append(("KeyError", records()))
            yield "caught", records()
        finally:
            log.append(("end", records()))
        return "returned"

    assert numbers.__name__ == "numbers"
    for _, inside in numbers(2):
        assert not inside and records()
    one = numbers(2)
    assert next(one) == (0, False) and one.send("a") == (1, False) and records()
    assert one.throw(KeyError) == ("caught", False) and records()
    with pytest.raises(StopIteration, match="returned"):
        next(one)
    other = numbers(3)
    next(other)
    other.close()
    assert records() and log[-1] == ("end", False) and not [entry for entry in log if entry[1]]

    @no_grad()
    def fails():
        yield 1
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        list(fails())
    assert records()


def test_what_cannot_be_decorated():
    async def waits():
        pass

    async def yields():
        yield

    for function in (waits, yields):
        with pytest.raises(TypeError, match=r"is async: .* around no await: with no_grad\(\)"):
            no_grad()(function)
    with pytest.raises(TypeError, match="@ stands before a function, got Tensor; a block:"):
        no_grad()(Tensor([1.0]))
    with pytest.raises(TypeError, match="stands before a function, got numpy.ndarray"):
        no_grad(np.ones(2))


class Where(Module):
    def forward(self, x):
        self.seen = layer_path(), located("Where"), self.located()
        return x


def test_paths_name_the_running_layers():
    inner = Where()
    model = Sequential(block=Sequential(conv1=inner))
    model(Tensor([1.0]))
    assert inner.seen == ("block.conv1", "block.conv1 (Where)", "block.conv1 (Where)")
    assert layer_path() == "" and located("ReLU") == "ReLU"


def test_the_path_is_left_after_an_error():
    class Fails(Module):
        def forward(self, x):
            raise KeyError

        def out_shape(self, in_shape):
            raise KeyError

    model = Sequential(a=Fails())
    for run in (lambda: model(Tensor([1.0])), lambda: model.shape((1,))):
        with pytest.raises(KeyError):
            run()
        assert layer_path() == ""


def test_record_outputs():
    seen = []
    model = Sequential(a=Where(), b=Sequential(c=Where()))
    with record_outputs(lambda path, layer, y: seen.append((path, type(layer).__name__, y.shape))):
        model(Tensor(np.zeros((2, 3))))
    assert seen == [("a", "Where", (2, 3)), ("b.c", "Where", (2, 3)),
                    ("b", "Sequential", (2, 3)), ("", "Sequential", (2, 3))]
    model(Tensor([1.0]))
    assert len(seen) == 4


def test_record_shapes():
    rows = []
    model = Sequential(a=Where(), b=Sequential(c=Where()))
    with record_shapes(rows):
        assert model.shape((3, 2, 2)) == (3, 2, 2)
    assert [row.path for row in rows] == ["a", "b.c"]
    assert model.shape((3, 2, 2)) == (3, 2, 2) and len(rows) == 2
