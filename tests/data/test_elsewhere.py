"""What minicnn.data answers to PyTorch's names: an advice that there is."""

import inspect
import re

import numpy as np
import pytest

from minicnn import data
from minicnn.data import augment
from minicnn.data.elsewhere import ELSEWHERE


@pytest.mark.parametrize("name", ELSEWHERE)
def test_the_advice_names_what_is_here(name):
    with pytest.raises(AttributeError, match=f"minicnn.data has no {name}; ") as problem:
        getattr(data, name)
    text = str(problem.value)
    assert text.endswith(ELSEWHERE[name]) and not hasattr(data, name)
    for place, function in re.findall(r"(augment\.|)\b([a-z]\w*|Loader|Dataset)\(", text):
        if function in ("f", "len", "concatenate", "permutation", "mean", "fromarray", "transpose"):
            continue
        assert hasattr(augment if place else data, function) or function == "resize", text


@pytest.mark.parametrize("name", [name for name in ELSEWHERE if "augment." in ELSEWHERE[name]])
def test_augmentations_take_what_is_written(name):
    function, arguments = re.search(r"augment\.(\w+)\((.*)\)", ELSEWHERE[name]).groups()
    images, rng = np.zeros((2, 3, 8, 8), np.uint8), np.random.default_rng(0)
    size, pad = 6, 1
    y = eval(f"augment.{function}({arguments})", {"augment": augment, "np": np, "images": images,
                                                  "rng": rng, "size": size, "pad": pad})
    assert y.shape in ((2, 3, 8, 8), (2, 3, 6, 6), (10, 2, 3, 6, 6))
    assert [*inspect.signature(getattr(augment, function)).parameters][0] == "images"


def test_names_that_nobody_has():
    with pytest.raises(AttributeError, match="minicnn.data has no Loader2; did you mean Loader"):
        _ = data.Loader2
