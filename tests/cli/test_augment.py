"""`python -m minicnn augment` draws distorted pictures."""

import pytest
from PIL import Image

from tests.cli.common import status


@pytest.mark.parametrize("arguments, words", [
    (["--seed", "x"], "'x'"),
    (["--seed", "-1"], "-1"),
    (["--image", "nowhere.png"], "nowhere.png"),
    (["--data", "nowhere"], "nowhere"),
    (["--image", __file__], "test_augment.py"),
])
def test_mistakes(arguments, words, refused):
    assert words in refused("augment", *arguments)


def test_one_of_the_digits(capsys, tmp_path, monkeypatch, drawn_digits):
    monkeypatch.setenv("MINICNN_OFFLINE", "1")
    monkeypatch.setenv("MINICNN_CACHE", str(drawn_digits))
    monkeypatch.delenv("MINICNN_DATA", raising=False)
    out = tmp_path / "new" / "sheet.png"
    assert status("augment", "--out", str(out)) == 0
    assert capsys.readouterr().out.endswith(f"{out}\n")
    assert out.read_bytes().startswith(b"\x89PNG") and out.stat().st_size > 20_000


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "P"])
def test_a_picture(mode, capsys, somewhere):
    Image.effect_noise((48, 40), 80).convert("RGB").convert(mode).save("a.png")
    assert status("augment", "--image", "a.png", "--seed", "3", "--out", "b.png") == 0
    assert capsys.readouterr().out == "b.png\n"
    assert (somewhere / "b.png").stat().st_size > 20_000
