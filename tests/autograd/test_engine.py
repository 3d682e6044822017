"""The engine: replaying Functions in reverse, adding gradients up, and what it refuses."""

import gc

import numpy as np
import pytest

from minicnn.autograd.elementary import ExpFn
from minicnn.autograd.engine import Function, Variable
from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import to_cpu


def leaf(xp, values, dtype=np.float64):
    return Tensor(xp.asarray(np.asarray(values, dtype)), requires_grad=True)


def grad(x):
    return to_cpu(x.grad).tolist()


class Identity(Function):
    """A Function whose backward returns what the test puts in."""

    def __init__(self, answer):
        self.answer = answer

    def forward(self, x):
        return x * 1

    def backward(self, dy):
        return self.answer(dy)


# --- the chain rule -------------------------------------------------------------------------

def test_by_hand(xp):
    x, w = leaf(xp, [1.0, 2.0]), leaf(xp, [3.0, -1.0])
    y = (x * w + x).sum()                          # dy/dx = w + 1, dy/dw = x
    y.backward()
    assert y.item() == 4.0
    assert grad(x) == [4.0, 0.0] and grad(w) == [1.0, 2.0]


def test_diamond(xp):
    """Two ways from x to y meet again: y = (3 x) (x + 1), dy/dx = 6 x + 3."""
    x = leaf(xp, 3.0)
    y = (3 * x) * (x + 1)
    y.backward()
    assert grad(x) == 21.0


def test_each_function_is_replayed_once(xp):
    """30 doublings of the paths: 2^30 paths, but 30 calls."""
    x, calls = leaf(xp, 1.0), []
    y = x
    for _ in range(30):
        y = Identity(lambda dy: calls.append(1) or dy)(y)
        y = (y + y) * 0.5
    y.backward()
    assert grad(x) == 1.0 and len(calls) == 30


def test_a_long_and_a_short_way_to_the_same_place(xp):
    """The call with the highest serial number goes first, not the nearest one."""
    x = leaf(xp, 2.0)
    h = x * x
    early = h * 3
    late = h
    for _ in range(5):
        late = late * 1.0
    (early * late).backward()                      # 3 x^4
    assert grad(x) == 96.0


def test_a_tensor_used_many_times(xp):
    x = leaf(xp, [1.0, 2.0])
    y = sum((x * float(k) for k in range(1, 101)), start=x * 0.0)
    y.backward(xp.asarray([1.0, 10.0]))
    assert grad(x) == [5050.0, 50500.0]


@pytest.mark.parametrize("depth", [5_000, 10_000])
def test_no_limit_to_the_depth(xp, depth):
    x = leaf(xp, 1.0)
    y = x
    for _ in range(depth):
        y = y + 1.0
    y.backward()
    assert grad(x) == 1.0
    del y                                          # and nothing recursive when it goes away


def test_a_deep_graph_can_be_dropped_without_backward(xp):
    y = leaf(xp, 1.0)
    for _ in range(10_000):
        y = y + 1.0
    del y
    gc.collect()


def test_gradients_of_several_backwards_add_up(xp):
    x = leaf(xp, 3.0)
    for expected in (6.0, 12.0):
        (x * x).backward()
        assert grad(x) == expected


def test_only_what_requires_a_gradient_gets_one(xp):
    x, c = leaf(xp, [1.0, 2.0]), Tensor(xp.asarray([3.0, 4.0]))
    seen = []

    class Product(Function):
        def forward(self, a, b):
            self.a, self.b = a, b
            return a * b

        def backward(self, dy):
            seen.append(self.needs_grad)
            return dy * self.b, None

    Product()(x, c).sum().backward()
    assert seen == [(True, False)] and grad(x) == [3.0, 4.0] and c.grad is None
    assert not (c * c).requires_grad and (c * c).creator is None


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_dtypes_stay(xp, dtype):
    x = leaf(xp, [1.0, 2.0, 3.0], dtype)
    y = ((x * 2 + 1) / 3 - x ** 2).mean()
    y.backward()
    assert y.dtype == dtype and x.grad.dtype == dtype


