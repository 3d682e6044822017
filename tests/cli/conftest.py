import os

import pytest

from tests.cli.common import status


@pytest.fixture
def somewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def refused(somewhere, capsys):
    """Runs a command that must end with 2, print nothing, leave nothing behind: its last line."""
    def last_line(*arguments):
        assert status(*arguments) == 2
        out, err = capsys.readouterr()
        assert out == "" and "Traceback" not in err and os.listdir(somewhere) == []
        return err.rstrip("\n").split("\n")[-1]
    return last_line
