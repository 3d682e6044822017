"""Ctrl-C ends an epoch, and twice the program."""

import os
import signal
import subprocess
import sys
import threading
import time
from argparse import ArgumentParser
from pathlib import Path

import pytest

from minicnn.training.interrupt import (
    SIGNALS,
    Stop,
    end_quietly,
    finish_step,
    told_in_one_line,
)

ROOT = Path(__file__).parents[2]


def press_ctrl_c():
    signal.raise_signal(signal.SIGINT)


def test_flag():
    stop = Stop()
    assert not stop
    stop.signal = signal.SIGINT
    assert stop


def test_nothing_pressed(capfd):
    with finish_step() as stop:
        pass
    assert not stop and capfd.readouterr() == ("", "")


def test_first_ctrl_c_sets_the_flag(capfd):
    """Hazard 40."""
    with finish_step() as stop:
        press_ctrl_c()
        finished = True
    assert stop and finished
    assert "press Ctrl-C again to stop at once" in "".join(capfd.readouterr())


def test_second_ctrl_c_stops_at_once():
    """Hazard 40."""
    with pytest.raises(KeyboardInterrupt), finish_step():
        press_ctrl_c()
        press_ctrl_c()
        pytest.fail("the second one did nothing")


def test_a_second_ctrl_c_waits_until_all_is_saved(capfd):
    with finish_step() as stop:
        press_ctrl_c()
        with stop.saving():
            press_ctrl_c()
            saved = True
    assert saved and "saving, a moment" in capfd.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has one signal")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_other_signals_are_heard_as_ctrl_c_is(name):
    with finish_step() as stop:
        signal.raise_signal(getattr(signal, name))
    assert stop.signal == getattr(signal, name)


def test_a_signal_that_was_forbidden_stays_so():
    """nohup, or a shell's background job."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with finish_step() as stop:
            press_ctrl_c()
        assert not stop and signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_leaving(capsys):
    stop = Stop()
    stop.signal = signal.SIGTERM
    with pytest.raises(SystemExit) as left:
        stop.leave()
    assert left.value.code == 143
    assert capsys.readouterr().out == "saved; the same command goes on from there\n"


def test_ending_quietly(capfd):
    kept = {number: signal.getsignal(number) for number in SIGNALS}
    try:
        end_quietly()
        with pytest.raises(SystemExit) as ended:
            press_ctrl_c()
        assert ended.value.code == 130 and capfd.readouterr().err == "\nstopped\n"
        with pytest.raises(SystemExit) as ended, finish_step():
            press_ctrl_c()
            press_ctrl_c()
        assert ended.value.code == 130
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


@pytest.mark.parametrize("problem", [OSError("full"), ValueError("full"), RuntimeError("full")])
def test_told_in_one_line(problem, capsys):
    with pytest.raises(SystemExit) as ended, told_in_one_line(ArgumentParser("lenet")):
        raise problem
    assert ended.value.code == 2 and capsys.readouterr().err == "lenet: error: full\n"
    with pytest.raises(KeyError), told_in_one_line(ArgumentParser("lenet")):
        raise KeyError("a mistake in the script")


def test_handler_is_put_back():
    def own(*_):
        pass

    before = signal.signal(signal.SIGINT, own)
    try:
        with finish_step():
            assert signal.getsignal(signal.SIGINT) is not own
        assert signal.getsignal(signal.SIGINT) is own
        with finish_step():
            press_ctrl_c()
        assert signal.getsignal(signal.SIGINT) is own
        with pytest.raises(ZeroDivisionError), finish_step():
            raise ZeroDivisionError
        assert signal.getsignal(signal.SIGINT) is own
    finally:
        signal.signal(signal.SIGINT, before)


def test_in_a_thread():
    """Only the main thread may have handlers; elsewhere the flag stays false."""
    answers = []

    def work():
        with finish_step() as stop:
            answers.append(bool(stop))

    before = signal.getsignal(signal.SIGINT)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert answers == [False] and signal.getsignal(signal.SIGINT) is before


LOOP = """
import sys, time
from minicnn.training.interrupt import finish_step
with finish_step() as stop:
    print("ready", flush=True)
    while True:
        time.sleep(0.05)                               # one step
        if stop and "stubborn" not in sys.argv:
            print("saved", flush=True)
            sys.exit(130)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
@pytest.mark.parametrize("stubborn", [False, True])
def test_a_program(stubborn):
    program = subprocess.Popen([sys.executable, "-c", LOOP, *["stubborn"] * stubborn], text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert program.stdout.readline() == "ready\n"
    program.send_signal(signal.SIGINT)
    if stubborn:
        time.sleep(0.3)
        program.send_signal(signal.SIGINT)
    out, err = program.communicate(timeout=20)
    if stubborn:
        assert "KeyboardInterrupt" in err and "saved" not in out
    else:
        assert program.returncode == 130 and "saved" in out and "Traceback" not in err