# --- calling backward ------------------------------------------------------------------------

def test_a_tensor_with_several_values_needs_dy(xp):
    x = leaf(xp, [1.0, 2.0])
    message = r"shape \(2,\) needs the upstream gradient dy .* y.sum\(\)"
    with pytest.raises(ValueError, match=message):
        (x * 2).backward()
    (x * 2).backward(xp.asarray([1.0, 10.0]))
    assert grad(x) == [2.0, 20.0]


@pytest.mark.parametrize("dy", [[1.0, 10.0], (1.0, 10.0), np.array([1.0, 10.0]),
                                np.array([1, 10]), Tensor([1.0, 10.0])])
def test_dy_may_be_anything_like_an_array(dy):
    x = Tensor(np.array([1.0, 2.0]), requires_grad=True)
    (x * 2).backward(dy)
    assert grad(x) == [2.0, 20.0] and x.grad.dtype == np.float64


def test_dy_of_another_shape_is_refused(xp):
    x = leaf(xp, [[1.0, 2.0]])
    for dy in (xp.ones(2), xp.ones((2, 1)), 1.0):
        with pytest.raises(ValueError, match=r"backward: dy has shape .*, this Tensor \(1, 2\)"):
            (x * 2).backward(dy)


def test_backward_on_a_leaf(xp):
    x = leaf(xp, 3.0)
    x.backward()
    assert grad(x) == 1.0


def test_backward_without_anything_to_learn(xp):
    x = Tensor(xp.asarray([1.0]))
    with pytest.raises(RuntimeError, match="nothing here requires a gradient"):
        (x * 2).backward()


def test_a_second_backward_asks_for_retain_graph(xp):
    x = leaf(xp, 3.0)
    y = x * x
    y.backward(retain_graph=True)
    y.backward()
    assert grad(x) == 12.0
    with pytest.raises(RuntimeError, match=r"compute the loss again, or call .*retain_graph=True"):
        y.backward()
    with pytest.raises(RuntimeError, match="backward has already passed here"):
        (y * 2).backward()


def test_two_losses_of_one_trunk(xp):
    x = leaf(xp, 2.0)
    trunk = x * x
    (trunk * 3).backward(retain_graph=True)
    (trunk * 5).backward()
    assert grad(x) == 32.0


def test_retain_grad(xp):
    x = leaf(xp, 3.0)
    h = x * 2
    h.retain_grad()
    (h * h).backward()
    assert grad(h) == 12.0 and grad(x) == 24.0
    x.retain_grad()                                # nothing to ask for: a leaf keeps its own


def test_dy_stays_the_callers(xp):
    """Neither kept as a gradient nor added into, though some Functions hand it straight on."""
    for function in (Identity(lambda up: up), lambda x: x + x,
                     lambda x: (lambda h: h + h)(x * 2.0)):
        x, dy = leaf(xp, [1.0, 2.0]), xp.ones(2)
        function(x).backward(dy)
        x.grad += 1.0
        assert to_cpu(dy).tolist() == [1.0, 1.0]


# --- what else it works with -------------------------------------------------------------------

def test_nothing_is_recorded_inside_no_grad(xp):
    x = leaf(xp, [1.0, 2.0])
    with no_grad():
        y = x * 2
    assert y.creator is None and not y.requires_grad
    with pytest.raises(RuntimeError, match="inside no_grad()"):
        y.sum().backward()


def test_a_plain_variable_works_too():
    x = Variable(np.array([2.0]), requires_grad=True)
    y = ExpFn()(x)
    y.backward()
    assert type(y) is Variable and x.grad[0] == np.exp(2.0)


def test_arrays_of_a_kind_of_their_own(tmp_path):
    """numpy.memmap, say: weights that are read from a file as they are needed."""
    values = np.memmap(tmp_path / "values", np.float64, "w+", shape=(2,))
    x = leaf(np, [1.0, 2.0])
    (Tensor(values) + x).sum().backward()
    assert grad(x) == [1.0, 1.0]
