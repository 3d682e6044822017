"""One run at a time in a folder, and a dead run is none."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from minicnn.training import lock as lock_file
from minicnn.training.lock import NAME, FolderInUse, Lock

ROOT = Path(__file__).parents[2]
HOLDER = """
import sys, time
from pathlib import Path
from minicnn.training.lock import Lock
lock = Lock(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


def test_one_after_the_other(tmp_path):
    for _ in range(2):
        lock = Lock(tmp_path)
        assert lock.held() and (tmp_path / NAME).exists()
        lock.release()
        assert list(tmp_path.iterdir()) == []


def test_who_holds_it_is_said(tmp_path):
    lock = Lock(tmp_path)
    with pytest.raises(FolderInUse, match=rf"{tmp_path} is in use: process {os.getpid()} on .* "
                                          r"since 20..-..-.. ..:..:.. trains into it; wait"):
        Lock(tmp_path)
    lock.release()


def test_a_text_that_nobody_holds_is_no_lock(tmp_path):
    (tmp_path / NAME).write_text("process 1 on earth since 1970-01-01 00:00:00 and much longer\n")
    lock = Lock(tmp_path)
    assert "earth" not in (tmp_path / NAME).read_text()
    lock.release()


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_run_that_was_killed_holds_none(tmp_path):
    other = subprocess.Popen([sys.executable, "-c", HOLDER, tmp_path], stdout=subprocess.PIPE,
                             env=os.environ | {"PYTHONPATH": str(ROOT)}, text=True)
    assert other.stdout.readline() == "held\n"
    with pytest.raises(FolderInUse, match=f"process {other.pid} on "):
        Lock(tmp_path)
    other.send_signal(signal.SIGKILL)
    other.communicate()
    Lock(tmp_path).release()


def test_removed_while_it_was_held(tmp_path):
    lock = Lock(tmp_path)
    (tmp_path / NAME).unlink()
    assert not lock.held()
    second = Lock(tmp_path)                                # a new file: the old lock is nobody's
    lock.release()
    assert second.held() and (tmp_path / NAME).exists()
    second.release()


def test_a_file_that_goes_between_opening_and_locking(tmp_path, monkeypatch):
    """The run before has just ended: its file is gone, and a lock on it would keep nobody out."""
    take, went = lock_file.lock, []

    def goes(number):
        if not went:
            went.append((tmp_path / NAME).unlink())
        take(number)

    monkeypatch.setattr(lock_file, "lock", goes)
    lock = Lock(tmp_path)
    assert went and lock.held()
    lock.release()


def test_where_there_are_no_locks(tmp_path, monkeypatch):
    """Some file systems have none; the run goes on without."""
    if sys.platform == "win32":
        pytest.skip("there are always locks")

    def none(*_):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(lock_file.fcntl, "flock", none)
    Lock(tmp_path).release()


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="links are followed there")
def test_a_link_is_not_followed(tmp_path):
    (tmp_path / "mine").write_text("mine")
    (tmp_path / NAME).symlink_to(tmp_path / "mine")
    with pytest.raises(OSError):
        Lock(tmp_path)
    assert (tmp_path / "mine").read_text() == "mine"
