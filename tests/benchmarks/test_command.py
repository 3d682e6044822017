"""`python -m benchmarks` from the command line, and where rivals come from."""

import json
import subprocess
import sys

import pytest

from benchmarks import environments, page
from benchmarks.__main__ import main
from benchmarks.environments import interpreters
from benchmarks.workloads import WORKLOADS

QUICK = ["--small", "--rounds", "2", "--turn", "0.001"]


@pytest.fixture
def book(tmp_path):
    path = tmp_path / "speed.md"
    path.write_text("".join(f"<!-- measured: {name} -->\n<!-- end of {name} -->\n"
                            for name in page.PARTS))
    return path


def test_measure_write_read_compare(tmp_path, book, capsys):
    kept = tmp_path / "a.json"
    assert main(["lrn", "growth_chain_100", *QUICK[1:], "--json", str(kept), "--markdown",
                 str(book), "--threads", "unset,2,2"]) == 0
    out = capsys.readouterr().out
    assert "lrn: LocalResponseNorm(" in out and "  minicnn, 2 threads " in out
    assert "operations in the chain" in out and "workloads and growth renewed" in out
    assert "python -m benchmarks lrn growth_chain_100 --threads unset,2,2" in book.read_text()
    workloads = json.loads(kept.read_text())["workloads"]
    assert [len(entry["results"]) for entry in workloads] == [2, 2]

    assert main(["--read", str(kept), "--compare", str(kept)]) == 0
    out = capsys.readouterr().out
    assert "lrn: LocalResponseNorm(" in out and " quartiles " in out
    assert "ratio" in out and "1.00" in out and "SLOWER" not in out
    assert main(["lenet", "--compare", str(kept)]) == 2
    assert "a.json holds none of the workloads to be measured; it holds lrn: Local" \
        in capsys.readouterr().err
    assert main(["lrn", *QUICK, "--compare", str(kept)]) == 2      # of that name, and smaller


def test_small_figures_stay_out_of_the_page(tmp_path, book, capsys):
    kept, before = tmp_path / "a.json", book.read_text()
    assert main(["lrn", "--small", "--markdown", str(book)]) == 2
    assert "figures of --small workloads do not belong" in capsys.readouterr().err
    assert main(["growth_arrays_100", *QUICK, "--json", str(kept)]) == 0
    assert main(["--read", str(kept), "--read", str(kept), "--markdown", str(book)]) == 2
    assert book.read_text() == before


@pytest.fixture
def nothing_is_measured(monkeypatch):
    def measure(*arguments):
        raise RuntimeError(f"measures on {arguments[5]}")
    monkeypatch.setattr("benchmarks.__main__.measure", measure)


@pytest.mark.parametrize("arguments", [
    ["gpu"], ["gpu_lenet_forward", "--small"], ["lenet", "--device", "cuda"]])
def test_without_a_gpu(arguments, nothing_is_measured, capsys, monkeypatch):
    monkeypatch.setattr("benchmarks.__main__.gpu_problem", lambda: "no GPU here")
    assert main(arguments) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err == "benchmarks: no GPU here\n"


@pytest.mark.parametrize("arguments, device", [
    (["gpu"], "cuda"), (["lenet"], "cpu"), (["lenet", "--device", "cuda"], "cuda"),
    (["gpu", "--device", "cpu"], "cpu")])
def test_with_a_gpu(arguments, device, nothing_is_measured, capsys, monkeypatch):
    monkeypatch.setattr("benchmarks.__main__.gpu_problem", lambda: None)
    assert main(arguments) == 2 and f"measures on {device}" in capsys.readouterr().err


def test_a_coretype_that_openblas_does_not_know(capsys):
    pytest.importorskip("threadpoolctl")
    assert main(["growth_arrays_100", *QUICK, "--coretype", "Foo"]) == 2
    assert "--coretype Foo was not taken; the BLAS is " in capsys.readouterr().err


