"""A connection leads to the address that was checked, and ends when its time is up; against real sockets."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest

from recommender.web.errors import PrivateHostError
from recommender.web.hosts import ANYWHERE, Reach
from recommender.web.transport import Guarded


@contextmanager
def listening(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """Listen on the loopback; answer each request so."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                    with connection:
                        connection.recv(65536)
                        answer(connection)
                except OSError:
                    return

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


def asked(transport: Guarded, url: str, seconds: float = 10) -> int:
    answer = transport.handle_request(httpx.Request("GET", url, extensions={"seconds": seconds}))
    for _ in answer.iter_raw():
        pass
    answer.close()
    return answer.status_code


def no_content(to: socket.socket) -> None:
    to.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")


def test_a_private_address_is_refused_before_anything_is_sent() -> None:
    came: list[bool] = []
    with listening(lambda _: came.append(True)) as port:
        transport = Guarded(Reach())
        with pytest.raises(PrivateHostError, match=r"at 127\.0\.0\.1, a private address"):
            asked(transport, f"http://127.0.0.1:{port}/")
    assert not came


def test_a_name_is_resolved_once_and_what_was_checked_is_connected_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A name that means something else a moment later leads nowhere else."""
    resolve, meanings = socket.getaddrinfo, iter(["127.0.0.1"])

    def rebound(host: str | None, *args: object, **kwargs: object) -> object:
        return resolve(next(meanings) if host == "news.example" else host, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", rebound)
    with listening(no_content) as port:
        assert asked(Guarded(Reach(frozenset({"news.example"}))), f"http://news.example:{port}/") == 204
    assert next(meanings, None) is None


def test_of_several_addresses_only_the_public_ones_count(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[tuple[str, int]] = []
    entry = (socket.AF_INET, socket.SOCK_STREAM, 6, "")

    def connect(address: tuple[str, int], *args: object, **kwargs: object) -> socket.socket:
        tried.append(address)
        raise ConnectionRefusedError

    addresses = ["10.0.0.7", "8.8.8.8", "9.9.9.9"]
    found = [(*entry, (address, 80)) for address in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(httpx.NetworkError):
        asked(Guarded(Reach()), "http://news.example/")
    assert tried == [("8.8.8.8", 80), ("9.9.9.9", 80)]


@pytest.mark.parametrize("start", [b"", b"HTTP/1.1 200 OK\r\nx: ", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_an_answer_that_drips_ends_when_its_time_is_up(start: bytes) -> None:
    stopped = threading.Event()

    def drip(to: socket.socket) -> None:
        to.sendall(start)
        while not stopped.wait(0.05):
            to.sendall(b"y")

    with listening(drip) as port, pytest.raises(httpx.TimeoutException):
        asked(Guarded(ANYWHERE), f"http://127.0.0.1:{port}/", seconds=0.3)
    stopped.set()


@pytest.mark.parametrize("host", ["nowhere.invalid", "a" * 70 + ".example"])
def test_a_host_that_is_not_known_is_named_so(host: str) -> None:
    with pytest.raises(httpx.NetworkError, match="its host is not known"):
        asked(Guarded(Reach()), f"http://{host}/")


def test_a_proxy_of_the_environment_is_a_host_like_others(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with listening(no_content) as port:
        monkeypatch.setenv("http_proxy", f"http://localhost:{port}")
        with pytest.raises(PrivateHostError):
            asked(Guarded(Reach()), "http://news.example/")
        assert asked(Guarded(Reach(frozenset({"localhost"}))), "http://news.example/") == 204
