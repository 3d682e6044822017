"""FractalNet: the fractal, drop path, the paper's sizes."""

import numpy as np
import pytest

from minicnn import Tensor, manual_seed, no_grad
from minicnn.analysis import trace
from minicnn.models import fractalnet
from minicnn.models.fractalnet import COLUMNS, NETWORKS, DropPath, FractalBlock, FractalNet, Mean
from tests.models.network_checks import check_against, golden, pictures


def small(**options):
    return FractalNet(**{"depth": 20, "width": 4} | options)


def test_golden():
    figures = golden("fractalnet")["fractalnet20_cifar"]
    check_against(NETWORKS["fractalnet20"](), figures, {"flat": "fc_flatten"})


# The paper's table of depths, width 16: 0.3M (0.2 by its widths), 0.8M, 2.1M, 4.8M, 10.2M, 21.1M.
@pytest.mark.parametrize("depth, millions", [(5, 0.2), (10, 0.8), (20, 2.1), (40, 4.8), (80, 10.2),
                                             (160, 21.1)])
def test_millions_of_the_paper(depth, millions):
    model = FractalNet(depth, width=16)
    assert round(model.num_parameters() / 1e6, 1) == millions
    if depth <= 40:
        for width in (16, 64):
            total = FractalNet(depth, width=width).num_parameters()
            assert f"{total:,}" in fractalnet.__doc__


@pytest.mark.parametrize("depth", COLUMNS)
def test_longest_path_has_the_depth(depth):
    """5 blocks of 2^(columns - 1); a block has one less than twice that in all its columns."""
    columns = COLUMNS[depth]
    names = [name for name, _ in FractalNet(depth, width=1).named_modules()]
    block = [name for name in names if name.startswith("block1.conv") and name.count(".") == 1]
    assert len([name for name in block if f"conv{columns}_" in name]) * 5 == depth
    assert len(block) == 2 ** columns - 1


def branches(block, z, columns, start):
    """The rule of figure 1, read from the formula: the outputs that the last join of f_C receives.

    start : column -> number of its convolutions that were used before
    """
    own = block.drop_path.columns - columns + 1            # the column of the single convolution
    conv = getattr(block, f"conv{own}_{start[own] + 1}")
    start[own] += 1
    if columns == 1:
        return [conv(z)]
    first = branches(block, z, columns - 1, start)
    middle = sum(y.numpy() for y in first) / len(first)
    return [conv(z), *branches(block, Tensor(middle), columns - 1, start)]


@pytest.mark.parametrize("columns", [1, 2, 3, 4])
def test_block_is_the_recursion(columns):
    block = FractalBlock(3, 5, DropPath(columns, 0.15, 0.5)).eval().to(dtype="float64")
    rng = np.random.default_rng(0)
    for name, value in block.named_state():
        if name.endswith(("running_mean", "bn.bias")):
            value.data = rng.standard_normal(value.shape)
    z = Tensor(rng.standard_normal((2, 3, 6, 7)))
    with no_grad():
        ends = branches(block, z, columns, dict.fromkeys(range(1, columns + 1), 0))
        expected = sum(y.numpy() for y in ends) / len(ends)
        np.testing.assert_allclose(block(z).numpy(), expected, rtol=1e-12, atol=1e-14)
    assert len(ends) == columns


def test_two_columns_by_hand():
    """f_2(z) = (conv(conv(z)) + conv(z)) / 2 with 1x1-like filters 2, 3, 5: (15 z + 2 z) / 2."""
    block = FractalBlock(1, 1, DropPath(2, 0.0, 0.0)).eval()
    for name, factor in (("conv1_1", 2), ("conv2_1", 3), ("conv2_2", 5)):
        part = getattr(block, name)
        part.conv.weight.data = np.zeros((1, 1, 3, 3), np.float32)
        part.conv.weight.data[0, 0, 1, 1] = factor
        part.conv.bias.data = np.zeros(1, np.float32)
        part.bn.running_var.data = np.full(1, 1 - part.bn.eps, np.float32)
    z = Tensor(np.array([[[[1.0, 2.0]]]], np.float32))
    np.testing.assert_allclose(block(z).numpy(), [[[[8.5, 17.0]]]], rtol=1e-6)


# --- drop-path ------------------------------------------------------------------------------------

def test_local_batches_keep_at_least_one():
    paths = DropPath(3, 0.9, 0.0)
    paths.new_batch(True)
    draws = [paths.kept([1, 2, 3], True) for _ in range(300)]
    assert {tuple(kept) for kept in draws} >= {(1,), (2,), (3,)} and all(draws)
    assert paths.column is None and paths.kept([3], True) == [3]     # no join, none dropped


