"""Where a gradient of zero is due, it is zero whatever comes from above: infinity * 0 is NaN.

sqrt has an infinite slope at 0: behind a ReLU, an infinite dy arrives at each value that ReLU has
stopped.  A mask must choose, not multiply.  Which numbers are due to be zero is asked of the
definitions in float64: those that a random dy at some of the outputs leaves at zero.
"""

from math import inf, nan

import numpy as np
import pytest

from minicnn import Module, Tensor, layers, manual_seed
from minicnn.autograd import functions as F
from minicnn.autograd.arithmetic import MatMulFn
from minicnn.autograd.engine import Function
from minicnn.backend.arrays import to_cpu, to_device
from minicnn.backend.versions import plain
from minicnn.gradcheck.cases.case import Case, normal
from minicnn.gradcheck.cases.table import all_cases
from minicnn.gradcheck.checker import gradcheck, scattered_parameters
from minicnn.layers.conv import Conv2dFn
from minicnn.layers.linear import LinearFn
from minicnn.layers.roi import RoIAlignFn
from tests.backend.cuda.cuda_common import DTYPES, PLACES, library
from tests.layers.checks import gradient_of
from tests.layers.test_every_layer import DRAWING

# A sum of products is NaN where one of them is 0 * infinity, here as in PyTorch; so is a slope that
# happens to be 0, as that of x^3 at 0.
PRODUCTS = {MatMulFn, Conv2dFn, LinearFn, RoIAlignFn}
SMOOTH = {"cube at 0 and below"}
DIFFERENCES = {"total_variation"}              # inf - inf: a pixel has a neighbour on either side
FLOAT64_ALONE = {"a negative base with whole exponents"}   # the function holds a constant


def gradients(case, dtype, device, dys):
    """For each dy, the gradients of the inputs and the parameters of a case, as NumPy arrays."""
    manual_seed(0)
    function, rng, found = case.make(), np.random.default_rng(0), []
    leaves = [Tensor(to_device(x.astype(dtype), device), requires_grad=True) for x in case.inputs]
    inputs = leaves[:]
    if isinstance(function, Module):
        leaves += scattered_parameters(function, rng).values()
        function.to(device, dtype)
    manual_seed(1)                                         # of the masks of dropout
    y = function(*inputs)
    for dy in dys:
        for leaf in leaves:
            leaf.grad = None
        with np.errstate(all="ignore"):                    # infinities meet, as they should
            y.backward(to_device(dy(y.shape).astype(y.dtype), y.device), retain_graph=True)
        found.append([None if leaf.grad is None else to_cpu(leaf.grad) for leaf in leaves])
    return found


def one(shape):
    """A mask of outputs: one in the middle."""
    return np.arange(np.prod(shape)).reshape(shape) == np.prod(shape) // 2


def some(shape):
    """About a third of them."""
    return np.random.default_rng(1).random(shape) < 0.35


def faults(case, dtype, device="cpu"):
    """The gradients that are not zero though they should be."""
    if case.option in SMOOTH or case.name in DIFFERENCES:
        return []
    if case.option in FLOAT64_ALONE and dtype != np.float64:
        return []
    rng = np.random.default_rng(2)
    with plain():
        due = gradients(case, np.float64, "cpu",
                        [lambda shape, mask=mask: mask(shape) * rng.uniform(1, 2, shape)
                         for mask in (one, some)])
    wrong = []
    for bad in (inf, nan):
        ours = gradients(case, dtype, device, [lambda shape, mask=mask, bad=bad: np.where(
            mask(shape), bad, 0) for mask in (one, some)])
        for dxs, zeros in zip(ours, due, strict=True):
            wrong += [f"{case.name}, {case.option}: {np.dtype(dtype).name}, dy {bad}, leaf {number}"
                      for number, (dx, zero) in enumerate(zip(dxs, zeros, strict=True))
                      if dx is not None and (dx[zero == 0] != 0).any()]
    return wrong


