"""Installed as README.md says, from a clone that is called minicnn and lies beside a script."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HERE = sysconfig.get_path("purelib")               # pip, setuptools and numpy of this environment


@pytest.fixture
def clone(tmp_path):
    """The files of the repository in tmp_path/minicnn."""
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        pytest.skip("the files of the repository are listed by git, and this is no clone")
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
                            cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (tmp_path / "minicnn" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tmp_path / "minicnn" / name)
    return tmp_path / "minicnn"


@pytest.fixture
def python(tmp_path, clone):
    """A fresh environment in which the clone is installed by `pip install --editable`."""
    venv.create(tmp_path / "env")
    python = tmp_path / "env" / ("Scripts" if os.name == "nt" else "bin") / "python"
    pip = subprocess.run([python, "-m", "pip", "install", "--no-deps", "--no-index",
                          "--no-build-isolation", "--editable", clone], text=True,
                         capture_output=True, env=os.environ | {"PYTHONPATH": HERE})
    if "bdist_wheel" in pip.stdout + pip.stderr or "No module named" in pip.stderr:
        pytest.skip("pip cannot install without a network here: it needs setuptools 70.1 or newer, "
                    "as `pip install -e '.[test]'` installs it")
    assert pip.returncode == 0, pip.stderr
    where = subprocess.run([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
                           capture_output=True, text=True, check=True).stdout.strip()
    (Path(where) / "zz_numpy.pth").write_text(f"{HERE}\n")              # comes last on sys.path
    return python


def test_extras_are_installed_from_the_folder():
    """On no package index there is a minicnn with extras: `pip install 'minicnn[mpi]'` fails."""
    texts = [ROOT / "README.md", *(path for room in ("minicnn", "docs", "examples")
                                   for suffix in ("*.py", "*.md", "*.html")
                                   for path in (ROOT / room).rglob(suffix)
                                   if path.name != "changes.md" and "_build" not in path.parts)]
    assert [path for path in texts if re.search(r"minicnn\[\w+[],]",
                                                path.read_text(encoding="utf-8"))] == []


@pytest.mark.slow
def test_a_clone_beside_the_script_does_not_hide_the_package(python, clone, tmp_path):
    """To Python a folder without __init__.py is a package, an empty one, where it finds no better.

    A better one on sys.path it finds; but not what setuptools installs as an import hook, which is
    how it installs an editable package unless setup.cfg says package_dir.
    """
    (tmp_path / "script.py").write_text("import minicnn\nprint(minicnn.__file__)\nminicnn.Tensor")
    bare = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    run = subprocess.run([python, "script.py"], cwd=tmp_path, text=True, env=bare,
                         capture_output=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == str(clone / "minicnn" / "__init__.py")


@pytest.mark.slow
def test_a_wheel_has_what_is_read_beside_the_code(clone, tmp_path):
    """The names of ImageNet's classes, the pocket LeNet, the pages, the CUDA kernels: setup.cfg."""
    pip = subprocess.run([sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-index",
                          "--no-build-isolation", "--wheel-dir", tmp_path, clone], text=True,
                         capture_output=True, env=os.environ | {"PYTHONPATH": HERE})
    if "bdist_wheel" in pip.stdout + pip.stderr or "No module named" in pip.stderr:
        pytest.skip("pip cannot build a wheel without a network here: it needs setuptools 70.1")
    assert pip.returncode == 0, pip.stderr
    wheel, = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as file:
        names = set(file.namelist())
        file.extractall(tmp_path / "installed")
    beside = {str(path.relative_to(ROOT)) for path in (ROOT / "minicnn").rglob("*")
              if path.is_file() and path.suffix not in (".py", ".pyc")}
    assert {"minicnn/data/imagenet_classes.txt", "minicnn/explain/pocket_lenet5.npz",
            "minicnn/explain/page/page.html"} <= beside <= names
    run = subprocess.run([sys.executable, "-c", "from minicnn.data import imagenet_classes as f\n"
                          "from minicnn.explain import pocket_lenet\nimport minicnn\n"
                          "print(len(f()), pocket_lenet().num_parameters(), minicnn.__file__)"],
                         text=True, cwd=tmp_path, capture_output=True,
                         env=os.environ | {"PYTHONPATH": str(tmp_path / "installed")})
    there = str(tmp_path / "installed/minicnn/__init__.py")
    assert run.stdout.split() == ["1000", "63802", there], run
