"""Did you mean?  And what came, by a name that cannot be taken for another."""

import ast
from pathlib import Path

import numpy as np
import pytest

import minicnn
from minicnn import Module, Parameter, Tensor
from minicnn.backend.messages import did_you_mean, type_name


@pytest.mark.parametrize("name, choices, question", [
    ("CON2D", ["Conv1d", "conv2d", "pool"], "did you mean conv2d or Conv1d?"),
    (1.6, [0.5, 1.5], "did you mean 1.5?"), ("xyz", ["vgg"], ""), ("", ["vgg"], ""),
])
def test_did_you_mean(name, choices, question):
    assert did_you_mean(name, choices) == question


class Foreign:
    """A class of another library with the name of one of ours."""

    def __init__(self, module, name):
        self.__class__ = type(name, (Foreign,), {"__module__": module})


def test_type_name():
    assert [type_name(one) for one in (1, [2], None, Tensor([1.0]), Parameter((1,)), Module())] == [
        "int", "list", "NoneType", "Tensor", "Parameter", "Module"]
    assert type_name(np.ones(2)) == "numpy.ndarray" and type_name(np.float32(1)) == "numpy.float32"
    assert type_name(Foreign("torch", "Tensor")) == "torch.Tensor"
    assert type_name(Foreign("torch.nn.modules.conv", "Conv2d")) == "torch.Conv2d"
    assert type_name(Foreign("pandas.core.frame", "DataFrame")) == "pandas.DataFrame"
    assert type_name(Foreign("__main__", "Net")) == "Net"


@pytest.mark.parametrize("ask, message", [
    (lambda x: Tensor(x), "got torch.Tensor"), (lambda x: Tensor([1.0]) + x, "got torch.Tensor"),
    (lambda x: minicnn.losses.mse_loss(x, x), "got torch.Tensor"),
    (lambda x: minicnn.losses.cross_entropy(x, [1]), "got torch.Tensor"),
    (lambda x: minicnn.layers.ReLU()(x), "got a torch.Tensor"),
    (lambda x: minicnn.optim.SGD([x], 0.1), "parameter 0 is a torch.Tensor"),
    (lambda x: minicnn.Sequential(x), "torch.Tensor")])
def test_a_foreign_tensor_is_called_foreign(ask, message):
    """"got Tensor, expected a Tensor" says nothing."""
    with pytest.raises(TypeError, match=message):
        ask(Foreign("torch", "Tensor"))


# Whose type is one of minicnn's own, or an error's.
OURS = {"self", "cls", "model", "module", "function", "owner", "layer", "problem", "error"}


def bare_names(text):
    """Lines of f-strings that name the type of what came without type_name(...)."""
    for text_in_braces in ast.walk(ast.parse(text)):
        if isinstance(text_in_braces, ast.FormattedValue):
            for node in ast.walk(text_in_braces.value):
                if (isinstance(node, ast.Attribute) and node.attr == "__name__"
                        and isinstance(node.value, ast.Call)
                        and ast.unparse(node.value.func) == "type"
                        and ast.unparse(node.value.args[0]).split(".")[-1] not in OURS):
                    yield node.lineno


def test_every_message_names_a_type_by_type_name():
    found = [f"{path}:{line}" for path in sorted(Path(minicnn.__path__[0]).rglob("*.py"))
             for line in bare_names(path.read_text(encoding="utf-8"))]
    assert not found, "write type_name(x), from minicnn/backend/messages.py: " + ", ".join(found)


def test_that_can_fail():
    assert list(bare_names('f"got {type(x).__name__}"')) == [1]
    assert not list(bare_names('f"{type(self).__name__}: got {type_name(x)}"'))
