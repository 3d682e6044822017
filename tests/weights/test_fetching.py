"""Published weights are fetched once, verified, and never half."""

import hashlib
import re

import pytest

from minicnn.data import resume
from minicnn.data.download import DownloadError
from minicnn.weights.fetching import FILES, HOST, fetch
from tests.data.mirror import Mirror

CONTENT = b"weights" * 1000
NAME = f"tiny-{hashlib.sha256(CONTENT).hexdigest()[:8]}.pth"


@pytest.fixture
def server(monkeypatch, tmp_path):
    monkeypatch.setenv("MINICNN_CACHE", str(tmp_path))
    monkeypatch.delenv("MINICNN_OFFLINE", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(resume, "PAUSE", 0.0)
    monkeypatch.setitem(FILES, "tiny", NAME)
    with Mirror({NAME: CONTENT}) as mirror:
        yield mirror


def test_fetched_once(server, tmp_path, capsys):
    path = fetch("tiny", server.url("good"))
    assert path == tmp_path / "weights" / NAME and path.read_bytes() == CONTENT
    assert fetch(NAME, server.url("good")) == path and server.log == [f"/good/{NAME}"]
    assert capsys.readouterr() == ("", "")


def test_a_damaged_one_is_fetched_again(server, tmp_path):
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / NAME).write_bytes(b"half")
    assert fetch("tiny", server.url("good")).read_bytes() == CONTENT


@pytest.mark.parametrize("folder", ["half", "wrong", "page", "reset"])
def test_what_fails_leaves_nothing(folder, server, tmp_path):
    with pytest.raises(DownloadError, match="could not be had|sent another file"):
        fetch("tiny", server.url(folder))
    assert list((tmp_path / "weights").iterdir()) == []


def test_offline(server, monkeypatch):
    monkeypatch.setenv("MINICNN_OFFLINE", "1")
    with pytest.raises(DownloadError, match="downloads are switched off"):
        fetch("tiny", server.url("good"))
    assert server.log == []


@pytest.mark.parametrize("name, words", [("resnet", "did you mean resnet"),
                                         ("../resnet18-f37072fd.pth", "no published weights"),
                                         ("polynet", "no published weights")])
def test_unknown(name, words):
    with pytest.raises(ValueError, match=words):
        fetch(name)


def test_each_name_ends_with_its_hash():
    assert all(re.fullmatch(r"[\w.-]+-[0-9a-f]{8,10}\.pth", file) for file in FILES.values())
    assert len(set(FILES.values())) == len(FILES) and HOST.startswith("https://")
