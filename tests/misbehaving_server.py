"""A real HTTP server on this machine that misbehaves in every way a mirror has been seen to."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Behaviour = Callable[["Handler"], None]
PATIENCE = 20.0  # seconds after which even the slowest behaviour gives up, should a test hang


class Server(ThreadingHTTPServer):
    """It answers each path as `behaviours` says, and counts how often it was asked."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behaviours: dict[str, Behaviour] = {}
        self.asked: list[str] = []
        self.closing = threading.Event()

    def on(self, path: str, behaviour: Behaviour) -> str:
        """Let a path behave so; return its address."""
        self.behaviours[path] = behaviour
        return f"http://127.0.0.1:{self.server_port}{path}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients hang up on a server like this one."""


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.close_connection = True
        self.server.asked.append(self.path)
        self.server.behaviours.get(self.path, status(404))(self)

    def start(self, code: int = 200, **headers: object) -> None:
        self.send_response(code)
        self.send_header("Connection", "close")
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Keep the tests' output readable."""


@contextlib.contextmanager
def running() -> Iterator[Server]:
    with Server() as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield server
        finally:
            server.closing.set()
            server.shutdown()


def serving(content: bytes) -> Behaviour:
    def behave(handler: Handler) -> None:
        handler.start(Content_Length=len(content))
        handler.wfile.write(content)

    return behave


def status(code: int) -> Behaviour:
    def behave(handler: Handler) -> None:
        handler.start(code, Content_Length=6)
        handler.wfile.write(b"Sorry.")

    return behave


def half(content: bytes) -> Behaviour:
    """Promise all of it, send half, hang up."""

    def behave(handler: Handler) -> None:
        handler.start(Content_Length=len(content))
        handler.wfile.write(content[: len(content) // 2])

    return behave


def half_until(content: bytes, sent: threading.Event, go_on: threading.Event) -> Behaviour:
    """Send half, say so, and send the rest when told to."""

    def behave(handler: Handler) -> None:
        handler.start(Content_Length=len(content))
        handler.wfile.write(content[: len(content) // 2])
        sent.set()
        go_on.wait(PATIENCE)
        handler.wfile.write(content[len(content) // 2 :])

    return behave


def redirecting(address: str) -> Behaviour:
    def behave(handler: Handler) -> None:
        handler.start(302, Location=address, Content_Length=0)

    return behave


def silent(handler: Handler) -> None:
    """Take the question and never answer."""
    handler.server.closing.wait(PATIENCE)


def falling_silent(handler: Handler) -> None:
    handler.start(Content_Length=1000)
    handler.wfile.write(b"x" * 10)
    handler.server.closing.wait(PATIENCE)


def trickling(handler: Handler) -> None:
    handler.start(Content_Length=1_000_000)
    _drip(handler, b"x")


def trickling_headers(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    _drip(handler, b"x")


def endless(handler: Handler) -> None:
    """Declare no length and never stop."""
    handler.start()
    while not handler.server.closing.is_set():
        handler.wfile.write(b"x" * 65536)


def _drip(handler: Handler, drop: bytes) -> None:
    begun = time.monotonic()
    while not handler.server.closing.wait(0.02) and time.monotonic() < begun + PATIENCE:
        handler.wfile.write(drop)
