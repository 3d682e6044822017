"""What every layer must do, whichever it is: one test for all that have a gradient-check case.

A new layer is held to all this as soon as it has its case in minicnn/gradcheck/cases.  Layers that
draw have no gradient to check there and are named here, as are the layers that docs/ shows.
"""

from doctest import DocTestParser
from pathlib import Path

import numpy as np
import pytest

from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import to_cpu
from minicnn.backend.seeds import manual_seed
from minicnn.backend.threads import as_if_large
from minicnn.gradcheck.cases.case import Case, normal
from minicnn.gradcheck.cases.table import all_cases
from minicnn.layers.conv import Conv2d
from minicnn.layers.dropconnect import DropConnectLinear
from minicnn.layers.dropout import Dropout, Dropout2d
from minicnn.layers.module import Module
from minicnn.layers.stochastic_depth import StochasticDepth

DOCS = Path(__file__).parents[2] / "docs"


def shown_in(page):
    """The classes of a page of docs/, by name."""
    names = {"__name__": page}
    for example in DocTestParser().get_examples((DOCS / page).read_text("utf-8")):
        if example.source.startswith(("from ", "import ", "class ", "@")):
            exec(example.source, names)
    return names


class Tiled(Conv2d):
    """The version for large images, on small ones."""

    def forward(self, x):
        with as_if_large():
            return super().forward(x)


DRAWING = [
    Case("Dropout", "training", Dropout, (normal(2, 3, 5, 4),)),
    Case("Dropout2d", "training", Dropout2d, (normal(2, 3, 5, 4),)),
    Case("DropConnectLinear", "training", lambda: DropConnectLinear(5, 4), (normal(3, 5),)),
    Case("StochasticDepth", "training", lambda: StochasticDepth(0.5), (normal(4, 3, 2, 2),)),
]
OTHERS = [
    Case("Conv2d", "tiled", lambda: Tiled(4, 2, (2, 3), 2, 1, 1, 2), (normal(2, 4, 5, 4),)),
    Case("Block", "docs/own_network.md", lambda: shown_in("own_network.md")["Block"](2),
         (normal(2, 2, 4, 3),)),
    Case("Swish", "docs/add_a_layer.md", lambda: shown_in("add_a_layer.md")["Swish"](),
         (normal(3, 4),)),
]


def named(cases):
    return [pytest.param(case, id=f"{case.name}, {case.option}") for case in cases]


LAYERS = named([*(case for case in all_cases() if isinstance(case.make(), Module)),
                *DRAWING, *OTHERS])
FUNCTIONS = named(case for case in all_cases()
                  if not isinstance(case.make(), Module) and len(case.inputs) > 1)
DTYPES = ["float16", "float32", "float64"]


def built(case, device="cpu", dtype="float64"):
    """A new layer of the case, always with the same weights."""
    manual_seed(0)
    layer = case.make()
    return layer.to(device, dtype) if isinstance(layer, Module) else layer


def inputs(case, xp, dtype, batch=slice(None)):
    return [Tensor(xp.asarray(x[batch].astype(dtype)), requires_grad=True) for x in case.inputs]


def parameters(layer):
    return list(layer.parameters()) if isinstance(layer, Module) else []


def outcome(case, arrays, frozen=()):
    """[y, the gradients of the inputs and of the parameters]; leaves of some numbers frozen."""
    layer, xs = built(case), [Tensor(x, requires_grad=True) for x in arrays]
    leaves = [*xs, *parameters(layer)]
    for number in frozen:
        leaves[number].requires_grad = False
    manual_seed(1)                                         # of the dropout masks
    y = layer(*xs)
    y.backward(np.random.default_rng(2).standard_normal(y.shape))
    return [y.data, *[leaf.grad for leaf in leaves]]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", LAYERS)
def test_dtypes_stay(case, dtype, xp, device):
    """Hazard 11: outputs, gradients, parameters and buffers keep the dtype."""
    layer, xs = built(case, device, dtype), inputs(case, xp, dtype)
    y = layer(*xs)
    y.backward(xp.ones_like(y.data))
    assert y.dtype == dtype and y.device == device
    for leaf in (*xs, *layer.parameters()):
        assert leaf.dtype == dtype
        assert leaf.grad is not None and leaf.grad.dtype == dtype and leaf.grad.shape == leaf.shape


@pytest.mark.parametrize("case", LAYERS)
def test_shape_foretells_forward(case):
    layer = built(case)
    foretold = layer.shape(*[x.shape[1:] for x in case.inputs])
    assert layer(*inputs(case, np, "float64")).shape[1:] == foretold


