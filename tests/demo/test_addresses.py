"""Every address of the page, and what it refuses."""

import io
import json
import re

import numpy as np
import pytest
from PIL import Image

from minicnn.cli.demo import pocket_reader
from minicnn.demo import alone
from minicnn.demo.addresses import PAD, SCRIPTS, Site
from minicnn.demo.document import FOLDER
from minicnn.demo.lesson import Lesson
from minicnn.demo.packing import unpacked
from minicnn.demo.scene import Scene
from minicnn.explain import pocket_digit
from minicnn.models.detection.ssd import SSD
from tests.demo.test_lesson import few


@pytest.fixture(scope="module")
def site():
    detector = Scene(SSD("small"), lambda image: image.astype(np.float32) / 255,
                     ("background", "circle", "square", "triangle"), "a detector")
    return Site(pocket_reader(), Lesson(few),
                detector)


def post(site, path, body=b"", query=None):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    route = site.routes[("POST", path)]
    assert len(body) <= route.largest
    return json.loads(json.dumps(route.answer(query or {}, body), allow_nan=False))


def pad_of(digit):
    """The digit as the page sends its pad."""
    return np.asarray(Image.fromarray(pocket_digit(digit)).resize((PAD, PAD))).tobytes()


def best(found):
    return max(found["answers"], key=lambda one: one["p"])["name"]


@pytest.mark.parametrize("digit", [0, 3, 7])
def test_a_drawing_is_read(site, digit):
    assert best(post(site, "/drawing", pad_of(digit))) == str(digit)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_photo_is_read(site, kind):
    paper = 255 - np.asarray(Image.fromarray(pocket_digit(4)).resize((200, 200)))
    Image.fromarray(paper).save(file := io.BytesIO(), kind)
    assert best(post(site, "/photo", file.getvalue())) == "4"


