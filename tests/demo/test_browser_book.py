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
@pytest.mark.parametrize("width", [PHONE, PROJECTOR])
def test_no_page_scrolls_sideways(book, chromium, width):
    wide = {}
    chromium.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False})
    for page in book:
        chromium.get(page.as_uri())
        if chromium.execute_script("return document.documentElement.scrollWidth") > width:
            wide[page.name] = chromium.execute_script(TOO_WIDE)[:3]
    assert wide == {}
