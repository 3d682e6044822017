"""The claims themselves, and the page of the book that lists them."""

import json
import re
import tracemalloc
from pathlib import Path

import pytest

from minicnn.layers import Conv2d
from minicnn.models import build
from minicnn.slides import DECKS, TOPICS, Claim, Report, Topic, check, check_slides, googlenet, vgg
from minicnn.slides.claim import EXTERNAL, VERDICTS
from minicnn.slides.measure import network, table
from minicnn.slides.resnet import COST

PAGE = Path(__file__).parents[2] / "docs" / "slides.md"
CLAIMS = [claim for topic in TOPICS for claim in topic.claims]


@pytest.fixture(scope="module")
def whole():
    return check_slides()


def computed(report, places, claim):
    return next(c for c in report.all() if c.places == places and c.claim == claim)


def test_no_verdict_has_changed(whole):
    assert whole.changed == []


def test_the_page_is_up_to_date(whole):
    """To renew it: python -m minicnn slides --markdown > docs/slides.md"""
    assert PAGE.read_text(encoding="utf-8") == whole.markdown() + "\n"


@pytest.mark.parametrize("places, claim, value, verdict", [
    ("memphis:319, stanford:885", "values of the image and of all lines' outputs", "15,237,608",
     "differs"),
    ("virginia:278, unicamp:452, stanford:1176", "reduced: ops", "271,351,808", "differs"),
    ("memphis:540, iitk:245", "conv1: ops", "118,013,952", "differs"),
    ("virginia:212, unicamp:409, stanford:1079", "naive: ops", "854,196,224", "rounds to it"),
    ("unicamp:168", "parameters of the one tower that unicamp prints (unicamp:141 to 154)",
     "62,378,344", "differs"),
    ("stanford:1112", "naive: values of the output", "526,848", "differs"),
])
def test_figures_by_hand(whole, places, claim, value, verdict):
    checked = computed(whole, places, claim)
    assert (checked.computed, checked.verdict) == (value, verdict)


def test_flops_are_macs(whole):
    checked = computed(whole, "memphis:471, iitk:362", "152 layers: FLOPs")
    assert checked.verdict == "different convention"
    assert checked.computed.endswith("MACs, shortcuts B: 11,282,415,616")


def forget():
    for cached in (network, table):
        cached.cache_clear()


def test_verdicts_hang_on_the_networks(monkeypatch):
    """Were convolutions a hundredth dearer, what rests on their cost would fall, and no more."""
    macs = Conv2d.macs
    monkeypatch.setattr(Conv2d, "macs", lambda self, *shapes: macs(self, *shapes) * 101 // 100)
    forget()
    try:
        changed = {claim.claim for claim in check_slides("virginia").changed}
    finally:
        forget()
    assert changed == {"5x5 layer, 200 maps of 150x100: multiplications", "naive: ops"}


def test_claims_are_well_formed():
    for claim in CLAIMS:
        assert re.fullmatch(r"[a-z]+:\d+(, [a-z]+:\d+)*", claim.places), claim
        assert claim.decks() <= set(DECKS) and claim.verdict in VERDICTS, claim
        assert (claim.value is None) == (claim.verdict == EXTERNAL), claim
    assert len({(c.places, c.text, c.slide) for c in CLAIMS}) == len(CLAIMS)


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
    with pytest.raises(ValueError, match="no deck is called 'harvard'; there are virginia, "):
        check_slides("harvard")


def test_figures_are_those_beside_the_rows_of_the_networks():
    for label, _, _, params, _, ops, _ in googlenet.TABLE:
        slide = next(row.slide for row in build("googlenet").rows if row.label == label)
        assert (slide["parameters"], slide["macs"]) == (params, ops)
    for label, _, _, memory, weights in vgg.LINES:
        slide = next(row.slide for row in build("vgg16").rows if row.label == label)
        assert (slide["memory"], slide["weights"]) == (f"{memory} values", f"{weights} weights")
    for depth, printed, _ in COST:
        assert build(f"resnet{depth}").flops == float(printed)


def test_counting_allocates_nothing():
    forget()
    tracemalloc.start()
    check_slides()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50e6


# --- report -----------------------------------------------------------------------------------

SUMS = Topic("Sums", "a slide", (
    Claim("iitk:1, memphis:2", "one | one", "3", lambda: 2, "differs", "counted on fingers"),
    Claim("iitk:3", "one and two", "4", lambda: 3, "agrees")))


def sums():
    return Report([(SUMS, [check(claim) for claim in SUMS.claims])])


def test_text():
    text = sums().text()
    assert text.split("\n")[:3] == ["SUMS", "a slide", ""]
    assert "differs               one | one: 3\n" in text
    assert "\n                      CHANGED: expected was 'agrees'\n" in text
    assert text.endswith("\n2 claims: 2 differs; 1 CHANGED")


def test_lines_fit_a_terminal(whole):
    assert max(map(len, whole.text().split("\n"))) <= 100


def test_markdown(whole):
    page = sums().markdown()
    assert "| iitk:1, memphis:2 | one \\| one | 3 | 2 | differs | counted on fingers |" in page
    assert "| iitk:3 | one and two | 4 | 3 | differs, CHANGED from agrees |  |" in page
    for line in whole.markdown().split("\n"):
        if line.startswith("| "):
            assert len(re.findall(r"(?<!\\)\|", line)) in (6, 7)


def test_json(whole):
    claims = json.loads(whole.json())
    assert len(claims) == len(whole.all())
    assert claims[0]["topic"] == "Layers" and set(claims[0]) == {
        "topic", "places", "claim", "slide", "computed", "verdict", "why", "expected", "changed"}
    assert [claim["changed"] for claim in json.loads(sums().json())] == [False, True]
