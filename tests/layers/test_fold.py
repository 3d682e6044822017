"""Batch norm folded into the layer before it gives the same numbers."""

import tracemalloc

import numpy as np
import pytest

from minicnn.autograd.tensor import Tensor
from minicnn.layers.activations import ReLU
from minicnn.layers.batchnorm import BatchNorm1d, BatchNorm2d
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d
from minicnn.layers.fold import fold_all, fold_batchnorm
from minicnn.layers.groupnorm import InstanceNorm2d
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.module import Module
from tests.layers.checks import run

IMAGES, VECTORS = (3, 4, 6, 5), (3, 4)
PAIRS = [pytest.param(lambda: Conv2d(4, 6, 3, padding=1), BatchNorm2d, IMAGES, id="conv"),
         pytest.param(lambda: Conv2d(4, 6, 3, bias=False), BatchNorm2d, IMAGES, id="no bias"),
         pytest.param(lambda: Conv2d(4, 6, (2, 3), 2, groups=2), BatchNorm2d, IMAGES, id="groups"),
         pytest.param(lambda: Conv2d(4, 6, 1, bias=False), BatchNorm2d, IMAGES, id="1x1"),
         pytest.param(lambda: Linear(4, 6), BatchNorm1d, VECTORS, id="linear"),
         pytest.param(lambda: Linear(4, 6, bias=False), BatchNorm1d, VECTORS, id="linear, no bias")]


def trained(norm, rng):
    """As after some training: nothing is 0 or 1."""
    for name, parameter in norm.named_state():
        if name != "num_batches_tracked":
            parameter.data = rng.standard_normal(parameter.shape).astype(np.float32)
    norm.running_var.data = rng.uniform(0.1, 4, norm.num_features).astype(np.float32)
    return norm.eval()


def close(y, expected, tolerance):
    return abs(y - expected).max() <= tolerance * max(1, abs(expected).max())


def test_by_hand():
    layer, norm = Linear(2, 1, bias=False), BatchNorm1d(1, eps=1.0).eval()
    layer.weight.data = np.array([[4.0, 6.0]])
    for parameter, value in [(norm.weight, 3.0), (norm.bias, 10.0), (norm.running_mean, 5.0),
                             (norm.running_var, 8.0)]:
        parameter.data = np.array([value])
    folded = fold_batchnorm(layer, norm)           # g = 3 / sqrt(8 + 1) = 1
    assert folded.weight.numpy().tolist() == [[4.0, 6.0]]
    assert folded.bias.numpy().tolist() == [5.0]   # 1 * (0 - 5) + 10


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("dtype, tolerance", [("float32", 1e-6), ("float64", 1e-12)])
@pytest.mark.parametrize("make, kind, shape", PAIRS)
def test_folded_gives_the_same(make, kind, shape, dtype, tolerance, affine, rng, xp, device):
    x = rng.standard_normal(shape).astype(dtype)
    layer, norm = make(), trained(kind(6, affine=affine), rng)
    expected = run(Sequential(layer, norm), xp, x, dtype)
    before = {**layer.state_dict(), **norm.state_dict()}
    folded = fold_batchnorm(layer, norm)
    assert type(folded) is type(layer) and folded.weight.device == folded.bias.device == device
    folded.load_state_dict(folded.state_dict())    # into the memory where the layer lives
    assert close(folded(Tensor(xp.asarray(x))).numpy(), expected, tolerance)
    assert close(run(folded, xp, x, dtype), expected, tolerance)
    for name, values in {**layer.state_dict(), **norm.state_dict()}.items():
        assert np.array_equal(values, before[name])


def test_folded_layers_can_be_trained_saved_and_moved(rng):
    layer, norm = Conv2d(2, 3, 1, bias=False), trained(BatchNorm2d(3), rng)
    folded = fold_batchnorm(layer, norm)
    folded(Tensor(rng.standard_normal((2, 2, 3, 3)).astype(np.float32))).sum().backward()
    assert folded.weight.grad is not None and layer.weight.grad is None
    Conv2d(2, 3, 1).load_state_dict(folded.state_dict())
    assert fold_batchnorm(layer.to(dtype="float16"), norm).bias.dtype == np.float16


class Block(Module):
    """A network whose own forward says what follows what."""

    def __init__(self):
        self.conv1, self.bn1 = Conv2d(4, 4, 1), BatchNorm2d(4)

    def forward(self, x):
        return self.bn1(self.conv1(x)) + x


