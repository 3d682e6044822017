"""What every layer is held to: checks that the tests of the layers share."""

import json
from pathlib import Path

import numpy as np
import pytest

from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import to_cpu
from minicnn.gradcheck.cases import activation, convolution, pooling, structure
from minicnn.gradcheck.checker import gradcheck


def run(layer, xp, x, dtype="float64"):
    """layer(x) on the library under test, back as a NumPy array."""
    return layer.to("cpu" if xp is np else "cuda", dtype)(Tensor(xp.asarray(x))).numpy()


def check_agreement(y, expected, tolerance=1e-12):
    assert y.shape == expected.shape, (y.shape, expected.shape)
    np.testing.assert_allclose(y, expected, rtol=tolerance, atol=tolerance)


def check_dtypes(make, x, xp):
    """float16, float32 and float64 come out as they went in; gradients and parameters too."""
    device = "cpu" if xp is np else "cuda"
    for dtype in ("float16", "float32", "float64"):
        layer = make().to(device, dtype)
        t = Tensor(xp.asarray(x.astype(dtype)), requires_grad=True)
        y = layer(t)
        assert y.dtype == dtype
        assert y.shape[1:] == layer.shape(t.shape[1:])
        y.backward(xp.asarray(np.ones(y.shape, dtype)))
        assert to_cpu(t.grad).dtype == dtype
        for parameter in layer.parameters():
            assert parameter.dtype == dtype and to_cpu(parameter.grad).dtype == dtype


def check_any_layout(make, x):
    """Strided, transposed, negative-stride and read-only inputs: same result, input unchanged."""
    plain = np.ascontiguousarray(x)
    backwards = tuple(slice(None, None, -1) for _ in range(x.ndim))
    read_only = np.frombuffer(plain.tobytes(), plain.dtype).reshape(x.shape)
    doubled = np.zeros((*x.shape[:-1], 2 * x.shape[-1]), x.dtype)
    doubled[..., ::2] = x
    layouts = [plain, np.asfortranarray(x), plain[backwards].copy()[backwards], read_only,
               doubled[..., ::2]]
    results = []
    for layout in layouts:
        layer, before = make().to(dtype=x.dtype), layout.copy()
        t = Tensor(layout, requires_grad=True)
        y = layer(t)
        upstream = np.random.default_rng(3).standard_normal(y.shape).astype(x.dtype)
        y.backward(upstream)
        assert np.array_equal(layout, before, equal_nan=True)
        results.append([y.numpy(), t.grad] + [p.grad for p in layer.parameters()])
    for result in results[1:]:
        for ours, first in zip(result, results[0], strict=True):
            np.testing.assert_allclose(ours, first, rtol=1e-12, atol=1e-12)


def innermost(x):
    """x as layers leave it in memory, the batch innermost: (C, H, W, N) under (N, C, H, W)."""
    return np.ascontiguousarray(np.moveaxis(x, 0, -1)).transpose(-1, *range(x.ndim - 1))


def check_keeps_layout(layer, x):
    """Where the batch lies innermost in memory, it does in the output and in the gradient too."""
    t = Tensor(innermost(x), requires_grad=True)
    y = layer(t)
    dx = y.creator.backward(innermost(np.ones(y.shape, y.dtype)))
    for array in (y.data, dx[0] if isinstance(dx, tuple) else dx):
        assert array.transpose(*range(1, x.ndim), 0).flags.c_contiguous


def check_empty_batch(make, in_shape, xp):
    """N = 0 works forwards and backwards, with gradients of zero for the parameters."""
    layer = make().to("cpu" if xp is np else "cuda", "float32")
    t = Tensor(xp.asarray(np.zeros((0, *in_shape), "float32")), requires_grad=True)
    y = layer(t)
    assert y.shape == (0, *layer.shape(in_shape))
    y.backward(xp.asarray(np.zeros(y.shape, "float32")))
    assert to_cpu(t.grad).shape == t.shape
    for parameter in layer.parameters():
        assert not to_cpu(parameter.grad).any()


def grad_cases(*names):
    """The gradient-check cases of these layers."""
    cases = [case for topic in (activation, convolution, pooling, structure)
             for case in topic.CASES if case.name in names]
    return [pytest.param(case, id=f"{case.name}, {case.option}") for case in cases]


def check_gradients(case, device):
    report = gradcheck(case.make(), *case.inputs, device=device)
    assert report and report.error <= 1e-6, report


def gradient_of(layer, x, dy=None):
    """(y, dx) as NumPy arrays; dy is ones if not given."""
    t = Tensor(x, requires_grad=True)
    y = layer(t)
    y.backward(np.ones(y.shape, y.dtype) if dy is None else dy)
    return y.numpy(), t.grad


STORED = json.loads((Path(__file__).parents[1] / "stored" / "layers.json").read_text())


def stored(name):
    """The cases of one layer in tests/stored/layers.json; tests/stored/make_layers.py made them."""
    return [pytest.param(case, id=str(case["arguments"])) for case in STORED
            if case["layer"] == name]


def check_stored(kind, case, xp):
    """Outputs and all gradients against an independent implementation, to 1e-10."""
    lists = {key: tuple(value) if isinstance(value, list) else value
             for key, value in case["arguments"].items()}
    layer = kind(**lists).to("cpu" if xp is np else "cuda", "float64")
    layer.load_state_dict({name: np.array(values) for name, values in case["parameters"].items()})
    t = Tensor(xp.asarray(np.array(case["x"])), requires_grad=True)
    y = layer(t)
    check_agreement(y.numpy(), np.array(case["y"]), 1e-10)
    y.backward(xp.asarray(np.array(case["dy"])))
    check_agreement(to_cpu(t.grad), np.array(case["dx"]), 1e-10)
    for name, parameter in layer.named_parameters():
        check_agreement(to_cpu(parameter.grad), np.array(case["gradients"][name]), 1e-10)
