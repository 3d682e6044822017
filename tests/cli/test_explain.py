"""`python -m minicnn explain`: what it prints, and how it refuses."""

import json
import os

import numpy as np
import pytest
from PIL import Image

from minicnn import manual_seed
from minicnn.explain import answer
from minicnn.explain.pocket import pocket_digit
from minicnn.models import build
from minicnn.weights import save
from tests.cli.common import status

CONV1 = """\
lenet5, visualiser: the pocket weights, whole hundredths; digit 7, drawn by minicnn; test mode
CONV1[3,13,16] = 3.2152
filter 3 over rows 13..17, columns 16..20 of image (1x32x32)
            patch                           filter
 0.48  0.54  0.67  0.96  2.10    0.36  0.12 -0.26 -0.29  0.04
-0.40 -0.40 -0.40  0.91  2.80    0.38 -0.02 -0.53 -0.30  0.34
-0.40 -0.40 -0.31  1.68  2.80    0.38 -0.32 -0.60 -0.20  0.47
-0.40 -0.40  0.32  2.39  2.80    0.13 -0.42 -0.34     0  0.41
-0.40 -0.40  0.80  2.80  2.80   -0.22 -0.31 -0.20 -0.06  0.31
             patch x filter               row sum
 0.1728  0.0648 -0.1742 -0.2784  0.0840   -0.1310
-0.1520  0.0080  0.2120 -0.2730  0.9520    0.7470
-0.1520  0.1280  0.1860 -0.3360  1.3160    1.1420
-0.0520  0.1680 -0.1088       0  1.1480    1.1552
 0.0880  0.1240 -0.1600 -0.1680  0.8680    0.7520
sum of 25 products 3.6652 + bias -0.45 = 3.2152     equals the layer
"""


def test_the_blackboards_numbers(capsys):
    """Exact on every machine: weights and pixels are whole hundredths."""
    assert status("explain", "lenet5", "--layer", "CONV1", "--at", "3,13,16") == 0
    said = capsys.readouterr().out
    assert said.startswith(CONV1)
    assert "minicnn/layers/conv.py:" in said and "Convolution Layers learn local" in said


def test_forms(capsys):
    command = ("explain", "lenet5", "--layer", "FC2", "--terms", "3", "--backward")
    assert status(*command, "--format", "json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["equal"] and found["title"].startswith("d loss / d FC2.weight")
    assert status(*command, "--format", "markdown") == 0
    assert "```text" in capsys.readouterr().out


def test_an_untrained_network_says_so(capsys):
    assert status("explain", "lenet5", "--variant", "slide", "--layer", "S2", "--at", "0,1,2") == 0
    first = capsys.readouterr().out.split("\n")[0]
    assert "untrained weights, seed 0: the arithmetic is right, the answer means nothing" in first


def test_own_weights_and_a_picture(tmp_path, capsys):
    manual_seed(3)
    path = save(build("lenet5"), tmp_path / "a.npz")
    picture = tmp_path / "seven.png"
    Image.fromarray(255 - np.kron(pocket_digit(7), np.ones((8, 8), np.uint8))).save(picture)
    assert status("explain", "lenet5", "--weights", str(path), "--image", str(picture), "--layer",
                  "C1") == 0
    assert f"lenet5: a.npz; {picture}; test mode" in capsys.readouterr().out
    assert status("explain", "lenet5", "--image", str(picture), "--layer", "loss") == 0
    assert "it answers 7" in capsys.readouterr().out


def test_a_mismatch_is_status_1(capsys, monkeypatch):
    explainer = answer.explainer_of

    def wrong(call, most=8):
        found = explainer(call, most)
        found.inputs = [2 * x for x in found.inputs]
        return found
    monkeypatch.setattr(answer, "explainer_of", wrong)
    assert status("explain", "lenet5", "--layer", "CONV1") == 1
    assert "MISMATCH: the layer has " in capsys.readouterr().out


@pytest.mark.parametrize("arguments, words", [
    (["lenet5", "--layer", "CONV9"], "no layer 'CONV9' ran; did you mean CONV"),
    (["lenet5", "--layer", "CONV1", "--at", "1,x"], "'1,x' is no place: whole numbers from 0 on"),
    (["lenet5", "--layer", "CONV1", "--at", "6,0,0"], "CONV1 has 6 maps of 28x28"),
    (["lenet5", "--layer", "CONV1", "--of", "bias"], "--of goes with --backward"),
    (["lenet5", "--layer", "CONV1", "--label", "1"], "--label goes with --backward, or with"),
    (["lenet5", "--layer", "CONV1", "--batch", "4"], "--batch goes with --train-mode"),
    (["lenet5", "--layer", "CONV1", "--digit", "10"], "'10' is not a digit"),
    (["lenet5", "--layer", "CONV1", "--image", "no.png"], "no.png: No such file"),
    (["lenet6", "--layer", "CONV1"], "no network is called 'lenet6'; did you mean lenet5"),
    ([".", "--layer", "CONV1"], "no last.npz; give the folder"),
    ([".", "--variant", "x", "--layer", "CONV1"], "--variant goes with a network's name"),
    (["lenet5", "--digit", "1", "--image", "a.png", "--layer", "C1"], "not allowed with argument")])
def test_mistakes(arguments, words, refused):
    assert words in refused("explain", *arguments)


def test_nothing_is_left_behind(somewhere, capsys):
    assert status("explain", "lenet5", "--layer", "POOL2") == 0
    assert os.listdir(somewhere) == []


def test_a_page(somewhere, capsys):
    assert status("explain", "lenet5", "--digit", "3", "--html", "a.html") == 0
    assert capsys.readouterr().out == "a.html\n"
    said = (somewhere / "a.html").read_text(encoding="utf-8")
    assert "digit 3, drawn by minicnn" in said


@pytest.mark.parametrize("more, words", [
    ([], "--layer is missing: which layer's number? or --html FILE for all of them"),
    (["--html", "no/a.html"], "--html is 'no/a.html', but there is no folder 'no'"),
    (["--html", "a.html", "--backward"], "--html shows values and gradients, in test mode"),
    (["--html", "a.html", "--layer", "CONV8"], "no layer 'CONV8' ran")])
def test_mistakes_about_the_page(more, words, refused):
    assert words in refused("explain", "lenet5", *more)


def test_a_pixel_of_a_segmenter(capsys):
    asked = ("segnet_basic", "--variant", "small", "--layer", "loss")
    assert status("explain", *asked, "--pixel", "40,7", "--label", "2") == 0
    said = capsys.readouterr().out
    assert "loss with label 2, as asked" in said and "at the pixel 40,7 of its map" in said
    for pixel, words in (("40", "--pixel is row and column"), ("64,0", "its map is 64x64"),
                         ("a,b", "no place")):
        assert status("explain", *asked, "--pixel", pixel) == 2
        assert words in capsys.readouterr().err
    assert status("explain", "lenet5", "--layer", "loss", "--pixel", "1,1") == 2
    assert "--pixel goes with a segmenter" in capsys.readouterr().err
    assert status("explain", "lenet5", "--layer", "CONV1", "--pixel", "1,1") == 2
    assert "--pixel goes with --backward" in capsys.readouterr().err