class Whole(Module):
    def __init__(self):
        self.stem = Sequential(conv=Conv2d(3, 4, 3), bn=BatchNorm2d(4), relu=ReLU(),
                               more=Sequential(Conv2d(4, 4, 1), BatchNorm2d(4), ReLU()))
        self.blocks = [Block(), Sequential(ReLU(), BatchNorm2d(4))]
        self.head = Sequential(Flatten(), Linear(36, 5, bias=False), BatchNorm1d(5))

    def forward(self, x):
        for part in (self.stem, *self.blocks, self.head):
            x = part(x)
        return x


def test_fold_all(rng):
    model, x = Whole(), rng.standard_normal((2, 3, 5, 5))
    for part in model.modules():
        if isinstance(part, (BatchNorm1d, BatchNorm2d)):
            trained(part, rng)
    expected = run(model.eval(), np, x)
    assert fold_all(model) == 3
    assert close(run(model, np, x), expected, 1e-12)
    assert [name for name, _ in model.stem.named_parts()] == ["conv", "relu", "more"]
    assert [name for name, _ in model.stem.more.named_parts()] == ["0", "2"]
    assert model.stem.conv._name == "conv"
    left = [path for path, part in model.named_modules() if "BatchNorm" in type(part).__name__]
    assert left == ["blocks.0.bn1", "blocks.1.1"]
    assert fold_all(model) == 0


def test_fold_all_is_all_or_nothing():
    model = Sequential(Conv2d(2, 3, 1), BatchNorm2d(3), Conv2d(3, 4, 1), BatchNorm2d(4)).eval()
    model[3].train()
    with pytest.raises(ValueError, match="training mode"):
        fold_all(model)
    assert len(model) == 4 and model[0].bias is not None


def test_fold_all_holds_no_weights_twice():
    tracemalloc.start()
    try:
        model = Sequential(*[layer for _ in range(24)
                             for layer in (Conv2d(32, 32, 3), BatchNorm2d(32))]).eval()
        drawn = sum(parameter.data.nbytes for parameter in model.parameters())
        tracemalloc.reset_peak()
        assert fold_all(model) == 24
        assert tracemalloc.get_traced_memory()[1] < 1.5 * drawn
    finally:
        tracemalloc.stop()


def test_a_shared_sequential_is_folded_once(rng):
    shared = Sequential(Conv2d(2, 2, 1), trained(BatchNorm2d(2), rng))
    model, x = Sequential(shared, ReLU(), shared).eval(), rng.standard_normal((1, 2, 3, 3))
    expected = run(model, np, x)
    assert fold_all(model) == 1
    assert close(run(model, np, x), expected, 1e-12)


class Stem(Sequential):
    """Has a forward of its own, which runs its parts in another order."""

    def forward(self, x):
        return self.conv(self.norm(x))


def test_a_sequential_with_a_forward_of_its_own_is_left_alone():
    assert fold_all(Stem(conv=Conv2d(2, 2, 1), norm=BatchNorm2d(2)).eval()) == 0


class Doubled(Conv2d):
    def forward(self, x):
        return super().forward(x) * 2.0


def test_derived_layers_are_left_alone():
    assert fold_all(Sequential(Doubled(2, 2, 1), BatchNorm2d(2)).eval()) == 0


@pytest.mark.parametrize("layer, norm, error, message", [
    (ReLU(), BatchNorm2d(3), TypeError, "expected Conv2d and BatchNorm2d, or Linear and "
                                        "BatchNorm1d, got ReLU and BatchNorm2d"),
    (Linear(2, 3), BatchNorm2d(3), TypeError, "got Linear and BatchNorm2d"),
    (Conv2d(2, 3, 1), InstanceNorm2d(3), TypeError, "got Conv2d and InstanceNorm2d"),
    (Conv2d(2, 3, 1), BatchNorm2d(3), ValueError, r"BatchNorm2d 3 is in training mode, .*"
                                                  r"call model.eval\(\) first"),
    (Conv2d(2, 3, 1), BatchNorm2d(3, track_running_stats=False).eval(), ValueError,
     "BatchNorm2d 3 keeps no running averages"),
    (Conv2d(2, 3, 1), BatchNorm2d(4).eval(), ValueError,
     "Conv2d 2 -> 3, kernel 1x1 gives 3 channels, BatchNorm2d 4 takes 4; does one really follow")])
def test_says_what_is_wrong(layer, norm, error, message):
    with pytest.raises(error, match=f"fold_batchnorm: .*{message}"):
        fold_batchnorm(layer, norm)
