"""The examples for maps and boxes, from top to bottom, for a few steps."""

import runpy
import sys
from pathlib import Path

import pytest

import minicnn

EXAMPLES = Path(__file__).parents[1] / "examples"
pytestmark = pytest.mark.slow


def run(monkeypatch, capsys, name, *arguments):
    monkeypatch.setattr(sys, "argv", [name, *map(str, arguments)])
    runpy.run_path(str(EXAMPLES / name), run_name="__main__")
    return capsys.readouterr().out


def test_cells(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("MINICNN_DATA", raising=False)
    said = run(monkeypatch, capsys, "unet_cells.py", "--steps", 6, "--side", 64, "--batch", 2,
               "--threads", 1, "--out", tmp_path)
    assert "the best threshold" in said and said.count("mean IoU") >= 7
    assert {path.name for path in tmp_path.iterdir()} == {
        "unet.safetensors", "history.csv", "curves.png", "errors.png"}
    assert len((tmp_path / "history.csv").read_text().splitlines()) == 7
    arrays = minicnn.load(tmp_path / "unet.safetensors")
    assert sum(value.size for name, value in arrays.items() if "running" not in name) > 400_000


def test_shapes(tmp_path, monkeypatch, capsys):
    said = run(monkeypatch, capsys, "ssd_shapes.py", "--steps", 4, "--scenes", 64, "--threads", 1,
               "--out", tmp_path)
    assert said.count("loss of classes") == 4 and "AP75" in said
    assert {path.name for path in tmp_path.iterdir()} == {
        "ssd.safetensors", "errors.png", "anchors.png"}


@pytest.mark.parametrize("name", ["unet_cells.py", "ssd_shapes.py", "blood_cells.py"])
def test_wrong_settings(name, monkeypatch, capsys):
    with pytest.raises(SystemExit) as ended:
        run(monkeypatch, capsys, name, "--threads", 0)
    assert ended.value.code == 2 and "whole number from 1 on" in capsys.readouterr().err
