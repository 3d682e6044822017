"""The page without a server: its JavaScript computes what minicnn does."""

import json
import re
import shutil
import subprocess

import numpy as np
import pytest
from PIL import Image

from minicnn.data.as_mnist import as_mnist
from minicnn.data.digits import digits
from minicnn.demo.alone import SCRIPTS, facts, page_alone
from minicnn.demo.document import piece
from minicnn.demo.packing import unpacked
from minicnn.explain import explain
from minicnn.explain.pocket import pixels, pocket_digit, pocket_lenet
from minicnn.explain.subject import Subject
from tests.cli.common import status
from tests.demo.conftest import Hand

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node, which runs JavaScript, is not here")


def run(names, script, given):
    """What a script answers that finds `given`, with files of the page before it."""
    text = "\n".join([*map(piece, names), f"const given = {json.dumps(given)};",
                      f"console.log(JSON.stringify((() => {{ {script} }})()));"])
    ran = subprocess.run([NODE, "-"], input=text, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr[-500:]
    return json.loads(ran.stdout)


def subjects(count=6):
    """Stored digits and some that nobody has seen."""
    seen = [pocket_digit(k) for k in range(10)] + list(digits(count, seed=8).images[:, 0])
    model = pocket_lenet()
    return [Subject(model, pixels(one[None, None]), "", "", lambda k: np.empty(0)) for one in seen]


@needs_node
def test_every_layer_and_every_gradient():
    """All values of all layers, and the gradient of the loss at each, in float64."""
    weights = {name: values.reshape(-1).tolist()
               for name, values in pocket_lenet().state_dict().items()}
    found = subjects()
    said = run(["network.js"], """
        const w = Object.fromEntries(Object.entries(given.weights).map(
          ([name, values]) => [name, Float64Array.from(values)]));
        return given.images.map(image => {
          const y = lenet(Float64Array.from(image), w), d = gradients(y, w, 3);
          return [y, d].map(arrays => Object.fromEntries(Object.entries(arrays).map(
            ([name, values]) => [name, Array.from(values)])));
        });""", {"weights": weights, "images": [one.x.reshape(-1).tolist() for one in found]})
    for subject, (y, d) in zip(found, said, strict=True):
        recorder = subject.run(label=3)
        assert len(y) == len(d) == 12
        for name in y:
            call = None if name == "image" else recorder.visits[name].call
            layer = subject.x if call is None else call.y
            dy = recorder.visits[""].inputs[0].grad if call is None else call.dy
            np.testing.assert_allclose(y[name], layer.reshape(-1), rtol=0, atol=1e-10, err_msg=name)
            np.testing.assert_allclose(d[name], dy.reshape(-1), rtol=0, atol=1e-10, err_msg=name)


def pads():
    """Drawings (112, 112): large, small, by a dark pen in uneven light, one that is a dot."""
    rng, found = np.random.default_rng(0), []
    for k, digit in enumerate(digits(9, seed=3).images[:, 0]):
        large = np.asarray(Image.fromarray(digit).resize((112, 112))).astype(int)
        if k % 3 == 1:
            large = np.zeros((112, 112), int)
            large[30:58, 40:68] = digit
        if k % 3 == 2:
            shade = np.arange(112)[:, None] * 0.4
            large = np.clip(255 - large - shade + rng.normal(0, 4, (112, 112)), 0, 255).astype(int)
        found.append(large)
    dot = np.zeros((112, 112), int)
    dot[50:54, 50:57] = 255
    return [*found, dot]


@needs_node
def test_a_drawing_is_prepared_as_mnist_was():
    """To one of 255: only where Python and JavaScript round a half differently."""
    said = run(["prepare.js"], "return given.map(one => Array.from(asMnist(one, 112, 112)));",
               [one.reshape(-1).tolist() for one in pads()])
    for pad, ours in zip(pads(), said, strict=True):
        theirs = as_mnist(pad).astype(int)
        assert theirs.max() > 128 and np.abs(np.reshape(ours, (28, 28)) - theirs).max() <= 1
    empty = run(["prepare.js"], "try { asMnist(given, 9, 9); } catch (e) { return e.message; }",
                [0] * 81)
    assert empty == "There is nothing on this picture."


def test_the_weights_are_the_pocket_ones():
    model = pocket_lenet()
    weights = facts(model, "")["weights"]
    assert set(weights) == set(model.state_dict())
    for name, values in model.state_dict().items():
        assert (unpacked(weights[name]).view(np.int8) / 100 == values).all(), name


def test_it_is_one_file_that_may_load_nothing():
    text = page_alone()
    assert "@@" not in text and len(text.encode()) < 250_000
    assert set(re.findall(r"https?://[^\"]*|src=|@import|url\(|fetch\(", text)) == {
        "http://www.w3.org/2000/svg"}                      # the name of a language, not an address
    nonce = re.search(r"default-src 'none'; script-src 'nonce-([^']+)'", text)[1]
    assert len(re.findall(r"<(?:script|style)\b", text)) == text.count(f'nonce="{nonce}"')
    assert len(piece("network.js").splitlines()) < 110     # "in a hundred lines"
    assert set(SCRIPTS) > {"network.js", "prepare.js"}


def test_the_command_writes_it(tmp_path, capsys):
    assert status("demo", "--html", str(tmp_path / "play.html")) == 0
    assert (tmp_path / "play.html").read_text().startswith("<!DOCTYPE html>")
    assert status("demo", "resnet18", "--html", str(tmp_path / "other.html")) == 2
    assert "--html has the pocket LeNet" in capsys.readouterr().err


# --- in a browser ------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("alone") / "play.html"
    path.write_text(page_alone(), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def phone(chromium, file):
    chromium.get_log("browser")
    yield Hand(chromium, file)
    assert chromium.get_log("browser") == []


def test_a_phone_reads_a_seven_and_says_why(phone):
    """By touch alone: a digit, a cell, down to its largest term, its gradient."""
    phone.open(360).take(7)
    assert phone.do("return document.documentElement.scrollWidth") <= 360
    rgba = phone.do("return [...document.getElementById('seen').getContext('2d')"
                    ".getImageData(0, 0, 224, 224).data]")            # 8 x 8 times each
    seen = np.reshape(rgba, (28, 8, 28, 8, 4))[:, 0, :, 0, 0].astype(np.uint8)
    subject = Subject(pocket_lenet(), pixels(seen[None, None]), "", "", lambda k: np.empty(0))
    phone.click_cell("CONV2 map 5", 4, 4, 10)
    phone.wait(lambda: phone.text("sum").startswith("CONV2[5,4,4] = "))
    assert explain(subject, "CONV2", (5, 4, 4)).working.result in phone.text("sum")
    assert "equals the layer" in phone.text("sum") and phone.text("code").startswith("def forward")
    phone("down").click()
    phone.wait(lambda: phone.text("sum").startswith("POOL1["))
    phone.all("#ways input[value=backward]")[0].click()
    phone.wait(lambda: phone.text("sum").startswith("d loss / d POOL1["))
    assert "MISMATCH" not in phone.text("sum") and phone.text("code").startswith("def backward")


@pytest.mark.slow
@pytest.mark.parametrize("width, dark", [(360, True), (768, False), (1920, True)])
def test_it_fits_every_width(phone, width, dark):
    phone.open(width, dark).take(4)
    wide, window = phone.do("return [document.documentElement.scrollWidth, innerWidth]")
    assert wide <= window
    phone("pad").send_keys(" ", *["\ue015"] * 12)              # the pen, down, by arrow keys
    phone.wait(lambda: phone.text("says").startswith("It reads 1"))
