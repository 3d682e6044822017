"""`python -m minicnn augment` draws distorted pictures."""

import pytest
from PIL import Image

from tests.cli.common import status
from tests.data.painted import huge_png


@pytest.mark.parametrize("arguments, words", [
    (["--seed", "x"], "'x'"),
    (["--seed", "-1"], "-1"),
    (["--image", "nowhere.png"], "nowhere.png"),
    (["--data", "nowhere"], "nowhere"),
    (["--image", __file__], "test_augment.py: no JPEG, PNG, WEBP"),
    (["--image", ""], "--image: '' is empty"),
    (["--image", "."], "--image is '.', which is no file"),
    (["--out", ""], "--out: '' is empty"),
    (["--out", "."], "--out is '.'"),
    (["--out", "a.bmp"], "--out is 'a.bmp', expected the name of a picture"),
])
def test_mistakes(arguments, words, refused):
    assert words in refused("augment", *arguments)


def test_one_of_the_digits(capsys, tmp_path, monkeypatch, drawn_digits):
    monkeypatch.setenv("MINICNN_OFFLINE", "1")
    monkeypatch.setenv("MINICNN_CACHE", str(drawn_digits))
    monkeypatch.delenv("MINICNN_DATA", raising=False)
    out = tmp_path / "sheet.png"
    assert status("augment", "--out", str(out)) == 0
    assert capsys.readouterr().out.endswith(f"{out}\n")
    assert out.read_bytes().startswith(b"\x89PNG") and out.stat().st_size > 20_000


def test_a_folder_in_the_place_of_the_picture(refused, tmp_path_factory):
    folder = tmp_path_factory.mktemp("folder") / "a.png"
    folder.mkdir()
    assert "a.png', which cannot be written (it is a folder)" in refused(
        "augment", "--out", str(folder))


def bomb(path):
    huge_png(path)


def program(path):
    path.write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")


def too_dark(path):
    Image.new("I;16", (9, 9), 200).save(path)


@pytest.mark.parametrize("make, words", [
    (bomb, "exceeds limit"), (program, "save it as PNG"), (too_dark, "brightest pixel is 200 of")])
def test_the_picture_is_read_with_the_care_of_a_folder(make, words, refused, tmp_path_factory):
    path = tmp_path_factory.mktemp("pictures") / "a.png"
    make(path)
    assert words in refused("augment", "--image", str(path), "--out", "b.png")


@pytest.mark.parametrize("size", [(48, 40), (9000, 1)])
def test_a_picture(size, capsys, somewhere):
    Image.effect_noise(size, 80).convert("RGB").save("a.png")
    assert status("augment", "--image", "a.png", "--seed", "3", "--out", "b.png") == 0
    assert capsys.readouterr().out == "b.png\n"
    assert (somewhere / "b.png").stat().st_size > 20_000