@pytest.mark.parametrize("case", LAYERS)
def test_any_layout_and_the_input_stays(case):
    """Hazards 15 and 16: strides, order, read-only memory; the caller's arrays are left alone."""
    def read_only(x):
        x = x.copy()
        x.flags.writeable = False
        return x

    def backwards(x):
        turned = tuple(slice(None, None, -1) for _ in x.shape)
        return x[turned].copy()[turned]

    expected = outcome(case, [x.copy() for x in case.inputs])
    for change in (np.asfortranarray, read_only, backwards,
                   lambda x: np.repeat(x, 2, axis=-1)[..., ::2]):
        arrays = [change(x) for x in case.inputs]
        for ours, wanted in zip(outcome(case, arrays), expected, strict=True):
            np.testing.assert_allclose(ours, wanted, rtol=1e-12, atol=1e-12)
        for array, x in zip(arrays, case.inputs, strict=True):
            assert np.array_equal(array, x)


def frozen_in_turn(case):
    """Numbers of leaves, inputs first: all inputs, all parameters, each leaf alone."""
    inputs, leaves = len(case.inputs), len(case.inputs) + len(parameters(built(case)))
    groups = [range(inputs), range(inputs, leaves), *([number] for number in range(leaves))]
    return [set(group) for group in groups if 0 < len(group) < leaves]


@pytest.mark.parametrize("case", LAYERS + FUNCTIONS)
def test_what_is_frozen_changes_no_other_gradient(case):
    """requires_grad False, as where only a new last layer is trained: the rest stays the same."""
    expected = outcome(case, case.inputs)
    for frozen in frozen_in_turn(case):
        y, *gradients = outcome(case, case.inputs, frozen)
        np.testing.assert_allclose(y, expected[0], rtol=1e-12, atol=1e-12)
        for number, (ours, wanted) in enumerate(zip(gradients, expected[1:], strict=True)):
            assert (ours is None) == (number in frozen)
            if ours is not None:
                np.testing.assert_allclose(ours, wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("case", LAYERS)
def test_nan_comes_out(case, xp, device):
    """Hazard 3: a NaN in the first number of the first input is not hidden."""
    layer = built(case, device).eval()
    arrays = [x.copy() for x in case.inputs]
    arrays[0].flat[0] = np.nan                             # a corner that every window layer reads
    y = layer(*[Tensor(xp.asarray(x)) for x in arrays])
    assert np.isnan(to_cpu(y.data)).any()


@pytest.mark.parametrize("case", LAYERS)
def test_an_empty_batch(case, xp, device):
    """Hazard 14: no images in, no images out, gradients that are zero, and no new state."""
    if case.option == "dim 0":
        pytest.skip("shares of an empty batch do not exist")
    layer, xs = built(case, device), inputs(case, xp, "float64", batch=slice(0, 0))
    before = layer.state_dict()
    y = layer(*xs)
    assert y.shape == (0, *layer.shape(*[x.shape[1:] for x in xs]))
    y.backward(xp.ones_like(y.data))
    for x in xs:
        assert x.grad.shape == x.shape
    for parameter in layer.parameters():
        assert not to_cpu(parameter.grad).any()
    for name, values in layer.state_dict().items():
        assert np.array_equal(values, before[name])


@pytest.mark.parametrize("case", LAYERS)
def test_eval_repeats_itself(case):
    """Hazard 5: in test mode the same input gives the same bits, and the state stays."""
    layer = built(case).eval()
    before = layer.state_dict()
    first, second = (layer(*inputs(case, np, "float64")).data for _ in range(2))
    assert np.array_equal(first, second)
    for name, values in layer.state_dict().items():
        assert np.array_equal(values, before[name])


@pytest.mark.parametrize("case", LAYERS)
def test_saved_and_loaded(case):
    layer, other = built(case).eval(), case.make().to(dtype="float64").eval()
    other.load_state_dict(layer.state_dict())
    xs = inputs(case, np, "float64")
    assert np.array_equal(layer(*xs).data, other(*xs).data)


@pytest.mark.parametrize("case", LAYERS)
def test_no_grad_changes_nothing_but_the_record(case):
    layer, xs = built(case).eval(), inputs(case, np, "float64")
    with no_grad():
        silent = layer(*xs)
    recorded = layer(*xs)
    assert np.array_equal(silent.data, recorded.data)
    assert silent.creator is None
