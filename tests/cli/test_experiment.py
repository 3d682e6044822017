import signal
from dataclasses import replace

import pytest

from minicnn.__main__ import parser
from minicnn.cli import experiment as command
from minicnn.experiments import ELSEWHERE, EXPERIMENTS
from minicnn.experiments.experiment import Effect, Experiment, Result
from minicnn.experiments.paired import paired
from minicnn.training.parallel.world import ALONE
from tests.cli.common import status
from tests.thread_world import together


def run(settings):
    """Ctrl-C in the third seed, where --data is given; the twenty seconds of a seed are made up."""
    def one(seed):
        if settings.data and seed == 2:
            signal.raise_signal(signal.SIGINT)
        return float(1 + seed)

    found = paired(settings, one)
    settings.note(form_seen=settings.form)
    return Result([{"seed": seed, "difference": d}
                   for seed, d in zip(settings.seeds, found, strict=True)], None, "More is more.",
                  [Effect("more is more", found)])


CHEAP = Experiment("cheap", ("d98",), "Is more more?", 'stanford "More"', "It is counted.", 2, 500,
                   run, "It is.")
DEAR = replace(CHEAP, name="dear", ids=("d97",), quick_seconds=200, seeds=1)


@pytest.fixture(autouse=True)
def made_up(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "EXPERIMENTS", {"dear": DEAR, "cheap": CHEAP})
    return tmp_path


def test_one(made_up, capsys):
    assert status("experiment", "cheap") == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.startswith("cheap: Is more more?\nIt is counted.\nabout 2 s of one core with 3 s")
    assert "form quick; seeds 0 1 2; form seen quick" in out
    assert "found: More is more." in out
    assert "as in the lecture: more is more (+2 ± 0.58 points over 3 seeds: +1, +2, +3" in out
    assert 'in the lecture: stanford "More"' in out
    rows = made_up / "out" / "experiments" / "cheap" / "rows.csv"
    assert f"written: {rows.relative_to(made_up)}" in out
    assert rows.read_text().startswith("# experiment: cheap\n# form: quick\n# seeds: 0 1 2\n")


def test_seeds_and_form(capsys):
    assert status("experiment", "cheap", "--full", "--seeds", "1", "--out", "new/place") == 0
    out = capsys.readouterr().out
    assert "form full; seeds 0;" in out and "one seed: no verdict: more is more (+1 points)" in out
    assert "written: new/place/cheap/rows.csv" in out


def test_all_of_them(capsys, monkeypatch):
    """The commands of their processes, and what becomes of a failure."""
    seen = {}

    def run_all(experiments, start, counts, seconds, jobs, say):
        seen["commands"] = [start(one, counts[one.name], seconds)[3:] for one in experiments]
        seen["rest"] = seconds, jobs
        return ["dear"]

    monkeypatch.setattr(command, "run_all", run_all)
    assert status("experiment", "--all", "--data", "shapes", "--jobs", "3") == 1
    assert "failed: dear" in capsys.readouterr().out
    assert seen["rest"] == (1200, 3)
    more = ["--out", "out/experiments", "--threads", "1", "--data", "shapes"]
    assert seen["commands"] == [
        ["experiment", "dear", "--seeds", "1", "--seconds", "1200", *more],
        ["experiment", "cheap", "--seeds", "3", "--seconds", "1200", *more]]
    for arguments in seen["commands"]:
        assert parser().parse_args(arguments).name == arguments[1]


def test_all_of_them_in_full(capsys, monkeypatch):
    seen = []
    monkeypatch.setattr(command, "run_all", lambda experiments, start, counts, seconds, *_: seen
                        .extend(start(one, counts[one.name], seconds)[3:] for one in experiments))
    assert status("experiment", "--all", "--full") == 0
    assert seen[1] == ["experiment", "cheap", "--seeds", "3", "--out", "out/experiments",
                       "--threads", "1", "--full", "--processes", "1"]


