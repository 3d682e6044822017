"""Whatever happens inside a command, it leaves by one door: a line, a status, no traceback."""

import io
import os
import shlex
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from PIL import Image

from minicnn.__main__ import COMMANDS, main
from minicnn.cli.door import Ended, through
from minicnn.data.canvas import check_drawing
from tests.locale_c import LC_ALL
from tests.training.test_compare import A, folders

ROOT = Path(__file__).parents[2]
posix = pytest.mark.skipif(os.name != "posix", reason="signals and pipes are others there")


def raises_from_anywhere(problem):
    def refuse(*arguments, **settings):
        raise problem
    return refuse


def raises(problem):
    def work():
        raise problem
    return work


@pytest.mark.parametrize("problem, status, line", [
    (ValueError("too large"), 2, "too large"), (TypeError("no number"), 2, "no number"),
    (RuntimeError("it broke"), 2, "it broke"), (ValueError(), 2, "ValueError"),
    (FileNotFoundError(2, "No such file", "a.png"), 2, "a.png: No such file"),
    (OSError(28, "No space left on device"), 2, "[Errno 28] No space left on device"),
    (UnicodeEncodeError("ascii", "é", 0, 1, "not in range"), 2, "'ascii' codec can't encode"),
    (ImportError("pictures need matplotlib"), 2, "pictures need matplotlib"),
    (MemoryError(), 2, "there is not enough memory (main memory is full); try a smaller --batch"),
    (MemoryError("4 GB"), 2, "there is not enough memory (4 GB); try a smaller --batch"),
    (RecursionError("too deep"), 2, "too deep"),
    (ModuleNotFoundError("No module named 'tqdm'", name="tqdm"), 2,
     "tqdm is not installed; pip install tqdm"),
    (ModuleNotFoundError("No module named 'PIL.Image'", name="PIL.Image"), 2,
     "Pillow is not installed; pip install Pillow"),
    (ValueError("first\nsecond\n"), 2, "first second"),
    (ValueError("a" * 5000), 2, "a" * 60 + "..."),
    (KeyError("x"), 70, "minicnn is at fault: KeyError: 'x' (test_door.py, line "),
    (KeyboardInterrupt(), 130, "stopped"), (Ended(15), 143, "stopped"), (Ended(1), 129, "stopped"),
])
def test_one_line_and_a_status(problem, status, line, capsys):
    assert through("train", raises(problem)) == status
    out, err = capsys.readouterr()
    assert out == "" and err.startswith(f"minicnn train: {line}") and err.count("\n") == 1


def test_all_is_well(capsys):
    assert through("train", lambda: 1) == 1 and capsys.readouterr() == ("", "")


def test_argparse_leaves_as_ever():
    with pytest.raises(SystemExit) as stop:
        through("train", raises(SystemExit(2)))
    assert stop.value.code == 2


class Refusing(io.StringIO):
    def __init__(self, problem):
        super().__init__()
        self.problem = problem

    def write(self, text):
        raise self.problem


