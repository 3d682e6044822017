"""Files are written whole or not at all; where the cache is."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pooch
import pytest

from minicnn.data.files import cache_folder, written_whole
from tests.locale_c import LC_ALL


def test_written_whole(tmp_path):
    path = tmp_path / "new" / "file"
    with written_whole(path) as file:
        file.write(b"abc")
        assert not path.exists()
    assert path.read_bytes() == b"abc" and os.listdir(path.parent) == ["file"]


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_interrupted_writing_keeps_the_old_file(tmp_path, error):
    """Hazards 35 and 38."""
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(error), written_whole(path) as file:
        file.write(b"half")
        raise error
    assert path.read_bytes() == b"old" and os.listdir(tmp_path) == ["file"]


def test_leftovers_of_killed_processes(tmp_path):
    """Hazard 35: old ones go, one that a living process may be writing stays."""
    old, young = tmp_path / ".file.1.part", tmp_path / ".file.2.part"
    old.write_bytes(b"x")
    young.write_bytes(b"x")
    os.utime(old, (time.time() - 7200,) * 2)
    with written_whole(tmp_path / "file"):
        pass
    assert sorted(os.listdir(tmp_path)) == [".file.2.part", "file"]


def test_cache_folder_chosen(tmp_path, monkeypatch):
    monkeypatch.setenv("MINICNN_CACHE", str(tmp_path / "Žluťoučký 数字"))
    assert cache_folder() == tmp_path / "Žluťoučký 数字"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MINICNN_CACHE", "here")
    assert cache_folder() == tmp_path / "here"


@pytest.mark.parametrize("home", [None, "", "Žluťoučký 数字"])
def test_cache_folder_of_the_system(tmp_path, home):
    """Hazard 41: no HOME, an empty one, a non-ASCII one, in a locale that knows only ASCII."""
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("HOME", "MINICNN_CACHE", "XDG_CACHE_HOME")}
    environment["LC_ALL"] = LC_ALL
    if home is not None:
        environment["HOME"] = home and str(tmp_path / home)
    code = ("from minicnn.data.files import cache_folder, written_whole\nfolder = cache_folder()\n"
            "print(folder.is_absolute())\n")
    if home:
        code += "with written_whole(folder / 'file') as file:\n    file.write(b'abc')\n"
    run = subprocess.run([sys.executable, "-W", "error", "-c", code], env=environment, text=True,
                         cwd=Path(__file__).parents[2], capture_output=True)
    assert run.returncode == 0 and run.stdout == "True\n", run.stderr
    if home and sys.platform == "linux":
        assert (tmp_path / home / ".cache" / "minicnn" / "file").read_bytes() == b"abc"


def homeless(project):
    raise RuntimeError("could not determine the home directory")


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="Windows always names a folder for caches")
@pytest.mark.parametrize("os_cache", [homeless, lambda project: Path("~/.cache") / project])
def test_nameless_user_without_home(monkeypatch, os_cache):
    """Hazard 41: a container's user whom no list knows; "~" then means nothing."""
    monkeypatch.delenv("MINICNN_CACHE", raising=False)
    monkeypatch.setattr(pooch, "os_cache", os_cache)
    assert cache_folder().is_absolute()
    assert re.fullmatch(r"minicnn-cache-\d+", cache_folder().name)
