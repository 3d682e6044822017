"""The claims themselves, and the page of the book that lists them."""

import tracemalloc
from pathlib import Path

import pytest

from minicnn.__main__ import main
from minicnn.backend.windows import Window
from minicnn.layers import Conv2d, Linear
from minicnn.models import build
from minicnn.slides import (
    DECKS,
    TOPICS,
    check,
    check_slides,
    googlenet,
    measure,
    training,
)
from minicnn.slides.measure import network, table
from minicnn.slides.resnet import BRACKETS
from minicnn.slides.training import TRAINING
from minicnn.training.recipes import RECIPES

PAGE = Path(__file__).parents[2] / "docs" / "slides.md"
CLAIMS = [claim for topic in TOPICS for claim in topic.claims]


@pytest.fixture(scope="module")
def whole():
    return check_slides()


def computed(report, place, claim):
    return next(c for c in report.all() if place in c.places.split("; ") and c.claim == claim)


def test_no_verdict_has_changed(whole):
    assert whole.changed == []


def test_the_page_is_up_to_date(whole):
    """To renew it: python -m minicnn slides --markdown > docs/slides.md"""
    assert PAGE.read_text(encoding="utf-8") == whole.markdown() + "\n"


@pytest.mark.parametrize("place, claim, value, verdict", [
    ("memphis: VGGNet: ILSVRC 2014 2nd place (4th)",
     "values of the image and of all lines' outputs", "15,237,608", "differs"),
    ("unicamp: Inception Module, Conv Ops", "reduced: ops", "271,351,808", "differs"),
    ("iitk: GoogLeNet (2nd)", "conv1: ops", "118,013,952", "differs"),
    ("stanford: Naive Inception module (8th)", "naive: ops", "854,196,224", "rounds to it"),
    ("unicamp: AlexNet, Details (1st)",
     'parameters of the one tower that "AlexNet, Architecture" prints', "62,378,344", "differs"),
    ("stanford: Naive Inception module (10th)", "naive: values of the output", "526,848",
     "differs"),
])
def test_figures_by_hand(whole, place, claim, value, verdict):
    checked = computed(whole, place, claim)
    assert (checked.computed, checked.verdict) == (value, verdict)


def test_flops_are_macs(whole):
    checked = computed(whole, "memphis: ResNet (4th)", "152 layers: FLOPs")
    assert checked.verdict == "different convention"
    assert checked.computed.endswith("MACs, shortcuts B: 11,282,415,616")


def forget():
    for cached in (network, table):
        cached.cache_clear()


@pytest.fixture
def altered(monkeypatch):
    """A monkeypatch for layers; networks built before and during the test are forgotten."""
    forget()
    yield monkeypatch
    monkeypatch.undo()
    forget()


