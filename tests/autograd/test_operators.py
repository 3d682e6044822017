"""+= and x[...] = in place: into whose memory, and no gradient is wrong by it."""

import numpy as np
import pytest

from minicnn.autograd import functions as F
from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import to_cpu
from minicnn.layers.linear import Linear
from minicnn.layers.parameter import Parameter

STEPS = {"+=": lambda x, y: x.__iadd__(y), "-=": lambda x, y: x.__isub__(y),
         "*=": lambda x, y: x.__imul__(y), "/=": lambda x, y: x.__itruediv__(y),
         "**=": lambda x, y: x.__ipow__(y)}
EXPECTED = {"+=": [3, 6], "-=": [-1, 2], "*=": [2, 8], "/=": [0.5, 2], "**=": [1, 16]}


def leaf(xp, values, requires_grad=True):
    return Tensor(xp.asarray(np.asarray(values, np.float32)), requires_grad)


@pytest.mark.parametrize("symbol", STEPS)
@pytest.mark.parametrize("learnt", [False, True])
def test_a_leaf_is_written_into(xp, symbol, learnt):
    """Inside no_grad() what is learnt, and plain data anywhere: the same array, other values."""
    for other in (2, 2.0, np.float64(2), Tensor(xp.asarray(2.0)), leaf(xp, [2, 2], False)):
        x = leaf(xp, [1, 4], learnt)
        array = x.data
        if learnt:
            with no_grad():
                y = STEPS[symbol](x, other)
        else:
            y = STEPS[symbol](x, other)
        assert y is x and x.data is array and x.written > -1
        assert x.tolist() == EXPECTED[symbol] and x.dtype == np.float32


def test_a_step_by_hand_as_in_pytorch(xp):
    """w -= lr * w.grad, the line of every first lesson; an array in float64 changes no dtype."""
    w = leaf(xp, [1, 2])
    (w * w).sum().backward()
    with no_grad():
        w -= np.float64(0.5) * to_cpu(w.grad) if xp is np else 0.5 * w.grad
    assert w.tolist() == [0, 0] and w.dtype == np.float32 and w.requires_grad and w.is_leaf
    layer = Linear(2, 1)
    array, bias = layer.weight.data, layer.bias.item()
    with no_grad():
        layer.weight *= 0
        layer.bias += 1
        for parameter in layer.parameters():
            parameter -= 1                                 # noqa: PLW2901
    assert layer.weight.data is array and isinstance(layer.weight, Parameter)
    assert layer.weight.tolist() == [[-1, -1]] and layer.bias.item() == pytest.approx(bias)


@pytest.mark.parametrize("symbol", STEPS)
def test_what_is_learnt_is_written_into_inside_no_grad_only(xp, symbol):
    w = leaf(xp, [1, 2])
    with pytest.raises(RuntimeError, match="requires a gradient is written into inside `with no"):
        STEPS[symbol](w, 2.0)
    with pytest.raises(RuntimeError, match="requires a gradient is written into"):
        w[0] = 5.0
    assert w.tolist() == [1, 2] and w.written == -1


@pytest.mark.parametrize("symbol", STEPS)
def test_where_a_gradient_goes_through_there_is_a_new_tensor(xp, symbol):
    """out += shortcut, total *= loss: the gradients are those of out = out + shortcut."""
    operator = {"+=": "__add__", "-=": "__sub__", "*=": "__mul__", "/=": "__truediv__",
                "**=": "__pow__"}[symbol]
    grads = []
    for method in ("in place", operator):
        x, start = leaf(xp, [1, 3]), leaf(xp, [2, 2], False)
        out, total = x.exp(), start                        # exp keeps its output for backward
        for _ in range(2):
            out = STEPS[symbol](out, x) if method == "in place" else getattr(out, method)(x)
            total = STEPS[symbol](total, x) if method == "in place" else getattr(total, method)(x)
        (out + total).sum().backward()
        grads.append(to_cpu(x.grad).tolist())
        assert start.tolist() == [2, 2]
    assert grads[0] == grads[1]


def test_what_was_computed_is_not_written_into(xp):
    x = leaf(xp, [1, 2])
    y = x.exp()
    with no_grad():
        shown = y.reshape(2, 1)                            # the same memory, and no history
    for write in (lambda: y.__setitem__(0, 1.0), lambda: y.detach().__setitem__(0, 1.0),
                  lambda: y.detach().__iadd__(1), lambda: shown.__iadd__(1),
                  lambda: Tensor(y).__setitem__(0, 1.0), lambda: y.detach()[:1].__iadd__(1)):
        with pytest.raises(RuntimeError, match=r"this Tensor was computed, or shares the memory of "
                           r"one that was, and backward may read it; .*x.detach\(\).clone\(\)"):
            write()
    with no_grad(), pytest.raises(RuntimeError, match="this Tensor was computed"):
        y += 1
    copied = y.detach().clone()
    copied[0] = 9.0
    y.sum().backward()
    assert to_cpu(x.grad) == pytest.approx(np.exp([1, 2])) and copied.tolist()[0] == 9


def test_what_is_learnt_is_not_assigned_to_data(xp):
    x, w = leaf(xp, [1, 2, 3], False), leaf(xp, [5, 6])
    with pytest.raises(RuntimeError, match="no gradient goes back through an assignment"):
        x[:2] = w
    x[:2] = w.detach()
    assert x.tolist() == [5, 6, 3]


