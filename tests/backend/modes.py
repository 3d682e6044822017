"""Every faster version against its definition: for tests/backend/test_versions.py and cuda/."""

import numpy as np

from minicnn import Module, Tensor, manual_seed
from minicnn.backend.arrays import to_cpu, to_device
from minicnn.backend.versions import in_memory_order, plain
from minicnn.gradcheck.cases.table import all_cases
from minicnn.gradcheck.checker import gradcheck, scattered_parameters
from tests.gradcheck.test_cases import all_functions


def outcome(case, dtype, device):
    """[y, dx1, ..., gradients of the parameters] of a gradient-check case, as NumPy arrays."""
    manual_seed(0)
    function, rng = case.make(), np.random.default_rng(0)
    leaves = [Tensor(to_device(x.astype(dtype), device), requires_grad=True) for x in case.inputs]
    inputs = leaves[:]
    if isinstance(function, Module):
        leaves += scattered_parameters(function, rng).values()
        function.to(device, dtype)
    y = function(*inputs)
    y.backward(to_device(rng.standard_normal(y.shape).astype(dtype), y.device))
    return [None if q is None else to_cpu(q) for q in (y.data, *(leaf.grad for leaf in leaves))]


def agree(ours, right, allowed):
    if ours is None or right is None:
        return ours is right
    kinds = [(q.dtype, q.shape) for q in (ours, right)]
    ours, right = ours.astype(float), right.astype(float)
    largest = abs(right).max(initial=0)
    return kinds[0] == kinds[1] and bool((abs(ours - right) <= allowed * largest).all())


def faults_of_versions(dtype, allowed, monkeypatch, device="cpu"):
    """Cases on which a version and its definition differ, and versions that no case runs.

    allowed : apart by so much beside the largest number of an array
    """
    place, took, wrong = device == "cuda", set(), []
    versions = {cls: cls.versions[place] for cls in all_functions()
                if cls.versions[place] not in (None, in_memory_order)}

    def noting(cls):
        def version(*arrays, **settings):
            answer = versions[cls](*arrays, **settings)
            took.update({cls} if answer is not NotImplemented else ())
            return answer
        return version

    for cls in versions:
        both = (noting(cls), cls.versions[1]) if device == "cpu" else (cls.versions[0], noting(cls))
        monkeypatch.setattr(cls, "versions", both)
    for case in all_cases():
        if gradcheck(case.make(), *case.inputs, most=0).functions & versions.keys():
            ours = outcome(case, dtype, device)
            with plain():
                right = outcome(case, dtype, "cpu")
            if not all(agree(a, b, allowed) for a, b in zip(ours, right, strict=True)):
                wrong.append(f"{case.name}: {case.option}")
    exact = {cls for cls in versions if device == "cpu" and dtype != "float32"
             and getattr(cls, "within", 0)}                # may leave float64 to the definition
    return wrong + [f"no case for {cls.__name__}" for cls in versions.keys() - exact - took]
