"""The names of torch.nn, torch.optim, ...: each is here, or refused with what to write instead.

docs/from_pytorch.md lists them, and this test holds the page to the code and to PyTorch's own
names, which tests/stored/make_habits.py has written down.  `python -m tests.test_from_pytorch`
prints the tables anew.
"""

import json
from pathlib import Path

import numpy as np
import pytest

import minicnn
from minicnn import Tensor, data, functions, layers, nn, optim, schedule
from minicnn.data.elsewhere import ELSEWHERE as NO_DATA
from minicnn.layers import elsewhere, parts
from minicnn.layers.linear import Linear
from minicnn.layers.module import Module
from minicnn.layers.softmax import softmax
from minicnn.optim import SGD, groups

ROOT = Path(__file__).parents[1]
NAMES = json.loads((ROOT / "tests/stored/habits.json").read_text())["names"]
TITLE = "## Modules, functions, optimisers, schedules and data, name by name"
FORMULA = ("write it in forward", "it is a formula")


def optimizer():
    return SGD(Linear(1, 1).parameters(), 0.1)


# Where PyTorch has the names, where minicnn has them, and how it refuses what it has not.
PLACES = {
    "torch.nn": nn, "torch.nn.Module": Module(), "torch.nn.Sequential": layers.Sequential(),
    "torch.nn.ModuleList": layers.ModuleList(), "torch.nn.ModuleDict": layers.ModuleDict(),
    "torch.optim": optim, "torch.optim.Optimizer": optimizer(),
    "torch.optim.lr_scheduler": schedule,
    "torch.optim.lr_scheduler.LRScheduler": schedule.StepLR(optimizer(), 1),
    "torch.nn.functional": functions, "torch.nn.init": nn.init, "torch.utils.data": data,
    "torchvision.transforms": data,
}
PYTORCHS_OWN = {                                           # not meant to be used
    "T_destination", "call_super_init", "dump_patches", "assert_int_or_pair", "boolean_dispatch",
    "conv_tbc", "grouped_mm", "native_channel_shuffle", "scaled_grouped_mm", "scaled_mm",
    "DFIterDataPipe", "DataChunk", "IterDataPipe", "MapDataPipe", "argument_validation",
    "functional_datapipe", "guaranteed_datapipes_determinism", "non_deterministic",
    "runtime_validation", "runtime_validation_disabled"}


def here_and_not(place):
    """The names that are here, and (name, what to write) of the others."""
    here, others = [], []
    for name in NAMES[place]:
        try:
            getattr(PLACES[place], name)
            here.append(name)
        except AttributeError as problem:
            others.append((name, str(problem).partition("; ")[2]))
    return here, [(name, cure) for name, cure in others if name not in PYTORCHS_OWN]


def code(names):
    return ", ".join(f"`{name}`" for name in names)


def tables():
    """The lines of the page."""
    lines, told = [], set()
    for place in PLACES:
        here, others = here_and_not(place)
        here = [name for name in here if (name, place[:8]) not in told]
        told |= {(name, place[:8]) for name in here} | {(name, "") for name, _ in others}
        as_there = "here, around arrays" if PLACES[place] is data else "here as there"
        if here:
            lines += ["", f"`{place}`, {as_there}: {code(here)}."]
        elif place == "torchvision.transforms":
            lines += ["", f"`{place}`:"]
        cures = {}
        for name, cure in others:
            words, colon, formula = cure.partition(": ")
            shown = f"{words}: `{formula}`" if words in FORMULA else cure
            if words.startswith("of nn."):
                shown = "what the layer of that name says, above"
            elif words == "it is a layer":
                shown = "the layer of that name, as `nn.PReLU(...)(x)`"
            cures.setdefault(shown, []).append(name)
        if place in ("torch.nn.Sequential", "torch.nn.ModuleList", "torch.nn.ModuleDict"):
            continue                                       # as for Module
        lines += ["", "| not here | what to write |", "|---|---|"]
        lines += [f"| {code(names)} | {cure} |" for cure, names in cures.items()]
    lines += ["", "Settings of optimisers that are not here:", "", "| setting | why |", "|---|---|"]
    return lines + [f"| `{name}` | {cure} |" for name, cure in groups.CURES.items()]


def section():
    text = (ROOT / "docs/from_pytorch.md").read_text("utf-8")
    return text[text.index(TITLE):].split("\n## ")[0].split("\n")


def test_the_page_says_what_the_code_does():
    page = section()
    assert [line for line in tables() if line and line not in page] == []


@pytest.mark.parametrize("place", PLACES)
def test_every_name_is_here_or_refused_with_a_cure(place):
    here, others = here_and_not(place)
    assert len(here) + len(others) + len(PYTORCHS_OWN & {*NAMES[place]}) == len(NAMES[place]) > 0
    assert [name for name, cure in others if len(cure) < 10 or "did you mean" in cure] == []
    assert all(name in here for name in ("Conv2d", "Sequential") if name in NAMES[place])


def test_no_name_is_here_and_refused():
    for own, refused in ((layers.__all__, elsewhere.ELSEWHERE), (dir(Module), parts.ELSEWHERE),
                         (optim.__all__, optim.ELSEWHERE), (schedule.__all__, schedule.ELSEWHERE),
                         (data.__all__, NO_DATA)):
        assert {*own}.isdisjoint(refused)
    assert all(hasattr(layers, name) for name in layers.__all__)


