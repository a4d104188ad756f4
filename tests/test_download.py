"""Downloading from mirrors that refuse, fall silent, trickle, lie and never end."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import misbehaving_server as mirror
import pytest

from mnistlab import download
from mnistlab.mnist import Unusable


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[mirror.Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with mirror.running() as server:
        yield server


def test_a_file_arrives_as_it_stands_there(server: mirror.Server) -> None:
    content = bytes(range(256)) * 1000
    assert download.fetch(server.on("/mnist.npz", mirror.serving(content))) == content


def test_a_redirect_is_followed(server: mirror.Server) -> None:
    there = server.on("/there", mirror.serving(b"here it is"))
    assert download.fetch(server.on("/here", mirror.redirecting(there))) == b"here it is"


def test_a_file_that_says_it_is_packed_is_not_unpacked_on_the_way(server: mirror.Server) -> None:
    def behave(handler: mirror.Handler) -> None:
        handler.start(Content_Encoding="gzip", Content_Length=9)
        handler.wfile.write(b"as it was")

    assert download.fetch(server.on("/x.gz", behave)) == b"as it was"


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (mirror.status(403), "answered 403 Forbidden"),
        (mirror.status(503), "answered 503 Service Unavailable"),
        (mirror.half(b"x" * 1000), "broke off after 500 bytes"),
        (mirror.redirecting("/again"), "redirects in circles"),
        (mirror.redirecting("gopher://nowhere"), "asking it failed"),
    ],
)
def test_what_a_mirror_does_wrong_is_said(
    server: mirror.Server, behaviour: mirror.Behaviour, reason: str
) -> None:
    with pytest.raises(Unusable, match=reason):
        download.fetch(server.on("/again", behaviour))


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (mirror.silent, "did not answer within 1 s"),
        (mirror.trickling_headers, "did not answer within 2 s"),
        (mirror.falling_silent, "broke off after 10 bytes"),
        (mirror.trickling, "too slow"),
    ],
)
def test_a_mirror_that_wastes_time_is_left_after_the_time_allowed(
    server: mirror.Server,
    monkeypatch: pytest.MonkeyPatch,
    behaviour: mirror.Behaviour,
    reason: str,
) -> None:
    for name, seconds in {"SILENCE": 1.0, "OPENING": 2.0, "GRACE": 0.4}.items():
        monkeypatch.setattr(download, name, seconds)
    begun = time.monotonic()
    with pytest.raises(Unusable, match=reason):
        download.fetch(server.on("/slow", behaviour))
    assert time.monotonic() - begun < 0.9 * mirror.PATIENCE


def test_a_mirror_that_is_slow_at_first_is_given_its_grace(
    server: mirror.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "LEAST_SPEED", 10**9)
    assert download.fetch(server.on("/mnist.npz", mirror.serving(b"x" * 1000))) == b"x" * 1000


def test_a_body_without_end_is_cut_at_the_size_allowed(
    server: mirror.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "MOST_BYTES", 1_000_000)
    with pytest.raises(Unusable, match="more than 1,000,000 bytes"):
        download.fetch(server.on("/endless", mirror.endless))


def test_a_file_that_declares_itself_too_large_is_not_read(
    server: mirror.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "MOST_BYTES", 500_000)
    with pytest.raises(Unusable, match="more than 500,000 bytes"):
        download.fetch(server.on("/large", mirror.trickling))


def test_an_address_where_nobody_listens_cannot_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with pytest.raises(Unusable, match="cannot be reached"):
            download.fetch(f"http://127.0.0.1:{port}/mnist.npz")


def test_a_secure_connection_that_fails_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    def answer_without_encryption(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"What did you say?\r\n")
            connection.recv(10_000)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer_without_encryption, args=(listener,))
        thread.start()
        with pytest.raises(Unusable, match="no secure connection"):
            download.fetch(f"https://127.0.0.1:{listener.getsockname()[1]}/mnist.npz")
        thread.join()


def test_a_proxy_that_refuses_is_named(
    server: mirror.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{server.server_port}")
    with pytest.raises(Unusable, match="proxy in between refused"):
        download.fetch("https://mirror.invalid/mnist.npz")
