"""The index, both ways: what it names is there, and what is there, it names."""

import importlib
import json
import re
from pathlib import Path

import pytest

from minicnn import layers
from minicnn.__main__ import parser
from minicnn.experiments import EXPERIMENTS
from minicnn.layers.module import Module
from minicnn.slides import DECKS
from minicnn.slides.index import ENTRIES, INDEX, bare, find, slides_of
from minicnn.slides.index.entry import Slide
from minicnn.slides.index.words import answer, experiments_at, experiments_of, shown_by, titles_of

ROOT = Path(__file__).parents[2]
LECTURES = ROOT.parent / "shared" / "lectures"
SHOWN = sorted({shown_by(slide) for slides in INDEX.values() for slide in slides if slide.run
                or slide.keys})

# What no slide names: folders' doors, and parts that several of the files of the index share.
SHARED = {f"{room}/{name}" for room, names in {
    "layers": "__init__ assigned channelnorm channels elsewhere im2col parameter parts roi_boxes "
              "standardise steps windowed",
    "models": "__init__ auxiliary nasnet_names nearest network options paths table units",
    "models/segmentation": "__init__ segmenter trunks",
    "models/detection": "__init__ batching cells default_boxes detector fixed_size heat masks "
                        "pasting regions roi_heads rpn trunk two_stage windows",
    "models/imagine": "__init__ watched", "models/search": "__init__",
    "losses": "__init__ checks l2_penalty rbf squared_error"}.items() for name in names.split()}


# --- what it names is there -----------------------------------------------------------------------

@pytest.mark.parametrize("key", ENTRIES)
def test_file_names_and_test_of_an_entry(key):
    entry = ENTRIES[key]
    assert (ROOT / "minicnn" / entry.file).exists() and (ROOT / "tests" / entry.test).exists()
    assert not entry.page or (ROOT / "docs" / f"{entry.page}.md").exists()
    assert list((ROOT / "docs" / "book").glob(f"{entry.chapter:02}_*.md"))
    module = importlib.import_module(entry.module.removesuffix(".__init__"))
    for name in entry.names.split():
        assert getattr(module, name).__module__ == module.__name__


def test_every_test_file_has_tests():
    for entry in ENTRIES.values():
        place = ROOT / "tests" / entry.test
        files = [place] if place.is_file() else place.rglob("test_*.py")
        assert any(re.search(r"^def test_", path.read_text(encoding="utf-8"), re.M)
                   for path in files), entry.test


@pytest.mark.parametrize("command", SHOWN)
def test_what_a_slide_shows_can_be_typed(command):
    kind, _, rest = command.partition(" ")
    if command.startswith("python -m minicnn "):
        words = [a or b for a, b in re.findall(r'"([^"]*)"|(\S+)', command)][3:]
        assert parser().parse_args(words).command == words[0]
    elif command.startswith("python "):
        assert (ROOT / rest.split()[0]).exists()
    else:
        target = rest if kind == "make" else command
        assert f"\n{target}:" in (ROOT / "Makefile").read_text() or (ROOT / target).exists()


def test_every_command_says_how_long_it_takes():
    """Docs: docs/_ext/durations.py measures them."""
    stored = json.loads((ROOT / "docs" / "stored" / "durations.json").read_text())
    by_hand = (ROOT / "docs" / "_ext" / "durations.py").read_text()
    commands = [command for command in SHOWN if command.startswith(("python", "make"))
                and " experiment " not in command]
    assert [one for one in commands if one not in stored and f'"{one}"' not in by_hand] == []


def test_keys_of_slides_are_entries():
    assert [key for slides in INDEX.values() for slide in slides for key in slide.keys
            if key not in ENTRIES] == []
    assert tuple(INDEX) == DECKS


# --- what is there, it names ----------------------------------------------------------------------

def test_every_layer_model_and_loss_is_in_it():
    named = {entry.file.removesuffix(".py") for entry in ENTRIES.values()}
    there = {path.relative_to(ROOT / "minicnn").with_suffix("").as_posix()
             for room in ("layers", "models", "losses")
             for path in (ROOT / "minicnn" / room).rglob("*.py")}
    assert sorted(there - named - SHARED) == [], "a row in minicnn/slides/index/of_*.py"
    assert sorted(SHARED - there) == [] and sorted(SHARED & named) == []


def test_every_public_layer_is_beside_the_file_that_defines_it():
    rows = {}
    for entry in ENTRIES.values():
        rows.setdefault(entry.module, []).extend(entry.names.split())
    for name in layers.__all__:
        layer = getattr(layers, name)
        if isinstance(layer, type) and issubclass(layer, Module):
            assert name in rows.get(layer.__module__, []), f"{name} beside {layer.__module__}"


def test_every_layer_file_has_its_own_test():
    assert [entry.key for entry in ENTRIES.values() if entry.file.startswith("layers/")
            and entry.test != entry.file.replace("layers/", "layers/test_")] == []


