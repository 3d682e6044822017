"""Contestants in processes of their own: the protocol, played by a rival that is made up."""

import sys
import textwrap
from pathlib import Path

import pytest

from benchmarks.machine import Watch, machine
from benchmarks.process import Contestant, Died, Process, minicnn, rival
from benchmarks.rivals import serve
from benchmarks.rounds import check_kernels, measure
from benchmarks.workloads import WORKLOADS

RIVALS = Path(serve.__file__).parent


@pytest.fixture
def made_up(tmp_path):
    def contestant(name, body):
        """A rival whose prepare(workload) has this body."""
        script = tmp_path / f"{name}.py"
        script.write_text(f"import sys, time\nsys.path.insert(0, {str(RIVALS)!r})\n"
                          "from serve import Impossible, serve\n"
                          "def prepare(workload):\n" + textwrap.indent(body, "    ") +
                          f"\nserve({{'who': {name!r}}}, prepare)\n")
        return Contestant(name, (sys.executable, str(script)))
    return contestant


def measured(contestants, name="lrn", rounds=3, device="cpu"):
    found, told = {}, []
    measure(WORKLOADS[name].smaller(), contestants, rounds, 0.002, found, device, told.append)
    return found, told


def test_in_turn(made_up):
    quick = made_up("quick", "print('noise')\nreturn (lambda: None), 7")
    slow = made_up("slow", "return (lambda: time.sleep(0.01)), 7")
    found, told = measured([quick, slow])
    assert told == [f"lrn: {name}" for name in ("quick", "slow",              # preparation
                                                "quick", "slow", "slow", "quick", "quick", "slow")]
    assert [len(turn) for turn in found["slow"]["seconds"]] == [1, 1, 1]
    assert len(found["quick"]["seconds"][0]) > 1
    assert min(found["slow"]["seconds"])[0] >= 0.01
    assert found["quick"]["who"] == "quick" and found["quick"]["parameters"] == 7
    assert found["quick"]["peak_bytes"] > 1e6


def test_what_a_rival_cannot_do(made_up):
    unable = made_up("unable", "raise Impossible('no windows')")
    able = made_up("able", "return (lambda: None), 0")
    found, _ = measured([unable, able])
    assert found["unable"]["impossible"] == "no windows" and found["unable"]["seconds"] == []
    assert len(found["able"]["seconds"]) == 3 and "impossible" not in found["able"]
    assert measured([able], "growth_chain_100")[0]["able"]["impossible"] == "not written for it"
    found, _ = measured([able], device="cuda")
    assert found["able"]["impossible"] == "finds no GPU, or is not written for one"


@pytest.mark.parametrize("body, words", [
    ("raise KeyError('rows')", "broken ended: KeyError: 'rows'"),
    ("return (lambda: 1 / 0), 0", "broken ended: ZeroDivisionError: division by zero"),
    ("import os\nos._exit(3)", "broken ended: status 3"),
])
def test_a_contestant_that_dies_is_reported(made_up, body, words):
    found, _ = measured([made_up("broken", body), made_up("able", "return (lambda: None), 0")])
    assert found["broken"]["impossible"] == words
    assert len(found["able"]["seconds"]) == 3


def test_a_contestant_that_dies_on_the_way(made_up):
    body = ("steps = iter(range(15))\n"
            "def step():\n    time.sleep(0.01)\n    next(steps)\n"
            "return step, 0")
    found, _ = measured([made_up("tired", body)], rounds=20)
    assert "StopIteration" in found["tired"]["impossible"] and found["tired"]["seconds"]


def test_answers_that_nobody_can_read():
    chatter = Contestant("chatter", (sys.executable, "-c", "print('hello')"))
    with pytest.raises(Died, match=r"chatter answered 'hello\\n'"):
        Process(chatter)
    number = Contestant("number", (sys.executable, "-c", "print(3)"))
    with pytest.raises(Died, match=r"number answered '3\\n'"):
        Process(number)


def test_our_own_contestant():
    found, _ = measured([minicnn("1", "Haswell")], "lenet", rounds=1)
    result = found["minicnn, 1 thread, Haswell"]
    assert result["parameters"] == 61_706 and result["threads"] == 1 and result["seconds"][0]
    assert result["who"].startswith("minicnn ") and "1 thread" in result["blas"]


@pytest.mark.parametrize("blas, taken", [
    ("openblas 0.3, Haswell kernels, 2 threads", True),
    ("openblas 0.3, haswell kernels, 1 thread", True),
    ("unknown", True), ("openblas 0.3, unknown kernels, 2 threads", True),
    ("openblas 0.3, SkylakeX kernels, 2 threads", False),
    ("mkl 2024, unheard-of kernels, 2 threads", False),
])
def test_kernels_that_were_not_taken(blas, taken):
    check_kernels(minicnn(), {"blas": blas})
    check_kernels(minicnn(coretype="unset"), {"blas": blas})
    if taken:
        check_kernels(minicnn(coretype="Haswell"), {"blas": blas})
    else:
        with pytest.raises(ValueError, match=f"Haswell was not taken; the BLAS is {blas}"):
            check_kernels(minicnn(coretype="Haswell"), {"blas": blas})


def test_settings_of_contestants():
    assert minicnn().name == "minicnn" and minicnn().environment == {}
    assert minicnn("2", "unset").environment == {"MINICNN_THREADS": "2", "OPENBLAS_CORETYPE": None}
    assert minicnn("unset").environment == {"MINICNN_THREADS": None}
    assert minicnn("2", "unset").name == "minicnn, 2 threads"
    assert rival("torch", "python").command[1].endswith("torch_workloads.py")


def test_on_a_gpu_a_turn_has_one_time():
    waits = []
    seconds = serve.timed_on_gpu(lambda: None, 4, lambda: waits.append(1))
    assert 0 < seconds < 1 and len(waits) == 2


def test_rivals_do_not_know_minicnn():
    scripts = sorted(RIVALS.glob("*_workloads.py"))
    assert [path.stem.split("_")[0] for path in scripts] == ["chainer", "dezero", "mygrad", "torch"]
    for path in RIVALS.glob("*.py"):
        text = path.read_text()
        compile(text, path, "exec")
        assert "import minicnn" not in text and "from minicnn" not in text


def test_machine():
    assert machine()["cores"] >= 1 and machine()["processor"]
    others = Watch().others()
    assert others is None or others >= 0
