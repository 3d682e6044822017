"""The whole book builds without a warning; its pages are good on a phone and on a projector."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PHONE, PROJECTOR = 390, 1920
TOO_WIDE = """return [...document.querySelectorAll("main *")].filter(one =>
    one.getBoundingClientRect().right > innerWidth + 1
    && !one.closest(".wide, pre, .formula")).map(one => one.outerHTML.slice(0, 80))"""

SCROLLING = """return [...document.querySelectorAll(arguments[0])].filter(one =>
    one.scrollWidth > one.clientWidth + 1).map(one => one.innerText.slice(0, 80))"""
LOADED = """return document.readyState == "complete" && location.href == arguments[0]
    && document.body.childElementCount > 1"""
PALE = """const numbers = colour => colour.match(/[\\d.]+/g).map(Number), pale = {};
    const ground = one => {
        for (; one; one = one.parentElement) {
            const colour = numbers(getComputedStyle(one).backgroundColor);
            if (colour.length < 4 || colour[3] > 0) return colour;
        }
        return [255, 255, 255];
    };
    const luminance = colour => {
        const [r, g, b] = colour.slice(0, 3).map(v => v / 255).map(
            v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
        return .2126 * r + .7152 * g + .0722 * b;
    };
    for (const one of document.querySelectorAll("body *")) {
        const says = [...one.childNodes].some(node => node.nodeType == 3 && node.data.trim());
        if (!says || !one.offsetParent) continue;
        const [low, high] = [numbers(getComputedStyle(one).color), ground(one)].map(luminance)
            .sort((a, b) => a - b);
        const ratio = (high + .05) / (low + .05);
        if (ratio < 4.5) pale[`${one.tagName}.${one.className}`] = ratio;
    }
    return pale"""


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    pytest.importorskip("sphinx")
    pytest.importorskip("myst_parser")
    out = tmp_path_factory.mktemp("book")
    done = subprocess.run([sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html",
                           "docs", str(out)], cwd=ROOT, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return sorted(path for path in out.rglob("*.html")
                  if "sources/minicnn" not in str(path) or "sources/minicnn/layers" in str(path))


def show(chromium, page):
    """Wait for it: of a page that is not there yet, everything would be true."""
    from selenium.webdriver.support.ui import WebDriverWait
    chromium.get(page.as_uri())
    WebDriverWait(chromium, 10, 0.05).until(
        lambda browser: browser.execute_script(LOADED, page.as_uri()))


@pytest.mark.slow
def test_every_link_inside_the_book_leads_somewhere(book):
    missing = set()
    for page in book:
        for link in re.findall(r'href="([^":#?]+)["#?]', page.read_text(encoding="utf-8")):
            if not (page.parent / link).exists():
                missing.add(f"{page.name}: {link}")
    assert sorted(missing) == []


@pytest.mark.slow
def test_every_picture_says_in_words_what_it_shows(book):
    for page in book:
        for picture in re.findall(r"<img [^>]*>", page.read_text(encoding="utf-8")):
            words = re.search(r'alt="([^"]*)"', picture)
            assert words and len(words[1].split()) > 2, f"{page.name}: {picture}"


@pytest.mark.slow
@pytest.mark.parametrize("width, fitting", [
    (PHONE, ".wide:not(.figures), .formula, .commands pre, main li"),
    (PROJECTOR, ".wide:not(.figures), .formula, .commands pre, .highlight-text pre, main li")])
def test_no_page_scrolls_sideways_and_few_boxes_do(book, chromium, width, fitting):
    """Code, tables of figures and drawings do; on a phone also what programs print."""
    wide = {}
    chromium.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False})
    for page in book:
        show(chromium, page)
        if chromium.execute_script("return document.documentElement.scrollWidth") > width:
            wide[page.name] = chromium.execute_script(TOO_WIDE)[:3]
        elif boxes := chromium.execute_script(SCROLLING, fitting):
            wide[page.name] = boxes[:3]
    assert wide == {}


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_letters_stand_out_from_their_ground(book, chromium, scheme):
    """4.5 to 1 at least, as the Web Content Accessibility Guidelines ask (1.4.3)."""
    pale = {}
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
        {"name": "prefers-color-scheme", "value": scheme}]})
    for page in book[::5]:
        show(chromium, page)
        pale.update(chromium.execute_script(PALE))
    assert pale == {}


@pytest.mark.slow
def test_answers_open(book, chromium):
    chapter = next(page for page in book if page.name.startswith("01_"))
    show(chromium, chapter)
    answer = chromium.find_element("css selector", "#exercise-1\\.2 details p")
    assert not answer.is_displayed()
    summary = chromium.find_element("css selector", "#exercise-1\\.2 summary")
    chromium.execute_script("arguments[0].click()", summary)       # the bar may lie above it
    assert answer.is_displayed() and "2,416." in answer.text
