"""`python -m minicnn step`: the whole walk, its keys, and how it refuses."""

import bdb
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from minicnn.cli import step
from tests.cli.common import status

ROOT = Path(__file__).parents[2]


@pytest.fixture
def walk(monkeypatch, capsys):
    """Types keys, line by line: what is printed after each."""
    def type_keys(*keys, network="lenet5"):
        waiting = iter(keys)

        def typed(prompt):
            print(f"@@{prompt.strip()}")
            try:
                return next(waiting)
            except StopIteration:
                raise EOFError from None
        monkeypatch.setattr("builtins.input", typed)
        monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
        monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
        assert status("step", network) == 0
        return capsys.readouterr().out.split("@@>\n")
    return type_keys


def test_everything_where_there_is_no_terminal(capsys):
    assert status("step", "lenet5") == 0
    said = capsys.readouterr().out
    assert said.startswith("lenet5, visualiser: the pocket weights")
    first = said.split("\n\n")[1]
    assert first.startswith("1/27 forward: CONV1 (Conv2d 1 -> 6, kernel 5x5)\n"
                            "  4x1x32x32 -> 4x6x28x28    rows (32 + 0 + 0 - 5) / 1 + 1 = 28\n"
                            "  y  4x6x28x28: mean -0.2920, deviation 1.8770, zeros 0 %\n")
    assert "keeps for backward: cols 313.6 kB; held so far 313.6 kB" in first
    assert "    |     cols = im2col(x, self.window)" in first
    assert "still held 0 B" in said and "loss on the same batch: 0.000994" in said


def test_one_layer_in_a_file(somewhere, capsys):
    assert status("step", "lenet5", "--only", "conv2", "--file", "a.md") == 0
    assert capsys.readouterr().out == "a.md\n"
    said = Path("a.md").read_text(encoding="utf-8")
    assert said.count("CONV2 (Conv2d 6 -> 16, kernel 5x5)") == 2 and "CONV1" not in said
    assert "(14 + 0 + 0 - 5) / 1 + 1 = 10" in said and "d weight  16x6x5x5" in said


def test_keys(walk):
    said = walk("n", "", "b", "f", "g", "e", "e 0,1,2,2", "24", "99", "x", "q", "n")
    assert said[0].strip().startswith("lenet5") and "1/27 forward: CONV1" in said[0]
    assert [part.strip().split("\n")[0][:26] for part in said[1:6]] == [
        "2/27 forward: CONV1_relu (", "3/27 forward: POOL1 (MaxPo", "2/27 forward: CONV1_relu (",
        "4/27 forward: CONV2 (Conv2", "22/27 backward: CONV2 (Con"]
    assert "d loss / d CONV2.weight" in said[6] and "equals the layer" in said[6]
    assert "d loss / d CONV2.weight[0,1,2,2]" in said[7]
    assert "24/27 backward: CONV1_relu" in said[8] and "there are stops 1 to 27" in said[9]
    assert step.KEYS in said[10] and len(said) == 12


def test_edges(walk):
    said = walk("b", "27", "n", "g", "e", "f", "14", "e 3", "1", "e 0,0", "e 9,0,0", "e x")
    assert "this is the first stop" in said[1] and "this is the last stop" in said[3]
    assert "this stop has no backward" in said[4] and "nothing to explain at this" in said[5]
    assert "no layer with weights comes" in said[6] and "you asked 0,0" in said[10]
    assert "CONV1 has" in said[11] or "CONV1 is" in said[11]
    assert "is no place" in said[12]


@pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals are otherwise there")
@pytest.mark.slow
def test_in_a_terminal():
    pty = pytest.importorskip("pty")
    master, slave = pty.openpty()
    with subprocess.Popen([sys.executable, "-m", "minicnn", "step", "lenet5"], cwd=ROOT,
                          stdin=slave, stdout=slave, stderr=slave) as running:
        os.close(slave)
        os.write(master, b"e 0,0,0\nq\n")
        said = b""
        try:
            while part := os.read(master, 4096):
                said += part
        except OSError:                                    # the other end is closed
            pass
        assert running.wait() == 0
    os.close(master)
    assert b"1/27 forward: CONV1" in said and b"equals the layer" in said


@pytest.mark.parametrize("arguments, words", [
    (["--batch", "1"], "'1' is not a whole number from 2 on"),
    (["--only", "CONV9"], "--only: no layer 'CONV9' has computed anything; did you mean CONV"),
    (["--file", "no/a.md"], "--file is 'no/a.md', but there is no folder 'no'"),
    (["--image", "a.png"], "--image goes with explain"), (["--lr", "0"], "is not a number above")])
def test_mistakes(arguments, words, refused):
    assert words in refused("step", "lenet5", *arguments)


def test_a_network_without_scores(refused):
    assert "no score for each class" in refused("step", "unet", "--variant", "small")


def test_lines_for_a_debugger(capsys):
    assert status("step", "lenet5", "--batch", "3", "--python") == 0
    said = capsys.readouterr().out
    assert said.startswith("MINICNN_FAST=0 python -m pdb -m minicnn step lenet5 --digit 7 --batch ")
    stops = re.findall(r"^break (\S+):(\d+) +(\w+)\.(forward|backward): ", said, re.M)
    assert len(stops) == 11 and ("LinearFn", "backward") in {stop[2:] for stop in stops}
    for file, line, _, way in stops:
        rows = (ROOT / file).read_text(encoding="utf-8").split("\n")
        assert rows[int(line) - 2].strip().startswith(f"def {way}(")


def test_leaving_a_debugger_is_no_fault(capsys, monkeypatch):
    def leave(*_):
        raise bdb.BdbQuit
    monkeypatch.setattr(step, "walk_through", leave)
    assert status("step", "lenet5") == 130
    assert capsys.readouterr().err == "minicnn step: stopped\n"
