import csv
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from minicnn import __main__, __version__, doctor
from minicnn.__main__ import main, parser
from minicnn.gradcases.case import Case, normal
from minicnn.layers.activations import Tanh
from minicnn.slides import Claim, Topic, check_slides

ROOT = Path(__file__).parents[1]
COMMANDS = ["networks", "summary", "slides", "profile", "gradcheck", "augment", "train", "test",
            "compare", "doctor"]


def run(*arguments, **environment):
    return subprocess.run([sys.executable, "-W", "error", "-m", "minicnn", *arguments], text=True,
                          capture_output=True, cwd=ROOT, env={**os.environ, **environment})


def status(*arguments):
    """Exit status of a command that argparse may end."""
    try:
        return main(arguments)
    except SystemExit as stop:
        return stop.code


@pytest.mark.skipif(os.name != "posix", reason="pipes end otherwise there")
def test_a_reader_that_has_seen_enough_is_no_mistake():
    with subprocess.Popen([sys.executable, "-m", "minicnn", "summary", "lenet5"], cwd=ROOT,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        running.stdout.close()
        assert running.stderr.read() == b"" and running.wait() == 141


# --- help and mistakes ------------------------------------------------------------------------

@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(command, capsys):
    assert status(command, "--help") == 0
    text = " ".join(capsys.readouterr().out.split())
    assert f"example: python -m minicnn {command}" in text


@pytest.mark.parametrize("command", COMMANDS)
def test_the_example_is_understood(command, capsys):
    status(command, "--help")
    text = " ".join(capsys.readouterr().out.split())
    arguments = text.split("example: python -m minicnn ")[1].split()
    assert parser().parse_args(arguments).command == command


def test_every_command_is_listed(capsys):
    assert status("--help") == 0
    text = capsys.readouterr().out
    assert all(re.search(rf"^\s+{command}\s", text, re.M) for command in COMMANDS)


def test_version(capsys):
    assert status("--version") == 0
    assert capsys.readouterr().out == f"minicnn {__version__}\n"


@pytest.mark.parametrize("arguments, words", [
    ([], "required: COMMAND"),
    (["sumary"], "invalid choice: 'sumary'"),
    (["summary"], "required: network"),
    (["summary", "lenet"], "no network is called 'lenet'; did you mean lenet5"),
    (["summary", "transformer"],
     "no network is called 'transformer'; `python -m minicnn networks` lists them"),
    (["summary", "lenet5", "--variant", "papers"], "no variant 'papers'; did you mean paper"),
    (["summary", "lenet5", "--format", "xml"], "invalid choice: 'xml'"),
    (["summary", "lenet5", "--input", "32x32"], "--input is '32x32', expected "),
    (["summary", "lenet5", "--input", "1x0x32"], "--input is '1x0x32'"),
    (["summary", "lenet5", "--input", "1x-2x32"], "'1x-2x32'"),
    (["summary", "lenet5", "--input", "1x²x32"], "--input is '1x²x32'"),
    (["summary", "lenet5", "--input", "1x28x28"], "C5 (Conv2d"),
    (["summary", "lenet5", "--input", "3x32x32"], "C1 (Conv2d"),
    (["slides", "--deck", "standford"], "no deck is called 'standford'; there are virginia, "),
    (["slides", "--format", "csv"], "invalid choice: 'csv'"),
    (["profile"], "required: network"),
    (["profile", "lenet"], "no network is called 'lenet'; did you mean lenet5"),
    (["profile", "lenet5", "--variant", "papers"], "no variant 'papers'; did you mean paper"),
    (["profile", "lenet5", "--batch", "0"], "--batch: '0' is not a whole number from 1 on"),
    (["profile", "lenet5", "--rounds", "0"], "--rounds: '0' is not a whole number from 1 on"),
    (["profile", "lenet5", "--threads", "two"], "--threads: 'two' is not a whole number"),
    (["profile", "lenet5", "--top", "-1"], "'-1' is not a whole number from 1 on"),
    (["profile", "lenet5", "--sort", "size"], "invalid choice: 'size'"),
    (["profile", "lenet5", "--input", "32x32"], "--input is '32x32', expected "),
    (["profile", "lenet5", "--input", "1x28x28"], "C5 (Conv2d"),
    (["gradcheck", "nonsense"], "no case has 'nonsense' in its name; there are "),
    (["gradcheck", "--device", "tpu"], "invalid choice: 'tpu'"),
    (["augment", "--seed", "x"], "'x'"),
    (["augment", "--seed", "-1"], "-1"),
    (["augment", "--image", "nowhere.png"], "nowhere.png"),
    (["augment", "--data", "nowhere"], "nowhere"),
    (["augment", "--image", __file__], "test_main.py"),
])
def test_mistakes_end_with_2_and_one_clear_line(arguments, words, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert status(*arguments) == 2
    out, err = capsys.readouterr()
    assert out == "" and "Traceback" not in err
    assert words in err.rstrip("\n").split("\n")[-1]
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("command", [("gradcheck", "conv2d"), ("profile", "lenet5")])
def test_no_gpu(command, capsys, monkeypatch):
    monkeypatch.setattr("minicnn.backend.gpu_problem", lambda: "CuPy is not installed")
    assert status(*command, "--device", "cuda") == 2
    assert capsys.readouterr().err.endswith("device 'cuda': CuPy is not installed\n")


# --- summary ----------------------------------------------------------------------------------

def test_summary(capsys):
    assert status("summary", "lenet5") == 0
    out = capsys.readouterr().out
    assert "61,706 parameters, 416,520 MACs" in out and "activation: RBF there, Linear here" in out


def test_summary_formats(capsys):
    status("summary", "lenet5", "--variant", "paper", "--format", "csv")
    lines = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert sum(int(line["parameters"]) for line in lines) == 60_000
    status("summary", "lenet5", "--variant", "paper", "--format", "json")
    assert json.loads(capsys.readouterr().out)["parameters"] == 60_000
    status("summary", "lenet5", "--variant", "visualiser", "--format", "markdown")
    assert "| CONV1 | Conv2d | 6x28x28 |" in capsys.readouterr().out


def test_summary_of_another_image_size(capsys):
    assert status("summary", "lenet5", "--input", "1X33x33") == 0
    assert "input 1x33x33" in capsys.readouterr().out


def test_summary_by_row(capsys):
    assert status("summary", "lenet5", "--rows") == 0
    lines = capsys.readouterr().out.split("\n")[4:11]
    assert [line.split()[0] for line in lines] == ["C1", "S2", "C3", "S4", "C5", "F6", "OUT"]


# --- slides -----------------------------------------------------------------------------------

def test_slides(capsys):
    assert status("slides", "--deck", "iitk") == 0
    out, err = capsys.readouterr()
    assert "1,582,671,872" in out and "iitk:218" in out and "stanford:885" not in out
    assert err == ""


def test_slides_formats(capsys):
    status("slides", "--markdown")
    page = capsys.readouterr().out
    assert page.startswith("# The slides' numbers")
    status("slides", "--format", "markdown")
    assert capsys.readouterr().out == page
    status("slides", "--format", "json", "--deck", "stanford")
    claims = json.loads(capsys.readouterr().out)
    assert all("stanford" in claim["places"] for claim in claims)


def test_slides_end_with_1_when_a_verdict_has_changed(capsys, monkeypatch):
    wrong = Topic("Sums", "", (Claim("iitk:1", "one and one", "3", lambda: 2, "agrees"),))
    monkeypatch.setattr(__main__, "check_slides", lambda deck, **more: check_slides(deck, [wrong]))
    assert status("slides") == 1
    out, err = capsys.readouterr()
    assert "CHANGED: expected was 'agrees'" in out and "1 CHANGED" in out
    assert err == "minicnn slides: iitk:1: one and one: differs, expected was agrees\n"


# --- gradcheck --------------------------------------------------------------------------------

def test_gradcheck(capsys):
    assert status("gradcheck", "CONV2D") == 0
    head, *lines = capsys.readouterr().out.split("\n")
    assert head.split() == ["operation", "option", "elements", "largest", "error", "verdict"]
    cases = lines[:lines.index("")]
    assert len(cases) > 3 and all("conv2d" in line.lower() and line.endswith("right")
                                  for line in cases)
    assert lines[-2] == "every gradient is right"
    assert f"{len(cases)} cases" in lines[-3]


def test_gradcheck_finds_a_wrong_backward(capsys, monkeypatch):
    """Exit status 1, and it says where and what."""
    from minicnn.layers.activations import TanhFn
    right = TanhFn.backward
    monkeypatch.setattr(TanhFn, "backward", lambda self, dy: 1.001 * right(self, dy))
    assert status("gradcheck", "tanh") == 1
    out = capsys.readouterr().out
    assert re.search(r"WRONG at input 0\[.*backward gives .*, the slope is ", out)
    assert re.search(r"^WRONG: .*Tanh \(", out, re.M) and "every gradient is right" not in out


def test_gradcheck_says_that_a_kink_is_a_kink(capsys, monkeypatch):
    from minicnn.layers.activations import ReLU
    monkeypatch.setattr(__main__, "all_cases", lambda: [
        Case("ReLU", "at zero", ReLU, (np.zeros((2, 2)),)), Case("Tanh", "", Tanh, (normal(2),))])
    assert status("gradcheck") == 1
    assert "kink at input 0[" in capsys.readouterr().out


# --- augment ----------------------------------------------------------------------------------

def test_augment_one_of_the_digits(capsys, tmp_path, monkeypatch, drawn_digits):
    monkeypatch.setenv("MINICNN_OFFLINE", "1")
    monkeypatch.setenv("MINICNN_CACHE", str(drawn_digits))
    monkeypatch.delenv("MINICNN_DATA", raising=False)
    out = tmp_path / "new" / "sheet.png"
    assert status("augment", "--out", str(out)) == 0
    assert capsys.readouterr().out.endswith(f"{out}\n")
    assert out.read_bytes().startswith(b"\x89PNG") and out.stat().st_size > 20_000


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "P"])
def test_augment_a_picture(mode, capsys, tmp_path):
    image = pytest.importorskip("PIL.Image")
    image.effect_noise((48, 40), 80).convert("RGB").convert(mode).save(tmp_path / "a.png")
    arguments = "--image", str(tmp_path / "a.png"), "--seed", "3", "--out", str(tmp_path / "b.png")
    assert status("augment", *arguments) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'b.png'}\n"
    assert (tmp_path / "b.png").stat().st_size > 20_000


# --- doctor -----------------------------------------------------------------------------------

@pytest.mark.parametrize("well, code", [(True, 0), (False, 1)])
def test_doctor(well, code, capsys, monkeypatch):
    cure = "" if well else "pip install tqdm"
    monkeypatch.setattr(doctor, "examine", lambda: [doctor.Finding("tqdm", "4.70", cure)])
    assert status("doctor") == code
    assert capsys.readouterr().out.startswith(f"{' ' if well else '!'} tqdm           4.70\n")


# --- as a student types it --------------------------------------------------------------------

def test_from_the_shell(tmp_path):
    made = run("summary", "lenet5")
    assert (made.returncode, made.stderr) == (0, "") and "61,706" in made.stdout
    made = run("gradcheck", "relu")
    assert (made.returncode, made.stderr) == (0, "") and "every gradient is right" in made.stdout
    made = run("summary", "lenet")
    assert made.returncode == 2
    assert "minicnn summary: no network is called 'lenet'; did you mean lenet5" in made.stderr
    made = run("doctor", MINICNN_CACHE=str(tmp_path), OPENBLAS_NUM_THREADS="1")
    assert made.returncode in (0, 1) and made.stderr == "" and "data cache" in made.stdout