def test_verdicts_hang_on_the_networks(altered, capsys):
    """Were convolutions a hundredth dearer, what rests on their cost would fall, and no more."""
    macs = Conv2d.macs
    altered.setattr(Conv2d, "macs", lambda self, *shapes: macs(self, *shapes) * 101 // 100)
    assert {claim.claim for claim in check_slides("virginia").changed} == {
        "5x5 layer, 200 maps of 150x100: multiplications", "naive: ops"}
    assert main(["slides", "--deck", "virginia"]) == 1
    out, err = capsys.readouterr()
    assert "CHANGED: expected was 'rounds to it'" in out
    assert "naive: ops: differs, expected was rounds to it" in err and err.count("\n") == 2


def figures():
    """What is computed for each claim; nothing where a network no longer fits together."""
    found = {}
    for claim in CLAIMS:
        try:
            found[claim] = check(claim).computed
        except ValueError:
            found[claim] = None
    return found


def lose_a_row(altered):
    """Windows that take steps make a row and a column less."""
    out = Window.out
    altered.setattr(Window, "out", lambda self, H, W: tuple(
        size - (step > 1) for size, step in zip(out(self, H, W), self.stride, strict=True)))
    take_any_size(altered)


def take_any_size(altered):
    altered.setattr(Linear, "out_shape", lambda self, in_shape: (self.out_features,))


def enlarge_kernels(altered):
    """Two pixels more, and the padding that keeps the size."""
    init = Conv2d.__init__

    def larger(self, maps, filters, kernel, stride=1, padding=0, *more, **named):
        init(self, maps, filters, kernel, stride, padding, *more, **named)
        window = self.window
        more_padding = padding if isinstance(padding, str) else tuple(
            pixels + (side > 1) for pixels, side in zip(window.padding, window.kernel, strict=True))
        init(self, maps, filters, tuple(side + 2 * (side > 1) for side in window.kernel), stride,
             more_padding, *more, **named)
    altered.setattr(Conv2d, "__init__", larger)


def add_a_neuron(altered):
    init = Linear.__init__
    altered.setattr(Linear, "__init__", lambda self, values, neurons, **named:
                    init(self, values, neurons + 1, **named))
    take_any_size(altered)


def add_filters(altered):
    init = Conv2d.__init__
    altered.setattr(Conv2d, "__init__", lambda self, maps, filters, *more, **named:
                    init(self, maps, filters + named.get("groups", 1), *more, **named))


def overlook_convolutions(altered):
    altered.setattr(measure, "Conv2d", Linear)


def test_every_figure_hangs_on_the_layers(altered):
    """But for those that rest on kinds of layers, on the image's size, or on other rules."""
    before, still = figures(), set(CLAIMS)
    assert None not in {before[claim] for claim in CLAIMS}
    for alter in (lose_a_row, enlarge_kernels, add_a_neuron, add_filters, overlook_convolutions):
        forget()
        with altered.context() as patch:
            alter(patch)
            after = figures()
        still -= {claim for claim in still if after[claim] != before[claim]}
    assert {claim.text for claim in still if claim.value is not None and claim not in
            TRAINING.claims} == {
        "values of a 32x32 image", "values of the image", "maps and sides of the input",
        "planes and sides of the input", "sides of the input", "input", "pool1: weights",
        "pool2: weights", "pool3: weights", "pool4: weights", "pool5: weights",
        "max pooling follows the convolutions", "the fully connected layers of AlexNet are removed",
        "fully connected layers of AlexNet but the output", "fully connected layers of the module",
        "fully connected layers but the output", "layers of dropout", "an auxiliary classifier",
        "before the Inception modules", "nonlinearities of three 3x3 layers, of one 7x7",
        '"Xavier initialization from He et al."', "paths through N units, in ResNet-110",
        "paths that are left when one unit is deleted",
        "ResNet-110 is an ensemble of networks of so many layers",
        "alpha beta^2 gamma^2 of the paper's alpha, beta, gamma",
        "alpha, beta, gamma are at least 1"}


def test_figures_of_training_hang_on_the_recipes_and_on_dropout(monkeypatch):
    """With another recipe, and each other's dropout, none is left as it was."""
    other = {"alexnet": "googlenet", "googlenet": "alexnet"}
    monkeypatch.setattr(training, "recipe_for", lambda name: RECIPES["fractalnet"]._replace(
        optimizer=("SGD", {"momentum": 0.8, "weight_decay": 0.0}), schedule=("", {"factor": 0.5})))
    monkeypatch.setattr(training, "network", lambda name: build(other[name]))
    assert {check(claim).verdict for claim in TRAINING.claims} == {"differs"}


def test_errors_of_slides_that_are_only_cited_differ(whole):
    assert {claim.claim for claim in whole.all() if claim.verdict == "differs"} >= {
        "AlexNet, top-5 error of the challenge of 2012", "ZFNet reduces the error by",
        "ResNet: weight decay", "winner of the ImageNet of 2016, top-5 error",
        "AlexNet: the first use of ReLU"}


def test_every_difference_has_its_reason(whole):
    """But for those that only repeat the one above: v3 beside v2."""
    silent = [c.claim for c in whole.all() if not c.why
              and c.verdict in ("differs", "different convention")]
    assert silent == ["Inception v3: fewer parameters than AlexNet, in percent"]


def test_every_deck_is_there():
    for deck in DECKS:
        assert all(deck in checked.places for checked in check_slides(deck).all())
        assert len(check_slides(deck).all()) > 15


def test_unknown_deck():
    with pytest.raises(ValueError, match=r"no deck is called 'oxford'; there are virginia, .*"
                                         r", iitk$"):
        check_slides("oxford")
    with pytest.raises(ValueError, match="'Standford'; .*; did you mean stanford?"):
        check_slides("Standford")
    with pytest.raises(ValueError, match="no deck is called ''; there are virginia, "):
        check_slides("")


def test_verdicts_may_be_shortened():
    assert check_slides(verdict="cut").all() == check_slides(verdict="Cut off").all()
    with pytest.raises(ValueError, match="'diffrs'; there are agrees, .*; did you mean differs?"):
        check_slides(verdict="diffrs")
    with pytest.raises(ValueError, match="no verdict is called 'd'; there are "):
        check_slides(verdict="d")                        # differs, or different convention


def test_a_word_and_a_verdict():
    report = check_slides(word="ResNet")
    assert {topic.title for topic, _ in report.topics} >= {"ResNet"}
    assert all("resnet" in f"{topic.title} {claim.claim} {claim.places}".lower()
               for topic, claims in report.topics for claim in claims)
    differing = check_slides("stanford", word="resnet", verdict="differs").all()
    assert differing == [claim for claim in report.all()
                         if claim.verdict == "differs" and "stanford" in claim.places]
    with pytest.raises(ValueError, match="no claim of the decks speaks of 'capsule'; the topics "):
        check_slides(word="capsule")


def test_figures_are_read_beside_the_rows_of_the_networks(whole, monkeypatch):
    """What a network's file says of a row is what its claim compares with."""
    label = "inception (3b)"
    row = next(row for row in network("googlenet").rows if row.label == label)
    monkeypatch.setitem(row.slide, "parameters", "381K")
    monkeypatch.setitem(row.slide, "output", "481x28x28")
    again = {checked.claim: checked for checked in check_slides(word="googlenet").changed}
    assert set(again) == {f"{label}: params", "output size of each row"}
    assert again[f"{label}: params"].slide == "381K"
    assert "28x28x480" in computed(whole, "iitk: GoogLeNet (2nd)", "output size of each row").slide


def test_filters_are_a_copy():
    """They build the network: a claim that read them there would compare them with themselves."""
    for label, copied in googlenet.FILTERS.items():
        row = next(row for row in build("googlenet").rows if row.label == label)
        assert ", ".join(map(str, copied)) == row.slide["filters"]
    for depth, *_ in BRACKETS:
        claim = next(c for c in CLAIMS if c.text == f"{depth} layers: brackets")
        rows = [row.slide["units"] for row in build(f"resnet{depth}").rows if "units" in row.slide]
        assert tuple(rows) == claim.slide


def test_counting_allocates_nothing():
    forget()
    tracemalloc.start()
    check_slides()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50e6
