"""Faster versions: who picks them and when, and that each computes what its definition says."""

import subprocess
import sys
from contextlib import nullcontext

import numpy as np
import pytest

from minicnn import Tensor, no_grad
from minicnn.autograd.engine import Function
from minicnn.backend.arrays import to_cpu, to_device
from minicnn.backend.versions import elementwise, faster, in_float32, plain
from minicnn.layers.linear import LinearFn
from tests import standin
from tests.backend.modes import faults_of_versions


def times(factor):
    """A version that multiplies by another number than the definition, so that one sees it."""
    def version(x, *, needs_grad, power=1):
        if x.dtype == np.float16:
            return NotImplemented
        return factor ** power * x, lambda dy: factor ** power * dy, {"heard": needs_grad}
    return version


@faster(cpu=times(3), cuda=times(4))
class TwiceFn(Function):
    def forward(self, x):
        return 2 * x

    def backward(self, dy):
        return 2 * dy


@faster(cpu=lambda x, n=2: NotImplemented if n == 5 else "cpu", cuda=lambda x, n=2: "cuda")
def scaled(x, n=2):
    """x, a few times."""
    return x * n


@pytest.fixture
def gpu(monkeypatch):
    """The stand-in with something that looks like a compiler."""
    monkeypatch.setitem(sys.modules, "cupy", standin)
    monkeypatch.setattr(standin, "RawModule", object, raising=False)
    return standin


def value_and_slope(function, x=1.0, forward=plain, backward=plain):
    """y and dy/dx at one number x, with `forward` and `backward` around the two."""
    x = x if hasattr(x, "dtype") else np.array([x])
    x = Tensor(x, requires_grad=True)
    with forward():
        y = function(x)
    with backward():
        y.backward(np.ones_like(x.data))
    return y.item(), x.grad.item()


def fast(function, x=1.0):
    return value_and_slope(function, x, nullcontext, nullcontext)


# --- who picks ------------------------------------------------------------------------------------

def test_the_library_picks_the_version_of_a_function_object(gpu):
    assert fast(TwiceFn()) == (3, 3) and fast(TwiceFn(), gpu.ones(1)) == (4, 4)
    assert TwiceFn.__name__ == "TwiceFn"


def test_the_library_picks_the_version_of_a_function(gpu):
    assert scaled(np.ones(3)) == "cpu" and scaled(gpu.ones(3), n=3) == "cuda"
    assert scaled.__name__ == "scaled" and scaled.__doc__ == "x, a few times."


