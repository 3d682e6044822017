"""The command: it prints its address, ends at Ctrl-C, and says at once what cannot be done."""

import os
import signal
import subprocess
import sys
import urllib.request
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest

import minicnn
from minicnn import manual_seed
from minicnn.cli import demo
from minicnn.data.shapes_forms import FORMS
from minicnn.demo.packing import unpacked
from minicnn.models import build
from minicnn.training.recognise_scenes import SceneRecogniser
from tests.cli.common import status

ROOT = Path(__file__).parents[2]


@pytest.fixture
def started():
    """python -m minicnn demo in a process of its own."""
    environment = {name: value for name, value in os.environ.items() if name != "MINICNN_DATA"}
    process = subprocess.Popen(
        [sys.executable, "-m", "minicnn", "demo", "--no-browser", "--port", "18080"], cwd=ROOT,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler))
    yield process
    process.kill()
    process.communicate()


def test_it_answers_and_ends_at_ctrl_c(started):
    lines = [started.stdout.readline()]
    if "is taken" in lines[0]:
        lines.append(started.stdout.readline())
    address = lines[-1].strip()
    assert address.startswith("http://127.0.0.1:")
    with urllib.request.urlopen(address, timeout=20) as page:
        assert b"<title>minicnn" in page.read()
    with urllib.request.urlopen(address.replace("/?", "/train?"), timeout=60) as events:
        assert events.readline().startswith(b"data: ")     # it trains
        started.send_signal(signal.SIGINT)
        assert started.wait(20) == 130
    assert "stopped" in started.stderr.read()


def options(**more):
    return Namespace(**{"network": "lenet5", "variant": None, "weights": None, **more})


@pytest.mark.parametrize("more, words", [
    ({"network": "lenet55"}, "did you mean"), ({"weights": "nowhere.npz"}, "nowhere.npz")])
def test_networks_that_cannot_be_shown(more, words, capsys):
    arguments = [more.get("network", "lenet5"), "--no-browser"]
    if "weights" in more:
        arguments += ["--weights", more["weights"]]
    assert status("demo", *arguments) == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("port", ["0", "65536", "eighty", "-1"])
def test_ports(port, capsys):
    assert status("demo", "--port", port) == 2
    assert "--port" in capsys.readouterr().err


def test_no_data_where_they_were_said_to_be(tmp_path):
    with pytest.raises(FileNotFoundError, match="--data"):
        demo.digits(str(tmp_path))


def test_own_weights(tmp_path):
    path = minicnn.save(build("lenet5", variant="slide"), tmp_path / "w.npz")
    found = demo.network(options(variant="slide", weights=str(path)))
    assert found.words == "lenet5 (slide): w.npz"


def test_an_untrained_network_says_so():
    found = demo.network(options(variant="slide"))
    assert "untrained" in found.words
    assert found.scale(np.zeros((1, 32, 32), np.uint8)).shape == (1, 32, 32)


def one_square(found):
    return found.look({"things": [{"kind": "square", "x": 20, "y": 30, "radius": 10, "angle": 0,
                                   "colour": "blue"}], "ground": 1})


def test_a_detector_or_a_segmenter_goes_into_the_third_tab():
    reader, boxes = demo.tabs(options(network="ssd300", variant="small"))
    assert reader.words.startswith("lenet5") and boxes.chosen and not boxes.draws_maps
    assert boxes.classes == ("background", *FORMS) and "untrained" in boxes.words
    assert {one["name"] for one in one_square(boxes)["found"]} <= set(FORMS)
    _, maps = demo.tabs(options(network="unet", variant="small"))
    assert maps.draws_maps and sum(one["pixels"] for one in one_square(maps)["rows"]) == 64 * 64
    assert demo.tabs(options())[1].words.startswith("ssd300, small: the pocket detector")


def test_a_segmenter_of_a_run(monkeypatch, tmp_path):
    """Its map has the scene's size, whatever size it looks at; it is compared with the truth."""
    manual_seed(0)
    see = SceneRecogniser(build("segnet_basic", variant="small"), ["background", *FORMS],
                          lambda image: np.asarray(image.resize((128, 128))).transpose(2, 0, 1),
                          lambda seen: seen.astype(np.float32) / 255)
    monkeypatch.setattr(demo, "recogniser_of", lambda folder, which: see)
    _, found = demo.tabs(options(network=str(tmp_path)))
    answer = one_square(found)
    assert found.words == f"{tmp_path}: its last weights" and found.chosen
    assert unpacked(answer["map"]).shape == (64, 64)
    assert all(0 <= one["iou"] <= 1 for one in answer["rows"])
    see.classes = ["background", "road", "sky", "tree"]    # no truth is known for these
    answer = one_square(demo.tabs(options(network=str(tmp_path)))[1])
    assert all(one["iou"] is None for one in answer["rows"])
