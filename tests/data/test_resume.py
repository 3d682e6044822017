"""A download that breaks off: it goes on, begins anew, or leaves nothing."""

import hashlib
import http.server
import re
import threading

import pooch
import pytest

from minicnn.data import resume
from minicnn.data.download import DownloadError
from minicnn.data.resume import Resuming

CONTENT = bytes(range(256)) * 4000
SHA = hashlib.sha256(CONTENT).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    """The folder says how: /ranges/ breaks off after half of what is asked for, and goes on; ...

    Each folder's method returns (status, headers, bytes that are sent).
    """

    def do_GET(self):
        asked = self.headers.get("Range")
        start = int(re.match(r"bytes=(\d+)-$", asked)[1]) if asked else 0
        self.server.log.append(start)
        status, headers, sent = getattr(self, self.path.split("/")[1])(start)
        self.send_response(status)
        for header, value in headers.items():
            self.send_header(header, value)
        self.end_headers()
        self.wfile.write(sent)
        self.close_connection = True

    def part(self, start, share, said=None):
        rest = CONTENT[start:]
        headers = {"Content-Length": str(len(rest))}
        if start:
            headers["Content-Range"] = f"bytes {start if said is None else said}-{len(CONTENT)}/*"
        return 206 if start else 200, headers, rest[:int(len(rest) * share)]

    def good(self, start):
        return self.part(start, 1)

    def ranges(self, start):
        return self.part(start, 1 if start > len(CONTENT) * 3 / 4 else 0.5)

    def no_ranges(self, start):
        """Breaks off once, and does not know how to go on."""
        if len(self.server.log) == 1:
            return self.part(0, 0.5)
        return self.part(0, 1)

    def other_place(self, start):
        """Answers with another part than the one that was asked for."""
        return self.part(start, 0.5 if len(self.server.log) == 1 else 1, said=7)

    def refuses_ranges(self, start):
        return (416, {"Content-Length": "0"}, b"") if start else \
            self.part(0, 0.5 if len(self.server.log) == 1 else 1)

    def always_breaks(self, start):
        return self.part(start, 0)

    def inches(self, start):
        return 206 if start else 200, {
            "Content-Length": str(len(CONTENT) - start),
            "Content-Range": f"bytes {start}-"}, CONTENT[start:start + 20_000]

    def missing(self, start):
        return 404, {"Content-Length": "0"}, b""

    def busy(self, start):
        return 503, {"Content-Length": "0"}, b""

    def changed(self, start):
        return 200, {"Content-Length": "5"}, b"<html"

    def endless(self, start):
        return 200, {}, CONTENT

    def no_length_half(self, start):
        return 200, {}, CONTENT[:1000]

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(resume, "PAUSE", 0.0)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.log = []
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def get(server, tmp_path):
    """(path, the lines that were told) of a download through pooch."""
    def download(folder):
        told = []
        path = pooch.retrieve(f"http://127.0.0.1:{server.server_port}/{folder}/a.pth", None,
                              "a.pth", tmp_path / "cache",
                              downloader=Resuming(SHA[:8], told.append))
        return path, told
    return download


def content(path):
    with open(path, "rb") as file:
        return file.read()


def test_in_one_piece(get, server):
    path, told = get("good")
    assert content(path) == CONTENT and told == [] and server.log == [0]


def test_it_goes_on(get, server):
    path, told = get("ranges")
    assert content(path) == CONTENT
    assert len(server.log) == 4 == len(told) + 1
    for start, before in zip(server.log[1:], server.log, strict=False):
        half = (before + len(CONTENT)) / 2
        assert half - resume.CHUNK < start <= half
    assert f"after {server.log[1]:,} bytes; asking again" in told[0]


@pytest.mark.parametrize("folder, asked", [("no_ranges", 2), ("other_place", 3),
                                           ("refuses_ranges", 3)])
def test_it_begins_anew_and_says_so(folder, asked, get, server):
    path, told = get(folder)
    assert content(path) == CONTENT and len(server.log) == asked
    assert any("cannot go on in the middle; it begins anew" in line for line in told)


@pytest.mark.parametrize("folder, words", [
    ("always_breaks", "could not be had: .*3 times; try later"),
    ("inches", f"could not be had: .*{resume.TRIES} times"),
    ("missing", r"the server answers HTTP status 404 \(Not Found\)"),
    ("busy", r"could not be had: the server answers HTTP status 503 .*, 3 times"),
    ("changed", f"sent another file: its SHA-256 begins with [0-9a-f]{{8}}, expected {SHA[:8]}"),
    ("no_length_half", "sent another file"),
    ("endless", "sends more than 500 bytes")])
def test_what_fails_leaves_nothing(folder, words, get, tmp_path, monkeypatch):
    monkeypatch.setattr(resume, "LARGEST", 500 if folder == "endless" else resume.LARGEST)
    with pytest.raises(DownloadError, match=words):
        get(folder)
    assert list((tmp_path / "cache").iterdir()) == []


def test_nobody_listens(tmp_path, monkeypatch):
    monkeypatch.setattr(resume, "PAUSE", 0.0)
    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as unused:
        port = unused.server_port
    with pytest.raises(DownloadError, match="no connection: .*3 times; try later, or download it"):
        Resuming(SHA, lambda line: None)(f"http://127.0.0.1:{port}/a.pth", tmp_path / "a", None)


def test_interrupted(get, tmp_path, monkeypatch):
    """Ctrl-C in the middle of a file."""
    def stop(*_):
        raise KeyboardInterrupt
    monkeypatch.setattr(resume, "goes_on", stop)
    with pytest.raises(KeyboardInterrupt):
        get("ranges")
    assert list((tmp_path / "cache").iterdir()) == []
