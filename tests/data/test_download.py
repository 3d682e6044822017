"""Hazards 35, 36, 37: interruption, many processes at once, and mirrors of every bad kind."""

import errno
import gzip
import hashlib
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from minicnn.data import download
from minicnn.data.download import CacheError, DownloadError, PublishedFile, fetch
from tests.data.mirror import Mirror

CONTENT = np.random.default_rng(0).bytes(300_000)
PACKED = gzip.compress(CONTENT)
SMALL = b"small" * 100
FILE = PublishedFile("a.gz", len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
SECOND = PublishedFile("b.gz", len(SMALL), hashlib.sha256(SMALL).hexdigest())


@pytest.fixture(scope="module")
def server():
    with Mirror({"a.gz": PACKED, "b.gz": gzip.compress(SMALL), "c.gz": CONTENT}) as mirror:
        yield mirror


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(download, "PATIENCE", 0.8)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


def test_fetched_once(server, cache):
    before = len(server.log)
    for _ in range(2):
        assert fetch([FILE, SECOND], [server.url("good")], cache) == {"a.gz": CONTENT,
                                                                      "b.gz": SMALL}
    assert server.log[before:] == ["/good/a.gz", "/good/b.gz"]
    assert sorted(os.listdir(cache)) == ["a.gz", "b.gz"]
    assert (cache / "a.gz").read_bytes() == PACKED


REASONS = {
    "forbidden": r"HTTP status 403 \(Forbidden\)",
    "wrong": "no readable gzip file .*incorrect data check",
    "page": "wrong content: 57 bytes starting with b'<!DOCTYPE html>",
    "endless": "sent more than the 365,536 bytes expected",
    "half": "the connection broke off",
    "stall": "no answer",
    "silent": "no answer",
    "trickle": "no answer, or less than 16 KiB in 0.8 s",
    "circle": "sent on from address to address without end",
    "away": "sent on to an address that is no web address",
    "busy": r"HTTP status 503 \(Service Unavailable\)",
    "nothing": "wrong content: 0 bytes",
    "no_length_half": "cut off after",
    "too_short_a_length": "cut off after",
    "badly_encoded": "damaged on the way: not compressed as announced",
    "reset": "the connection broke off",
    "no_web_server": "no connection: ",
    "strange_length": "cut off after 100 bytes",
}


@pytest.mark.parametrize("folder", REASONS)
def test_bad_mirror_then_good_one(server, cache, caplog, folder):
    """Hazard 37."""
    caplog.set_level(logging.INFO, "minicnn.data")
    assert fetch([FILE], [server.url(folder), server.url("good")], cache)["a.gz"] == CONTENT
    [line] = caplog.messages
    assert line.startswith(f"{server.url(folder)}a.gz: ")
    assert os.listdir(cache) == ["a.gz"]
    with pytest.raises(DownloadError, match=REASONS[folder]):
        fetch([FILE], [server.url(folder)], cache / "other")
    assert os.listdir(cache / "other") == []


def test_good_in_odd_ways(server, cache):
    """A redirect is safe because of the checksum; slow but steady is good; unpacked too."""
    for folder in ("redirect", "slow", "no_length", "chunked", "encoded"):
        assert fetch([FILE], [server.url(folder)], cache / folder)["a.gz"] == CONTENT
    unpacked = FILE._replace(name="c.gz")
    for _ in range(2):
        assert fetch([unpacked], [server.url("good")], cache)["c.gz"] == CONTENT


def test_every_mirror_fails(server, cache):
    mirrors = [server.url("forbidden"), server.url("page"), "http://127.0.0.1:9/"]
    with pytest.raises(DownloadError) as caught:
        fetch([FILE], mirrors, cache)
    message = str(caught.value)
    assert message.startswith(f"a.gz is not in {cache} and no mirror had it: {mirrors[0]} (HTTP")
    assert all(f"{mirror} (" in message for mirror in mirrors) and "(no connection: " in message
    assert "\n" not in message


def test_no_network_is_known_at_once(cache, monkeypatch):
    """Hazard 37: no name server answers."""
    asked = []

    def unknown(host, *_, **__):
        asked.append(host)
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(DownloadError, match="mirror.example/ .host name not found: no network"):
        fetch([FILE], ["https://mirror.example/", "https://other.example/"], cache)
    assert asked == ["mirror.example", "other.example"]     # each once: nothing waits


def test_silent_mirror_is_asked_once(server, cache):
    before = len(server.log)
    fetch([FILE, SECOND], [server.url("silent"), server.url("good")], cache)
    assert server.log[before:] == ["/silent/a.gz", "/good/a.gz", "/good/b.gz"]


def test_overall_limit(server, cache, monkeypatch):
    monkeypatch.setattr(download, "LONGEST", 0.2)
    with pytest.raises(DownloadError, match="not finished after 0.2 s|no answer"):
        fetch([FILE], [server.url("slow")], cache)


def test_offline(server, cache):
    with pytest.raises(DownloadError, match="downloads are switched off .MINICNN_OFFLINE."):
        fetch([FILE], [server.url("good")], cache, offline=True)
    fetch([FILE], [server.url("good")], cache)
    assert fetch([FILE], [], cache, offline=True)["a.gz"] == CONTENT


@pytest.mark.parametrize("damage", [
    lambda packed: packed[:1000], lambda packed: packed + b"x", lambda packed: b"",
    lambda packed: packed[:5000] + b"x" + packed[5001:], lambda packed: gzip.compress(b"other")])
def test_damaged_cache_heals(server, cache, caplog, damage):
    """Hazard 35: the cache is verified each time it is read."""
    cache.mkdir()
    (cache / "a.gz").write_bytes(damage(PACKED))
    assert fetch([FILE], [server.url("good")], cache)["a.gz"] == CONTENT
    assert "cannot be used and is fetched again" in caplog.text
    assert (cache / "a.gz").read_bytes() == PACKED


def run(code, cache, *arguments):
    """A process of its own that has FILE and fetches to `cache`."""
    start = f"""import sys
from pathlib import Path
from minicnn.data.download import PublishedFile, fetch
FILE, cache = PublishedFile(*{tuple(FILE)!r}), Path(sys.argv[1])
"""
    return subprocess.Popen([sys.executable, "-c", start + code, str(cache), *arguments],
                            cwd=Path(__file__).parents[2], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_eight_processes(server, cache):
    """Hazard 36."""
    code = "print(len(fetch([FILE], [sys.argv[2]], cache)['a.gz']))"
    processes = [run(code, cache, server.url("slow")) for _ in range(8)]
    assert [process.communicate()[0] for process in processes] == ["300000\n"] * 8
    assert os.listdir(cache) == ["a.gz"] and (cache / "a.gz").read_bytes() == PACKED


@pytest.mark.parametrize("how", ["kill", "interrupt"])
def test_stopped_at_half(server, cache, how):
    """Hazard 35: nothing under the final name, and the next run works."""
    if how == "interrupt" and sys.platform == "win32":
        pytest.skip("Windows sends Ctrl-C to whole groups of processes only")
    process = run("from minicnn.data import download; download.PATIENCE = 30.0\n"
                  "fetch([FILE], [sys.argv[2]], cache)", cache, server.url("stall"))
    deadline = time.monotonic() + 20
    while not any(path.stat().st_size for path in cache.glob(".a.gz.*.part")):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGINT) if how == "interrupt" else process.kill()
    process.communicate()
    leftovers = os.listdir(cache)
    assert "a.gz" not in leftovers and len(leftovers) == (1 if how == "kill" else 0)
    assert fetch([FILE], [server.url("good")], cache)["a.gz"] == CONTENT
    for name in leftovers:      # removed by a later write once nobody can be using it
        os.utime(cache / name, (time.time() - 7200,) * 2)
    (cache / "a.gz").unlink()
    fetch([FILE], [server.url("good")], cache)
    assert os.listdir(cache) == ["a.gz"]


def test_full_disk(server, cache):
    """Hazard 35; a limit on the size of files stands for the disk."""
    pytest.importorskip("resource")
    process = run("import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
                  "fetch([FILE], [sys.argv[2]], cache)", cache, server.url("good"))
    errors = process.communicate()[1]
    assert f"CacheError: cannot write the cache folder {cache}: File too large; set" in errors
    assert os.listdir(cache) == []


def test_cache_that_cannot_be_written(server, tmp_path):
    """Hazards 35 and 41: said at once, before anything is downloaded."""
    (tmp_path / "file").write_text("in the way")
    before = len(server.log)
    with pytest.raises(CacheError, match="cannot write the cache folder .* set MINICNN_CACHE"):
        fetch([FILE], [server.url("good")], tmp_path / "file")
    assert len(server.log) == before


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.ENOSPC, errno.EDQUOT])
def test_what_a_disk_says(server, cache, monkeypatch, number):
    def refuse(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("minicnn.data.files.open", refuse, raising=False)
    with pytest.raises(CacheError, match=f"{os.strerror(number)}; set MINICNN_CACHE to a folder"):
        fetch([FILE], [server.url("good")], cache)
    assert os.listdir(cache) == []


def test_a_folder_in_the_place_of_the_file(server, cache):
    (cache / "a.gz").mkdir(parents=True)
    with pytest.raises(CacheError, match="cannot write the cache folder .* Is a directory"):
        fetch([FILE], [server.url("good")], cache)
    assert os.listdir(cache) == ["a.gz"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0,
                    reason="the administrator may write everywhere")
def test_read_only_cache(server, cache):
    cache.mkdir()
    cache.chmod(0o500)
    with pytest.raises(CacheError, match="Permission denied; set MINICNN_CACHE"):
        fetch([FILE], [server.url("good")], cache)
