"""Ctrl-C ends an epoch, and twice the program."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from minicnn.training.interrupt import Stop, finish_step

ROOT = Path(__file__).parents[2]


def press_ctrl_c():
    signal.raise_signal(signal.SIGINT)


def test_flag():
    stop = Stop()
    assert not stop
    stop.asked = True
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
