"""Real processes, by mpiexec; where there is none, thread_world.py has to do."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from minicnn.training import checkpoint, fit
from tests.training.tiny import IN_SHAPE, LONG, colours, network

ROOT = Path(__file__).parents[3]
BESIDE = Path(sys.executable).parent / "mpiexec"           # as pip installs it
MPIEXEC = str(BESIDE) if BESIDE.exists() else shutil.which("mpiexec")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("mpi4py") is None, reason="mpi4py is not installed: .[mpi]"),
    pytest.mark.skipif(MPIEXEC is None, reason="there is no mpiexec: .[mpi,mpich]")]


def started(count, *arguments):
    surroundings = os.environ | {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.Popen([MPIEXEC, "-n", str(count), sys.executable, *map(str, arguments)],
                            cwd=ROOT, env=surroundings, text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, start_new_session=True)


def ran(count, *arguments):
    """(status, what was printed, the time of the end)"""
    process = started(count, *arguments)
    text, _ = process.communicate(timeout=300)
    return process.returncode, text, time.time()


def script(*arguments):
    return Path(__file__).with_name("by_mpi.py"), *arguments


@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("name", ["lenet5", "resnet20", "ssd300"])
def test_processes_learn_what_one_learns(name, count):
    """20 steps, an uneven end among them, with distortions, dropout and synchronised norms."""
    status, text, _ = ran(count, *script("same", name))
    assert status == 0, text
    found = json.loads(next(line for line in text.splitlines() if line.startswith("[")))
    assert found[0] == name and len(found[1]) == (4 if name == "lenet5" else 2)
    for kind, distance in found[1].items():
        assert distance < (1e-9 if "64" in kind else 1e-5), found


RAISED = "minicnn: process {} of 0 to 2: something is wrong here"
SILENT = "has been silent for 4 s: it was stopped, hangs"
NO_NUMBER = "the loss of process {} of 0 to 2 is not a number, in batch 4 of epoch 3"
KEPT = "what was learnt before is kept in "


def nobody_is_left(folder):
    """Whether all have ended that know of the folder, after some seconds; where there is /proc."""
    end = time.monotonic() + 5
    while (left := [path for path in Path("/proc").glob("[0-9]*/cmdline")
                    if str(folder) in words(path)]) and time.monotonic() < end:
        time.sleep(0.05)
    return not left


def words(path):
    try:
        return path.read_text(errors="replace").split("\0")
    except OSError:                                        # it has just ended
        return []


def learnt(folder):
    """What three processes come to that nothing happens to: weights, memories, losses.

    Running averages are left out: in the middle of an epoch those of process 0 are kept.
    """
    status, text, _ = ran(3, *script("nothing", folder, "step", 0))
    assert status == 0, text
    last = checkpoint.load(folder / "last.npz")
    return repr([{name: value.tobytes() for name, value in last["model"].items()
                  if "running" not in name}, last["random"], last["loader"],
                 {name: np.asarray(value).tobytes() for name, value in last["optimizer"].items()},
                 [(line["loss"], line["train_error"]) for line in last["history"]]])


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    return learnt(tmp_path_factory.mktemp("undisturbed"))


@pytest.mark.parametrize("what, place, ranks, said, kept", [
    ("raise", "step", (0, 1), RAISED, (2, 3)), ("raise", "test", (0, 1), RAISED, (2, 8)),
    ("raise", "save", (0,), RAISED, (2, 8)),
    ("late", "step", (1,), RAISED, (2, 3)),
    ("nan", "step", (0, 1), NO_NUMBER, (2, 3)),
    ("nan", "test", (0, 1), "the loss of epoch 3 is nan", (2, 0)),
    ("term", "step", (0, 1), "", (2, 4)), ("term", "test", (0, 1), "", (2, 8)),
    ("term", "save", (0,), "", (3, 1)),
    ("kill", "step", (0, 1), KEPT, (2, 3)), ("kill", "test", (0, 1), KEPT, (2, 8)),
    ("kill", "save", (0,), KEPT, (2, 8)),
    ("stop", "step", (0, 1), SILENT, (2, 3))])
def test_what_happens_to_one_ends_all_within_five_seconds(what, place, ranks, said, kept, tmp_path,
                                                          undisturbed):
    """`pytest -rP` lists how long each took.

    kept : epochs, and batches of the next one, that the folder has afterwards
    """
    for rank in ranks:
        for turn in ("first", "second"):                   # a busy machine may be late, once
            out = tmp_path / f"{rank} {turn}"
            out.mkdir()
            status, text, end = ran(3, *script(what, out, place, rank))
            assert nobody_is_left(out), text
            took = end - float((out / "happened").read_text()) - 4 * (what == "stop")
            assert status == {"term": 143, "kill": 9}.get(what, 2) and "Traceback" not in text, text
            assert not said or text.count(said.format(rank)) == 1, text
            loader = checkpoint.load(out / "last.npz")["loader"]
            assert (loader["epoch"], loader["position"]) == kept, text
            if took < 5:
                break
        print(f"{what}, {place}, process {rank}: {took:.2f} s")
        assert took < 5
        assert not (out / "running").exists()
        if what in ("kill", "stop", "late"):
            assert learnt(out) == undisturbed              # to the bit
            continue
        lines = []                                         # what is there can be gone on from
        assert fit(network(), colours(64), colours(9, 1), LONG, out=out, in_shape=IN_SHAPE,
                   log=lines.append).finished
        assert lines[0] == f"going on from {out}, epoch {kept[0] + 1}" and len(lines) >= 47


def test_ctrl_c_saves_once(tmp_path):
    process = started(2, *script("interrupt", tmp_path))
    while not (tmp_path / "history.csv").exists() and process.poll() is None:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    text, _ = process.communicate(timeout=60)
    assert process.returncode == 130, text
    assert text.count("stopping after this step") == 1
    assert (tmp_path / "last.npz").exists() and not (tmp_path / "running").exists()


def test_the_tour_of_the_readme(tmp_path):
    """The entry for several machines, with one epoch of a few digits."""
    line, = re.findall(r"^ {4}mpiexec -n (\d+) python ([^#\n]+)", (ROOT / "README.md").read_text(),
                       re.M)
    status, text, _ = ran(int(line[0]), *line[1].split(), "--epochs", "1", "--limit", "200",
                          "--out", tmp_path)
    assert status == 0 and text.count("epoch 1/1") == 1, text
    assert f"{line[0]} processes share each batch of 64" in text


def jobs(place):
    """What test_jobs.py does by other means."""
    return ["-c", f"""
