"""Every experiment: what it says of itself, and that it runs from end to end."""

import re
from pathlib import Path

import pytest

from minicnn.experiments import ELSEWHERE, EXPERIMENTS
from minicnn.experiments.all_of_them import estimated, planned
from minicnn.experiments.experiment import FORMS, Effect, Exact, Settings
from minicnn.experiments.outcome import run_experiment, text, write
from minicnn.experiments.records import csv_text
from minicnn.experiments.verdict import UNEQUAL
from minicnn.slides import DECKS

FOLDER = Path(__file__).parents[2] / "minicnn" / "experiments"
# Those that take more than a third of a second, even as small as they can be.
SLOW = {"cardinality", "cell", "dream", "enas", "field-shape", "filters", "fusion", "identity",
        "jepa", "kernels", "memory", "neighbours", "nin", "occlusion", "parts", "retrieval",
        "scaling", "scene-labels", "segmentation", "style", "towers"}
EACH = [pytest.param(name, marks=[pytest.mark.slow] if name in SLOW else [])
        for name in EXPERIMENTS]


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_what_it_says_of_itself(name):
    one = EXPERIMENTS[name]
    assert re.fullmatch(r"[a-z][a-z-]*", name) and one.name == name
    assert one.ids and all(re.fullmatch(r"[dx]\d+", number) for number in one.ids)
    assert one.question.endswith("?") and one.method.endswith(".") and one.expected.endswith(".")
    for place in one.slides.split("; "):
        deck, title = place.split(" ", 1)
        assert deck in DECKS and re.match(r'"[^"]+"', title), place
    assert min(one.quick_seconds, one.full_seconds, one.seeds) > 0


def test_each_of_the_lectures_experiments_has_one_command():
    ids = [number for one in [*EXPERIMENTS.values(), *ELSEWHERE] for number in one.ids]
    assert len(ids) == len(set(ids))
    assert {f"d{number}" for number in range(1, 57)} <= set(ids)
    names = [*EXPERIMENTS, *(other.name for other in ELSEWHERE)]
    assert len(names) == len(set(names))


def test_scripts_are_short():
    """Under 120 lines; what two share goes into the package."""
    for one in EXPERIMENTS.values():
        path = FOLDER / f"{one.name.replace('-', '_')}.py"
        assert len(path.read_text(encoding="utf-8").splitlines()) < 120, path


def test_all_of_them_fit_into_ten_minutes_of_two_cores():
    counts = planned(EXPERIMENTS.values(), 1200)
    assert estimated(EXPERIMENTS.values(), counts) <= 1200


@pytest.mark.parametrize("name", EACH)
def test_it_runs(name, tiny):
    outcome = run_experiment(EXPERIMENTS[name], tiny())
    result = outcome.result
    assert result.rows and csv_text(result.rows, outcome.settings)
    assert result.finding.endswith(".") and "nan" not in result.finding
    assert result.effects and all(isinstance(effect, (Effect, Exact)) for effect in result.effects)
    assert all(len(effect.differences) == 1 for effect in result.effects
               if isinstance(effect, Effect))
    assert result.figure is None or len(result.figure.alt) > 40
    assert UNEQUAL not in [word for word, _ in outcome.verdicts]
    said = "\n".join(text(outcome))
    assert "seeds 0;" in said and "in the lecture:" in said


@pytest.mark.parametrize("name", [pytest.param(name, marks=[pytest.mark.slow] * (name != "lesions"))
                                  for name in EXPERIMENTS])
def test_it_is_written(name, tiny, tmp_path):
    outcome = run_experiment(EXPERIMENTS[name], tiny())
    written = {path.name: path for path in write(outcome, tmp_path / "out")}
    if outcome.result.figure is None:
        assert set(written) == {"rows.csv"}
        return
    assert set(written) == {"rows.csv", "figure.png", "figure.txt"}
    assert written["figure.png"].read_bytes().startswith(b"\x89PNG")
    assert written["figure.txt"].read_text(encoding="utf-8") == f"{outcome.result.figure.alt}\n"


def test_one_seed_gives_one_result(tiny):
    """Twice the same numbers, to the bit, without a cache."""
    one, two = (run_experiment(EXPERIMENTS["augment"], tiny(cache=None)).result for _ in "12")
    assert one.rows == two.rows and one.finding == two.finding
    assert [effect.differences for effect in one.effects] == \
        [effect.differences for effect in two.effects]


def test_three_seeds_give_a_verdict(tiny):
    outcome = run_experiment(EXPERIMENTS["augment"], tiny((0, 1, 2)))
    (verdict,) = outcome.verdicts
    assert verdict.word in ("as in the lecture", "not as in the lecture", "not at this size")
    assert outcome.needs_stored() == (verdict.word == "not at this size")


@pytest.mark.parametrize("settings, words", [({"form": "small"}, "expected tiny, quick, full"),
                                             ({"seeds": ()}, "at least one")])
def test_says_what_is_wrong(settings, words):
    with pytest.raises(ValueError, match=words):
        Settings(**settings)


def test_sizes():
    assert [Settings(form=form).pick("q", "f", "t") for form in FORMS] == ["t", "q", "f"]
    assert Settings(form="full").full and not Settings().full