def test_every_entry_has_a_slide_or_a_paper():
    assert [key for key, entry in ENTRIES.items() if not slides_of(key) and not entry.paper] == []


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_belongs_to_slides(name):
    """Whose titles are those of minicnn/slides/index/."""
    places = EXPERIMENTS[name].slides.split("; ")
    assert [place for place in places if not titles_of(place)] == []


# --- the decks ------------------------------------------------------------------------------------

def forms(title):
    """As the text of the lecture may have it: "AlexNet, Details" is "Details" there."""
    return {bare(title), bare(title.partition(", ")[2])} - {""} or {plain(title)}


def plain(line):
    """bare() without dropping what stands in brackets."""
    return re.sub(r"[^a-z0-9]", "", line.lower())


def text_of(deck):
    if not LECTURES.exists():
        pytest.skip("the text of the lectures is not here")
    text = (LECTURES / f"{deck}.txt").read_text(encoding="utf-8")
    return text.replace(" US. ", " vs. ").split("\n")      # as it was read off the picture


@pytest.mark.parametrize("deck", DECKS)
def test_titles_stand_in_the_deck_in_this_order(deck):
    lines, at = text_of(deck), 0
    for slide in INDEX[deck]:
        for _ in range(slide.times):
            found = next((number for number in range(at, len(lines))
                          if any(bare(lines[number]).startswith(form)
                                 or plain(lines[number]).startswith(form)
                                 for form in forms(slide.title))), None)
            assert found is not None, f"{deck}: {slide.title!r} is not below line {at}"
            at = found + 1


@pytest.mark.parametrize("deck", DECKS)
def test_every_heading_of_the_deck_is_in_it(deck):
    titles = [form for slide in INDEX[deck] for form in forms(slide.title)]
    headings = [line for line in text_of(deck) if re.match("#+ ", line) and bare(line)]
    assert [line for line in headings
            if not any(bare(line).startswith(form) or plain(line) == form for form in titles)] == []


# --- asking it ------------------------------------------------------------------------------------

def test_find():
    assert find("conv")[0][0].key == "conv" != find("network in network")[0][0].key
    entries, slides = find("INCEPTION")
    assert "googlenet" in [entry.key for entry in entries]
    assert ("stanford", "Naive Inception module") in [(deck, one.title) for deck, one in slides]
    assert [entry.key for entry in find("conventional")[0]] == ["unravel", "residual"]
    assert find("DELETE")[0][0].key == find("deletes")[0][0].key == "lesion"
    with pytest.raises(ValueError, match="nothing in the index.*did you mean batchnorm"):
        find("bachnorm")


def test_answer():
    lines = answer("batch norm", {"norms": 'stanford "Batch Normalization"'})
    text = " ".join(" ".join(lines).split())
    assert "minicnn/layers/batchnorm.py" in text and "tests/layers/test_batchnorm.py" in text
    assert "experiment norms" in text and "chapter 8" in text
    first, last = map(int, re.search(r"batchnorm.py:(\d+)-(\d+) \(BatchNorm2d\)", text).groups())
    source = (ROOT / "minicnn" / "layers" / "batchnorm.py").read_text().split("\n")
    assert source[first - 1].startswith("class BatchNorm2d") and last > first


def test_experiments_belong_to_what_their_slide_names_first():
    experiments = {"a": 'iitk "Unraveled view"', "b": 'iitk "LeNet-5"; memphis "ResNet"'}
    assert experiments_of("unravel", experiments) == ["a"]
    assert experiments_of("residual", experiments) == ["b"]
    assert experiments_of("subsample", experiments) == []
    slide = next(slide for slide in INDEX["iitk"] if slide.title == "LeNet-5")
    assert experiments_at("iitk", slide, experiments) == ["b"]


def test_an_experiment_stands_with_what_it_is_about():
    slides = {name: one.slides for name, one in EXPERIMENTS.items()}
    at = {key: experiments_of(key, slides) for key in ENTRIES}
    assert set().union(*at.values()) == set(EXPERIMENTS)
    assert all(name in at[key] for key, one in ENTRIES.items() for name in one.experiments.split())
    assert at["faster_rcnn"] == ["detection", "gallery"] and at["dream"] == ["dream"]
    assert at["jepa"] == ["jepa"] and at["neighbours"] == ["neighbours", "retrieval"]


def test_titles_as_others_write_them():
    assert titles_of('iitk "unraveled VIEW"; memphis "Local Response"') == [
        ("iitk", "Unraveled view"), ("memphis", "Local Response Normalization (LRN)")]
    assert titles_of('iitk "Unravelled"; nowhere "ResNet"; iitk ""') == []


def test_a_slide_shows_its_own_command_or_its_entrys():
    assert shown_by(Slide("a", "lenet", "networks")) == "python -m minicnn networks"
    assert shown_by(Slide("a", "fold lenet")) == "python -m minicnn summary lenet5"
    assert shown_by(Slide("a", "fold")) == "tests/layers/test_fold.py"
    assert shown_by(Slide("a")) == ""
