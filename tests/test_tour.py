"""The tour of README.md: every command runs; examples/tour.ipynb: every cell, and what it ends with
shows itself in a notebook.
"""

import ast
import json
import re
from pathlib import Path

import pytest
from PIL import Image

from minicnn.__main__ import main
from minicnn.data import shapes
from minicnn.explain import pocket_digit
from minicnn.models import build
from minicnn.weights import save

ROOT = Path(__file__).parents[1]
NOTEBOOK = ROOT / "examples" / "tour.ipynb"
TOUR = (ROOT / "README.md").read_text().partition("## The tour")[2].partition("\n## ")[0]
COMMANDS = re.findall(r"^ {4}python -m minicnn ([^#\n]+)", TOUR, re.M)
# What a student waits for, and a test does not; a server does not end by itself.
SHORTER = {"train": ["--epochs", "1", "--limit", "64"], "experiment": ["--seeds", "1"],
           "profile": ["--rounds", "1"], "demo": ["--help"], "look": ["--limit", "200"]}
CELLS = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
WAYS = ("_repr_html_", "_repr_png_", "_repr_svg_", "_repr_markdown_")


def answer(source, names):
    """What a cell ends with, as a notebook has it: the value of its last line, or None."""
    *others, last = ast.parse(source).body
    exec(compile(ast.Module(others, []), "cell", "exec"), names)
    if isinstance(last, ast.Expr):
        return eval(compile(ast.Expression(last.value), "cell", "eval"), names)
    return exec(compile(ast.Module([last], []), "cell", "exec"), names)


def test_every_cell_shows_something(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names = {}
    for cell in CELLS:
        if cell["cell_type"] == "code":
            source = "".join(cell["source"])
            found, printed = answer(source, names), capsys.readouterr().out
            shown = [getattr(found, way)() for way in WAYS if hasattr(found, way)]
            assert (shown and shown[0]) or printed.strip(), source


def test_it_is_kept_as_it_was_written():
    """Without outputs, which nobody could read in a change, and with a name for each cell."""
    assert len({cell["id"] for cell in CELLS}) == len(CELLS)
    assert all(cell["outputs"] == [] and cell["execution_count"] is None
               for cell in CELLS if cell["cell_type"] == "code")


@pytest.mark.slow
def test_in_jupyter(tmp_path):
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    client = nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3",
                                     resources={"metadata": {"path": tmp_path}})
    client.execute()
    shown = [kind for cell in notebook.cells if cell.cell_type == "code"
             for output in cell.outputs for kind in output.get("data", {})]
    assert {"text/html", "image/png", "image/svg+xml", "text/markdown"} <= set(shown)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the pictures, the weights and the run lie of which the tour speaks."""
    folder = tmp_path_factory.mktemp("tour")
    Image.fromarray(255 - pocket_digit(7)).save(folder / "seven.png")
    Image.fromarray(shapes(1).images[0].transpose(1, 2, 0)).save(folder / "photo.jpg")
    save(build("efficientnet_lite0"), folder / "lite0.npz").rename(folder / "FILE")
    return folder


@pytest.mark.slow
def test_every_command_runs(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    main(["train", "lenet5", "--data", "digits", *SHORTER["train"], "--out", "out/lenet"])
    for command in COMMANDS:
        words = [word.strip('"') for word in re.findall(r'"[^"]+"|\S+', command)]
        shorter = [] if "--list" in words else SHORTER.get(words[0], [])
        try:
            status = main([*words, *shorter])
        except SystemExit as end:                          # --help
            status = end.code
        assert status == 0, (command, capsys.readouterr().err)
