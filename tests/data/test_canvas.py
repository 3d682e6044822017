"""Pictures need no display, show in a notebook, and what would stop them is said beforehand."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from minicnn.data import canvas
from minicnn.data.canvas import Picture, check_picture, drawing, figure

ROOT = Path(__file__).parents[2]


def drawn(words="a"):
    with drawing():
        page = figure(2, 1)
        page.text(0.1, 0.5, words)
    return page


@pytest.mark.parametrize("ending, first", [
    (".png", b"\x89PNG"), (".PNG", b"\x89PNG"), (".jpg", b"\xff\xd8"), (".pdf", b"%PDF"),
    (".svg", b"<?xml")])
def test_written_as_its_name_says(ending, first, tmp_path):
    path = tmp_path / "new" / f"数字{ending}"
    check_picture(path)
    assert not path.parent.exists()
    assert Picture(drawn(), path).path == path and path.read_bytes().startswith(first)
    assert os.listdir(path.parent) == [path.name]          # nothing half made beside it


def test_shown_by_a_notebook(tmp_path):
    picture = Picture(drawn())
    assert picture._repr_png_().startswith(b"\x89PNG") and picture.path is None
    assert repr(picture) == "<Picture of 2 x 1 inches; save(path) writes it>"
    assert "a.png>" in repr(Picture(drawn(), tmp_path / "a.png"))


@pytest.mark.parametrize("words", ["$", "$a$ $", r"$\frac$", "{", "{0}", "%s", "_a", "^", "猫"])
def test_words_are_words(words):
    """No formula, and no warning about a sign that the font does not have."""
    plain, marked = (Picture(drawn(text))._repr_png_() for text in (" ", words))
    assert plain != marked


def test_a_formula_is_its_letters():
    assert Picture(drawn("$a$"))._repr_png_() != Picture(drawn("a"))._repr_png_()


def test_settings_of_the_user_do_not_count():
    import matplotlib
    before = Picture(drawn())._repr_png_()
    with matplotlib.rc_context({"text.usetex": True, "font.size": 30, "savefig.bbox": "tight"}):
        assert Picture(drawn())._repr_png_() == before
        assert matplotlib.rcParams["font.size"] == 30      # and theirs are left alone


@pytest.mark.parametrize("backend", ["TkAgg", "module://matplotlib_inline.backend_inline"])
def test_whatever_the_backend(backend, tmp_path):
    """A notebook leaves its backend's name in the environment of what it starts."""
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("DISPLAY", "WAYLAND_DISPLAY", "MPLBACKEND", "HOME")}
    environment |= {"PYTHONPATH": str(ROOT), "MPLCONFIGDIR": str(tmp_path / "settings"),
                    "MPLBACKEND": backend}
    code = ("import os, sys; from minicnn.data import canvas; canvas.check_picture('a.png')\n"
            "with canvas.drawing(): canvas.Picture(canvas.figure(1, 1), 'a.png')\n"
            "print('matplotlib.pyplot' in sys.modules, os.environ.get('MPLBACKEND'))")
    run = subprocess.run([sys.executable, "-W", "error", "-c", code], env=environment, cwd=tmp_path,
                         text=True, capture_output=True)
    assert run.returncode == 0 and run.stdout == f"False {backend}\n", run.stderr
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_without_matplotlib(monkeypatch, tmp_path):
    canvas.draw_a_letter.cache_clear()
    monkeypatch.delitem(sys.modules, "matplotlib", raising=False)
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(ImportError, match="pictures need matplotlib, which cannot be loaded .*; "
                                          "pip install matplotlib"):
        check_picture(tmp_path / "a.png")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name, reason", [
    ("a.foo", "expected the name of a picture, one that ends in .png"), ("a", "ends in"),
    ("", "ends in"), ("folder.png", "it is a folder"), ("file/a.png", "file is no folder"),
    (f"{300 * 'a'}.png", "cannot be written"), (f"{300 * 'a'}/a.png", "cannot be written"),
    ("a\0.png", "cannot be written")])
def test_what_cannot_be_written_is_said_at_once(name, reason, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("folder.png").mkdir()
    Path("file").touch()
    with pytest.raises((ValueError, OSError), match=reason) as caught:
        check_picture(name, "--out")
    assert str(caught.value).startswith("--out is ")
    assert sorted(os.listdir()) == ["file", "folder.png"]


@pytest.mark.parametrize("number, reason", [(28, "No space left"), (30, "Read-only file system")])
def test_a_full_disk_is_found_before_the_work(number, reason, tmp_path, monkeypatch):
    def refuse(*arguments):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("minicnn.data.files.open", refuse, raising=False)
    with pytest.raises(OSError, match=rf"which cannot be written \({reason}"):
        check_picture(tmp_path / "a.png")


def test_a_picture_that_is_there_stays_until_the_new_one(tmp_path):
    (tmp_path / "a.png").write_text("old")
    check_picture(tmp_path / "a.png")
    assert (tmp_path / "a.png").read_text() == "old" and len(os.listdir(tmp_path)) == 1
