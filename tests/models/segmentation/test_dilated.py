"""Dilated-8: what its context module starts as, how far it sees."""

import numpy as np
import pytest

from minicnn import Tensor, no_grad
from minicnn.analysis.receptive_field import receptive_fields, trace
from minicnn.layers.containers import Sequential
from minicnn.models import build
from minicnn.models.segmentation.dilated import context_rows


@pytest.mark.parametrize("context", ["basic", "large"])
def test_the_context_module_starts_as_the_identity(context):
    """Of scores that are not negative; the large one's noise is a hundredth."""
    model = build("dilated8", variant="small", context=context)
    x = y = Tensor(np.random.default_rng(0).random((2, 4, 20, 20)).astype("f"))
    with no_grad():
        for number in range(1, 9):
            y = model.get_submodule(f"ctx{number}")(y)
    np.testing.assert_allclose(y.numpy(), x.numpy(), atol=0 if context == "basic" else 0.15)
    assert np.array_equal(y.numpy(), x.numpy()) == (context == "basic")


def test_maps_of_the_large_context_do_not_stay_equal():
    """Equal maps would get equal gradients for ever."""
    w = build("dilated8", variant="small", context="large").ctx1.weight.numpy()
    assert w.shape == (8, 4, 3, 3) and not np.array_equal(w[0], w[1])
    assert (w[:2, 0, 1, 1] == 0.5).all()                   # maps 0 and 1 are of class 0


def test_table_1():
    """Receptive fields and maps of the context module, as the paper prints them."""
    rows = context_rows(21, "large")
    steps = trace(Sequential(*[layer for row in rows for layer in row.layers]), (21, 100, 100))
    fields = receptive_fields(steps)
    convs = [step for step in steps if type(step.layer).__name__ == "Conv2d"]
    assert [fields[id(step)][0][0] for step in convs] == [3, 5, 9, 17, 33, 65, 67, 67]
    assert [step.shape[0] // 21 for step in convs] == [2, 2, 4, 8, 16, 32, 32, 1]
    assert all(step.shape[1:] == (100, 100) for step in convs)


def test_another_context():
    with pytest.raises(ValueError, match="Dilated8: no context 'larg'; did you mean large"):
        build("dilated8", context="larg")
