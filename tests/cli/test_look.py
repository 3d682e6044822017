"""`python -m minicnn look`: what it draws and prints, what it refuses, and what Ctrl-C leaves."""

import numpy as np
import pytest
from PIL import Image

from minicnn.cli import look
from minicnn.data.dataset import Dataset
from minicnn.data.mnist import CLASSES
from minicnn.explain.pocket import pocket_digit
from tests.cli.common import status


@pytest.fixture
def ten_digits(monkeypatch):
    """In place of 2,000 drawn ones; and few steps."""
    images = np.stack([pocket_digit(k)[None] for k in range(10)])
    monkeypatch.setattr(look, "drawn_digits", lambda split: Dataset(images, range(10), CLASSES,
                                                                    "ten digits"))
    monkeypatch.setattr(look, "STEPS", 3)
    monkeypatch.setattr("minicnn.data.canvas.DPI", 30)     # nobody looks at them here


def test_the_whole(ten_digits, tmp_path, capsys):
    out = tmp_path / "seen"
    assert status("look", "lenet5", "--layer", "conv2", "--channel", "3", "--limit", "8", "--label",
                  "1", "--out", str(out)) == 0
    said = capsys.readouterr().out
    assert said.startswith("lenet5, visualiser: the pocket weights, whole hundredths; digit 7,")
    assert "score of 7, 11.9: brighter at" in said and "score of 1, 1.01: brighter at" in said
    assert "CONV2: 16 channels; a unit sees 14x14 pixels of 32x32" in said
    assert "patches of the first 8 of ten digits" in said
    assert said.count("channel ") == 1 and "channel 3: " in said and " by ascent" in said
    for name in ("maps.png", "saliency.png", "CONV2.png"):
        assert (out / name).read_bytes().startswith(b"\x89PNG") and str(out / name) in said
    page = (out / "look.md").read_text()
    assert page.count("![") == 3 and "](CONV2.png)" in page and "- channel 3: " in page


def test_a_layer_of_scores_and_a_picture(ten_digits, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Image.fromarray(pocket_digit(4)).save("four.png")
    assert status("look", "lenet5", "--image", "four.png", "--layer", "OUT", "--channel", "7") == 0
    said = capsys.readouterr().out
    assert "score of 4, " in said and "a unit sees the whole image, 32x32 pixels" in said
    assert "in 10 pictures; the 9 best are of 7, " in said
    assert (tmp_path / "out" / "look" / "OUT.png").exists()


def test_what_ctrl_c_leaves(ten_digits, tmp_path, capsys, monkeypatch):
    done = look.most_exciting

    def stopped(*arguments):
        yield from done(*arguments, batch=4)
        raise KeyboardInterrupt

    monkeypatch.setattr(look, "most_exciting", stopped)
    assert status("look", "lenet5", "--channel", "0", "--out", str(tmp_path)) == 130
    out, err = capsys.readouterr()
    assert "stopped after 10 of 10 pictures and 0 of 3 steps of the ascent" in out
    assert "stopped" in err and "in 10 pictures" in out and " by ascent" not in out
    assert (tmp_path / "CONV2.png").exists()


@pytest.mark.parametrize("arguments, words", [
    ([], "required: NETWORK|RUN"),
    (["lenet6"], "no network is called 'lenet6'; did you mean lenet5"),
    (["lenet5", "--layer", "CONV3"], "no layer 'CONV3' ran; did you mean CONV"),
    (["lenet5", "--layer", "CONV2", "--channel", "16"], "CONV2 has the channels 0 to 15"),
    (["lenet5", "--label", "10"], "--label is 10, but there are the classes 0 to 9"),
    (["lenet5", "--image", "nowhere.png"], "nowhere.png"),
    (["lenet5", "--data", "mnits"], "no data set and no folder is called 'mnits'"),
    (["lenet5", "--digit", "10"], "'10' is not a digit"),
])
def test_mistakes(arguments, words, refused):
    assert words in refused("look", *arguments)


def test_what_cannot_be_written_is_said_before_the_work(capsys, tmp_path, monkeypatch):
    def work(*_):
        raise AssertionError("it was looked at")

    monkeypatch.setattr(look, "chosen_subject", work)
    (tmp_path / "taken").write_text("")
    assert status("look", "lenet5", "--out", str(tmp_path / "taken")) == 2
    assert "which cannot be written" in capsys.readouterr().err


def test_a_picture_that_is_none(capsys, tmp_path):
    (tmp_path / "a.png").write_text("no picture")
    assert status("look", "lenet5", "--image", str(tmp_path / "a.png")) == 2
    assert "a.png" in capsys.readouterr().err
