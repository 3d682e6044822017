"""The names that others give the arrays: rules, shapes, and the variant that they are for."""

import pytest

from minicnn.layers.linear import Linear
from minicnn.layers.module import Module
from minicnn.weights.names import (
    Names,
    no_such_names,
    numbered,
    of_other_variants,
    published_names,
)

NAMES = Names((r"^conv(\d)_x", numbered("layer{}", -1)), (r"\.norm", ".bn"),
              shapes={r"\.reduce\.weight$": "F C 1 1", r"^token": "1 1 D", r"^wide": "F C",
                      r"^scale": "C 1 1"},
              absent=r"^own", heads=r"^aux\d")


@pytest.mark.parametrize("ours, theirs", [
    ("conv2_x.0.norm.weight", "layer1.0.bn.weight"), ("conv12_x", "conv12_x"), ("fc", "fc")])
def test_rules(ours, theirs):
    assert NAMES.theirs(ours) == theirs


def test_theirs_back_to_ours():
    ours = ["conv2_x.norm.bias", "own.weight", "fc.bias"]
    assert NAMES.by_their_name(ours) == {"layer1.bn.bias": "conv2_x.norm.bias",
                                         "fc.bias": "fc.bias"}
    assert NAMES.lacks("own.weight") and not Names().lacks("own.weight")
    assert NAMES.is_head("aux1.fc") and not NAMES.is_head("fc") and not Names().is_head("aux1")


@pytest.mark.parametrize("name, ours, theirs", [
    ("se.reduce.weight", (4, 1), (4, 1, 1, 1)), ("se.reduce.bias", (4,), (4,)),
    ("token.weight", (7,), (1, 1, 7)), ("wide.weight", (5, 1, 1, 1), (5, 1)),
    ("scale", (3,), (3, 1, 1)), ("fc.weight", (2, 3), (2, 3))])
def test_shapes(name, ours, theirs):
    assert NAMES.shape(name, ours) == theirs


class Net(Module):
    published = {"torchvision": Names(variant="torchvision"), "timm": Names()}

    def __init__(self, variant):
        self.fc = Linear(2, 2)
        if variant != "torchvision":
            self.published = {"timm": type(self).published["timm"]}


def test_those_of_other_variants():
    assert of_other_variants(Net("torchvision")) == {}
    assert list(published_names(Net("paper"))) == ["timm"]
    assert list(of_other_variants(Net("paper"))) == ["torchvision"]
    assert published_names(Linear(2, 2)) == of_other_variants(Linear(2, 2)) == {}
    assert no_such_names(Net("paper"), "torchvision") == \
        "no names of 'torchvision' are known for this Net; variant='torchvision' has them " \
        "(--variant torchvision)"
    assert no_such_names(Net("paper"), "keras") == \
        "no names of 'keras' are known for this Net; there are minicnn, timm"
