import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from minicnn.data import Loader, augment
from minicnn.data.ahead import ahead

ROOT = Path(__file__).parents[2]
IMAGES, LABELS = np.arange(22 * 3 * 8 * 8, dtype=np.float32).reshape(22, 3, 8, 8), np.arange(22)
CROP = partial(augment.random_crop, size=6)


def loader(readers=0, seed=1, transform=CROP, **more):
    made = Loader(IMAGES, LABELS, 4, seed=seed, transform=transform, **more)
    made.readers = readers
    return made


def batches(one, epochs=1):
    return [(x, y, one.rows, one.epoch, one.position) for _ in range(epochs) for x, y in one]


def same(one, other):
    return len(one) == len(other) and all(
        np.array_equal(a[0], b[0]) and np.array_equal(a[1], b[1]) and a[2:] == b[2:]
        for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("readers", [1, 3])
def test_the_batches_are_those_of_no_reader(readers):
    assert same(batches(loader(readers)), batches(loader()))


def test_from_the_middle_of_an_epoch_and_shared_with_other_processes():
    def at(readers):
        one = loader(readers)
        one.share(1, 2)
        one.load_state_dict({**one.state_dict(), "epoch": 3, "position": 2})
        return batches(one)

    assert same(at(2), at(0))


def test_an_error_is_raised_where_the_batch_is_needed():
    with pytest.raises(ValueError, match="size"):
        next(iter(loader(1, transform=partial(augment.random_crop, size=9))))


def test_who_leaves_the_loop_leaves_no_reader():
    jobs = ((np.arange(4), 0, batch) for batch in range(9))
    made = ahead(loader(), jobs, 2)
    next(made)
    started = made.gi_frame.f_locals["started"]
    assert [reader.process.poll() for reader in started] == [None, None]
    made.close()
    assert all(reader.process.poll() is not None for reader in started)


def test_a_reader_that_is_killed_is_named():
    jobs = ((np.arange(4), 0, batch) for batch in range(99))
    made = ahead(loader(), jobs, 1)
    next(made)
    reader, = made.gi_frame.f_locals["started"]
    reader.process.kill()
    reader.process.wait()
    with pytest.raises(RuntimeError, match="reads pictures ahead has ended with status -9"):
        list(made)


PROGRAM = """
import sys, time
from tests.data.test_ahead import loader
for number, _ in enumerate(loader(2)):
    if number == 1:
        print("at work", flush=True)
        time.sleep(60)
"""


def children(process):
    return Path(f"/proc/{process}/task/{process}/children").read_text().split()


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs Linux's /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_reader_outlives_its_program(number):
    process = subprocess.Popen([sys.executable, "-c", PROGRAM], cwd=ROOT, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL,
                               env=os.environ | {"PYTHONPATH": str(ROOT)})
    assert process.stdout.readline() == b"at work\n"
    readers = children(process.pid)
    assert len(readers) == 2
    process.send_signal(number)
    process.communicate(timeout=60)
    end = time.time() + 10
    while any(Path(f"/proc/{reader}").exists() for reader in readers) and time.time() < end:
        time.sleep(0.05)
    assert not any(Path(f"/proc/{reader}").exists() for reader in readers)