def test_item_assignment(xp):
    x = leaf(xp, np.arange(6.0).reshape(2, 3), False)
    x[0] = 7
    x[1, 1] = np.float64(8)
    x[:, 2] = [10, 11]
    x[x == 7] = -1
    assert x.tolist() == [[-1, -1, 10], [3, 8, 11]] and x.dtype == np.float32
    x[Tensor(xp.asarray([0]))] = leaf(xp, [1, 2, 3], False)
    x[1, ...] += 1
    x[:, 0] *= 2
    assert x.tolist() == [[2, 2, 3], [8, 9, 12]]


def test_whole_numbers_in_place(xp):
    labels = Tensor(xp.asarray(np.array([1, 2])))
    labels += 1
    labels[0] = 7
    assert labels.tolist() == [7, 3] and labels.dtype == np.int64
    for write in (lambda: labels.__iadd__(0.5), lambda: labels.__itruediv__(2)):
        with pytest.raises(TypeError, match=r"int64 values cannot hold the result; a new Tensor: "
                           r"x = x.float\(\) [+/] y"):
            write()
    with pytest.raises(TypeError, match=r"int64 values cannot hold float64; .* x = x.float\(\)"):
        labels[0] = 0.5
    assert labels.tolist() == [7, 3]


def test_an_index_out_of_range(xp):
    """On a GPU it would wrap around, and write elsewhere."""
    x = leaf(xp, [1, 2], False)
    for index in (2, -3, [0, 5], xp.asarray(np.array([2]))):
        with pytest.raises(IndexError):
            x[index] = 1.0
    assert x.tolist() == [1, 2]


def test_shapes_and_memory_that_cannot_be_written_into(xp):
    x = leaf(xp, [1, 2], False)
    with pytest.raises(ValueError, match=r"x \+= y: y of shape \(2, 2\) does not fit into x of "
                       r"shape \(2,\); a new Tensor: x = x \+ y"):
        x += leaf(xp, [[1, 2], [3, 4]], False)
    with pytest.raises(ValueError, match="do not fit"):
        x += leaf(xp, [1, 2, 3], False)
    if xp is np:
        fixed = np.ones(2, np.float32)
        fixed.flags.writeable = False
        for one in (Tensor(fixed), Tensor([1.0]).expand(3)):
            with pytest.raises(ValueError, match=r"this memory is read-only .*x = x.clone\(\)"):
                one += 1
            with pytest.raises(ValueError, match="this memory is read-only"):
                one[0] = 1


WAYS = {"index": lambda x: x[0:1], "reshape": lambda x: x.reshape(1, 2), "T": lambda x: x.T,
        "view of a view": lambda x: x.view(2, 1)[1:], "expand": lambda x: x.unsqueeze(0),
        "detach": lambda x: x.detach(), "Tensor": Tensor, "split": lambda x: x.split(1)[0]}


@pytest.mark.parametrize("way", WAYS)
def test_a_write_is_noticed_by_whoever_shows_that_memory(xp, way):
    """Else w's gradient, which is x's values, would silently be that of other values."""
    for writer, reader in (("view", "whole"), ("whole", "view"), ("view", "view")):
        x = leaf(xp, [1, 2], False)
        tensors = {"whole": x, "view": WAYS[way](x)}
        w = leaf(xp, np.ones(tensors[reader].shape))
        y = (w * tensors[reader]).sum()
        tensors[writer][...] = 5.0
        with pytest.raises(RuntimeError, match="was written into since"):
            y.backward()


def test_a_tensor_is_forgotten_with_its_views(xp):
    x = leaf(xp, [1, 2, 3], False)
    for _ in range(3):
        first = x[0]
        part = first.reshape(1)                            # a view of a view: x is the owner
    assert len(x.views) == 2 and first.owner is x and part.owner is x
    loss = (leaf(xp, [1, 2]) * 2).sum()
    assert loss.detach().owner is not loss                 # the graph can go


def test_float64_numbers_do_not_change_the_dtype(xp):
    x = leaf(xp, [1, 2], False)
    x += Tensor(xp.asarray([1.0, 1.0]))                    # float64
    assert x.tolist() == [2, 3] and x.dtype == np.float32


def test_comparisons_of_whole_numbers_with_fractions(xp):
    """0.5 is not rounded to 0, nor 300 to a uint8."""
    labels = Tensor(xp.asarray(np.array([0, 1])))
    pixels = Tensor(xp.asarray(np.array([44, 1], np.uint8)))
    assert to_cpu(labels == 0.5).tolist() == [False, False]
    assert to_cpu(labels > 0.5).tolist() == [False, True]
    assert to_cpu(pixels == xp.asarray(np.array([300, 1]))).tolist() == [False, True]


def test_several_tensors_are_not_one(xp):
    x = leaf(xp, [[1, 2], [3, 4]])
    for other in ((x, x), [x], x.max(0)):
        with pytest.raises(TypeError, match=r"functions.stack\(tensors\); of x.max\(dim\) take "):
            x + other
    with pytest.raises(TypeError, match="expected one Tensor, got a list of Tensors"):
        F.maximum(x, [x])