from mpi4py import MPI
from minicnn.training.parallel import map_jobs
rank = MPI.COMM_WORLD.Get_rank()
found = map_jobs(lambda job: (rank, job * job), range(5))
open(rf"{place}-{{rank}}", "w").write(str(found))"""]


def test_several_jobs_at_once(tmp_path):
    status, text, _ = ran(2, *jobs(tmp_path / "found"))
    assert status == 0, text
    right = str([(number % 2, number * number) for number in range(5)])
    assert [(tmp_path / f"found-{rank}").read_text() for rank in (0, 1)] == [right] * 2


def test_the_command_trains_and_goes_on_alone(tmp_path):
    command = ["-m", "minicnn", "train", "lenet5", "--data", "digits", "--limit", "200"]
    status, text, _ = ran(2, *command, "--epochs", "1", "--out", tmp_path / "two")
    assert status == 0 and text.count("epoch 1/1") == 1, text
    assert "2 processes share each batch of 64" in text
    status, text, _ = ran(2, *command, "--batch", "1", "--out", tmp_path / "few")
    assert status == 2 and text.count("batches of 1 for 2 processes") == 1


@pytest.mark.parametrize("program", [
    ("-m", "minicnn", "train", "lenet5"), ("examples/lenet_mnist.py",)])
def test_a_wrong_option_is_said_once(program):
    status, text, _ = ran(2, *program, "--epohcs", "1")
    assert status == 2 and text.count("there is no option --epohcs; did you mean --epochs?") == 1


def test_the_example_learns_what_one_learns(tmp_path, monkeypatch):
    monkeypatch.setenv("MINICNN_OFFLINE", "1")
    found = []
    for count in (1, 2):
        out = tmp_path / str(count)
        status, text, _ = ran(count, "examples/lenet_mnist.py", "--epochs", "1", "--images", "300",
                              "--out", out)
        assert status == 0 and text.count("epoch  1 ") == text.count("pictures in ") == 1, text
        found.append(checkpoint.load(out / "last.npz")["model"])
    for name, value in found[0].items():
        np.testing.assert_allclose(found[1][name], value, atol=1e-5)
    status, text, _ = ran(2, "examples/lenet_mnist.py", "--data", tmp_path / "nowhere")
    assert status == 2 and text.count("nowhere") == 1, text


def test_seeds_of_an_experiment(tmp_path):
    """On the way and what is printed: once; the table: to the last bit that of one process."""
    command = ["-m", "minicnn", "experiment", "neighbours", "--seeds", "2", "--data", "digits"]
    tables = []
    for count in (1, 2):
        status, text, _ = ran(count, *command, "--out", tmp_path / str(count))
        assert status == 0 and text.count("written: ") == text.count("no verdict") == 1, text
        assert ("2 processes share the seeds" in text) == (count == 2)
        lines = (tmp_path / str(count) / "neighbours" / "rows.csv").read_text().splitlines()
        tables.append([line for line in lines if "seconds of one core" not in line])
    assert tables[0] == tables[1]


def test_ctrl_c_keeps_the_seeds_that_are_finished(tmp_path):
    done = tmp_path / "done"
    process = started(2, "-c", f"""
from tests.experiments.test_paired import *
from minicnn.training.parallel import processes
with processes() as world:
    own = settings(world=world, data={str(done)!r}, say=lambda line: None)
    outcome = run_experiment(OWN, own)
    found = [row["value"] for row in rows(outcome)]
    os.write(1, f"{{world.rank}} {{found}} {{own.stopped}}\\n".encode())""")
    while not done.exists() and process.poll() is None:
        time.sleep(0.05)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    text, _ = process.communicate(timeout=60)
    for rank in (0, 1):
        assert f"{rank} [10] interrupted: 1 of 3 seeds were finished" in text, text
