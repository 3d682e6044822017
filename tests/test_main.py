"""The command line as a whole; its commands one by one: tests/cli."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from minicnn import __version__
from minicnn.__main__ import COMMANDS, parser
from tests.cli.common import status

ROOT = Path(__file__).parents[1]


def run(*arguments, **environment):
    return subprocess.run([sys.executable, "-W", "error", "-m", "minicnn", *arguments], text=True,
                          capture_output=True, cwd=ROOT, env={**os.environ, **environment})


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


def test_every_command_has_a_file_and_is_listed(capsys):
    files = {path.stem for path in (ROOT / "minicnn" / "cli").glob("*.py")}
    assert files - {"__init__", "arguments", "door", "parser", "subjects"} == set(COMMANDS)
    assert status("--help") == 0
    text = capsys.readouterr().out
    assert all(re.search(rf"^\s+{command}\s", text, re.M) for command in COMMANDS)


def test_version(capsys):
    assert status("--version") == 0
    assert capsys.readouterr().out == f"minicnn {__version__}\n"


@pytest.mark.parametrize("arguments, words", [
    ([], "required: COMMAND"), (["sumary"], "invalid choice: 'sumary'")])
def test_mistakes(arguments, words, capsys):
    assert status(*arguments) == 2
    out, err = capsys.readouterr()
    assert out == "" and words in err.rstrip("\n").split("\n")[-1]


@pytest.mark.parametrize("command", [("gradcheck", "conv2d"), ("profile", "lenet5")])
def test_no_gpu(command, capsys, monkeypatch):
    monkeypatch.setattr("minicnn.backend.arrays.gpu_problem", lambda: "CuPy is not installed")
    assert status(*command, "--device", "cuda") == 2
    assert capsys.readouterr().err.endswith("device 'cuda': CuPy is not installed\n")


@pytest.mark.skipif(os.name != "posix", reason="pipes end otherwise there")
def test_a_reader_that_has_seen_enough_is_no_mistake():
    with subprocess.Popen([sys.executable, "-m", "minicnn", "summary", "lenet5"], cwd=ROOT,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        running.stdout.close()
        assert running.stderr.read() == b"" and running.wait() == 141


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
