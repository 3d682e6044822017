"""Every gradient in the package is right, and no Function is without a case."""

import ast
import importlib
import pkgutil
from pathlib import Path

import numpy as np
import pytest

import minicnn
from minicnn.autograd import functions as F
from minicnn.autograd.engine import Function
from minicnn.backend.threads import as_if_large, in_blocks
from minicnn.backend.versions import faster
from minicnn.gradcheck import cases as gradcases
from minicnn.gradcheck.cases.case import Case, apart, normal, positive
from minicnn.gradcheck.cases.table import all_cases, run_cases
from minicnn.gradcheck.checker import LIMIT, gradcheck

CASES = all_cases()
checked: dict[int, set[type[Function]]] = {}


@pytest.mark.parametrize("number", range(len(CASES)),
                         ids=[f"{case.name}: {case.option}" for case in CASES])
def test_gradients(number, mode, device):
    """Here alone, once a mode and library; the layers' own tests hold what they compute."""
    case = CASES[number]
    report = gradcheck(case.make(), *case.inputs, device=device)
    assert report, f"{case.name}, {case.option}: {report}"
    assert report.error <= LIMIT and report.elements > 0
    checked[number] = report.functions


@pytest.mark.parametrize("number", range(len(CASES)),
                         ids=[f"{case.name}: {case.option}" for case in CASES])
def test_gradients_of_large_arrays(number):
    """The way of the faster versions for what is larger than the cache."""
    with as_if_large():
        report = gradcheck(CASES[number].make(), *CASES[number].inputs)
    assert report, f"{CASES[number].name}, {CASES[number].option}: {report}"


def functions_without_a_case(classes, used, called):
    """Leaves of the class tree, and inner classes that some file calls, that are not in `used`."""
    needed = {cls for cls in classes if not cls.__subclasses__() or cls.__name__ in called}
    return sorted(cls.__name__ for cls in needed - used)


def subclasses(cls):
    return {cls}.union(*map(subclasses, cls.__subclasses__()))


def all_functions():
    """Every Function class of the package."""
    for module in pkgutil.walk_packages(minicnn.__path__, "minicnn."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found = subclasses(Function) - {Function}
    return {cls for cls in found if cls.__module__.startswith("minicnn.")
            and cls.__module__ != "minicnn.gradcheck.gallery"}         # which are wrong on purpose


def called_names():
    """Names that some file of the package calls: Name(...) or module.Name(...)."""
    calls = [node.func for path in Path(minicnn.__path__[0]).rglob("*.py")
             for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
             if isinstance(node, ast.Call)]
    return {getattr(call, "id", getattr(call, "attr", "")) for call in calls}


def test_every_function_has_a_case():
    for number, case in enumerate(CASES):                      # if test_gradients ran in part
        if number not in checked:
            checked[number] = gradcheck(case.make(), *case.inputs, most=0).functions
    used = set().union(*checked.values())
    assert functions_without_a_case(all_functions(), used, called_names()) == []


def test_completeness_can_fail():
    class Base(Function):
        pass

    class Leaf(Base):
        pass

    assert functions_without_a_case({Base, Leaf}, {Leaf}, set()) == []
    assert functions_without_a_case({Base, Leaf}, {Leaf}, {"Base"}) == ["Base"]
    assert functions_without_a_case({Base, Leaf}, set(), set()) == ["Leaf"]
    assert {"AddFn", "ExpFn", "Conv2dFn"} <= {cls.__name__ for cls in all_functions()}


def test_the_table_has_the_cases_of_every_file():
    own = []
    for module in pkgutil.iter_modules(gradcases.__path__, "minicnn.gradcheck.cases."):
        own += getattr(importlib.import_module(module.name), "CASES", [])
    assert sorted(map(id, own)) == sorted(map(id, CASES))


def test_no_case_twice():
    names = [(case.name, case.option) for case in CASES]
    assert sorted(set(names)) == sorted(names)


def test_cases_are_tiny_and_new_each_time():
    for case in CASES:
        assert sum(x.size for x in case.inputs) <= 400, case[:2]
        assert all(x.dtype == float for x in case.inputs), case[:2]


def test_run_cases(capsys):
    assert run_cases(CASES[:3])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[-1] for line in lines[1:4]] == ["right"] * 3
    assert lines[-2].startswith("3 cases, 36 elements, ") and lines[-1] == "every gradient is right"
    assert run_cases([case for case in CASES if case.name == "ReLU"][:1])
    assert " 72 elements, " in capsys.readouterr().out        # 24, each in three ways
    kink = Case("clip", "at its end", lambda: lambda x: F.clip(x, 0, 1), (np.ones(1),))
    assert not run_cases([CASES[0], kink])
    assert capsys.readouterr().out.splitlines()[-1] == "WRONG: clip (at its end)"


def test_a_mistake_in_the_way_of_large_arrays_is_reported(capsys):
    def last_block_forgotten(x, *, needs_grad):
        def backward(dy):
            dx = np.zeros_like(dy)

            def work(part):
                dx[part] = 2 * dy[part]
            in_blocks(lambda part: work(part) if part.start == 0 else None, len(dy), dy.nbytes)
            return dx
        return 2 * x, backward

    @faster(last_block_forgotten)
    class Double(Function):
        def forward(self, x):
            return 2 * x

        def backward(self, dy):
            return 2 * dy

    assert gradcheck(lambda x: Double()(x), normal(100))
    case = Case("double", "100 values", lambda: lambda x: Double()(x), (normal(100),))
    assert not run_cases([case])
    assert capsys.readouterr().out.splitlines()[-1] == "WRONG: double (100 values)"


def test_inputs_keep_their_distance():
    values = sorted(apart(5, 4).ravel())
    assert min(b - a for a, b in zip(values[:-1], values[1:], strict=True)) >= 0.0099
    assert min(abs(v) for v in values) >= 0.0049 and apart(5, 4).shape == (5, 4)
    assert positive(50).min() >= 0.5 and positive(50).max() < 2
    assert (normal(3) == normal(3)).all() and (normal(3) != normal(3, seed=2)).all()
