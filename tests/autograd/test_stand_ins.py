"""PyTorch's names: docs/from_pytorch.md lists what there is and what stands for the rest."""

import copy
import inspect
import re
from pathlib import Path

import numpy as np
import pytest

import minicnn
from minicnn import Parameter, Tensor, functions, no_grad
from minicnn.autograd import creation
from minicnn.autograd.hooks import Hook
from minicnn.autograd.stand_ins import FUNCTIONS, METHODS

PAGE = (Path(__file__).parents[2] / "docs" / "from_pytorch.md").read_text(encoding="utf-8")
# What the package itself asks of a Tensor, beside the names of the page.
OWN = {"accumulate", "beside", "dims", "extreme", "in_place", "index_of", "is_shape", "lift",
       "like", "mark_written", "only", "owner", "shares", "views", "writable", "written"}


def rows(head):
    """The first two columns of the table under this head line, as lists of their code."""
    table = PAGE.partition(f"{head}\n|---|---|\n")[2].partition("\n\n")[0]
    assert table, head
    columns = [line.replace(r"\|", "\0").strip("|").split("|") for line in table.splitlines()]
    return [tuple(re.findall("`([^`]*)`", cell.replace("\0", "|")) for cell in row[:2])
            for row in columns]


def signature(name):
    """How the page writes a method: sum(dim=None, keepdim=False)."""
    method = inspect.getattr_static(Tensor, name)
    if not callable(method):
        return name
    parameters = list(inspect.signature(method).parameters.values())[1:]
    bare = [one.replace(annotation=inspect.Parameter.empty) for one in parameters]
    return f"{name}{inspect.Signature(bare)}"


def test_the_page_has_every_method_with_its_arguments():
    listed = [name for names, _ in rows("| method | what to know |") for name in names]
    x = Tensor([1.0])
    public = {name for name in dir(x) if not name.startswith("_")} - OWN
    public.discard("changes")
    assert sorted(listed) == sorted(signature(name) if hasattr(Tensor, name) else name
                                    for name in public)


def test_the_page_has_every_stand_in():
    listed = {name: cure for names, (cure, *_) in rows("| `torch.Tensor` has | here |")
              for name in names}
    same = re.search(r"as `np.sort\(x.data\)`:\n(.*?)\.\n", PAGE, re.S)[1]
    listed |= {name: f"np.{name}(x.data)" for name in re.findall("`(.*?)`", same)}
    assert listed == METHODS
    table = rows("| `torch`, `torch.nn.functional` have | here |")
    assert {name: cure for names, (cure, *_) in table for name in names} == FUNCTIONS
    named = re.search(r"`minicnn.functions` has\n(.*?)\.\n", PAGE, re.S)[1]
    assert re.findall("`(.*?)`", named) == functions.__all__
    for names in (functions.METHODS, creation.__all__, creation.DTYPES):
        assert ", ".join(f"`{name}`" for name in names) in PAGE.replace("\n", " ")


@pytest.mark.parametrize("name", METHODS)
def test_a_missing_method_says_what_to_write(name):
    for x in (Tensor([1.0]), *[Parameter((2,))][:name not in vars(Parameter)]):
        assert not hasattr(x, name) and name not in dir(x)
        with pytest.raises(AttributeError, match=re.escape(f"Tensor has no {name}; write "
                                                           f"{METHODS[name]}")):
            getattr(x, name)


