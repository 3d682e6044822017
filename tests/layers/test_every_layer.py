"""What every layer must do, whichever it is: one test for all that have a gradient-check case.

A new layer is held to all this as soon as it has its case in minicnn/gradcheck/cases.
"""

import numpy as np
import pytest

from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import to_cpu
from minicnn.backend.random import manual_seed
from minicnn.gradcheck.cases.table import all_cases
from minicnn.layers.module import Module

CASES = [case for case in all_cases() if isinstance(case.make(), Module)]
LAYERS = [pytest.param(case, id=f"{case.name}, {case.option}") for case in CASES]
DTYPES = ["float16", "float32", "float64"]


def built(case, device="cpu", dtype="float64"):
    """A new layer of the case, always with the same weights."""
    manual_seed(0)
    layer = case.make()
    return layer.to(device, dtype)


def inputs(case, xp, dtype, batch=slice(None)):
    return [Tensor(xp.asarray(x[batch].astype(dtype)), requires_grad=True) for x in case.inputs]


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
    def outcome(arrays):
        layer, xs = built(case), [Tensor(x, requires_grad=True) for x in arrays]
        manual_seed(1)                                     # of the dropout masks
        y = layer(*xs)
        y.backward(np.random.default_rng(2).standard_normal(y.shape))
        return [y.data, *[leaf.grad for leaf in (*xs, *layer.parameters())]]

    def read_only(x):
        x = x.copy()
        x.flags.writeable = False
        return x

    expected = outcome([x.copy() for x in case.inputs])
    for change in (np.asfortranarray, read_only, lambda x: x[..., ::-1].copy()[..., ::-1],
                   lambda x: np.repeat(x, 2, axis=-1)[..., ::2]):
        arrays = [change(x) for x in case.inputs]
        for ours, wanted in zip(outcome(arrays), expected, strict=True):
            np.testing.assert_allclose(ours, wanted, rtol=1e-12, atol=1e-12)
        for array, x in zip(arrays, case.inputs, strict=True):
            assert np.array_equal(array, x)


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
    """Hazard 14: no images in, no images out, and gradients that are zero."""
    if case.option == "dim 0":
        pytest.skip("shares of an empty batch do not exist")
    layer, xs = built(case, device), inputs(case, xp, "float64", batch=slice(0, 0))
    y = layer(*xs)
    assert y.shape == (0, *layer.shape(*[x.shape[1:] for x in xs]))
    y.backward(xp.ones_like(y.data))
    for parameter in layer.parameters():
        assert not to_cpu(parameter.grad).any()


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
