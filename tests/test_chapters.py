"""docs/book: its chapters are whole, name real slides, and every large number in them is computed.

What their directives print is computed when the book is built (tests/test_book.py).
"""

import re
from pathlib import Path

import pytest

from minicnn.analysis.summary import summary
from minicnn.experiments import ELSEWHERE, EXPERIMENTS
from minicnn.explain.exercises import EXERCISES
from minicnn.explain.pocket import pocket_lenet
from minicnn.layers.conv import Conv2d
from minicnn.models import build
from minicnn.models.lenet import LeNet5
from minicnn.models.search.controller import Controller
from minicnn.models.units import basic, bottleneck
from minicnn.slides.index import INDEX, bare

BOOK = Path(__file__).parents[1] / "docs" / "book"
CHAPTERS = {path.stem: path.read_text() for path in sorted(BOOK.glob("*.md"))}
SECTIONS = ["The idea", "The formula", "In the source", "One number, worked", "Exercises",
            "Where to go on"]
DEFINED = {"1,000", "1,024", "1,048,576"}                  # what K and MiB mean
NUMBER = r"(?<![\w.,])(\d{1,3}(?:,\d{3})+|\d[\d.]*(?= (?:million|MB|MiB)\b))"


def lenet(variant):
    return LeNet5(variant).num_parameters()


def parameters(name, **options):
    return build(name, **options).num_parameters()


def weights(convs):
    return sum(conv.weight.numel() for conv in convs)


def macs(name):
    return summary(build(name)).macs


def three_by_three():
    return next(line.macs for line in summary(build("inception_reduced_example")).lines
                if line.kernel == "3x3" and line.macs)


def branch(*convs):
    """MACs of convolutions one behind the other on 28 x 28 pixels."""
    return sum(conv.weight.numel() * 28 * 28 for conv in convs)


COMPUTED = {
    "03_backward": {"63,802": lambda: pocket_lenet().num_parameters()},
    "05_lenet": {"61,706": lambda: lenet("slide"), "60,856": lambda: lenet("rbf"),
                 "60,000": lambda: lenet("paper"), "63,802": lambda: lenet("visualiser"),
                 "1,706": lambda: lenet("slide") - lenet("paper")},
    "07_initialisation": {"138": lambda: parameters("vgg16") / 1e6},
    "10_vgg": {"60": lambda: parameters("alexnet") // 1e6,           # "cut off", say the slides
               "1,413,120": lambda: parameters("alexnet", variant="slide") - parameters("alexnet"),
               "2.4": lambda: parameters("alexnet", variant="slide") / 1e6 - 60,
               "15.2": lambda: summary(build("vgg16")).slide_memory / 4e6,
               "61": lambda: summary(build("vgg16")).slide_memory / 1e6,
               "138": lambda: parameters("vgg16") / 1e6,
               "102,760,448": lambda: build("vgg16").fc6.weight.numel()},
    "11_inception": {"854": lambda: macs("inception_naive_example") / 1e6,
                     "271": lambda: macs("inception_reduced_example") / 1e6,
                     "358": lambda: (macs("inception_reduced_example") + three_by_three()) / 1e6,
                     "358,055,936": lambda: macs("inception_reduced_example") + three_by_three(),
                     "481,689,600": lambda: branch(Conv2d(256, 96, 5)),
                     "133,267,456": lambda: branch(Conv2d(256, 64, 1), Conv2d(64, 96, 5))},
    "12_residual": {"69,632": lambda: weights(bottleneck(256, 64, 256, 1)),
                    "589,824": lambda: weights(basic(256, 256, 1)[:1])},
    "16_numbers": {"60": lambda: parameters("alexnet") // 1e6, "240": lambda: 60 * 4,
                   "229": lambda: 60 * 4e6 / 2 ** 20,
                   "114,688": lambda: weights([Conv2d(64, 64, 1), Conv2d(64, 192, 3)])},
    "18_imagine": {"20,767": lambda: Controller((4, 4, 4), repeats=6).num_parameters()},
}


def prose(text):
    """Without directives, code, slides and the targets of links; formulas stay."""
    for pattern in (r"^\*Slides:.*?\*$", r"^```.*?^```", r"^    .*$"):
        text = re.sub(pattern, "", text, flags=re.M | re.S if "?" in pattern else re.M)
    text = re.sub(r"`[^`]*`|\]\([^)]*\)", "", text)
    return " ".join(text.split())


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_is_whole(name):
    number = int(name[:2])
    headings = re.findall(r"^#+ (.*)$", CHAPTERS[name], re.M)
    assert headings[0].startswith(f"{number} ")
    assert [section for section in SECTIONS if section not in headings] == []
    assert f"```{{exercises}} {number}\n```" in CHAPTERS[name]
    assert sum(one.chapter == number for one in EXERCISES.values()) == 3
    for directive in ("source", "experiment"):
        assert f"```{{{directive}}} " in CHAPTERS[name]


def test_chapters_are_numbered_from_1_on():
    assert [int(name[:2]) for name in CHAPTERS] == list(range(1, len(CHAPTERS) + 1))


@pytest.mark.parametrize("name", CHAPTERS)
def test_slides_that_a_chapter_names_are_in_the_index(name):
    """*Slides: deck "title", "title"; deck "title".*"""
    line = " ".join(re.search(r"^\*Slides: (.*?)\.\*$", CHAPTERS[name], re.M | re.S)[1].split())
    for part in re.split(r'(?<="); ', line):
        deck, _, titles = part.partition(" ")
        known = {bare(slide.title) for slide in INDEX[deck]}
        named = re.findall(r'"([^"]*)"', titles)
        assert named and [title for title in named if bare(title) not in known] == []


@pytest.mark.parametrize("name", COMPUTED)
def test_large_numbers_of_a_chapter_are_computed(name):
    for text, value in COMPUTED[name].items():
        digits = len(text.partition(".")[2])
        assert f"{round(value(), digits) if digits else round(value()):,}" == text, text


@pytest.mark.parametrize("name", CHAPTERS)
def test_no_large_number_is_left_out(name):
    found = {*re.findall(NUMBER, prose(CHAPTERS[name]))} - DEFINED
    assert found == {*COMPUTED.get(name, {})}


def test_every_experiment_has_its_place_in_a_chapter():
    named = [name for text in CHAPTERS.values()
             for name in re.findall(r"^```\{experiment\} (\S+)$", text, re.M)]
    assert {*EXPERIMENTS, *(one.name for one in ELSEWHERE)} - {*named} == set()
