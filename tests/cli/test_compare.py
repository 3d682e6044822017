"""`python -m minicnn compare` puts runs side by side."""

import json

import pytest

from minicnn.__main__ import main
from tests.training.test_compare import A, B, folders


def test_a_table_and_a_picture(tmp_path, monkeypatch, capsys):
    runs = [str(folder) for folder in folders(tmp_path, A, B)]
    monkeypatch.chdir(tmp_path)
    assert main(["compare", *runs]) == 0
    said = capsys.readouterr().out
    assert "vgg_small  27.00 %" in said and said.endswith("out/compare.png\n")
    assert (tmp_path / "out/compare.png").stat().st_size > 10_000
    assert main(["compare", *runs, "--format", "json", "--out", "chart.svg",
                 "--title", "A & B"]) == 0
    said, told = capsys.readouterr()
    assert json.loads(said)[0]["network"] == "vgg_small" and told == "chart.svg\n"
    assert "A &amp; B" in (tmp_path / "chart.svg").read_text()


@pytest.mark.parametrize("more, message", [
    (["--out", "chart.txt"], "expected the name of a picture"),
    (["--out", "nowhere/chart.png"], "there is no folder 'nowhere'"),
])
def test_mistakes(tmp_path, monkeypatch, capsys, more, message):
    monkeypatch.chdir(tmp_path)
    assert main(["compare", *map(str, folders(tmp_path, A)), *more]) == 2
    assert message in capsys.readouterr().err


def test_unfinished_runs_are_left_out(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["compare", *map(str, folders(tmp_path, A)), "elsewhere"]) == 0
    out, err = capsys.readouterr()
    assert "resnet20" in out and err.startswith("elsewhere is left out: no run of the train ")
    assert main(["compare", "elsewhere"]) == 2
    assert "elsewhere/result.json: no such file; `train` writes it when" in capsys.readouterr().err
