"""A web server for one person on this machine, of the standard library.

    127.0.0.1   no other machine reaches it
    Host        must be this address, or a page elsewhere could reach it by a name of its own that
                it lets point here (DNS rebinding)
    token       a random word in the page's address: without it nothing is answered
    Origin      where a browser says that another page asks, it is refused
    paths       exactly those of a table; no file is opened by a name that came in
    body        its length is said beforehand, and is at most what the table allows

What cannot be done is said in one line of plain text.  Nothing is cached, and no other page may
read, frame or call this one.
"""

import errno
import json
import os
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

HERE = "127.0.0.1"
TRIES = 20                     # ports from the one that is asked for
SMALL = 4_096                  # bytes of a body
IDLE = 60                      # seconds that a connection may be silent

Query = dict[str, str]


class Route(NamedTuple):
    """answer(query, body) gives what becomes JSON, a Page, or an iterator of such: events."""

    answer: Callable[[Query, bytes], Any]
    largest: int = SMALL


class Page(NamedTuple):
    """HTML, and the one word by which its own scripts and styles are known."""

    text: str
    nonce: str


class Server(ThreadingHTTPServer):
    """routes: {("GET", "/"): Route(...)}; the port, or the next one that is free."""

    daemon_threads = True
    block_on_close = False                         # Ctrl-C waits for nobody
    allow_reuse_address = os.name == "posix"       # elsewhere it would share the port of another

    def __init__(self, routes: dict[tuple[str, str], Route], port: int) -> None:
        self.routes, self.token = routes, secrets.token_urlsafe(16)
        self.stopping = threading.Event()
        for tried in range(port, min(port + TRIES, 65_536)):
            try:
                super().__init__((HERE, tried), Handler)
                return
            except OSError as problem:
                if problem.errno not in (errno.EADDRINUSE, errno.EACCES) or not port:
                    raise
        raise OSError(f"the ports {port} to {tried} are taken; choose another one: --port")

    @property
    def address(self) -> str:
        return f"http://{HERE}:{self.server_port}/?token={self.token}"

    def run(self) -> None:
        """Until Ctrl-C."""
        try:
            self.serve_forever(poll_interval=0.1)
        finally:
            self.stopping.set()
            self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that broke off is none of ours."""


class Refused(Exception):
    """A status, and the line that says why."""

    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(why)
        self.status = status


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Server
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "minicnn", ""
    timeout = IDLE
    disable_nagle_algorithm = True                 # the end of an answer waits for nothing

    def do_GET(self) -> None:
        self.handle_request()

    do_POST = do_GET

    def handle_request(self) -> None:
        try:
            found = self.answered()
            if not isinstance(found, (Page, Iterator)):
                found = as_json(found)
        except Refused as refused:
            self.refuse(refused.status, str(refused))
        except (ValueError, TypeError, OSError, RuntimeError) as problem:
            self.refuse(HTTPStatus.BAD_REQUEST, str(problem))
        except Exception as problem:                       # the page stays, and says it
            self.refuse(HTTPStatus.INTERNAL_SERVER_ERROR, f"minicnn is at fault: "
                        f"{type(problem).__name__}: {problem}")
        else:
            self.reply(found)

    def answered(self) -> Any:
        """What the route answers, once the request has passed every check."""
        if self.server.stopping.is_set():                  # on a connection that was kept open
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, "The program in the terminal has ended.")
        path, _, tail = self.path.partition("?")
        query = dict(parse_qsl(tail, keep_blank_values=True, max_num_fields=20))
        own = [f"{name}:{self.server.server_port}" for name in (HERE, "localhost")]
        if self.headers.get_all("Host", []) not in [[name] for name in own]:
            raise Refused(HTTPStatus.FORBIDDEN, f"this is {own[0]} and goes by no other name")
        if self.headers.get("Origin", f"http://{own[0]}") not in [f"http://{name}" for name in own]:
            raise Refused(HTTPStatus.FORBIDDEN, "another page may not ask here")
        if not secrets.compare_digest(query.pop("token", "").encode(), self.server.token.encode()):
            raise Refused(HTTPStatus.FORBIDDEN, "open the whole address that the terminal shows, "
                          "with its token")
        route = self.server.routes.get((self.command, path))
        if route is None:
            raise Refused(HTTPStatus.NOT_FOUND, "there is nothing here")
        return route.answer(query, self.body(route.largest))

    def body(self, largest: int) -> bytes:
        if self.command == "GET":
            return b""
        length = self.headers.get_all("Content-Length", [])
        if len(length) != 1 or not length[0].isascii() or not length[0].isdigit() or \
                "Transfer-Encoding" in self.headers:
            raise Refused(HTTPStatus.LENGTH_REQUIRED, "say how many bytes come: Content-Length")
        if len(length[0]) > 12 or int(length[0]) > largest:
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"that is more than {largest:,} "
                          "bytes")
        return self.rfile.read(int(length[0]))

    def reply(self, found: Any) -> None:
        if isinstance(found, Page):
            own = f"'nonce-{found.nonce}'"
            policy = f"default-src 'none'; script-src {own}; style-src {own}; " \
                     "img-src blob: data:; media-src blob:; connect-src 'self'; base-uri 'none'; " \
                     "form-action 'none'; frame-ancestors 'none'"
            self.send(HTTPStatus.OK, "text/html", found.text, policy)
        elif isinstance(found, Iterator):
            self.stream(found)
        else:
            self.send(HTTPStatus.OK, "application/json", found)

    def refuse(self, status: HTTPStatus, why: str) -> None:
        self.close_connection = True                       # a body may still be on its way
        self.send(status, "text/plain", why)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What cannot even be read: a method or a line that is none."""
        self.refuse(HTTPStatus(code), HTTPStatus(code).phrase)

    def send(self, status: HTTPStatus, kind: str, text: str, policy: str = "default-src 'none'"
             ) -> None:
        content = text.encode()
        self.head(status, kind, policy)
        self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(content)

    def head(self, status: HTTPStatus, kind: str, policy: str) -> None:
        self.send_response(status)
        for name, value in {
                "Content-Type": f"{kind}; charset=utf-8", "Cache-Control": "no-store",
                "Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff",
                "Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin",
                "Cross-Origin-Opener-Policy": "same-origin"}.items():
            self.send_header(name, value)

    def stream(self, events: Iterator[Any]) -> None:
        """Server-sent events, until they end, the page goes, or the server does."""
        self.close_connection = True
        self.head(HTTPStatus.OK, "text/event-stream", "default-src 'none'")
        self.send_header("Connection", "close")
        self.end_headers()
        with suppress(OSError), closing(events):           # type: ignore[type-var]
            for event in events:
                if self.server.stopping.is_set():
                    return
                self.wfile.write(f"data: {as_json(event)}\n\n".encode())

    def log_message(self, format: str, *args: Any) -> None:
        """The terminal has the address on it, and nothing else."""


def as_json(found: Any) -> str:
    return json.dumps(found, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