def test_ctrl_c_keeps_the_seeds_that_are_finished(made_up, capsys):
    assert status("experiment", "cheap", "--data", "digits") == 130
    out, err = capsys.readouterr()
    assert "two seeds: no verdict: more is more (+1, +2 points)" in out
    assert "interrupted: 2 of 3 seeds were finished" in out
    assert err == "minicnn experiment: stopped\n"
    rows = made_up / "out" / "experiments" / "cheap" / "rows.csv"
    assert rows.read_text().endswith("seed,difference\n0,1\n1,2\n")


def test_ctrl_c_stores_no_half_of_a_run(made_up, capsys):
    (made_up / "minicnn" / "experiments").mkdir(parents=True)
    assert status("experiment", "cheap", "--full", "--data", "digits", "--store", ".",
                  "--processes", "1") == 130
    assert list((made_up / "minicnn").rglob("*.json")) == []
    assert not (made_up / "docs").exists()


@pytest.mark.parametrize("more, memory, count", [
    ([], 64, 1), (["--full"], 64, 4), (["--full"], 2, 2), (["--full"], 0, 1),
    (["--full", "--threads", "2"], 64, 1), (["--full", "--seconds", "9"], 64, 1),
    (["--processes", "3"], 64, 3)])
def test_how_many_share_the_seeds(more, memory, count, monkeypatch):
    """Four cores, and so many GB."""
    monkeypatch.setattr(command, "own_cores", lambda: 4)
    monkeypatch.setattr(command, "machine_memory", lambda: float(memory << 30))
    args = parser().parse_args(["experiment", "cheap", *more])
    assert command.processes_for(args, ALONE) == count


def test_of_mpiexecs_processes_the_first_prints_and_writes(made_up, capsys):
    args = parser().parse_args(["experiment", "cheap"])
    assert together(2, lambda world: command.run_one(CHEAP, args, 1, world)) == [0, 0]
    out = capsys.readouterr().out
    assert out.count("2 processes share the seeds") == out.count("written: ") == 1
    assert "+1, +2, +3" in out


def test_list(capsys, monkeypatch):
    monkeypatch.setattr(command, "EXPERIMENTS", EXPERIMENTS)
    assert status("experiment", "--list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(EXPERIMENTS) + len(ELSEWHERE)
    for name in EXPERIMENTS:
        (line,) = [line for line in lines if line.split()[0] == name]
        assert EXPERIMENTS[name].question in line and "--full" in line
    for other in ELSEWHERE:
        (line,) = [line for line in lines if line.split()[0] == other.name]
        assert other.command in line


@pytest.mark.parametrize("arguments, words", [
    ([], "which experiment? give one NAME, or --all; --list names them"),
    (["cheap", "--all"], "give one NAME, or --all"),
    (["chaep"], "no experiment is called 'chaep'; did you mean cheap?"),
    (["nothing-like-it"], "--list` names them"),
    (["lenet"], "lenet is another command: make lenet"),
    (["cheap", "--store", "."], "--store keeps full runs; give --full"),
    (["cheap", "--full", "--store", "."], "no folder minicnn/experiments in it"),
    (["cheap", "--data", "cifar-10"], "did you mean cifar10"),
    (["cheap", "--seeds", "0"], "'0' is not a whole number from 1 on"),
    (["cheap", "--seconds", "9", "--processes", "2"], "leave it out where several share them"),
    (["cheap", "--threads", "2", "--processes", "2"], "leave one of them out"),
    (["--all", "--processes", "2"], "--jobs says how many run at once"),
    (["cheap", "--seconds", "-1"], "'-1' is not a number above 0")])
def test_mistakes(arguments, words, refused):
    assert words in refused("experiment", *arguments)


@pytest.mark.parametrize("seconds, words", [(0.2, "1 s"), (40, "40 s"), (115, "2 min"),
                                            (5400, "1.5 h")])
def test_duration(seconds, words):
    assert command.duration(seconds) == words
