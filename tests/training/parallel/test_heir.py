"""A process that is killed, and the child that saves what it has left."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from minicnn.training import checkpoint
from minicnn.training.lock import FolderInUse, Lock
from tests.training.parallel.test_keeper import same, tree

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.skipif(os.name != "posix", reason="no child is started there")
PARENT = """
import os, signal, sys, time
from pathlib import Path
from minicnn.training import checkpoint
from tests.training.parallel.test_keeper import Folder, Pair, keeper, tree
folder, how = Path(sys.argv[1]), sys.argv[2]
keeper.SHARE = 1e9
if how != "first":
    checkpoint.save(folder / "last.npz", tree(1))
own = keeper.Keeper(Pair(), Folder(folder), print)
for number in (2, 3):
    own.keep(lambda: tree(number))
if how == "newer":
    checkpoint.save(folder / "last.npz", tree(4))
if how == "gone":
    (folder / "running").unlink()
    (folder / "running").write_text("another run")
if how == "signals":
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.killpg(own.child.pid, number)
print(own.child.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("how, step, says", [
    ("first", 3, True), ("plain", 3, True), ("signals", 3, True), ("newer", 4, False),
    ("gone", 1, False)])
def test_the_child_saves_after_the_parent_was_killed(tmp_path, how, step, says):
    parent = subprocess.Popen([sys.executable, "-c", PARENT, tmp_path, how], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env=os.environ | {"PYTHONPATH": str(ROOT)})
    child = int(parent.stdout.readline())
    assert os.getsid(child) == child != os.getsid(0)
    os.kill(child, signal.SIGSTOP)
    parent.kill()
    parent.wait()
    if how != "gone":                                      # a run that begins now has to wait
        with pytest.raises(FolderInUse):
            Lock(tmp_path)
    os.kill(child, signal.SIGCONT)
    _, text = parent.communicate(timeout=30)               # until the child, too, has let it go
    assert ("what was learnt before is kept in" in text) == says and "Traceback" not in text, text
    assert waited(lambda: ended(child))
    found = checkpoint.load(tmp_path / "last.npz")
    same(found, tree(step) | {"c": found["c"]})
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"last.npz"} | ({"running"} if how == "gone" else set())
    Lock(tmp_path).release()


def ended(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    try:                                                   # Z: nobody has asked for its status yet
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return False


def waited(done):
    end = time.monotonic() + 20
    while not done() and time.monotonic() < end:
        time.sleep(0.02)
    return done()