def test_a_name_that_nobody_has():
    with pytest.raises(AttributeError, match="minicnn.layers has no Conv2D; did you mean Conv2d"):
        _ = layers.Conv2D
    with pytest.raises(AttributeError, match="docs/add_a_layer.md shows how"):
        _ = layers.Xyz
    with pytest.raises(AttributeError, match="minicnn.layers has no MSELoss; it is minicnn.nn.MSE"):
        _ = layers.MSELoss
    with pytest.raises(AttributeError, match="minicnn.nn has no Conv2D; did you mean Conv2d"):
        _ = nn.Conv2D
    with pytest.raises(AttributeError, match="minicnn.data has no Lader; did you mean Loader"):
        _ = data.Lader
    with pytest.raises(ImportError, match="cannot import name 'Conv1d'"):
        from minicnn.layers import Conv1d  # noqa: F401
    assert minicnn.layers.Sequential is minicnn.Sequential


TARGET = np.linspace(0.05, 0.95, 24).reshape(2, 3, 4)
FORMULAS = {                                               # by NumPy, from their papers
    "L1Loss": lambda y: np.abs(y - TARGET).sum() / 24,
    "HuberLoss": lambda y: np.mean([d * d / 2 if abs(d) < 1 else abs(d) - 0.5
                                    for d in (y - TARGET).flat]),
    "KLDivLoss": lambda y: np.mean(TARGET * np.log(TARGET) - TARGET * y),
    "SoftMarginLoss": lambda y: np.mean(np.log1p(np.exp(-TARGET * y))),
    "ELU": lambda x: np.where(x > 0, x, np.expm1(x)),
    "CELU": lambda x: np.where(x > 0, x, 2 * np.expm1(x / 2)),
    "SELU": lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(x)),
    "Hardsigmoid": lambda x: np.clip(x / 6 + 0.5, 0, 1),
    "Hardswish": lambda x: x * np.clip(x + 3, 0, 6) / 6,
    "Hardshrink": lambda x: np.where(abs(x) > 0.5, x, 0),
    "Softshrink": lambda x: np.sign(x) * np.maximum(abs(x) - 0.5, 0),
    "Tanhshrink": lambda x: x - np.tanh(x),
    "LogSigmoid": lambda x: -np.logaddexp(0, -x),
    "Softplus": lambda x: np.logaddexp(0, x),
    "Mish": lambda x: x * np.tanh(np.logaddexp(0, x)),
    "Softsign": lambda x: x / (1 + abs(x)),
    "Softmin": lambda x: np.exp(-x) / np.exp(-x).sum(axis=1, keepdims=True),
    "Softmax2d": lambda x: np.exp(x) / np.exp(x).sum(axis=1, keepdims=True),
    "Threshold": lambda x: np.where(x > 0.2, x, 9),
    "RMSNorm": lambda x: x / np.sqrt((x ** 2).mean(axis=-1, keepdims=True) + 1e-6),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_formulas_that_are_advised_are_right(name):
    x = np.linspace(-4, 4, 24).reshape(2, 3, 4)
    formula = elsewhere.ELSEWHERE[name].partition(": ")[2]
    y = eval(formula, {"x": Tensor(x), "functions": functions, "softmax": softmax, "a": 2.0,
                       "limit": 0.2, "value": 9.0, "eps": 1e-6, "y": Tensor(x),
                       "target": Tensor(TARGET)})
    np.testing.assert_allclose(y.numpy(), FORMULAS[name](x), rtol=1e-6, atol=1e-12)


def test_pixels_that_are_shuffled_come_back():
    N, C, H, W, r = 2, 3, 2, 4, 2
    names = {"N": N, "C": C, "H": H, "W": W, "r": r}
    x = np.arange(N * C * r * r * H * W, dtype="float32").reshape(N, C * r * r, H, W)
    shuffle, back = (elsewhere.ELSEWHERE[name].partition(": ")[2]
                     for name in ("PixelShuffle", "PixelUnshuffle"))
    y = eval(shuffle, {"x": Tensor(x), **names})
    for n, c, h, i, w, j in np.ndindex(N, C, H, r, W, r):
        assert y.data[n, c, h * r + i, w * r + j] == x[n, c * r * r + i * r + j, h, w]
    assert np.array_equal(eval(back, {"x": y, **names}).data, x)


def test_the_formula_of_probabilities():
    y = 1 / (1 + np.exp(-np.linspace(-4, 4, 24).reshape(2, 3, 4)))
    formula = elsewhere.ELSEWHERE["BCELoss"].partition(": ")[2]
    found = eval(formula, {"y": Tensor(y), "target": Tensor(TARGET)}).item()
    sure = [t * np.log(p) + (1 - t) * np.log(1 - p)
            for p, t in zip(y.flat, TARGET.flat, strict=True)]
    assert found == pytest.approx(-np.mean(sure))


def test_every_formula_is_tried():
    advised = {name for name, cure in elsewhere.ELSEWHERE.items() if cure.startswith(FORMULA)}
    assert advised - {*FORMULAS} == {"GLU", "Unflatten", "PixelShuffle", "PixelUnshuffle",
                                     "BCELoss"}


if __name__ == "__main__":
    print("\n".join(tables()))
