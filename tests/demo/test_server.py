"""Who may ask the server, and what: every hostile request gets a plain refusal."""

import http.client
import json
import socket
import threading
from contextlib import contextmanager
from itertools import count

import pytest

from minicnn.demo.server import HERE, Page, Refused, Route, Server


def fails(kind):
    def answer(query, body):
        raise kind("because")
    return answer


ROUTES = {
    ("GET", "/"): Route(lambda query, body: Page("<p>here</p>", "word")),
    ("POST", "/say"): Route(lambda query, body: {"query": query, "body": body.decode()}, 20),
    ("POST", "/wrong"): Route(fails(ValueError)),
    ("POST", "/fault"): Route(fails(KeyError)),
    ("POST", "/nan"): Route(lambda query, body: {"x": float("nan")}),
    ("GET", "/few"): Route(lambda query, body: iter([{"n": 1}, {"n": 2}])),
    ("GET", "/endless"): Route(lambda query, body: ({"n": n} for n in count())),
}


@contextmanager
def running(routes=None, port=0):
    server = Server(routes or ROUTES, port)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join(5)


@pytest.fixture(scope="module")
def server():
    with running() as one:
        yield one


def asked(server, method="POST", path="/say", body=b"", token=None, headers=None, extra=""):
    """(status, headers, text) of a request; headers replace those of a browser, None leaves out."""
    connection = http.client.HTTPConnection(HERE, server.server_port, timeout=10)
    given = {"Host": f"{HERE}:{server.server_port}", "Content-Length": str(len(body)),
             **(headers or {})}
    word = server.token if token is None else token
    connection.putrequest(method, f"{path}?token={word}{extra}", skip_host=True,
                          skip_accept_encoding=True)
    for name, value in given.items():
        if value is not None:
            connection.putheader(name, value)
    connection.endheaders(body or None)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, answer.headers, text


def raw(server, data):
    """What the server answers to these very bytes."""
    with socket.create_connection((HERE, server.server_port), timeout=10) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        found = b""
        while part := connection.recv(4096):
            found += part
    return found.decode()


def test_it_answers_what_the_table_says(server):
    status, headers, text = asked(server, body=b"hello", extra="&a=1")
    assert (status, json.loads(text)) == (200, {"query": {"a": "1"}, "body": "hello"})
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_no_other_page_may_read_it(server):
    for path in ("/say", "/nothing"):
        headers = asked(server, path=path)[1]
        assert not [name for name in headers if name.lower().startswith("access-control")]
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_the_page_may_load_nothing_but_itself(server):
    status, headers, text = asked(server, "GET", "/")
    policy = headers["Content-Security-Policy"]
    assert status == 200 and text == "<p>here</p>"
    assert "default-src 'none'" in policy and "script-src 'nonce-word'" in policy
    assert "frame-ancestors 'none'" in policy and "http" not in policy


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1", "0.0.0.0:80",
                                  "127.0.0.1.evil.example:80", "", None])
def test_another_name_of_the_host_is_refused(server, host):
    """A page elsewhere whose name was made to point here (DNS rebinding)."""
    status, _, text = asked(server, headers={"Host": host})
    assert status == 403 and "goes by no other name" in text


def test_two_hosts_are_refused(server):
    own = f"{HERE}:{server.server_port}"
    answer = raw(server, f"GET /?token={server.token} HTTP/1.1\r\nHost: {own}\r\n"
                         "Host: evil.example\r\n\r\n".encode())
    assert " 403 " in answer.splitlines()[0]


def test_localhost_is_a_name_of_its_own(server):
    assert asked(server, headers={"Host": f"localhost:{server.server_port}"})[0] == 200


@pytest.mark.parametrize("token", ["", "wrong", "%00", "%C3%A9", "a" * 5000])
def test_without_the_token_nothing_is_answered(server, token):
    for method, path in (("GET", "/"), ("POST", "/say"), ("GET", "/endless"), ("GET", "/nothing")):
        status, _, text = asked(server, method, path, token=token)
        assert status == 403 and "token" in text and server.token not in text


def test_the_token_is_another_one_each_time(server):
    with running() as other:
        assert other.token != server.token and len(server.token) >= 20
        assert asked(other, token=server.token)[0] == 403


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1", "file://"])
def test_another_page_may_not_ask(server, origin):
    assert asked(server, headers={"Origin": origin})[0] == 403
    own = f"http://{HERE}:{server.server_port}"
    assert asked(server, headers={"Origin": own})[0] == 200


@pytest.mark.parametrize("path", ["/../../etc/passwd", "/..%2f..%2fetc%2fpasswd", "//evil.example/",
                                  "/page/page.js", "/say/", "/SAY", "/.", "/%2e%2e", "/\\..\\", "*",
                                  "http://evil.example/say", "/say;x"])
