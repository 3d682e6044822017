"""All tabs in a real browser: names, widths, colours, the lesson and the scene."""

import re
import threading
from argparse import Namespace

import pytest

from minicnn.cli.demo import network
from minicnn.demo.addresses import Site
from minicnn.demo.server import Server
from tests.demo.conftest import Hand

pytestmark = pytest.mark.slow           # the whole page; test_browser.py is the quick part
TABS = ("reading", "lesson", "scene")
# As WebDriver names keys.
TAB, ARROW_RIGHT, ARROW_DOWN, DELETE = "\ue004", "\ue014", "\ue015", "\ue017"


def test_tabs_by_arrow_keys(hand):
    hand.open()
    hand.keys(TAB, ARROW_RIGHT)
    assert hand("lesson").is_displayed() and not hand("reading").is_displayed()
    hand.keys(ARROW_RIGHT, ARROW_RIGHT)
    assert hand("reading").is_displayed()


NAMELESS = """
const named = element => element.getAttribute("aria-label") || element.textContent.trim() ||
  (element.labels && [...element.labels].some(label => label.textContent.trim())) ||
  (element.getAttribute("aria-labelledby") &&
   document.getElementById(element.getAttribute("aria-labelledby")).textContent);
return [...document.querySelectorAll("canvas, button, input, select, video, [tabindex]")]
  .filter(element => element.checkVisibility() && !named(element)
          && !(element.tagName === "CANVAS" && element.closest("button")))
  .map(element => element.outerHTML.slice(0, 80));"""


@pytest.mark.parametrize("tab", TABS)
def test_everything_has_a_name_and_its_turn(hand, tab):
    """What a screen reader says; no element is taken out of the order of reading."""
    hand.open().take(7)
    hand(f"tab-{tab}").click()
    hand.wait(lambda: tab == "reading" or hand.text("numbers" if tab == "lesson" else "found"))
    assert hand.do(NAMELESS) == []
    assert hand.all("[tabindex]:not([tabindex='0']):not([tabindex='-1'])") == []
    assert hand.do("return document.documentElement.lang") == "en"
    assert len(hand.all("h1")) == 1


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width, more", [(360, ""), (1920, ""), (360, "&big"), (1280, "&big")])
def test_no_page_is_wider_than_its_window(hand, width, more, dark):
    hand.open(width, dark, more).take(7)
    hand.wait(lambda: hand.all("#maps canvas"))
    for tab in TABS:
        hand(f"tab-{tab}").click()
        wide, window = hand.do("return [document.documentElement.scrollWidth, innerWidth]")
        assert wide <= window
    ground = hand.do("return getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") is not dark


def test_colours_follow_the_scheme(hand):
    hand.open().take(7)
    middle = "return [...document.querySelector('.legend canvas').getContext('2d')" \
             ".getImageData(50, 0, 1, 1).data]"
    light = hand.do(middle)
    hand.open(dark=True).take(7)
    assert light[:3] == [0xf7] * 3 and hand.do(middle)[:3] == [0x20, 0x24, 0x2a]


def test_every_layer_has_its_legend(hand):
    hand.open().take(7)
    layers = hand.do("return [...document.querySelectorAll('.layer')].map(layer => "
                     "layer.querySelector('.legend').textContent)")
    assert len(layers) == 11 and all(re.fullmatch(r"-([\d.]+)\1", text) for text in layers)


def test_large_type(hand):
    hand.open(more="&big").take(7)
    size = "return getComputedStyle(document.documentElement).fontSize"
    assert hand.do(size) == "24px"
    assert len([one for one in hand.all(".layer") if one.is_displayed()]) == 1
    hand("big").click()
    assert hand.do(size) == "16px"


def test_nothing_moves_unasked(hand):
    moves = "return getComputedStyle(document.querySelector('#answers i')).transitionDuration"
    hand.open(calm=True).take(7)
    assert hand.do(moves) == "0s"


def test_it_learns_live(hand, whole_site):
    hand.open()
    hand("tab-lesson").click()
    hand.wait(lambda: "70 digits" in hand.text("lessonwords"))
    before = whole_site.lesson.steps
    hand("step").click()
    hand.wait(lambda: whole_site.lesson.steps == before + 1)
    hand("run").click()
    hand.wait(lambda: whole_site.lesson.steps > before + 5)
    assert hand.text("run") == "Pause"
    hand("run").click()
    hand.wait(lambda: whole_site.lesson.running == 0)
    hand.wait(lambda: f"steps{whole_site.lesson.steps:,}" in hand.text("numbers"))
    assert "loss of the batches" in hand("curve").get_attribute("aria-label")
    assert len(hand.all("#filters canvas")) == 6
    hand("reset").click()
    hand.wait(lambda: "steps0" in hand.text("numbers"))


def found(hand, name):
    """Is a box of that class in the page's table?"""
    return name in hand.text("found")


def test_objects_move_and_boxes_follow(hand):
    hand.open()
    hand("tab-scene").click()
    hand.wait(lambda: found(hand, "circle") and found(hand, "square"))
    first = hand.all("#stage button")[0]
    before = hand("picture").get_attribute("aria-label"), first.get_attribute("aria-label")
    assert "red circle" in before[1] and "3 boxes found" in before[0]
    first.send_keys(*[ARROW_RIGHT] * 4, ARROW_DOWN)
    hand.wait(lambda: "column 22, row 21" in first.get_attribute("aria-label"))
    hand.do("arguments[0].scrollIntoView({block: 'center'})", first)
    hand.hand().drag_and_drop_by_offset(first, 12, 0).perform()
    hand.wait(lambda: "column 24" in first.get_attribute("aria-label"))
    first.send_keys(DELETE)
    hand.wait(lambda: not found(hand, "circle") and len(hand.all("#stage button")) == 2)


def test_a_segmenter_paints_its_map(chromium, whole_site):
    """It is the first thing seen; its classes stand beside their colours and their overlaps."""
    see = network(Namespace(network="segnet_basic", variant="small", weights=None))
    server = Server(Site(whole_site.reader, whole_site.lesson, see).routes, 0)
    threading.Thread(target=server.run, daemon=True).start()
    try:
        hand = Hand(chromium, server.address).open(360)
        hand.wait(lambda: "classes found" in hand("picture").get_attribute("aria-label"))
        assert hand("scene").is_displayed() and not hand("least").is_displayed()
        rows = [row.text.split() for row in hand.all("#found tr")]
        assert rows[0] == ["class", "pixels", "overlap", "(IoU)"]
        assert sum(int(row[1]) for row in rows[1:]) == 64 * 64
        assert hand.do("return document.documentElement.scrollWidth") <= 360
    finally:
        server.shutdown()
    assert chromium.get_log("browser") == []


def test_the_terminal_has_ended(chromium, whole_site):
    """The page says it, and stays."""
    server = Server(whole_site.routes, 0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    hand = Hand(chromium, server.address).open()
    hand.take(7)
    server.shutdown()
    thread.join(10)
    hand.do("document.querySelectorAll('#digits button')[3].click()")
    hand.wait(lambda: "has ended" in hand.text("trouble"))
    chromium.get_log("browser")