def test_local_batches_drop_15_percent():
    paths = DropPath(3, 0.15, 0.0)
    dropped = sum(3 - len(paths.kept([1, 2, 3], True)) for _ in range(2000)) / 6000
    assert abs(dropped - 0.15) < 0.02


def test_global_batches_are_one_column():
    paths, seen = DropPath(3, 0.15, 1.0), set()
    for _ in range(40):
        paths.new_batch(True)
        seen.add(paths.column)
        assert paths.kept([1, 2, 3], True) == [paths.column]
        assert paths.kept([column for column in (1, 2, 3) if column != paths.column], True) == []
    assert seen == {1, 2, 3}
    paths.new_batch(False)                                 # a test batch goes everywhere
    assert paths.column is None and paths.kept([1, 2, 3], False) == [1, 2, 3]


def test_half_of_the_batches_are_global():
    paths, alone = DropPath(3, 0.15, 0.5), 0
    for _ in range(1000):
        paths.new_batch(True)
        alone += paths.column is not None
    assert abs(alone / 1000 - 0.5) < 0.05


def test_a_global_batch_trains_its_column_alone():
    model = small(global_share=1.0)
    x = Tensor(pictures(model)[0].astype("float32"))
    model(x).sum().backward()
    column = model.drop_path.column
    for name, parameter in model.named_parameters():
        if "conv" in name:
            assert (parameter.grad is not None) == (f".conv{column}_" in name), name


def test_a_global_batch_is_a_plain_network():
    model = small(global_share=1.0).train()
    x = Tensor(pictures(model, 2)[0].astype("float32"))
    manual_seed(2)
    y = model(x).numpy()
    column = model.drop_path.column
    z = x
    for number in range(1, 6):
        block = getattr(model, f"block{number}")
        for i in range(1, 2 ** (column - 1) + 1):
            z = getattr(block, f"conv{column}_{i}")(z)
        z = getattr(model, f"pool{number}")(z)
    np.testing.assert_allclose(y, model.fc(model.fc_flatten(z)).numpy(), rtol=1e-5, atol=1e-6)


def test_one_seed_one_draw():
    model = small()
    x = Tensor(pictures(model, 2)[0].astype("float32"))
    outputs = []
    for seed in (5, 5, 6, 7):
        manual_seed(seed)
        outputs.append(model(x).numpy())
    np.testing.assert_array_equal(outputs[0], outputs[1])
    assert any((outputs[0] != other).any() for other in outputs[2:])


def test_without_drop_path_training_goes_everywhere():
    model = small(drop_path=0, global_share=0)
    model(Tensor(pictures(model, 2)[0].astype("float32"))).sum().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_dropout_grows_from_block_to_block():
    parts = dict(small(dropout=0.1).named_parts())
    assert [round(parts[f"pool{i}_dropout"].p, 9) for i in range(2, 6)] == [0.1, 0.2, 0.3, 0.4]
    assert "pool1_dropout" not in parts and "pool2_dropout" not in dict(small().named_parts())


# --- the network ----------------------------------------------------------------------------------


def test_joins_of_a_block():
    joins = [len(step.in_shapes) for step in trace(FractalNet(20, width=1), (3, 32, 32))
             if isinstance(step.layer, Mean)]
    assert joins == [2, 3] * 5


def test_names_of_the_weights():
    names = [name for name, _ in FractalNet(10, width=1).named_parameters()][:12]
    assert names == [f"block1.conv{part}.{value}" for part in ("1_1", "2_1", "2_2")
                     for value in ("conv.weight", "conv.bias", "bn.weight", "bn.bias")]


@pytest.mark.parametrize("options, words", [
    ({"depth": 21}, "^FractalNet: no depth 21; did you mean"),
    ({"width": 0}, "^FractalNet: width is at least 1 channel, got 0"),
    ({"drop_path": 2}, "^drop_path: p is the probability of dropping, from 0 to 1, got 2"),
    ({"global_share": -1}, "^global_share: .*from 0 to 1, got -1"),
])
def test_wrong_options(options, words):
    with pytest.raises(ValueError, match=words):
        FractalNet(**options)


@pytest.mark.parametrize("in_shape, words", [
    ((3, 16, 16), r"^pool5 \(MaxPool2d .*smallest image that fits FractalNet is 32x32"),
    ((3, 64, 64), r"^fc \(Linear .*2048 .*512"),
])
def test_wrong_images(in_shape, words):
    model = FractalNet(20)
    with pytest.raises(ValueError, match=words):
        model.shape(in_shape)


def test_mean_of_different_shapes():
    with pytest.raises(ValueError, match=r"^Mean: the paths give .*; their mean needs one shape"):
        Mean()(Tensor(np.ones((1, 2, 3, 3))), Tensor(np.ones((1, 2, 1, 1))))
