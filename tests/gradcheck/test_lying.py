"""Weights may lie in memory in any order: a file that another library wrote has them transposed.

Whatever a faster version does with the memory of its parameters, the gradients stay the same.
"""

import numpy as np
import pytest

from minicnn import Module, Tensor, manual_seed, weights
from minicnn.backend.threads import as_if_large
from minicnn.gradcheck.cases.table import all_cases
from minicnn.layers import Conv2d

CASES = [case for case in all_cases() if isinstance(case.make(), Module)
         and any(len(p.shape) > 1 for p in case.make().parameters())]
LYING = {"Fortran": np.asfortranarray,
         "last axis first": lambda w: np.ascontiguousarray(np.moveaxis(w, -1, 0)).transpose(
             *range(1, w.ndim), 0),
         "backwards": lambda w: w[::-1].copy()[::-1]}


def gradients(case, lie):
    """Output, and gradients of the inputs and parameters, the parameters lying so."""
    manual_seed(0)
    model = case.make()
    leaves = [Tensor(x.astype(np.float32), requires_grad=True) for x in case.inputs]
    model.to(dtype=np.float32)
    for parameter in model.parameters():
        parameter.data = lie(parameter.data.copy())
    litter = [np.full(p.shape, np.nan, np.float32) for p in model.parameters() for _ in range(20)]
    del litter                                     # memory that nobody fills is not 0 now
    y = model(*leaves)
    y = y[0] if isinstance(y, tuple) else y
    dy = np.random.default_rng(0).standard_normal(y.shape).astype(np.float32)
    y.backward(dy)
    return [y.numpy()] + [value.grad for value in (*leaves, *model.parameters())]


@pytest.mark.parametrize("number", range(len(CASES)),
                         ids=[f"{case.name}: {case.option}" for case in CASES])
def test_gradients_where_weights_lie_in_another_order(number):
    case = CASES[number]
    for way in (lambda: as_if_large(1 << 30), as_if_large):
        with way():
            expected = gradients(case, np.ascontiguousarray)
            for order, lie in LYING.items():
                for mine, theirs in zip(gradients(case, lie), expected, strict=True):
                    assert (mine is None) == (theirs is None), order
                    if mine is not None:
                        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-5,
                                                   err_msg=order)


def test_there_are_convolutions_and_matrices_among_them():
    assert {"Conv2d", "Linear"} <= {case.name for case in CASES}


def test_what_is_loaded_lies_row_by_row(tmp_path):
    """In any other order each step of a convolution would copy its weights first."""
    turned = {name: np.asfortranarray(value) for name, value in
              Conv2d(3, 4, 5).state_dict().items()}
    layer = Conv2d(3, 4, 5)
    layer.load_state_dict(turned)
    assert layer.weight.data.flags.c_contiguous
    np.savez(tmp_path / "turned.npz", **turned)
    other = weights.load(Conv2d(3, 4, 5), tmp_path / "turned.npz")
    assert other.weight.data.flags.c_contiguous
    np.testing.assert_array_equal(other.weight.numpy(), turned["weight"])
