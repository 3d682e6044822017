"""`python -m minicnn predict` names pictures, by a run of ours or with published weights."""

import json
import os

import numpy as np
import pytest
from PIL import Image

from minicnn import manual_seed
from minicnn.data import digits, find_data
from minicnn.data.shapes import shapes
from minicnn.models import build
from minicnn.training import fit
from minicnn.training.recipes import Recipe
from minicnn.weights import save
from tests.cli.common import status
from tests.data.painted import huge_png, paint


@pytest.fixture(scope="module")
def lenet(tmp_path_factory, drawn_digits):
    """A run that reads drawn digits."""
    folder = tmp_path_factory.mktemp("runs") / "lenet"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MINICNN_CACHE", str(drawn_digits))
        train, test = find_data("digits")
    manual_seed(0)
    recipe = Recipe("quick", "for tests", 0.03, 32, 3, ("SGD", {"momentum": 0.9}))
    fit(build("lenet5"), train.subset(1500), test.subset(50), recipe, out=folder,
        plan={"network": "lenet5", "options": {}, "data_name": "digits"}, log=lambda _: None)
    return str(folder)


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    manual_seed(0)
    model = build("resnet20", variant="akamaster")
    return str(save(model, tmp_path_factory.mktemp("weights") / "a.safetensors", "akamaster"))


@pytest.fixture
def pages(somewhere):
    """Digits, drawn large, black on white: the file names say which."""
    data = digits(12, seed=5)
    for number, (image, label) in enumerate(zip(data.images[:, 0], data.labels, strict=True)):
        page = np.full((200, 260), 255, np.uint8)
        page[40:180, 20:160] = 255 - np.kron(image, np.ones((5, 5), np.uint8))
        Image.fromarray(page).save(f"{number:02}_{label}.png")
    return sorted(os.listdir())


def test_digits_on_white_paper(pages, lenet, capsys):
    assert status("predict", *pages, lenet, "--json", "--top", "3") == 0
    found = json.loads(capsys.readouterr().out)
    right = sum(one["answers"][0]["class"] == one["picture"][3] for one in found["pictures"])
    assert right >= 8 and found["network"] == lenet
    assert all(len(one["answers"]) == 3 for one in found["pictures"])
    assert not os.path.exists("out")


def test_in_words_and_as_a_picture(pages, lenet, capsys):
    assert status("predict", pages[0], pages[1], lenet) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == pages[0] and lines[6] == pages[1] and len(lines) == 13
    assert lines[1].endswith(" %  " + lines[1][-1]) and lines[12] == "picture: out/predict.png"
    assert os.path.getsize("out/predict.png") > 10_000


def test_published_weights(somewhere, weights, capsys):
    paint(somewhere / "red.png", "red", (50, 40))
    assert status("predict", "red.png", "--model", "resnet20", "--variant", "akamaster",
                  "--weights", weights, "--top", "2", "--out", "a.pdf", "--json") == 0
    one, = json.loads(capsys.readouterr().out)["pictures"]
    assert one["picture"] == "red.png" and os.path.getsize("a.pdf") > 1000
    assert one["answers"][0]["probability"] >= one["answers"][1]["probability"]


def test_best_and_last(pages, lenet):
    assert status("predict", pages[0], lenet, "--weights", "best", "--json") == 0


# --- maps and boxes -------------------------------------------------------------------------------

@pytest.fixture
def scenes(somewhere):
    """Two pictures of shapes, twice as large as the network reads them."""
    for number, image in enumerate(shapes(2, seed=4).images):
        pixels = np.kron(image.transpose(1, 2, 0), np.ones((2, 2, 1), np.uint8))
        Image.fromarray(pixels).save(f"{number}.png")
    return ["0.png", "1.png"]


@pytest.fixture(scope="module", params=["fcn8s", "ssd300"])
def seer(request, tmp_path_factory):
    """A segmenter and a detector that have hardly learnt."""
    folder = tmp_path_factory.mktemp("runs") / request.param
    manual_seed(0)
    fit(build(request.param, variant="small"), shapes(8, seed=1), shapes(2, seed=2),
        Recipe("quick", "for tests", 1e-3, 4, 1, ("Adam", {})), out=folder, log=lambda _: None,
        plan={"network": request.param, "options": {"variant": "small"}, "data_name": "shapes"})
    return str(folder)


def test_a_run_that_sees_scenes(scenes, seer, capsys):
    assert status("predict", *scenes, seer, "--least", "0.1", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["network"] == seer and [one["picture"] for one in found["pictures"]] == scenes
    for one in found["pictures"]:
        if "fcn" in seer:
            assert sum(one["shares"].values()) == pytest.approx(1, abs=1e-5)
        else:
            assert all(seen["score"] >= 0.1 and max(seen["box"]) <= 128
                       for seen in one["objects"])
    assert status("predict", *scenes, seer, "--out", "a.png", "--least", "0") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "0.png" and lines[-1] == "picture: a.png"
    assert os.path.getsize("a.png") > 10_000


def test_published_weights_of_another_kind(scenes, somewhere, capsys):
    save(build("ssd300", variant="small"), "w.npz")
    assert status("predict", "0.png", "--model", "ssd300", "--variant", "small", "--weights",
                  "w.npz") == 2
    assert "no published weights of SSD (small) are known here" in capsys.readouterr().err


@pytest.mark.parametrize("arguments, words", [
    ([], "required: IMAGE"), (["a.png", ".", "--least", "2"], "'2' is not a number from 0 to 1"),
    (["a.png"], "a.png is no folder of a run; behind the pictures give one"),
    (["a.png", "nowhere"], "nowhere is no folder of a run"),
    (["a.png", "."], "no last.npz"),
    (["a.png", "--model", "resnet20"], "--model resnet20 has learnt nothing yet: give --weights"),
    (["a.png", "--model", "resnet21", "--weights", "w"], "did you mean resnet"),
    (["a.png", "--model", "resnet20", "--weights", "w"], "there is no file w"),
    (["a.png", ".", "--variant", "paper"], "--variant goes with --model"),
    (["a.png", ".", "--top", "0"], "--top"),
    (["a.png", ".", "--out", "a.txt"], "--out")])
def test_mistakes(arguments, words, refused):
    assert words in refused("predict", *arguments)


def test_mistakes_in_files(somewhere, lenet, weights, capsys):
    (somewhere / "words.png").write_text("words")
    ours = str(save(build("lenet5"), "ours.npz"))
    huge_png(somewhere / "huge.png")
    paint(somewhere / "white.png", "white", (40, 40))
    for arguments, words in (
            (["words.png", lenet], "words.png: no JPEG"),
            (["huge.png", lenet], "huge.png: "),
            (["white.png", lenet], "white.png: as_mnist: there is nothing on this picture"),
            (["nowhere.png", lenet], "nowhere.png: No such file"),
            ([lenet, lenet], "this is a folder; name one picture in it"),
            (["white.png", lenet, "--weights", weights], "expected 'best' or 'last'"),
            (["white.png", "--model", "resnet20", "--weights", weights],
             "These are akamaster's CifarResNet: use variant='akamaster'"),
            (["white.png", "--model", "lenet5", "--weights", ours],
             "no published weights of LeNet5 (slide) are known here, so nobody says how"),
            (["white.png", "--model", "resnet32", "--variant", "akamaster", "--weights", weights],
             "does not fit CifarResNet"),
            (["white.png", "--model", "resnet20", "--weights", "white.png"], "this is a picture")):
        assert status("predict", *arguments) == 2
        out, err = capsys.readouterr()
        assert out == "" and words in err and err.count("\n") == 1, (arguments, err)
