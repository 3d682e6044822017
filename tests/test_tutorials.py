"""Programs as PyTorch's tutorials have them run here, after the changes that the page lists.

The texts in tests/stored/tutorials/ are PyTorch, and ran under torch 2.13 as they stand.  Two
tables of docs/from_pytorch.md are applied to them, line by line: the imports, and what else must be
changed; what comes out is run.  Every row must be of use, and needed.
"""

import re
from pathlib import Path

import numpy as np
import pytest

PAGE = (Path(__file__).parents[1] / "docs" / "from_pytorch.md").read_text(encoding="utf-8")
TUTORIALS = {path.stem: path.read_text(encoding="utf-8")
             for path in sorted((Path(__file__).parent / "stored" / "tutorials").glob("*.txt"))}


def rows(head):
    """(PyTorch's text, ours) of the table under this head line of the page."""
    table = PAGE.partition(f"{head}\n|---|---|\n")[2].partition("\n\n")[0]
    cells = [re.findall("`([^`]*)`", line.replace(r"\|", "|")) for line in table.splitlines()]
    return [(theirs, ours) for *many, ours in cells for theirs in many]


IMPORTS, CHANGES = rows("| PyTorch imports | here |"), rows("| PyTorch's line | here |")


def changed(text, without=None):
    """The text as it runs here, and the rows that were of use."""
    lines, used = [], set()
    for line in text.splitlines():
        if re.match(r"import torch|from torch", line):
            row = next((one for one in IMPORTS if one[0] == line), None)
            assert row, f"the page has no line for: {line}"
            used.add(row)
            line = row[1]
        for theirs, ours in CHANGES:
            if theirs in line and theirs != without:
                used.add((theirs, ours))
                line = line.replace(theirs, ours) if ours != "(nothing)" else ""
        lines.append(line)
    return "\n".join(lines), used


def run(name, text):
    exec(compile(text, name, "exec"), {"mean": (0.5, 0.5, 0.5), "std": (0.5, 0.5, 0.5),
                                       "__name__": name})


@pytest.fixture
def tiny_cifar(tmp_path, monkeypatch):
    """Twenty pictures of two classes in CIFAR-10's files; the working folder is tmp_path."""
    rng = np.random.default_rng(0)
    records = rng.integers(0, 256, (20, 3073)).astype(np.uint8)
    records[:, 0] = np.arange(20) % 2
    pictures = records[:, 1:].reshape(20, 3, 32, 32)
    pictures[::2, :, :, :16] //= 4                         # the first class is dark on the left,
    pictures[1::2, :, :, 16:] //= 4                        # the second on the right
    folder = tmp_path / "cifar-10-batches-bin"
    folder.mkdir()
    for name in ("data_batch_1.bin", "test_batch.bin"):
        (folder / name).write_bytes(records.tobytes())
    monkeypatch.setenv("MINICNN_DATA", str(tmp_path))
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", TUTORIALS)
def test_it_runs_after_the_changes_of_the_page(name, tiny_cifar):
    run(name, changed(TUTORIALS[name])[0])


def test_every_row_of_the_page_is_of_use():
    used = set().union(*(changed(text)[1] for text in TUTORIALS.values()))
    assert set(IMPORTS + CHANGES) - used == set() and len(IMPORTS) > 5 < len(CHANGES)


@pytest.mark.parametrize("row", CHANGES, ids=lambda row: row[0][:30])
def test_and_needed(row, tiny_cifar):
    """Without it the program stops, with an error that is no failed assert."""
    name = next(name for name, text in TUTORIALS.items() if row in changed(text)[1])
    brief = re.sub(r"assert .*", "pass", TUTORIALS[name]).replace("range(6)", "range(1)")
    run(name, changed(brief)[0])
    with pytest.raises((AttributeError, TypeError, ValueError, NameError)):
        run(name, changed(brief, without=row[0])[0])


def test_a_function_of_pytorch_is_told_apart():
    with pytest.raises(TypeError, match=r"Cubic.forward: here it is an ordinary method, .*ctx"):
        run("function", TUTORIALS["function"].replace("import torch", "import minicnn as torch"))
