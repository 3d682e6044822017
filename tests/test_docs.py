"""Hazard 42: every command and file that README.md and docs/ name exists."""

import configparser
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import minicnn
from minicnn.__main__ import parser

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")),
         *sorted((ROOT / "docs" / "book").glob("*.md"))]
EXAMPLE = (ROOT / "examples" / "lenet_mnist.py").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = dict(re.findall(r"^([a-z-]+):.*?## (.*)$", MAKEFILE, re.M))


def code(page):
    """Code spans, indented and fenced code of a page: pieces without comments."""
    text = page.read_text()
    fenced = re.findall(r"^```.*?$(.*?)^```", text, re.M | re.S)
    rest = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    spans = re.findall(r"`([^`]+)`", rest)
    indented = re.findall(r"^ {4}(.*)$", rest, re.M)
    lines = [line for piece in (*fenced, *spans, *indented) for line in piece.split("\n")]
    return [line.split(" #")[0].strip() for line in lines]


def named(pattern):
    """(page, what the pattern found in its code)."""
    return [(page.name, found) for page in PAGES for line in code(page)
            for found in re.findall(pattern, line)]


def test_commands_of_minicnn():
    commands = named(r"python3? -m minicnn (.+)")
    assert len(commands) > 5
    for page, arguments in commands:
        for alternative in arguments.split(" | "):             # "summary | gradcheck | ..."
            given = alternative.split()
            if given[0] == "summary" and len(given) == 1:
                given.append("lenet5")
            assert parser().parse_args(given).command == given[0], page


def test_targets_of_make():
    targets = named(r"^make ([a-z-]+)")
    assert {"lenet", "test", "gradcheck"} <= {target for _, target in targets}
    assert [(page, target) for page, target in targets if target not in TARGETS] == []


def test_options_of_the_example():
    uses = named(r"(?:lenet_mnist\.py|make lenet ARGS=)(.*)")
    options = {option for _, arguments in uses for option in re.findall(r"--[a-z]+", arguments)}
    assert "--device" in options
    assert [option for option in options if f'"{option}"' not in EXAMPLE] == []


def test_extras():
    """pip install -e ".[test]"."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    extras = {extra for _, found in named(r"pip install .*\[([a-z0-9,]+)\]")
              for extra in found.split(",")}
    assert extras <= set(config["options.extras_require"])
    assert config["metadata"]["version"] == minicnn.__version__


def test_make_help_lists_every_target():
    phony = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.M)[1].split()
    assert set(phony) == set(TARGETS)
    if shutil.which("make"):
        outside = {name: value for name, value in os.environ.items() if not name.startswith("M")}
        shown = subprocess.run(["make", "help"], cwd=ROOT, text=True, capture_output=True,
                               env=outside)                # this suite may run inside make itself
        assert [line.split()[0:2] for line in shown.stdout.splitlines()] == [
            ["make", target] for target in TARGETS]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_are_named(page):
    """Paths in code, but for patterns such as tests/layers/test_name.py."""
    paths = {found.rstrip("/.") for line in code(page) for found in re.findall(
        r"(?<![\w./-])((?:minicnn|tests|docs|examples|benchmarks)/[\w./-]*)", line)}
    missing = [path for path in paths if not (ROOT / path).exists()]
    assert [path for path in missing if not re.search(r"name|NAME|TOPIC|_build", path)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links(page):
    text = page.read_text()
    links = re.findall(r"\]\(([^)#\s]+)", text)
    for block in re.findall(r"^```\{toctree\}(.*?)^```", text, re.M | re.S):
        links += [f"{entry}.md" for entry in re.findall(r"^([\w/]+)$", block, re.M)
                  if not entry.startswith("made/")]        # written before each build
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert missing == []


def test_code_that_is_quoted_is_the_code():
    """A class or function that a page shows in full stands in the package like that."""
    sources = "\n".join(path.read_text() for path in (ROOT / "minicnn").rglob("*.py"))
    block = re.search(r"^```python\n(@faster.*?class LinearFn.*?)^```",
                      (ROOT / "README.md").read_text(), re.M | re.S)
    assert block and block[1] in sources
