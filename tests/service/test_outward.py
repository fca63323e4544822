"""A post goes where it may, takes the time that it has and reads what it needs; against real sockets."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest

from recommender.errors import SettingsError
from recommender.service.hosts import check_address, is_public
from recommender.service.outward import post


@pytest.mark.parametrize(
    "url",
    [
        "http://[::1", "ftp://cdn.example/purge", "cdn.example/purge", "http://", "https://user:pw@cdn.example/",
        "https://cdn.example/a\r\nX: y", "https://cdn.example\\@other.example/", "https://cdn.example:port/",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_when_it_is_set(url: str) -> None:
    with pytest.raises(SettingsError, match=r"setting service\.webhook_url is .*give an http\(s\) URL"):
        check_address(url, private=True)


@pytest.mark.parametrize(
    "host",
    [
        "localhost", "127.0.0.1", "[::1]", "10.0.0.7", "192.168.1.1", "169.254.169.254", "[fe80::1]",
        "2130706433", "0x7f.1", "127.1", "0.0.0.0", "metadata.google.internal", "printer.local", "cms",
        "[::ffff:10.0.0.1]",
        "api.localhost.", "100.64.0.1", "224.0.0.1",
    ],
)  # fmt: skip
def test_a_private_host_needs_a_setting(host: str) -> None:
    with pytest.raises(SettingsError, match="a private host; name a public host, or set webhook_private"):
        check_address(f"http://{host}/purge", private=False)
    check_address(f"http://{host}/purge", private=True)


@pytest.mark.parametrize("host", ["cdn.example", "8.8.8.8", "[2001:4860:4860::8888]", "1e100.example"])
def test_a_public_host_needs_none(host: str) -> None:
    check_address(f"https://{host}/purge", private=False)


def test_public_addresses() -> None:
    assert is_public("8.8.8.8")
    assert not is_public("fe80::1%eth0")


@contextmanager
def receiver(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """Listen on the loopback; answer each request so."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                    with connection:
                        connection.recv(65536)
                        answer(connection)
                except OSError:
                    return

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        listening.shutdown(socket.SHUT_RDWR)


def posted(url: str, *, private: bool = True, seconds: float = 10) -> int:
    with httpx.Client(timeout=10, trust_env=False) as client:
        return post(client, url, b"{}", {}, seconds=seconds, private=private)


def test_a_status_is_read() -> None:
    with receiver(lambda to: to.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")) as url:
        assert posted(url) == 204


def test_no_redirect_is_followed() -> None:
    with receiver(lambda to: to.sendall(b"HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\n\r\n")) as url:
        assert posted(url) == 302


def test_a_name_that_leads_home_is_found_out_when_it_is_connected() -> None:
    asked: list[bytes] = []
    with (
        receiver(lambda to: asked.append(b"")) as url,
        pytest.raises(httpx.ConnectError, match=r"the host is at 127\.0\.0\.1, a private address"),
    ):
        posted(url, private=False)


def test_an_endless_answer_is_left_after_its_beginning() -> None:
    sent = 0

    def endless(to: socket.socket) -> None:
        nonlocal sent
        to.sendall(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n" + gzip.compress(bytes(1 << 20)))
        while sent < 1 << 26:
            sent += to.send(bytes(1 << 16))

    with receiver(endless) as url:
        assert posted(url) == 200
    assert sent < 1 << 25  # what the kernel took


@pytest.mark.parametrize("start", [b"", b"HTTP/1.1 200 OK\r\nx: "])
def test_an_answer_that_drips_ends_when_its_time_is_up(start: bytes) -> None:
    stopped = threading.Event()

    def drip(to: socket.socket) -> None:
        to.sendall(start)
        while not stopped.wait(0.05):
            to.sendall(b"y")

    begun = time.monotonic()
    with receiver(drip) as url, pytest.raises(httpx.HTTPError):
        posted(url, seconds=0.3)
    stopped.set()
    assert time.monotonic() - begun < 9  # by the client's own limit of each piece it would go on
