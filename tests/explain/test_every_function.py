"""Every Function has an explainer, whose arithmetic gives what the Function gives, both ways."""

import numpy as np
import pytest

from minicnn import Module, Tensor, manual_seed
from minicnn.autograd.engine import Function
from minicnn.autograd.hooks import record
from minicnn.backend.versions import plain
from minicnn.explain import kinds  # noqa: F401
from minicnn.explain.explainer import EXPLAINERS, explainer_of
from minicnn.explain.explanation import Explanation
from minicnn.explain.record import Recorder
from minicnn.explain.text import as_text
from minicnn.gradcheck.cases.table import all_cases
from minicnn.gradcheck.checker import scattered_parameters
from minicnn.layers.sync_batchnorm import SyncBatchNormFn
from tests.gradcheck.test_cases import all_functions

CASES = all_cases()


def recorded(case):
    """The calls of a case, forward and backward from a random dy, in float64."""
    manual_seed(0)
    function, rng, recorder = case.make(), np.random.default_rng(0), Recorder()
    inputs = [Tensor(x.copy(), requires_grad=True) for x in case.inputs]
    if isinstance(function, Module):
        function.to(dtype=np.float64)
        scattered_parameters(function, rng)
    with plain(), record(recorder):
        y = function(*inputs)
        y.backward(rng.standard_normal(y.shape))
    return recorder.calls


def places(shape, rng, most=3):
    size = int(np.prod(shape))
    chosen = rng.permutation(size)[:most]
    return [tuple(map(int, np.unravel_index(k, shape))) if shape else () for k in chosen]


def complaints(calls):
    rng, found = np.random.default_rng(1), []
    for call in calls:
        explainer = explainer_of(call)
        for at in places(call.y.shape, rng):
            one = Explanation(f"{call.word}{at}", explainer.value(at), float(call.y[at]))
            found += [] if one.right and as_text(one) else [f"{one.title}: {one.value} {one.layer}"]
        for number, dx in enumerate(call.dxs):
            for at in places(dx.shape, rng) if dx is not None else []:
                one = Explanation(f"{call.word}: gradient {number} {at}",
                                  explainer.gradient(number, at), float(dx[at]))
                found += [] if one.right and as_text(one) else \
                    [f"{one.title}: {one.value} {one.layer}"]
    return found


@pytest.mark.parametrize("case", CASES, ids=[f"{case.name}: {case.option}" for case in CASES])
def test_the_arithmetic_is_the_layers(case):
    assert complaints(recorded(case)) == []


def test_every_function_has_an_explainer():
    assert [cls.__name__ for cls in all_functions() if "forward" in vars(cls)
            and not any(parent in EXPLAINERS for parent in cls.__mro__)] == []


def test_that_too_can_fail():
    class Strange(Function):
        def forward(self, x):
            return x * 2.0

        def backward(self, dy):
            return dy * 2.0

    recorder = Recorder()
    with record(recorder):
        Strange()(Tensor([1.0]))
    with pytest.raises(ValueError, match="Strange has no explainer; write one in"):
        explainer_of(recorder.calls[0])


@pytest.mark.parametrize("total, weight", [(lambda q: q, 1.0), (lambda q: 2.0 * q, 0.5)])
def test_means_over_several_processes(total, weight):
    """As if a second process had the same pictures."""
    rng, recorder = np.random.default_rng(0), Recorder()
    x, gamma, beta = (Tensor(rng.standard_normal(shape), requires_grad=True)
                      for shape in ((3, 2, 4, 5), 2, 2))
    with plain(), record(recorder):
        SyncBatchNormFn(1e-5, total, weight)(x, gamma, beta).backward(rng.standard_normal(x.shape))
    assert complaints(recorder.calls) == []
