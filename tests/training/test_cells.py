"""Results of an experiment that outlive its end."""

import json

import pytest

from minicnn.data.files import DamagedFile
from minicnn.training.cells import FILE, Cells
from minicnn.training.lock import FolderInUse

PLAN = {"sizes": (5, 25), "data": "digits"}


def test_cells_are_kept_and_found_again(tmp_path):
    with Cells(tmp_path / "new" / "folder", PLAN) as cells:
        assert "a" not in cells and len(cells) == 0
        cells["a"] = 1
        cells["b | 2"] = 0.5
    with Cells(tmp_path / "new" / "folder", PLAN) as cells:
        assert list(cells) == ["a", "b | 2"] and cells["a"] == 1.0 and "b | 2" in cells
        with pytest.raises(KeyError):
            cells["c"]
    with Cells(tmp_path / "new" / "folder", {"data": "mnist"}, fresh=True) as cells:
        assert len(cells) == 0


def test_each_is_in_the_file_at_once(tmp_path):
    with pytest.raises(KeyboardInterrupt), Cells(tmp_path, PLAN) as cells:
        cells["a"] = 3
        assert json.loads((tmp_path / FILE).read_text())["cells"] == {"a": 3.0}
        raise KeyboardInterrupt
    assert "a" in Cells(tmp_path, PLAN)                    # and the folder is free again


def test_other_settings_are_refused_by_name(tmp_path):
    Cells(tmp_path, PLAN).lock.release()
    with pytest.raises(ValueError, match=r"data 'digits', now 'mnist'.*--fresh"):
        Cells(tmp_path, {**PLAN, "data": "mnist"})
    with pytest.raises(ValueError, match="more None, now 1"):
        Cells(tmp_path, {**PLAN, "more": 1})
    Cells(tmp_path, PLAN).lock.release()                   # a refusal leaves the folder free


def test_one_program_at_a_time(tmp_path):
    with Cells(tmp_path, PLAN), pytest.raises(FolderInUse):
        Cells(tmp_path, PLAN)


@pytest.mark.parametrize("content", [
    b"", b"no json", b"[]", b'{"plan": 3, "cells": {}}', b'{"plan": {}}', b"\xff", b"[" * 100_000,
    b'{"plan": {}, "cells": [1]}', b'{"plan": {}, "cells": {"a": "1"}}',
    b'{"plan": {}, "cells": {"a": NaN}}', b'{"plan": {}, "cells": {"a": true}}'])
def test_damaged(tmp_path, content):
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(DamagedFile, match="not what this program writes.*--fresh"):
        Cells(tmp_path, {})
    assert (tmp_path / FILE).read_bytes() == content       # it is left to be looked at


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "3", None, True])
def test_what_is_no_result(tmp_path, value):
    with Cells(tmp_path, PLAN) as cells, pytest.raises(ValueError, match="expected a finite"):
        cells["a"] = value
