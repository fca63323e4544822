"""Who is slow, sends too much or comes too often is shown out, and everybody else is served all the while."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from recommender.errors import SettingsError
from recommender.service.connections import SWEEP_SECONDS, Connections
from recommender.service.settings import ServiceSettings
from tests.service.cases import story
from tests.service.running import Running, add_key, make_archive

SECONDS = 1  # that a head or a body may take here
MOST, BY_ADDRESS = 24, 12
LIMITS = f"""[service]
head_seconds = {SECONDS}
body_seconds = {SECONDS}
idle_seconds = 3
max_head = 8192
connections = {MOST}
connections_by_address = {BY_ADDRESS}
"""
GET = b"GET /health HTTP/1.1\r\nhost: x\r\n"
POST = b"POST /stories HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nauthorization: Bearer %s\r\n"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    archive = make_archive(tmp_path_factory.mktemp("connections") / "archive", LIMITS)
    with Running(archive) as running:
        running.key = add_key(archive, "cms")
        yield running


def opened(running: Running, source: str = "127.0.0.1") -> socket.socket:
    """Return a connection from a loopback address."""
    port = urlsplit(running.url).port
    return socket.create_connection(("127.0.0.1", port), timeout=30, source_address=(source, 0))


def answer(line: socket.socket) -> bytes:
    """Read until the service closes the connection."""
    parts = []
    try:
        while part := line.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def is_well(running: Running) -> bool:
    return httpx.get(f"{running.url}/health", timeout=10).status_code == 200


def posted(running: Running, *headers: bytes) -> bytes:
    """Return the head of a request that publishes."""
    return POST % running.key.encode() + b"".join(line + b"\r\n" for line in headers) + b"\r\n"


HALVES = {
    "nothing": b"",
    "empty lines": b"\r\n\r\n",
    "half a line": b"GET /hea",
    "half a head": GET + b"x-half: 1\r\n",
}


@pytest.mark.parametrize("half", HALVES)
def test_a_head_that_does_not_come_is_not_waited_for(running: Running, half: str) -> None:
    with closing(opened(running)) as line:
        line.sendall(HALVES[half])
        said = answer(line)
    assert said == b"" or said.startswith(b"HTTP/1.1 408 ")


def test_a_second_head_behind_a_good_one_is_not_waited_for(running: Running) -> None:
    with closing(opened(running)) as line:
        line.sendall(GET + b"\r\n" + GET)
        said = answer(line)
    assert said.startswith(b"HTTP/1.1 200 ")
    assert b"HTTP/1.1 408 " in said


@pytest.mark.parametrize("framing", [b"content-length: 100", b"transfer-encoding: chunked"])
def test_a_body_that_does_not_come_is_not_waited_for(running: Running, framing: bytes) -> None:
    with closing(opened(running)) as line:
        line.sendall(posted(running, framing) + (b'{"id"' if b"length" in framing else b'5\r\n{"id"\r\n'))
        assert answer(line).startswith(b"HTTP/1.1 408 ")


def flood(running: Running, first: bytes, more: bytes, most: int = 64 * 2**20) -> bytes:
    """Send more and more until the service has enough of it; return what it said."""
    with closing(opened(running)) as line:
        sent = 0
        try:
            line.sendall(first)
            while sent < most:
                line.sendall(more)
                sent += len(more)
        except (ConnectionResetError, BrokenPipeError):
            return b"closed"
        line.settimeout(5)
        return answer(line)


FLOODS = {
    "a header": (GET + b"x-long: ", b"x" * 65536),
    "headers": (GET, b"x-many: 1\r\n" * 4096),
    "a path": (b"GET /", b"x" * 65536),
    "a header's name": (GET, b"x" * 65536),
}


@pytest.mark.parametrize("case", FLOODS)
def test_a_head_without_an_end_is_refused(running: Running, case: str) -> None:
    said = flood(running, *FLOODS[case], most=1_000_000)
    assert said == b"closed" or said.startswith(b"HTTP/1.1 431 ")
    assert is_well(running)


@pytest.mark.parametrize("more", [b"1;" + b"x" * 65536, b"0\r\n" + b"x-trailer: 1\r\n" * 4096])
def test_chunks_without_an_end_are_refused(running: Running, more: bytes) -> None:
    first = posted(running, b"transfer-encoding: chunked") + more
    said = flood(running, first, more[3:], most=2_000_000)
    assert said == b"closed" or said.startswith(b"HTTP/1.1 4")
    assert is_well(running)


def test_a_long_head_is_told_the_limit(running: Running) -> None:
    said = httpx.get(f"{running.url}/health", headers={"x-long": "x" * 9000})
    assert (said.status_code, said.json()["type"]) == (431, "urn:related-stories:problem:head-too-large")
    assert "8,192 bytes" in said.json()["detail"]
    assert httpx.get(f"{running.url}/health", headers={"x-long": "x" * 7000}).status_code == 200


def test_who_sends_on_after_a_refusal_is_cut_off(running: Running) -> None:
    head = POST.replace(b"Bearer %s", b"Bearer none") + b"transfer-encoding: chunked\r\n\r\n"
    said = flood(running, head, b"10000\r\n" + b"x" * 65536 + b"\r\n")
    assert said == b"closed" or said.startswith(b"HTTP/1.1 401 ")
    assert is_well(running)


@pytest.mark.parametrize("sent", [b"", b"{" * 1000])
def test_the_rest_of_a_body_that_was_refused_is_not_waited_for(running: Running, sent: bytes) -> None:
    head = POST.replace(b"authorization: Bearer %s\r\n", b"") + b"content-length: 1000000\r\n\r\n"
    with closing(opened(running)) as line:
        line.sendall(head + sent)
        said = answer(line)
    assert said.startswith(b"HTTP/1.1 401 ")
    assert b"408" not in said


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["127.0.0.2", "127.0.0.3", "127.0.0.4"]])
@pytest.mark.parametrize("half", [b"", GET], ids=["silent", "half"])
def test_who_holds_connections_keeps_nobody_out(running: Running, addresses: list[str], half: bytes) -> None:
    with ExitStack() as held:
        for number in range(4 * MOST):
            line = held.enter_context(closing(opened(running, addresses[number % len(addresses)])))
            line.sendall(half)
            assert is_well(running) or number % 8
    assert any("too many connections" in str(line["event"]) for line in running.log)


def test_a_client_that_is_served_is_not_shown_out_for_one_that_is_silent(running: Running) -> None:
    headers = {"authorization": f"Bearer {running.key}"}
    with httpx.Client(base_url=running.url, headers=headers, timeout=60) as http, ExitStack() as held:
        for number in range(2 * BY_ADDRESS):
            held.enter_context(closing(opened(running)))
            assert http.post("/stories", json=story(f"s-{number}")).status_code in (200, 201)


def test_a_connection_on_which_nothing_is_asked_is_closed(running: Running) -> None:
    with closing(opened(running)) as line:
        line.sendall(GET + b"\r\n")
        assert answer(line).startswith(b"HTTP/1.1 200 ")


def test_pipelined_requests_are_answered_in_order(running: Running) -> None:
    with closing(opened(running)) as line:
        line.sendall((GET + b"\r\n") * 3 + GET + b"connection: close\r\n\r\n")
        assert answer(line).count(b"HTTP/1.1 200 ") == 4


def test_who_hangs_up_is_no_fault_of_the_service(running: Running) -> None:
    with closing(opened(running)) as line:
        line.sendall(posted(running, b"content-length: 100") + b"{")
    with httpx.Client(base_url=running.url) as http:
        for _ in range(50):
            told = http.get("/metrics").text
            if 'route="/stories",status="499"' in told:
                break
    assert 'route="/stories",status="499"' in told
    assert 'status="500"' not in told


@pytest.mark.parametrize(
    ("proxies", "named"), [("", "127.0.0.1"), ("127.0.0.1", "8.8.8.8"), ("127.0.0.0/8, ::1", "8.8.8.8")]
)
def test_a_forwarded_address_is_believed_of_named_proxies_only(
    tmp_path: Path, proxies: str, named: str
) -> None:
    limits = f'[service]\nproxies = "{proxies}"\nreads_per_second = 0.001\nburst_seconds = 1000\n'
    with Running(make_archive(tmp_path / "archive", limits)) as running:
        asked = [
            httpx.get(f"{running.url}/stories/x/related", headers={"x-forwarded-for": address}).status_code
            for address in ("8.8.8.8", "8.8.4.4")
        ]
    assert asked == ([404, 429] if named == "127.0.0.1" else [404, 404])


@pytest.mark.parametrize("proxies", ["*", "proxy.example", "10.0.0.0/33", "10.0.0.1/8"])
def test_a_proxy_has_an_address(proxies: str) -> None:
    with pytest.raises(SettingsError, match="give addresses or networks"):
        ServiceSettings(proxies=proxies)


class Loop:
    """An event loop whose time is set."""

    now = 0.0

    def time(self) -> float:
        return self.now

    def call_later(self, seconds: float, call: Callable[..., None], *arguments: Any) -> None:
        self.next = partial(call, *arguments)


class Line:
    """A connection that has to send something within a second."""

    def __init__(self, loop: Loop) -> None:
        self.loop, self.ends_at, self.is_ended = loop, loop.now + 1.0, False

    def end_slow(self) -> None:
        self.is_ended = True


def test_time_in_which_the_service_read_nobody_is_not_the_clients() -> None:
    loop = Loop()
    line, held = Line(loop), Connections(ServiceSettings())
    assert held.add(line, "127.0.0.1")  # type: ignore[arg-type]
    loop.now = 30.0  # the loop was held up
    loop.next()
    assert not line.is_ended
    for _ in range(2):
        loop.now += SWEEP_SECONDS
        loop.next()
    assert line.is_ended
