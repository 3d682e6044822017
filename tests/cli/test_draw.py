"""`python -m minicnn draw` writes a drawing, and says at once what it cannot do."""

import pytest

from tests.cli.common import status


@pytest.mark.parametrize("arguments, words", [
    ([], "required: network"),
    (["resnet81"], "no network is called 'resnet81'; did you mean resnet18"),
    (["lenet5", "--variant", "papr"], "no variant 'papr'; did you mean paper"),
    (["lenet5", "--out", "a.gif"], "--out is 'a.gif', expected the name of a picture"),
    (["lenet5", "--out", "nowhere/a.svg"], "there is no folder 'nowhere'"),
    (["lenet5", "--size", "32x32"], "'32x32' is not CxHxW"),
    (["lenet5", "--input", "1x28x28"], "C5 (Conv2d"),
])
def test_mistakes(arguments, words, refused, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert words in refused("draw", *arguments)


def test_what_cannot_be_written_is_said_before_the_work(capsys, tmp_path, monkeypatch):
    def work(*_):
        raise AssertionError("it was drawn")

    monkeypatch.setattr("minicnn.cli.draw.draw", work)
    (tmp_path / "a.svg").mkdir()
    assert status("draw", "lenet5", "--out", str(tmp_path / "a.svg")) == 2
    assert "which cannot be written (it is a folder)" in capsys.readouterr().err


@pytest.mark.parametrize("suffix, begins", [(".svg", b"<svg "), (".png", b"\x89PNG")])
def test_files(suffix, begins, tmp_path, capsys):
    path = tmp_path / f"lenet{suffix}"
    assert status("draw", "lenet5", "--variant", "paper", "--out", str(path)) == 0
    assert capsys.readouterr().out.strip() == str(path)
    assert path.read_bytes().startswith(begins)


def test_the_place_if_none_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert status("draw", "lenet5") == 0
    assert "lenet5: 1x32x32 to 10" in (tmp_path / "out" / "lenet5.svg").read_text()


def test_another_size(tmp_path):
    path = tmp_path / "a.svg"
    assert status("draw", "nin_small", "--size", "3x64x64", "--out", str(path)) == 0
    assert "nin_small: 3x64x64 to 10" in path.read_text()