def test_without_a_compiler_the_definition_runs(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", standin)
    assert fast(TwiceFn(), standin.ones(1)) == (2, 2)
    assert to_cpu(scaled(standin.ones(3))).tolist() == [2, 2, 2]


def test_a_library_may_have_no_version(gpu):
    only_cpu = faster(cpu=lambda x: "cpu")(lambda x: "definition")
    only_cuda = faster(cuda=lambda x: "cuda")(lambda x: "definition")
    assert [only_cpu(np.ones(1)), only_cpu(gpu.ones(1))] == ["cpu", "definition"]
    assert [only_cuda(np.ones(1)), only_cuda(gpu.ones(1))] == ["definition", "cuda"]


def test_a_version_may_leave_a_case_to_the_definition():
    assert fast(TwiceFn(), np.ones(1, np.float16)) == (2, 2)         # forward and backward
    assert scaled(np.ones(2), 5).tolist() == [5, 5]


def test_a_version_hears_the_settings_and_who_wants_gradients_and_leaves_notes():
    class PowerFn(TwiceFn):                                          # has its parent's versions
        def __init__(self, power):
            self.power = power

    assert fast(PowerFn(2)) == (9, 9)
    x = Tensor(np.ones(1), requires_grad=True)
    assert TwiceFn()(x).creator.heard == (True,)
    with no_grad():
        function = TwiceFn()
        function(x)
    assert function.heard == (False,)


def test_a_derived_function_with_a_formula_of_its_own_has_no_versions():
    class OwnFn(TwiceFn):
        def forward(self, x):
            return 5 * x

    class OwnSlopeFn(TwiceFn):
        def backward(self, dy):
            return 7 * dy

    assert fast(OwnFn()) == (5, 2) and fast(OwnSlopeFn()) == (2, 7)
    assert OwnFn.versions == OwnSlopeFn.versions == (None, None)


# --- the switch -----------------------------------------------------------------------------------

def test_plain_runs_the_definitions_and_may_be_nested():
    with plain():
        assert fast(TwiceFn()) == (2, 2) and scaled(np.ones(1)).tolist() == [2]
        with plain():
            assert fast(TwiceFn()) == (2, 2)
        assert fast(TwiceFn()) == (2, 2)
    assert fast(TwiceFn()) == (3, 3) and scaled(np.ones(1)) == "cpu"
    with pytest.raises(KeyError), plain():
        raise KeyError
    assert fast(TwiceFn()) == (3, 3)


@pytest.mark.parametrize("forward, backward, expected", [
    (nullcontext, plain, (3, 3)), (plain, nullcontext, (2, 2))])
def test_backward_follows_the_version_that_ran_forward(forward, backward, expected):
    assert value_and_slope(TwiceFn(), 1.0, forward, backward) == expected


@pytest.mark.parametrize("value, expected", [("0", "False"), ("1", "True"), (None, "True")])
def test_the_environment_switches_them_off(value, expected, monkeypatch):
    monkeypatch.delenv("MINICNN_FAST", raising=False)
    if value:
        monkeypatch.setenv("MINICNN_FAST", value)
    script = ("import numpy as np; from minicnn import Tensor; from minicnn.layers import ReLU\n"
              "y = ReLU()(Tensor(np.ones(3), requires_grad=True))\n"
              "print('backward' in vars(y.creator))")      # there it hangs, if a version ran
    said = subprocess.run([sys.executable, "-c", script], text=True, check=True,
                          capture_output=True)
    assert said.stdout.strip() == expected


# --- sums in float32 ------------------------------------------------------------------------------

class MeanFn(Function):
    def forward(self, x):
        self.seen = x
        return x.sum(keepdims=True) / x.size

    def backward(self, dy):
        return dy.repeat(self.seen.size) / self.seen.size


@in_float32
class WideMeanFn(MeanFn):
    pass


def test_in_float32(mode, xp):
    x = Tensor(xp.asarray(np.ones(70_000, np.float16)), requires_grad=True)
    y = WideMeanFn()(x)
    y.backward(xp.asarray(np.ones(1, np.float16)))
    assert y.item() == 1 and y.dtype == x.grad.dtype == np.float16
    assert np.allclose(to_cpu(x.grad), 1 / 70_000, rtol=0.01)
    with np.errstate(all="ignore"):
        assert not np.isfinite(MeanFn()(x).item())         # what would happen without


def test_in_float32_leaves_other_dtypes_alone(mode):
    for dtype in (np.float32, np.float64):
        function = WideMeanFn()
        function(Tensor(np.ones(5, dtype), requires_grad=True))
        assert function.seen.dtype == dtype and "backward" not in vars(function)


def test_what_is_too_large_for_float16_becomes_infinity_without_a_warning(mode):
    @in_float32
    class SumFn(Function):
        def forward(self, x):
            return x.sum(keepdims=True)

    assert SumFn()(Tensor(np.ones(70_000, np.float16))).item() == np.inf


# --- elementwise: a GPU works on images as they lie -----------------------------------------------

@elementwise
class BothFn(Function):
    def forward(self, x, y):
        self.seen = x.shape
        return x + 2 * y

    def backward(self, dy):
        self.seen_back = dy.shape
        return 1 * dy, 2 * dy


def test_elementwise_works_on_images_as_they_lie(gpu):
    a = np.arange(120.0).reshape(3, 4, 5, 2)                         # (C, H, W, N)
    x = gpu.asarray(a).transpose(3, 0, 1, 2)                         # (N, C, H, W)
    fresh = gpu.asarray(np.ones((2, 3, 4, 5)))                       # images from the computer
    for other in (x, fresh):
        function, leaves = BothFn(), [Tensor(q, requires_grad=True) for q in (x, other)]
        y = function(*leaves)
        assert function.seen == (3, 4, 5, 2) and y.shape == x.shape
        dxs = function.backward(fresh)
        assert function.seen_back == (3, 4, 5, 2)
        for array in (y.data, *dxs):
            assert array.transpose(1, 2, 3, 0).flags.c_contiguous
        assert to_cpu(y.data).tolist() == (to_cpu(x) + 2 * to_cpu(other)).tolist()
        assert all((to_cpu(dx) == factor).all() for dx, factor in zip(dxs, (1, 2), strict=True))
    assert (x + x).flags.c_contiguous                                # what would happen without


@pytest.mark.parametrize("shape", [(4, 1, 1), (1, 4, 1, 1), (3, 4, 1, 1), (5, 2), (), (1,)],
                         ids=str)
@pytest.mark.parametrize("first", [True, False])
def test_elementwise_works_so_where_one_is_repeated(gpu, rng, shape, first):
    images = rng.standard_normal((4, 5, 2, 3)).transpose(3, 0, 1, 2)           # (3, 4, 5, 2)
    values = images, 1 + rng.random(shape)
    values = values if first else values[::-1]
    ends = []
    for device in ("cpu", "cuda"):
        leaves = [Tensor(to_device(q, device), requires_grad=True) for q in values]
        y = leaves[0] / leaves[1]
        y.backward(to_device(images * 3, device))
        ends.append([y.data, *(leaf.grad for leaf in leaves)])
    for array in (y.data, leaves[0 if first else 1].grad):           # on the GPU
        assert array.transpose(1, 2, 3, 0).flags.c_contiguous
    for ours, right in zip(*ends, strict=True):
        assert np.allclose(to_cpu(ours), to_cpu(right)) and ours.shape == right.shape


def test_elementwise_leaves_everything_else_alone(gpu):
    images = gpu.ones((2, 3, 4, 5))
    for x, y in ((np.ones((2, 3, 4, 5)),) * 2, (gpu.ones((2, 3)),) * 2, (gpu.ones(4),) * 2,
                 (images, gpu.ones((3, 1, 1)))):
        function = BothFn()
        assert function(Tensor(x), Tensor(y)).shape == function.seen == x.shape
    with plain():
        function = BothFn()
        function(Tensor(images), Tensor(images))
        assert function.seen == images.shape


# --- every version --------------------------------------------------------------------------------

@pytest.mark.parametrize("dtype, allowed", [("float64", 1e-9), ("float32", 1e-4),
                                            ("float16", 1e-2)])
def test_every_version_computes_what_its_definition_says(dtype, allowed, monkeypatch):
    assert faults_of_versions(dtype, allowed, monkeypatch) == []


def test_a_wrong_version_is_found(monkeypatch):
    right = LinearFn.versions[0]

    def wrong(*arrays, **settings):
        y, backward = right(*arrays, **settings)
        return y, lambda dy: tuple(dx if dx is None else dx * (1 + 1e-6) for dx in backward(dy))

    monkeypatch.setattr(LinearFn, "versions", (wrong, None))
    assert "Linear: with bias" in faults_of_versions("float64", 1e-9, monkeypatch)
    assert faults_of_versions("float32", 1e-4, monkeypatch) == []


def test_a_version_that_no_case_meets_is_found(monkeypatch):
    monkeypatch.setattr(LinearFn, "versions", (lambda *arrays, **settings: NotImplemented, None))
    assert faults_of_versions("float64", 1e-9, monkeypatch) == ["no case for LinearFn"]
