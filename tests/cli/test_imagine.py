"""`python -m minicnn style` and `dream`."""

import os

import numpy as np
import pytest
from PIL import Image

from minicnn.models.imagine.style_network import StyleNetwork
from tests.cli.common import status
from tests.models.imagine.test_style_network import write_folder


@pytest.fixture
def photo(somewhere, rng):
    Image.fromarray(rng.integers(0, 256, (40, 60, 3)).astype(np.uint8)).save("photo.png")
    return "photo.png"


def test_style_on_the_pixels(photo, capsys):
    assert status("style", photo, "--painting", photo, "--steps", "2", "--size", "32") == 0
    out = capsys.readouterr().out
    assert "in 2 steps" in out and out.endswith("picture: out/style.png\n")
    assert os.path.getsize("out/style.png") > 10_000


def test_a_folder_paints_alone(photo, tmp_path, capsys):
    os.mkdir("painter")
    write_folder(tmp_path / "painter" if (tmp_path / "painter").is_dir() else
                 type(tmp_path)("painter"), StyleNetwork())
    assert status("style", photo, "--weights", "painter", "--out", "cat.png") == 0
    with Image.open("cat.png") as image:
        assert image.size == (60, 40)
    assert status("style", photo, "--weights", "painter", "--out", "cat.pdf") == 2
    assert "the end must be .png, .jpg, .jpeg" in capsys.readouterr().err
    assert status("style", photo, "--weights", "painter", "--painting", photo) == 2
    assert "has learnt one painting" in capsys.readouterr().err


def test_dream(photo, capsys):
    assert status("dream", photo, "--row", "conv1_2", "--channel", "3", "--steps", "2", "--octaves",
                  "1") == 0
    assert "channel 3 of conv1_2: " in capsys.readouterr().out
    assert os.path.getsize("out/dream.png") > 10_000


def test_says_what_is_missing(photo, capsys):
    assert status("style", photo) == 2
    assert "whose style? give --painting FILE" in capsys.readouterr().err
    Image.new("RGB", (8, 60)).save("strip.png")
    assert status("dream", "strip.png") == 2
    assert "strip.png: 8x60 pixels; at least 16x16 are needed" in capsys.readouterr().err
