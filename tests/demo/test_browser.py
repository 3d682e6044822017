"""The first tab in a real browser: what a person does there, by mouse and by keyboard."""

import re

import numpy as np
import pytest

from minicnn.data.strokes import FORMS
from minicnn.explain import explain
from minicnn.explain.text import as_text

# As WebDriver names keys.
TAB, ENTER, ARROW_RIGHT, ARROW_DOWN, PAGE_DOWN = "\ue004", "\ue007", "\ue014", "\ue015", "\ue00f"


def seven():
    """The pen's way of a stored seven, from the middle of the pad."""
    (stroke,) = FORMS[7][0][1]
    return [((x - 50) * 1.8, (y - 50) * 1.8) for x, y in (
        map(float, point.rstrip("!").split(",")) for point in stroke.split())]


def test_strokes_of_a_stored_seven_give_seven(hand):
    hand.open()
    pad, points = hand("pad"), seven()
    chain = hand.hand()
    chain.move_to_element_with_offset(pad, *map(int, points[0])).click_and_hold()
    for point in points[1:]:
        chain.move_to_element_with_offset(pad, *map(int, point))
    chain.release().perform()
    hand.wait(lambda: "It reads 7" in hand.text("says"))
    assert len(hand.all("#answers li")) == 10 and hand.text("trouble") == ""
    assert "28 x 28" in hand.text("seentext")
    hand("undo").click()
    hand.wait(lambda: hand.text("says") == "nothing yet")


@pytest.mark.parametrize("layer, at, size", [("CONV1", (3, 13, 16), 28), ("POOL1", (2, 6, 8), 14),
                                             ("CONV2", (5, 4, 4), 10), ("POOL2", (11, 3, 2), 5)])
def test_the_pages_arithmetic_is_that_of_explain(hand, whole_site, layer, at, size):
    hand.open().take(7)
    subject = whole_site.reader.pictures[whole_site.reader.number]
    hand.click_cell(f"{layer} map {at[0]}", *at[1:], size)
    title = f"{layer}[{','.join(map(str, at))}]"
    hand.wait(lambda: title in hand.text("sum"))
    expected = explain(subject, layer, at)
    said = hand.text("sum")
    assert f"{expected.working.result}     equals the layer" in said
    for line in as_text(expected, 40).splitlines()[:4]:
        assert line in said
    assert expected.source in said and hand.text("code").startswith("def forward")
    hand.all("#ways input[value=backward]")[0].click()
    hand.wait(lambda: f"d loss / d {title}" in hand.text("sum"))
    hand.wait(lambda: hand.text("code").startswith("def backward"))


def test_down_and_back(hand):
    hand.open().take(7)
    hand.click_cell("CONV2 map 5", 4, 4, 10)
    hand.wait(lambda: "CONV2[5,4,4]" in hand.text("sum"))
    hand("down").click()
    hand.wait(lambda: "\nPOOL1[" in hand.text("sum"))
    hand("back").click()
    hand.wait(lambda: "CONV2[5,4,4]" in hand.text("sum"))


def test_the_drawing_leads_to_the_layers(hand):
    hand.open(more="&big").take(7)
    hand.do("document.querySelector('#drawing [data-path=POOL2] rect').dispatchEvent("
            "new MouseEvent('click', {bubbles: true}))")
    hand.wait(lambda: hand.do("return document.querySelector('.layer.chosen h3').textContent"
                              ).startswith("POOL2"))


def test_what_would_make_it_another_one(hand):
    hand.open().take(7)
    hand.wait(lambda: "what would make it a 9" in hand("would").get_attribute("aria-label"))
    hand.do("document.getElementById('label').value = 3; "
            "document.getElementById('label').dispatchEvent(new Event('change'))")
    hand.wait(lambda: "what would make it a 3" in hand("would").get_attribute("aria-label"))


def test_the_keyboard_alone_is_enough(hand):
    """From the address line to a digit, to a cell, down to its largest term: no mouse."""
    hand.open()
    seen = []
    for _ in range(30):                                    # to the pad, in the order of reading
        hand.keys(TAB)
        seen.append(hand.focused().get_attribute("id"))
        if seen[-1] == "pad":
            break
    assert seen == ["tab-reading", "big", "pad"]
    hand.keys(" ", *[ARROW_DOWN] * 10)
    hand.wait(lambda: "It reads" in hand.text("says"))     # a vertical line
    assert "pen down" in hand("pad").get_attribute("aria-label")
    while hand.focused().get_attribute("aria-label") != "a drawn 7":
        hand.keys(TAB)
    hand.keys(ENTER)
    hand.wait(lambda: "It reads 7" in hand.text("says"))
    for _ in range(60):
        hand.keys(TAB)
        if (hand.focused().get_attribute("aria-label") or "").startswith("CONV2 map"):
            break
    hand.keys(ENTER)
    hand.wait(lambda: "CONV2[0,0,0]" in hand.text("sum"))
    hand.keys(ARROW_DOWN)
    hand.wait(lambda: "CONV2[0,1,0]" in hand.text("sum"))
    hand.keys(ARROW_RIGHT)
    hand.wait(lambda: "CONV2[0,1,1]" in hand.text("sum"))
    hand.keys(PAGE_DOWN)
    hand.wait(lambda: "CONV2[1,1,1]" in hand.text("sum"))
    hand.wait(lambda: re.match(r"CONV2 map 1, row 1, column 1, -?\d",
                               hand.focused().get_attribute("aria-label")))
    hand.keys("d")
    hand.wait(lambda: "\nPOOL1[" in hand.text("sum"))
    hand.keys("b")
    hand.wait(lambda: "CONV2[1,1,1]" in hand.text("sum"))


def test_seven_is_where_it_should_be():
    assert np.ptp(seven(), axis=0).min() > 100
