import json
from dataclasses import replace
from pathlib import Path

import pytest

from minicnn.data.files import DamagedFile
from minicnn.experiments import EXPERIMENTS
from minicnn.experiments import stored as module
from minicnn.experiments.experiment import Effect, Exact, Experiment, Result
from minicnn.experiments.outcome import processor, run_experiment, text
from minicnn.experiments.stored import store, stored

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "minicnn" / "experiments" / "stored").glob("*.json"))


def run(settings):
    differences = [float(2 + seed) for seed in settings.seeds]
    return Result([{"seed": seed, "error": 1.0} for seed in settings.seeds], None, "It does.",
                  [Effect("more is more", differences), Exact("one is one", 1, 1)])


MADE_UP = Experiment("made-up", ("d99",), "Is more more?", 'stanford "More"', "It is counted.", 1,
                     1, run, "It is.")


@pytest.fixture
def root(tmp_path, monkeypatch):
    folder = tmp_path / "minicnn" / "experiments" / "stored"
    folder.mkdir(parents=True)
    monkeypatch.setattr(module, "FOLDER", folder)
    stored.cache_clear()
    yield tmp_path
    stored.cache_clear()


def test_a_full_run_is_kept_and_shown(root, tiny):
    full = run_experiment(MADE_UP, tiny((0, 1, 2), form="full"))
    written = store(full, root, "python -m minicnn experiment made-up --full")
    assert root / "docs" / "stored" / "experiments" / "made-up" / "rows.csv" in written
    kept = stored("made-up")
    assert kept["command"].endswith("made-up --full") and kept["settings"]["form"] == "full"
    assert [effect["verdict"] for effect in kept["effects"]] == ["as in the lecture", "equal"]
    assert kept["rows"] == [{"seed": seed, "error": 1.0} for seed in (0, 1, 2)]

    one = run_experiment(MADE_UP, tiny((0,)))
    said = "\n".join(text(one, kept))
    assert "one seed: no verdict: more is more (+2 points)" in said
    assert f"stored full run of {kept['settings']['date']}" in said
    assert "as in the lecture: more is more (+3" in said
    assert "expected: It is." in said
    three = run_experiment(MADE_UP, tiny((0, 1, 2)))
    assert "stored full run" not in "\n".join(text(three, kept))       # it has its own verdict
    assert "no full run is stored" in "\n".join(text(one))


def test_it_is_shown_where_nothing_shows(tiny):
    """But not beside another full run."""
    hazy = replace(MADE_UP, run=lambda settings: Result([{"error": 1.0}], None, "No.", [
        Effect("more is more", [1.0, -1.0, 0.5])]))
    assert "no full run is stored" in "\n".join(text(run_experiment(hazy, tiny((0, 1, 2)))))
    full = run_experiment(hazy, tiny((0, 1, 2), form="full"))
    assert "stored" not in "\n".join(text(full))


def test_what_a_run_says_of_its_making(tiny):
    settings = run_experiment(MADE_UP, tiny((0, 1))).settings
    assert settings["seeds"] == "0 1" and settings["experiment"] == "made-up"
    for name in ("date", "processor", "cores", "Python", "NumPy", "BLAS", "minicnn", "form"):
        assert settings[name], name
    assert processor() == settings["processor"]


def test_none_is_stored(root):
    assert stored("made-up") is None


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"settings": 1, "effects": []'])
def test_a_damaged_one(content, root):
    (root / "minicnn" / "experiments" / "stored" / "made-up.json").write_text(content)
    with pytest.raises(DamagedFile, match="install minicnn again"):
        stored("made-up")


def test_it_goes_into_the_sources_alone(tmp_path, tiny):
    with pytest.raises(NotADirectoryError, match="minicnn's sources"):
        store(run_experiment(MADE_UP, tiny()), tmp_path, "")
    assert list(tmp_path.glob("*.json")) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_those_that_are_stored(path):
    """Each belongs to an experiment, was run in full, and stands in the book as well."""
    kept = json.loads(path.read_text(encoding="utf-8"))
    assert path.stem in EXPERIMENTS and kept["settings"]["form"] == "full"
    assert f"experiment {path.stem} --full" in kept["command"]
    assert kept["finding"] and kept["effects"] and kept["rows"]
    book = ROOT / "docs" / "stored" / "experiments" / path.stem
    assert (book / "rows.csv").is_file()
    assert f"# date: {kept['settings']['date']}" in (book / "rows.csv").read_text(encoding="utf-8")
