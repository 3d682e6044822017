"""What the prompt and a notebook show of whatever public functions hand back.

At the prompt: no line of more than 100 columns, no address in memory.  In a notebook tables are
HTML that a parser finds closed, with every name escaped, and pictures are PNG.
"""

from html.parser import HTMLParser

import numpy as np
import pytest

from minicnn import Sequential, analysis, layers, nn, optim, schedule, slides, training
from minicnn.data import Dataset, Loader
from minicnn.gradcheck import gradcheck
from minicnn.layers.module import Module
from minicnn.training import fit
from minicnn.training.recipes import recipe_for
from minicnn.weights import read, save
from tests.gradcheck.drawn import Doubled

HOSTILE = "<script>alert('&')</script>"
Evil = type(HOSTILE, (layers.ReLU,), {})
Wrong = type(HOSTILE, (Doubled,), {})
IMAGES = np.random.default_rng(0).integers(0, 256, (12, 1, 8, 8)).astype(np.uint8)
DATA = Dataset(IMAGES, np.arange(12) % 3, [HOSTILE, "b", "c"], HOSTILE)


def network() -> Module:
    return Sequential(layers.Conv2d(1, 4, 3), Evil(), layers.MaxPool2d(2), layers.Flatten(),
                      layers.Linear(36, 3))


def optimizer(kind=optim.SGD, **settings):
    return kind(network().parameters(), lr=0.1, **settings)


def learnt():
    recipe = recipe_for("lenet5")._replace(epochs=2, batch=6, schedule=("", {}))
    return fit(network(), DATA, DATA, recipe, in_shape=(1, 8, 8), log=lambda line: None)


TABLES = {
    "summary": lambda: analysis.summary(network(), (1, 8, 8)),
    "profile": lambda: analysis.profile(network(), (1, 8, 8), batch=2, rounds=1),
    "slides": lambda: slides.check_slides(word="pooling"),
    "recipe": lambda: recipe_for("resnet20")._replace(name=HOSTILE),
    "fit": learnt,
    "gradcheck": lambda: gradcheck(layers.Linear(3, 2), np.ones((2, 3))),
    "gradcheck that fails": lambda: gradcheck(lambda a, b: Wrong()(a, b), *2 * [np.ones(3)]),
}
PICTURES = {
    "profile_picture": lambda: analysis.profile_picture(TABLES["profile"]()),
    "draw_boxes": lambda: analysis.draw_boxes(IMAGES[:1], [{
        "boxes": [[1, 1, 5, 5]], "labels": [1], "scores": [0.9]}], ["no", HOSTILE], title=HOSTILE),
    "draw_maps": lambda: analysis.draw_maps(IMAGES[:1], IMAGES[:1, 0] % 2, ["no", HOSTILE]),
    "draw_first_layer": lambda: analysis.draw_first_layer(network(), title=HOSTILE),
}
OTHERS = {
    **{name: lambda name=name: optimizer(getattr(optim, name))
       for name in ("SGD", "Adam", "AdamW", "RMSprop", "Adagrad")},
    "groups": lambda: optim.SGD([{"params": [p], "lr": 0.1} for p in network().parameters()], lr=1),
    **{name: lambda name=name, more=more: getattr(schedule, name)(optimizer(), *more)
       for name, more in {"StepLR": (2,), "MultiStepLR": ([1, 2],), "ExponentialLR": (0.5,),
                          "CosineAnnealingLR": (5,), "PolynomialLR": (5,), "ReduceLROnPlateau": (),
                          "LambdaLR": (lambda t: 1 / (1 + t),)}.items()},
    "Warmup": lambda: schedule.Warmup(schedule.StepLR(optimizer(), 2), 5),
    "Dataset": lambda: DATA,
    "Loader": lambda: Loader(IMAGES, DATA.labels, 4),
    "trace": lambda: analysis.trace(network(), (1, 8, 8))[0],
    "activations": lambda: analysis.activations(network(), IMAGES[:1].astype("f")),
    "network": network,
    "criterion": nn.CrossEntropyLoss,
    "Transforms": lambda: training.Transforms((1, 8, 8), np.zeros(1), np.ones(1)),
}


class Page(HTMLParser):
    """The tags of a page, each closed in its turn, and its text."""

    def __init__(self, text):
        super().__init__()
        self.open, self.seen, self.words = [], set(), ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.seen.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words += data


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    file = save(network(), tmp_path_factory.mktemp("weights") / "w.npz")
    return {name: make() for name, make in (TABLES | PICTURES | OTHERS).items()} | {
        "weights": read(file)}


@pytest.mark.parametrize("name", [*TABLES, *PICTURES, *OTHERS, "weights"])
def test_at_the_prompt(name, made):
    shown = repr(made[name])
    wide = [line for line in shown.splitlines() if len(line) > 100]
    assert shown.strip() and wide == [] and " at 0x" not in shown
    assert len(shown) < 20_000


@pytest.mark.parametrize("name", TABLES)
def test_a_table_in_a_notebook(name, made):
    page = Page(made[name]._repr_html_())
    assert {"table", "tr", "td"} <= page.seen and "script" not in page.seen
    assert HOSTILE in page.words or name in ("slides", "fit", "gradcheck")


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_in_a_notebook(name, made):
    assert made[name]._repr_png_().startswith(b"\x89PNG")


def test_a_page_that_is_not_closed_is_seen():
    for text in ("<table><tr></table>", "<p>"):
        with pytest.raises(AssertionError):
            Page(text)
