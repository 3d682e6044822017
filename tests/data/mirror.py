"""A web server on this machine whose folders misbehave, each in its own way."""

import http.server
import socket
import struct
import threading
import time


class Mirror(http.server.ThreadingHTTPServer):
    """Serves `files` (name -> bytes) under /good/, and otherwise as the folder's name says.

    /trickle/ and /stall/ last until `release` is set.  `log` lists the paths asked for.
    """

    daemon_threads = True

    def __init__(self, files):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.release, self.log = files, threading.Event(), []

    def url(self, folder):
        return f"http://127.0.0.1:{self.server_port}/{folder}/"

    def __enter__(self):
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.release.set()
        self.shutdown()
        self.thread.join()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.log.append(self.path)
        _, folder, name = self.path.split("/")
        try:
            getattr(self, folder)(self.server.files[name])
        except OSError:             # the client hung up, as it should on some of these
            self.close_connection = True

    def head(self, length, status=200, **headers):
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        for header, value in headers.items():
            self.send_header(header, value)
        self.end_headers()

    def good(self, content):
        self.head(len(content))
        self.wfile.write(content)

    def forbidden(self, content):
        self.head(0, 403)

    def wrong(self, content):
        changed = bytes([content[0]]) + content[1:-9] + bytes(9)
        self.good(changed)

    def page(self, content):
        self.good(b"<!DOCTYPE html><html>Please sign in to the network</html>")

    def endless(self, content):
        self.send_response(200)
        self.end_headers()
        while not self.server.release.is_set():
            self.wfile.write(bytes(2 ** 16))

    def half(self, content):
        self.head(len(content))
        self.wfile.write(content[:len(content) // 2])

    def stall(self, content):
        self.half(content)
        self.server.release.wait(20)

    def silent(self, content):
        self.server.release.wait(20)

    def trickle(self, content):
        self.head(len(content))
        for byte in content:
            self.wfile.write(bytes([byte]))
            if self.server.release.wait(0.02):
                return

    def slow(self, content):
        """Slow, but steady: a bad connection that must do."""
        self.head(len(content))
        for start in range(0, len(content), 2 ** 15):
            self.wfile.write(content[start:start + 2 ** 15])
            time.sleep(0.05)

    def redirect(self, content):
        self.head(0, 302, Location=self.path.replace("redirect", "good"))

    def circle(self, content):
        self.head(0, 302, Location=self.path)

    def away(self, content):
        self.head(0, 302, Location="file:///etc/hostname")

    def busy(self, content):
        self.head(0, 503, **{"Retry-After": "3600"})

    def nothing(self, content):
        self.head(0)

    def no_length(self, content):
        """The end of the connection is the end of the file."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(content)

    def no_length_half(self, content):
        self.no_length(content[:len(content) // 2])

    def too_short_a_length(self, content):
        self.head(len(content) // 2)
        self.wfile.write(content)

    def chunked(self, content):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for part in (content[:1000], content[1000:], b""):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))

    def encoded(self, content):
        """As some stores say of a .gz file; the network library then unpacks it."""
        self.head(len(content), **{"Content-Encoding": "gzip"})
        self.wfile.write(content)

    def badly_encoded(self, content):
        self.head(len(content), **{"Content-Encoding": "gzip"})
        self.wfile.write(content[:1000] + bytes(len(content) - 1000))

    def reset(self, content):
        """Hang up at once instead of in order."""
        self.half(content)
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def no_web_server(self, content):
        self.wfile.write(b"220 mail.example ESMTP\r\n" * 50)

    def strange_length(self, content):
        self.head(-5)
        self.wfile.write(content[:100])

    def log_message(self, *_):
        pass