def test_list(capsys):
    assert main(["--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["all: networks and layers", "  lenet on 1x32x32, batch 64: training step"]
    assert "growth: does cost grow as it must with batch and depth?" in lines
    assert len(lines) == len(WORKLOADS) + 4 + 3


def test_ctrl_c_shows_what_was_measured(tmp_path, book, capsys, monkeypatch):
    def interrupted(workload, contestants, rounds, turn, found, device, tick):
        found["minicnn"] = {"seconds": [[0.5]], "peak_bytes": 1_000_000}
        raise KeyboardInterrupt

    monkeypatch.setattr("benchmarks.__main__.measure", interrupted)
    kept, before = tmp_path / "a.json", book.read_text()
    assert main(["lrn", "--json", str(kept), "--markdown", str(book)]) == 130
    assert "500.00 ms" in capsys.readouterr().out and kept.exists() and book.read_text() == before


@pytest.mark.parametrize("arguments, words", [
    (["resnet19"], "no workload is called 'resnet19'; did you mean resnet18"),
    (["lrn", "--against", "trch"], "no rival is called 'trch'; did you mean torch?"),
    (["lrn", "--against", "xyzzy"], "there are torch, dezero, chainer, mygrad, or the path"),
    (["--read", "nowhere.json"], "nowhere.json: no such file"),
    (["lrn", "--json", "."], ". is a folder; --json takes the name of a file"),
    (["lrn", "--json", "nowhere/a.json"], "nowhere/a.json: there is no folder nowhere"),
    (["lrn", "--compare", "nowhere.json"], "nowhere.json: no such file"),
    (["lrn", "--markdown", "nowhere.md"], "nowhere.md"),
])
def test_mistakes(arguments, words, capsys):
    assert main(arguments) == 2
    said = capsys.readouterr()
    assert words in said.err and said.err.startswith("benchmarks: ") and not said.out


@pytest.mark.parametrize("arguments, words", [
    (["--rounds", "0"], "'0' is not a whole number from 1 on"),
    (["--turn", "-1"], "'-1' is not a number above 0"),
    (["--threads", "unset,0"], "'unset,0' is no list such as unset,2"),
    (["--coretype", "Has well"], "'Has well' is no list such as unset,Haswell"),
])
def test_options_that_cannot_be(arguments, words, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert words in capsys.readouterr().err


def test_as_a_program():
    run = subprocess.run([sys.executable, "-W", "error", "-m", "benchmarks", "--help"], text=True,
                         capture_output=True, cwd=page.PAGE.parents[1])
    assert run.returncode == 0 and "--against" in run.stdout


# --- rivals' environments -------------------------------------------------------------------------

def test_an_interpreter_that_has_no_rival(monkeypatch):
    monkeypatch.setattr(environments, "RECIPES", {"no_such_package": None})
    with pytest.raises(ValueError, match="has none of no_such_package installed"):
        interpreters(sys.executable)


def test_an_interpreter_that_has_one(monkeypatch):
    monkeypatch.setattr(environments, "RECIPES", {"json": None, "no_such_package": None})
    assert interpreters(sys.executable) == [("json", sys.executable)]


def test_a_path_that_is_no_interpreter(tmp_path):
    with pytest.raises(ValueError, match="does not run as a Python interpreter: .*No such file"):
        interpreters(str(tmp_path / "python"))
    script = tmp_path / "script"
    script.write_text("#!/bin/sh\nexit 1\n")
    script.chmod(0o755)
    with pytest.raises(ValueError, match="does not run as a Python interpreter: it gave no answer"):
        interpreters(str(script))


@pytest.fixture
def calls(tmp_path, monkeypatch):
    """Environments are made below tmp_path, and nothing is run: the commands are noted."""
    noted = []

    def run(command, **settings):
        noted.append(command[1:])
        if "venv" in command:
            python = tmp_path / "benchmarks" / "torch-2.13.0" / environments.PYTHON_IN
            python.parent.mkdir(parents=True, exist_ok=True)
            python.touch()
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setenv("MINICNN_CACHE", str(tmp_path))
    monkeypatch.setattr(subprocess, "run", run)
    return noted


def test_an_environment_is_made_once(calls, monkeypatch, capsys):
    first = interpreters("torch")
    assert [command[1] for command in calls] == ["venv", "pip"]
    assert "torch==2.13.0" in calls[1] and "making an environment" in capsys.readouterr().err
    assert interpreters("torch") == first and len(calls) == 2
    recipe = environments.RECIPES["torch"]._replace(installs=(("torch==2.13.0",), ("more",)))
    monkeypatch.setitem(environments.RECIPES, "torch", recipe)
    assert interpreters("torch") == first and len(calls) == 5          # anew, with the new recipe


def test_an_installation_that_fails(calls, monkeypatch):
    monkeypatch.setattr(subprocess, "run", lambda command, **settings: subprocess.CompletedProcess(
        command, 1, "", "WARNING: old\nERROR: no network\n"))
    with pytest.raises(RuntimeError, match="torch could not be installed: ERROR: no network; wh"):
        interpreters("torch")


def test_too_new_a_python(calls, monkeypatch):
    monkeypatch.setattr(environments, "python_up_to", lambda newest: None)
    with pytest.raises(RuntimeError, match=r"chainer 7.8.1 runs on Python 3.11 at most; install"):
        interpreters("chainer")


def test_the_newest_python_that_is_old_enough(monkeypatch):
    assert environments.python_up_to(99) == sys.executable
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}" if "3.9" in name else None)
    assert environments.python_up_to(9) == "/usr/bin/python3.9"
    assert environments.python_up_to(8) is None