@pytest.mark.parametrize("problem, status", [(BrokenPipeError(), 141), (OSError(28, "Full"), 2)])
def test_what_cannot_be_printed(problem, status, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdout", Refusing(problem))
    assert through("train", lambda: print("a")) == status


def test_nobody_reads_the_complaint(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Refusing(BrokenPipeError()))
    assert through("train", raises(ValueError("a"))) == 2


@pytest.mark.parametrize("name", ["stdout", "stderr"])
def test_streams_that_are_closed(name, monkeypatch):
    monkeypatch.setattr(sys, name, None)
    assert through("train", raises(ValueError("a"))) == 2
    assert through("train", lambda: print("a") or 0) == 0
    getattr(sys, name).close()


def test_signs_that_a_stream_does_not_know_are_spelt_out(monkeypatch):
    page = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    monkeypatch.setattr(sys, "stdout", page)
    assert through("train", lambda: print("数字 é") or 0) == 0
    assert page.buffer.getvalue() == "\\u6570\\u5b57 é\n".encode("cp1252").replace(
        b"\n", os.linesep.encode())


@posix
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signals_are_heard_and_handlers_put_back(number, capsys):
    before = signal.getsignal(number), signal.getsignal(signal.SIGINT)
    tidied = []

    def work():
        try:
            signal.raise_signal(number)
        finally:
            tidied.append(True)

    assert through("train", work) == 128 + number and tidied == [True]
    assert (signal.getsignal(number), signal.getsignal(signal.SIGINT)) == before


@posix
def test_what_nohup_forbids_is_not_heard():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert through("train", lambda: signal.raise_signal(signal.SIGHUP) or 0) == 0
    finally:
        signal.signal(signal.SIGHUP, before)


def test_in_a_thread(capsys):
    """Signals belong to the main thread; a command may run elsewhere, too."""
    answers = []
    one = threading.Thread(target=lambda: answers.append(main(["networks", "lenet5"])))
    one.start()
    one.join()
    assert answers == [0]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_leaves_by_it(command, monkeypatch, capsys):
    """Ctrl-C, no memory and a fault of ours, wherever in the command they come."""
    least = {"networks": [], "slides": [], "gradcheck": [], "augment": [], "doctor": [],
             "train": ["lenet5", "--data", "digits"], "weights": ["inspect", "a"]}
    least = least.get(command, ["lenet5"])
    for problem, status in ((KeyboardInterrupt(), 130), (MemoryError(), 2), (IndexError(), 70)):
        monkeypatch.setattr(COMMANDS[command], "run", lambda args, _=problem: raises(_)())
        assert main([command, *least]) == status
        assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("command", ["profile", "augment", "compare"])
@pytest.mark.parametrize("problem, status", [(KeyboardInterrupt(), 130), (Ended(15), 143),
                                             (OSError(28, "No space left on device"), 2),
                                             (MemoryError(), 2)])
def test_while_a_picture_is_drawn(command, problem, status, tmp_path, monkeypatch, capsys):
    """One line; no half of a picture; the one from before is still there, and so is the table."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.png").write_text("before")
    check_drawing()
    monkeypatch.setattr("matplotlib.figure.Figure.savefig", raises_from_anywhere(problem))
    arguments = {"profile": ["lenet5", "--batch", "2", "--rounds", "1"], "compare": ["run"],
                 "augment": ["--image", "photo.png"]}[command]
    Image.new("RGB", (8, 8)).save("photo.png")
    if command == "compare":
        folders(tmp_path, A)[0].rename("run")
    assert main([command, *arguments, "--out", "a.png"]) == status
    out, err = capsys.readouterr()
    assert err.count("\n") == 1 and err.startswith(f"minicnn {command}: ")
    assert (tmp_path / "a.png").read_text() == "before"
    assert not [name for name in os.listdir() if name.endswith(".part")]
    assert command == "augment" or "MACs" in out


# --- as a program of its own ------------------------------------------------------------------

def program(command, **settings):
    """From a shell, so that streams can be closed; its status, and what it said."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | settings
    called = f"{shlex.quote(sys.executable)} -m minicnn"
    run = subprocess.run(["sh", "-c", command.replace("minicnn", called)],
                         cwd=ROOT, env=environment, capture_output=True, timeout=60)
    return run.returncode, run.stdout.decode(), run.stderr.decode()


@posix
@pytest.mark.parametrize("command, status, said", [
    ("minicnn summary lenet <&- >&- 2>&-", 2, ""), ("minicnn --help >/dev/full", 0, ""),
    ("minicnn summary lenet5 >/dev/full", 2, "minicnn summary: [Errno 28] No space left on device"),
    ])
def test_streams(command, status, said):
    ended, _, err = program(command)
    assert (ended, err.rstrip("\n")) == (status, said)


@posix
@pytest.mark.slow
def test_names_in_other_letters_on_an_ascii_terminal(tmp_path):
    folder = tmp_path / "数字"
    ended, out, err = program(f"minicnn compare {folder}", PYTHONIOENCODING="ascii", LC_ALL=LC_ALL)
    assert ended == 2 and "\\u6570\\u5b57" in err and err.count("\n") == 1


@posix
@pytest.mark.slow
@pytest.mark.parametrize("settings, line", [
    ({"MINICNN_THREADS": "abc"}, "minicnn: MINICNN_THREADS is 'abc', expected a whole number"),
    ({"PYTHONPATH": "{tmp}:" + str(ROOT)}, "minicnn: No module named 'numpy'")],
    ids=["MINICNN_THREADS", "numpy"])
def test_what_is_wrong_before_main_begins(settings, line, tmp_path):
    (tmp_path / "numpy.py").write_text("raise ModuleNotFoundError(\"No module named 'numpy'\", "
                                       "name='numpy')")
    settings = {name: value.replace("{tmp}", str(tmp_path)) for name, value in settings.items()}
    ended, out, err = program("minicnn networks", **settings)
    assert (ended, out) == (2, "") and err.startswith(line) and err.count("\n") == 1


SLOW_TO_LOAD = """
import time
open("ready", "w").close()
time.sleep(30)
"""


@posix
def test_ctrl_c_while_it_is_loaded(tmp_path):
    """A NumPy that takes half a minute to load, before main() begins."""
    (tmp_path / "numpy.py").write_text(SLOW_TO_LOAD)
    running = subprocess.Popen([sys.executable, "-m", "minicnn", "networks"], cwd=tmp_path,
                               env=os.environ | {"PYTHONPATH": f"{tmp_path}:{ROOT}"},
                               stderr=subprocess.PIPE, stdout=subprocess.PIPE)
    while not (tmp_path / "ready").exists():
        assert running.poll() is None
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=30)
    assert (out, err) == (b"", b"") and running.returncode in (130, -signal.SIGINT)


ENDS_SLOWLY = """
import atexit, os, signal, sys
sys.argv = ["minicnn", "networks", "lenet5"]
from minicnn.__main__ import main
atexit.register(signal.raise_signal, signal.SIGINT)
sys.exit(main())
"""


@posix
def test_ctrl_c_just_before_the_end():
    run = subprocess.run([sys.executable, "-c", ENDS_SLOWLY], cwd=ROOT, capture_output=True)
    assert run.returncode == 0 and run.stderr == b"" and b"61,706" in run.stdout


def test_a_program_that_imports_minicnn_is_left_alone():
    code = ("import signal, sys, minicnn; print(signal.getsignal(signal.SIGINT) is "
            "signal.default_int_handler, sys.excepthook is sys.__excepthook__)")
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert run.stdout == "True True\n"