def test_tricks_with_paths_find_nothing(server, path):
    status, headers, text = asked(server, "POST", path)
    assert status in (403, 404) and headers["Content-Type"].startswith("text/plain")
    assert "root:" not in text


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "HEAD", "TRACE", "FOO"])
def test_other_methods_are_refused(server, method):
    status, headers, text = asked(server, method)
    assert status == 501 and headers["Content-Type"].startswith("text/plain")


def test_a_body_has_a_length_and_a_bound(server):
    assert asked(server, body=b"x" * 20)[0] == 200
    assert asked(server, headers={"Content-Length": "21"})[0] == 413
    assert asked(server, headers={"Content-Length": "9" * 4000})[0] == 413
    for length in (None, "-1", "1e3", "", "+1", "\u00b2"):
        assert asked(server, headers={"Content-Length": length})[0] == 411
    assert asked(server, headers={"Transfer-Encoding": "chunked"})[0] == 411


def test_a_huge_body_is_not_read(server):
    own = f"{HERE}:{server.server_port}"
    answer = raw(server, f"POST /say?token={server.token} HTTP/1.1\r\nHost: {own}\r\n"
                         "Content-Length: 99999999999\r\n\r\n".encode())
    assert " 413 " in answer.splitlines()[0] and "Connection: close" in answer


@pytest.mark.parametrize("data", [b"\r\n\r\n", b"nonsense\r\n\r\n", b"GET\r\n\r\n",
                                  b"\x16\x03\x01\x02",
                                  b"GET / HTTP/9.9\r\n\r\n", b"GET /" + b"a" * 70_000,
                                  b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 300 + b"\r\n"])
def test_what_is_no_request_is_refused_or_dropped(server, data):
    answer = raw(server, data)
    assert not answer or "<" not in answer and "Traceback" not in answer
    assert asked(server)[0] == 200                         # and it goes on


def test_too_many_words_in_the_query(server):
    status, _, text = asked(server, extra="&a=1" * 50)
    assert status == 400 and "Traceback" not in text


def test_what_cannot_be_done_is_said_in_one_line(server):
    assert asked(server, path="/wrong")[::2] == (400, "because")
    status, _, text = asked(server, path="/fault")
    assert status == 500 and "minicnn is at fault" in text and "\n" not in text


def test_refused_carries_its_status():
    assert Refused(403, "no").status == 403


def test_no_number_that_json_does_not_know(server):
    """JavaScript would not read NaN."""
    status, headers, _ = asked(server, path="/nan")
    assert status == 400 and headers["Content-Type"].startswith("text/plain")


def test_events_come_one_by_one(server):
    _, headers, text = asked(server, "GET", "/few")
    assert headers["Content-Type"].startswith("text/event-stream")
    assert text == 'data: {"n":1}\n\ndata: {"n":2}\n\n'


def test_a_page_that_goes_ends_its_events():
    ended = threading.Event()

    def events():
        try:
            yield from ({"n": n} for n in count())
        finally:
            ended.set()

    with running({("GET", "/"): Route(lambda query, body: events())}) as one:
        with socket.create_connection((HERE, one.server_port), timeout=10) as connection:
            connection.sendall(f"GET /?token={one.token} HTTP/1.1\r\nHost: {HERE}:"
                               f"{one.server_port}\r\n\r\n".encode())
            assert connection.recv(100)
        assert ended.wait(5)


def test_it_ends_within_a_second_while_events_run():
    with running() as one:
        connection = socket.create_connection((HERE, one.server_port), timeout=10)
        connection.sendall(f"GET /endless?token={one.token} HTTP/1.1\r\nHost: {HERE}:"
                           f"{one.server_port}\r\n\r\n".encode())
        assert connection.recv(100)
        one.shutdown()
        assert one.stopping.wait(5)
        connection.close()


def test_only_this_machine_can_reach_it(server):
    assert server.server_address[0] == "127.0.0.1"
    assert server.address == f"http://127.0.0.1:{server.server_port}/?token={server.token}"


def test_a_taken_port_gives_the_next_one():
    with running() as first, running(port=first.server_port) as second:
        assert first.server_port < second.server_port <= first.server_port + 19


def test_no_free_port_is_said(monkeypatch):
    monkeypatch.setattr("minicnn.demo.server.TRIES", 1)
    with running() as first, pytest.raises(OSError, match="--port"):
        Server(ROUTES, first.server_port)


def test_a_connection_that_was_kept_open_is_told():
    with running() as one:
        connection = http.client.HTTPConnection(HERE, one.server_port, timeout=10)
        for status in (200, 503):
            connection.request("POST", f"/say?token={one.token}", b"")
            answer = connection.getresponse()
            assert (answer.status, b"ended" in answer.read()) == (status, status == 503)
            one.shutdown()
            assert one.stopping.wait(5)
        connection.close()