def names_for_cures():
    x = Tensor(np.random.default_rng(0).uniform(0.5, 1, (3, 3)))
    return {"x": x, "y": copy.deepcopy(x), "np": np, "functions": functions, "minicnn": minicnn,
            "Tensor": Tensor, "Module": minicnn.Module, "mask": x > 0.7, "condition": x > 0.7,
            "value": 1.0, "values": np.ones(3),
            "q": 0.5, "shift": 1, "index": np.array([[0, 1, 2]]), "axis": 0,
            "dim": 1, "dims": (1, 0), "times": (2, 2), "n": 3, "k": 2, "start": 0, "length": 2,
            "stop": 1, "low": 0, "high": 1, "mean": 0.0, "std": 1.0, "min": 0, "max": 1,
            "shape": (3, 3), "dtype": np.float32, "hook": Hook(), "array": np.ones(3),
            "rng": np.random.default_rng(0), "classes": 3, "labels": np.array([0, 2]),
            "seed": 0, "model": minicnn.layers.Linear(2, 2), "p": np.full(3, 1 / 3), "tau": 0.5}


PROSE = {"enable_grad", "utils", "grid_sample", "affine_grid"} | {             # not a line to run
    name for name, cure in FUNCTIONS.items() if cure.startswith("nothing: ")}


@pytest.mark.parametrize("name", [*METHODS, *sorted(FUNCTIONS.keys() - PROSE)])
def test_what_is_to_be_written_runs(name):
    names = names_for_cures()
    if name == "bincount":
        names["x"] = Tensor(names["labels"])
    with no_grad():
        exec((METHODS | FUNCTIONS)[name], names)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name, same", [
    ("mm", "np.matmul(a, b)"), ("outer", "np.outer(a[0], b[0])"), ("rsqrt", "1 / np.sqrt(a)"),
    ("log1p", "np.log1p(a)"), ("expm1", "np.expm1(a)"), ("log2", "np.log2(a)"),
    ("log10", "np.log10(a)"), ("norm", "np.linalg.norm(a)"), ("flip", "np.flip(a, 0)"),
    ("logsumexp", "np.log(np.exp(a).sum(1))"), ("masked_fill", "np.where(a > 0.7, 1, a)"),
    ("topk", "np.argsort(-a, -1)[:, :2]"), ("tile", "np.tile(a, (2, 2))"),
    ("swapaxes", "np.swapaxes(a, 0, 1)"), ("reciprocal", "np.reciprocal(a)")])
def test_what_is_to_be_written_gives_the_same(name, same):
    names = names_for_cures()
    a = names["x"].data
    names.update(a=a, b=names["y"].data)
    if name == "outer":
        names.update(x=names["x"][0], y=names["y"][0])
    assert np.allclose(np.asarray(eval(METHODS[name], names)), eval(same, names))


def test_a_misspelt_method_is_pythons_matter():
    with pytest.raises(AttributeError, match="'Tensor' object has no attribute 'reshpe'"):
        Tensor([1.0]).reshpe(1)


@pytest.mark.parametrize("module, name, cure", [
    (functions, "conv1d", r"of nn.Conv1d: layers here are for images"),
    (functions, "prelu", r"it is a layer: nn.PReLU\(...\)\(x\)"), (functions, "elu_", "of nn.ELU:"),
    (functions, "zeros", "it is minicnn.zeros"), (functions, "item", r"a method: x.item\(\)"),
    (functions, "sort", r"write np.sort\(x.data\)"),
    (functions, "relus", "did you mean relu or gelu"), (functions, "zqx", "docs/from_pytorch.md"),
    (minicnn, "empty_like", "write minicnn.zeros_like"), (minicnn, "modles", "or models?"),
    (minicnn, "Conv2d", "it is minicnn.layers.Conv2d"), (minicnn, "SGD", "it is minicnn.optim.SGD"),
    (minicnn, "utils", "write minicnn.data.Loader"), (minicnn, "sin", r"write np.sin\(x.data\)")])
def test_a_missing_function_says_what_to_write(module, name, cure):
    assert not hasattr(module, name)
    with pytest.raises(AttributeError, match=cure):
        getattr(module, name)
    assert not hasattr(module, "__wrapped__")


def test_nothing_has_a_stand_in_that_is_there():
    assert not [name for name in METHODS if name in dir(Tensor([1.0]))]
    assert not [name for name in FUNCTIONS if name in functions.__all__ or name in minicnn.__all__]
