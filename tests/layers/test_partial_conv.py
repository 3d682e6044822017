"""LeNet's convolution by a table of links: by hand, against loops, its start."""

import numpy as np
import pytest

from minicnn.autograd.tensor import Tensor
from minicnn.layers.conv import Conv2d
from minicnn.layers.partial_conv import LENET_C3_TABLE, PartialConv2d, PlaceLinksFn, read_table
from tests.layers.checks import check_agreement, gradient_of, run
from tests.reference import windows as reference


def with_weights(C, F, table, w, b):
    w, b = np.array(w, np.float64), np.array(b, np.float64)
    layer = PartialConv2d(C, F, w.shape[1:], table).to(dtype="float64")
    layer.weight.data, layer.bias.data = w, b
    return layer


def test_by_hand(xp):
    """Map 0 sees input 1 times 2, map 1 sees input 0 times 3 and input 1 times 4."""
    layer = with_weights(2, 2, [(1,), (0, 1)], [[[2]], [[3]], [[4]]], [0, 100])
    x = np.array([[[[1.0, 2]], [[10, 20]]]])
    assert run(layer, xp, x).tolist() == [[[[20, 40]], [[143, 186]]]]


def test_gradients_by_hand():
    layer = with_weights(2, 2, [(1,), (0, 1)], [[[2]], [[3]], [[4]]], [0, 100])
    _, dx = gradient_of(layer, np.array([[[[1.0]], [[10]]]]), np.array([[[[1.0]], [[1000]]]]))
    assert dx.tolist() == [[[[3000]], [[4002]]]]
    assert layer.weight.grad.tolist() == [[[10]], [[1000]], [[10000]]]
    assert layer.bias.grad.tolist() == [1, 1000]


def test_places_of_the_links():
    w = Tensor(np.array([[[5.0]], [[6]], [[7]]]))
    full = PlaceLinksFn([(2,), (1, 0)], 3)(w).numpy()
    assert full[:, :, 0, 0].tolist() == [[0, 0, 5], [7, 6, 0]]


def test_lenets_table():
    """Table I: 6 maps see 3 in a row, 6 see 4 in a row, 3 see 4 with gaps, 1 sees all."""
    assert LENET_C3_TABLE == [
        (0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5),
        (0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5),
        (0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5), (0, 1, 2, 3, 4, 5)]
    assert sum(map(len, LENET_C3_TABLE)) == 60
    assert [sum(c in seen for seen in LENET_C3_TABLE) for c in range(6)] == [10] * 6


def test_lenets_c3():
    C3 = PartialConv2d(6, 16, 5, LENET_C3_TABLE)
    assert C3.weight.shape == (60, 5, 5) and C3.num_parameters() == 1_516
    assert C3.shape((6, 14, 14)) == (16, 10, 10)
    assert C3.macs((6, 14, 14), (16, 10, 10)) == 150_000
    assert C3.macs((6, 5, 14), (16, 1, 10)) == 15_000
    assert repr(C3) == "PartialConv2d 6 -> 16, kernel 5x5, 60 of 96 links"


@pytest.mark.parametrize("C, F, table", [(6, 16, LENET_C3_TABLE), (3, 2, [(2, 0), (1,)]),
                                         (2, 3, [(0, 1)] * 3)])
@pytest.mark.parametrize("kernel", [1, (2, 3)])
def test_agrees_with_loops(C, F, table, kernel, xp, rng):
    x = rng.standard_normal((2, C, 4, 5))
    layer = PartialConv2d(C, F, kernel, table).to(dtype="float64")
    w, b = layer.weight.data, layer.bias.data
    check_agreement(run(layer, xp, x), reference.partial_conv2d(x, w, b, table))


def test_a_full_table_is_a_convolution(rng):
    x, w = Tensor(rng.standard_normal((2, 3, 5, 5))), rng.standard_normal((4, 3, 2, 2))
    layer = with_weights(3, 4, [(0, 1, 2)] * 4, w.reshape(12, 2, 2), np.arange(4))
    full = Conv2d(3, 4, 2).to(dtype="float64")
    full.weight.data, full.bias.data = w, np.arange(4.0)
    assert np.array_equal(layer(x).numpy(), full(x).numpy())


def test_unseen_maps_do_not_matter():
    x = np.zeros((1, 2, 3, 3), np.float32)
    changed = x.copy()
    changed[:, 1] = 7
    layer = PartialConv2d(2, 1, 3, [(0,)])
    assert layer(Tensor(x)).item() == layer(Tensor(changed)).item()


def test_start_is_bounded_by_the_links_of_each_map():
    layer = PartialConv2d(100, 2, 5, [(7,), tuple(range(100))])
    few, many = layer.weight.data[:1], layer.weight.data[1:]
    assert 0.1 < abs(few).max() <= 1 / 5 and 0.019 < abs(many).max() <= 1 / 50
    assert layer.weight.data.dtype == np.float32
    assert abs(layer.bias.data)[0] <= 1 / 5 and abs(layer.bias.data)[1] <= 1 / 50


def test_a_table_is_drawn_as_a_picture():
    assert read_table(["X . X", "X X ."]) == [(0, 1), (1,), (0,)]


@pytest.mark.parametrize("table, message", [
    ([(0,)], "the table has 1 entries for 2 output maps"),
    ([(0,), ()], r"output map 1 sees the input maps \(\)"),
    ([(0,), (1, 1)], r"output map 1 sees the input maps \(1, 1\)"),
    ([(3,), (0,)], r"output map 0 sees the input maps \(3,\); it must see some of 0 to 2"),
    ([(-1,), (0,)], r"output map 0 sees the input maps \(-1,\)")])
def test_refuses_tables(table, message):
    with pytest.raises(ValueError, match=message):
        PartialConv2d(3, 2, 5, table)


def test_says_what_is_wrong():
    layer = PartialConv2d(3, 2, 5, [(0,), (1, 2)])
    with pytest.raises(ValueError, match="has 4 channels, the layer's table was made for 3"):
        layer(Tensor(np.zeros((1, 4, 8, 8), np.float32)))
    with pytest.raises(ValueError, match="a window of 5 pixels does not fit"):
        layer(Tensor(np.zeros((1, 3, 4, 8), np.float32)))
    with pytest.raises(ValueError, match="expected images"):
        layer(Tensor(np.zeros((1, 3), np.float32)))
