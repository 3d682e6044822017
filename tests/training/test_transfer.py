"""What an experiment on transfer learning says of itself."""

import pytest

from minicnn.training.transfer import (
    copied_table,
    draw_copied_layers,
    draw_transfer,
    spread,
    table,
    verdicts,
)

METHODS = {"scratch": "from scratch", "earlier conv3": "linear on conv3",
           "earlier conv5": "linear on conv5", "top": "linear on top", "few": "fine-tune a few",
           "more": "fine-tune more"}


def found(**changes):
    """Errors of all methods on both kinds of data; the advice of the slide is right at first."""
    errors = {(data, size, method): [50.0, 52.0, 54.0] for data in ("similar", "different")
              for size in (5, 100) for method in METHODS}
    for place, method in {("similar", 5): "top", ("similar", 100): "few",
                          ("different", 5): "earlier conv5", ("different", 100): "more"}.items():
        errors[(*place, method)] = [30.0, 31.0, 32.0]
    for place, values in changes.items():
        data, size, method = place.split("_")
        errors[data, int(size), method] = values
    return errors


def test_spread():
    assert spread([41.26]) == "41.3" and spread([40, 41, 42]) == "41.0 ± 1.0"


def test_the_table():
    lines = table(found(), "similar", METHODS).splitlines()
    assert lines[0].split() == ["method", "5", "a", "class", "100", "a", "class"]
    assert [line.split("  ")[0] for line in lines[2:]] == list(METHODS.values())
    assert "31.0 ± 1.0" in lines[5] and "52.0 ± 2.0" in lines[5]
    assert table(found(), "similar", METHODS, "markdown").startswith("| method | 5 a class | 100")


def test_advice_that_is_right():
    said = verdicts(found(), METHODS)
    assert [line.split(" data")[0] for line in said] == [
        "little similar", "much similar", "little different", "much different"]
    assert all(line.endswith("nothing was better: as on the slide") for line in said)
    assert "the slide says linear on conv5, here 31.0 ± 1.0 %" in said[2]


def test_frozen_features_that_lose():
    said = verdicts(found(similar_5_few=[20.0, 21.0, 22.0]), METHODS)[0]
    assert said == ("little similar data (5 a class): the slide says linear on top, here 31.0 ± 1.0"
                    " %; fine-tune a few has 21.0 ± 1.0 %: not as on the slide; frozen features "
                    "lose here")
    said = verdicts(found(similar_100_scratch=[20.0, 21.0, 22.0]), METHODS)[1]
    assert said.endswith("from scratch has 21.0 ± 1.0 %: not as on the slide")


def test_what_is_no_more_apart_than_the_seeds():
    """Seed by seed: 30 - 35, 31 - 30, 32 - 30 is 0 on the mean, and the spread is large."""
    close = verdicts(found(similar_5_few=[33.0, 30.0, 29.0]), METHODS)[0]
    assert close.endswith("fine-tune a few has 30.7 ± 2.1 %, no more apart than the seeds are: "
                          "as on the slide")
    always = verdicts(found(similar_5_few=[29.5, 30.5, 31.5]), METHODS)[0]      # in every seed
    assert "not as on the slide" in always


def test_one_seed_is_taken_at_its_word():
    errors = {place: values[:1] for place, values in found().items()}
    assert verdicts(errors, METHODS)[0].endswith("nothing was better: as on the slide")
    errors["similar", 5, "more"] = [29.9]
    assert "not as on the slide" in verdicts(errors, METHODS)[0]


def test_a_method_that_was_not_tried():
    errors = {place: values for place, values in found().items() if place[2] != "top"}
    with pytest.raises(ValueError, match="no 'top' was tried on similar data with 5 a class"):
        verdicts(errors, METHODS)


def test_the_picture(tmp_path):
    names = {"similar": "dog, frog", "different": "digits"}
    picture = draw_transfer(found(), METHODS, names, tmp_path / "a.png", "from a base")
    left, right = picture.figure.axes
    assert left.get_title() == "similar: dog, frog" and right.get_title() == "different: digits"
    _, words = left.get_legend_handles_labels()
    assert words == list(METHODS.values()) and picture.path.stat().st_size > 10_000


def test_copied_layers(tmp_path):
    layers = ["nothing", "conv1", "conv2"]
    errors = {(base, n): 10.0 * n + (base == "B") for base in "AB" for n in range(3)}
    lines = copied_table(errors, layers)
    assert lines[2].split() == ["AnB", "0.0", "10.0", "20.0"]
    assert lines[3].split() == ["BnB", "1.0", "11.0", "21.0"]
    picture = draw_copied_layers(errors, layers, tmp_path / "b.png", "which layers?")
    axes, = picture.figure.axes
    assert [line.get_ydata().tolist() for line in axes.lines] == [[0, 10, 20], [1, 11, 21]]
    assert [tick.get_text() for tick in axes.get_xticklabels()] == [
        "0\nnothing", "1\nconv1", "2\nconv2"]