@pytest.mark.parametrize("body", [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n", b"<svg/>", b"\0" * 100])
def test_what_is_no_photo(site, body):
    with pytest.raises(ValueError, match="no PNG or JPEG"):
        post(site, "/photo", body)


def test_a_photo_that_claims_a_billion_pixels(site):
    Image.new("L", (2, 2)).save(file := io.BytesIO(), "PNG")
    content = bytearray(file.getvalue())
    content[16:24] = (40_000).to_bytes(4, "big") * 2
    with pytest.raises(ValueError, match="no PNG or JPEG"):
        post(site, "/photo", bytes(content))


@pytest.mark.parametrize("size", [0, 1, PAD * PAD - 1])
def test_a_drawing_of_another_size(site, size):
    with pytest.raises(ValueError, match="112 x 112"):
        post(site, "/drawing", bytes(size))


def test_a_cell_is_explained(site):
    picture = post(site, "/drawing", pad_of(7))["picture"]
    wish = {"picture": picture, "layer": "CONV1", "at": [3, 13, 16], "columns": 60}
    found = post(site, "/explain", wish)
    assert found["title"] == "CONV1[3,13,16]" and found["equal"] and found["looks"]["image"]
    assert max(map(len, found["text"].splitlines()[3:10])) <= 60
    back = post(site, "/explain", {**wish, "label": 9})
    assert back["title"].startswith("d loss / d CONV1[3,13,16]")
    assert post(site, "/gradient", {"picture": picture, "label": 9})["label"] == 9
    more = post(site, "/maps", {"picture": picture, "layer": "CONV2", "first": 0})
    assert more["picture"] == picture


@pytest.mark.parametrize("path, change", [
    ("/explain", {"picture": "1"}), ("/explain", {"picture": 10**6}), ("/explain", {"layer": 3}),
    ("/explain", {"layer": ""}), ("/explain", {"layer": "x" * 300}), ("/explain", {"at": "1,2"}),
    ("/explain", {"at": [1, 2, 3, 4, 5]}), ("/explain", {"at": [1.5, 2, 3]}),
    ("/explain", {"at": [-1, 0, 0]}), ("/explain", {"at": [0, 28, 0]}), ("/explain", {"at": []}),
    ("/explain", {"columns": 10**9}), ("/explain", {"label": 10}), ("/explain", {"label": True}),
    ("/gradient", {"label": -1}), ("/gradient", {"label": None}), ("/maps", {"first": -1})])
def test_bad_wishes(site, path, change):
    picture = post(site, "/drawing", pad_of(7))["picture"]
    wish = {"picture": picture, "layer": "CONV1", "at": [0, 0, 0], "columns": 60, "label": 1,
            "first": 0}
    with pytest.raises(ValueError):
        post(site, path, {**wish, **change})


@pytest.mark.parametrize("first", ["-1", "x", "9" * 9, "\u00b2", ""])
def test_bad_numbers_of_maps(site, first):
    with pytest.raises(ValueError, match="number of a map"):
        post(site, "/drawing", pad_of(7), {"first": first})


def test_the_lesson(site):
    assert post(site, "/train/state")["steps"] == 0
    assert post(site, "/train/rate", {"lr": 0.05}) == {"lr": 0.05}
    assert post(site, "/train/step")["steps"] == 1
    event = next(run := site.routes[("GET", "/train")].answer({}, b""))
    run.close()
    assert event["steps"] > 1 and post(site, "/train/pause")["steps"] >= event["steps"]
    assert post(site, "/train/reset")["steps"] == 0
    with pytest.raises(ValueError):
        post(site, "/train/rate", {"lr": "much"})


def test_the_scene(site):
    found = post(site, "/scene", {"things": [], "ground": 2})
    assert unpacked(found["image"]).shape == (64, 64, 3)


def test_the_page_is_one_document(site):
    text, nonce = site.page({}, b"")
    assert "@@" not in text and text.count(f'nonce="{nonce}"') == 4
    assert set(re.findall(r"https?://[^\"]*|src=|@import|url\(", text)) == {
        "http://www.w3.org/2000/svg"}                      # the name of a language, not an address
    assert len(text.encode()) < 95_000                     # 60 kB, ten digits, the drawing
    assert 'data-path="CONV2"' in text
    facts = json.loads(re.search(r'id="facts"[^>]*>(.*?)</script>', text, re.S)[1])
    assert facts["classes"] == list("0123456789") and facts["words"].startswith("lenet5")
    assert 'class="big"' not in text and 'class="big"' in site.page({"big": ""}, b"").text
    assert site.page({}, b"").nonce != nonce


def test_files_of_the_page():
    own = {path.name for path in FOLDER.iterdir()}
    assert own == {"page.html", "page.css", "tabs.html", "reading.html", "alone.html", *SCRIPTS,
                   *alone.SCRIPTS}
    live = [path.stat().st_size for path in FOLDER.iterdir()
            if path.name in SCRIPTS or path.name not in alone.SCRIPTS]
    assert sum(live) < 60_000
    for path in FOLDER.iterdir():
        assert len(path.read_text().splitlines()) <= 300


# --- colours that everybody can read --------------------------------------------------------------

def schemes():
    """{name: value} of the light and of the dark scheme."""
    text = (FOLDER / "page.css").read_text()
    light, dark = (dict(re.findall(r"(--[a-z]+): (#[0-9a-f]{6})", block)) for block in
                   re.findall(r":root \{(.*?)\}", text, re.S))
    return {"light": light, "dark": {**light, **dark}}


def brightness(colour):
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[k:k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [q / 12.92 if q <= 0.04045 else ((q + 0.055) / 1.055) ** 2.4 for q in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a, b):
    low, high = sorted((brightness(a), brightness(b)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_itself():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("text, ground", [
    ("--text", "--ground"), ("--text", "--quiet"), ("--bartext", "--bar"), ("--wrong", "--ground"),
    ("--mark", "--ground"), ("--rim", "--ground"), ("--ink", "--ground"), ("--bar", "--ground"),
    ("--above", "--zero"), ("--below", "--zero")])
def test_every_colour_stands_out(scheme, text, ground):
    colours = schemes()[scheme]
    assert set(colours) == set(schemes()["light"])
    assert contrast(colours[text], colours[ground]) >= 4.5