@pytest.fixture(scope="module")
def cases():
    checked = [case for case in all_cases()
               if not gradcheck(case.make(), *case.inputs, most=0).functions & PRODUCTS]
    return checked + [case for case in DRAWING if "Linear" not in case.name]


@pytest.mark.parametrize("dtype", DTYPES)
def test_zero_stays_zero(cases, dtype, device, mode):
    assert [fault for case in cases for fault in faults(case, dtype, device)] == []


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("place", PLACES)
def test_zero_stays_zero_in_kernels(cases, dtype, place, tmp_path_factory):
    with library(place, tmp_path_factory):
        assert [fault for case in cases if case.name in ("ReLU", "MaxPool2d")
                for fault in faults(case, dtype, "cuda")] == []


class MultiplyingReLUFn(Function):
    def forward(self, x):
        self.passed = x > 0
        return x * self.passed

    def backward(self, dy):
        return dy * self.passed


def test_a_mask_that_multiplies_is_found():
    case = Case("ReLU", "by a product", lambda: lambda x: MultiplyingReLUFn()(x), (normal(3, 4),))
    assert len(faults(case, np.float32)) >= 2


X = [-1.0, 0.0, 0.5, 9.0, nan]
TORCHS = {                                                 # torch 2.13: dx at X for dy = infinity
    "relu": (layers.ReLU(), [0, 0, inf, inf, inf]),
    "clamp": (lambda x: F.clip(x, 0.0, 1.0), [0, inf, inf, 0, 0]),
    "hardtanh": (layers.Hardtanh(), [0, inf, inf, 0, inf]),
    "relu6": (layers.ReLU6(), [0, 0, inf, 0, inf]),
    "leaky_relu": (layers.LeakyReLU(0.1), [inf, inf, inf, inf, inf]),
    "leaky_relu, slope 0": (layers.LeakyReLU(0.0), [nan, nan, inf, inf, nan]),
    "abs": (abs, [-inf, nan, inf, inf, nan]),
    "max": (lambda x: x[:4].max(), [0, 0, 0, inf, 0]),
    "where": (lambda x: F.where(np.arange(5) < 2, x, 1.0), [inf, inf, 0, 0, 0]),
    "maximum": (lambda x: F.maximum(x, np.array([0, -1, 9.0, nan, 0])), [0, inf, 0, inf, inf]),
}


@pytest.mark.parametrize("name", TORCHS)
def test_infinity_passes_where_it_does_in_pytorch(name, mode):
    function, expected = TORCHS[name]
    x = Tensor(np.array(X), requires_grad=True)
    y = function(x)
    with np.errstate(invalid="ignore"):
        y.backward(np.full(y.shape, inf))
    np.testing.assert_array_equal(x.grad, expected)


def test_by_hand(mode):
    """What a user meets: sqrt behind a ReLU, log behind a clip."""
    x = Tensor(np.array([-1.0, 4.0]), requires_grad=True)
    with np.errstate(divide="ignore"):
        F.sqrt(layers.ReLU()(x)).sum().backward()
        assert x.grad.tolist() == [0, 0.25]
        x.grad = None
        F.log(F.clip(x, 0.0, 1.0)).sum().backward()
    assert x.grad.tolist() == [0, 0]


def test_a_slope_that_is_learnt(mode):
    """PReLU's slope has no part in what is positive, however large dy is there."""
    for a, shape in ((layers.PReLU(), (1, 2)), (layers.PReLU(2), (1, 2)), (layers.PReLU(), (2,))):
        a.to(dtype="float64")
        gradient_of(a, np.array([3.0, -2.0]).reshape(shape), np.array([inf, 5]).reshape(shape))
        assert a.weight.grad.tolist() in ([-10], [0, -10])


def test_a_capsule_of_zeros(mode):
    """1e9 / 1e-30 is infinite in float32, and 0 times that NaN."""
    for dy in (1e9, inf):
        _, dx = gradient_of(layers.CapsuleLength(), np.zeros((1, 1, 3), "f"),
                            np.full((1, 1), dy, "f"))
        assert dx.tolist() == [[[0, 0, 0]]]
