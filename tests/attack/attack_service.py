"""The service is attacked on loopback: it answers all the while, stays small, and forgets nothing.

Run by `make test-attack`, not by `make test`: it takes minutes, and looks at the clock.
"""

from __future__ import annotations

import gzip
import json
import resource
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from recommender.service.settings import ServiceSettings
from recommender.service.signing import new_secret
from tests.attack.siege import Siege
from tests.service.cases import story

JSON = {"content-type": "application/json"}
LINES = {"content-type": "application/x-ndjson"}
MEGABYTES = 2**20
SECONDS = 5.0  # of each flood
FILES = 4096  # that the attacker may open


@pytest.fixture(scope="module")
def siege(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Siege]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < FILES:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(FILES, hard), hard))
    one = Siege(tmp_path_factory.mktemp("siege"))
    yield one
    one.end()


def opened(siege: Siege, address: str = "127.0.0.1") -> socket.socket:
    return socket.create_connection(("127.0.0.1", siege.port), timeout=30, source_address=(address, 0))


def head(siege: Siege, *more: bytes) -> bytes:
    lines = [b"POST /stories HTTP/1.1", b"host: x", f"authorization: Bearer {siege.key}".encode(), *more]
    return b"\r\n".join([*lines, b"", b""])


HALVES: dict[str, Callable[[Siege], bytes]] = {
    "silence": lambda _: b"",
    "half heads": lambda _: b"GET /health HTTP/1.1\r\nx-half: ",
    "half bodies": lambda siege: (
        head(siege, b"content-type: application/json", b"content-length: 99999") + b"{"
    ),
    "bodies without a key": lambda _: b"POST /stories HTTP/1.1\r\nhost: x\r\ncontent-length: 99999\r\n\r\n",
}


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("addresses", [1, 8])
def test_many_who_only_hold_the_line(siege: Siege, half: str, addresses: int) -> None:
    with siege.under_attack(), ExitStack() as held:
        for number in range(400 if "bodies" in half else 1100):  # each of these is a request, and answered
            line = held.enter_context(closing(opened(siege, f"127.0.0.{number % addresses + 1}")))
            with suppress(OSError):
                line.sendall(HALVES[half](siege))
        siege.publish(story(f"during {half} {addresses}".replace(" ", "-")))


def test_who_sends_a_byte_at_a_time(siege: Siege) -> None:
    with siege.under_attack(), ExitStack() as held:
        lines = [held.enter_context(closing(opened(siege))) for _ in range(200)]
        ends = time.monotonic() + SECONDS
        while time.monotonic() < ends:
            for line in lines:
                with suppress(OSError):
                    line.sendall(b"x")
            time.sleep(0.2)


def test_who_reads_no_answer(siege: Siege) -> None:
    ask = f"GET /stories/page-1/related HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {siege.key}\r\n\r\n"
    with siege.under_attack(), ExitStack() as held:
        for _ in range(50):
            line = held.enter_context(closing(opened(siege)))
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            line.settimeout(0.2)
            with suppress(OSError):
                line.sendall(ask.encode() * 50)
        time.sleep(1)


FLOODS = {
    "a header without an end": (b"GET /health HTTP/1.1\r\nx-long: ", b"x" * 65536),
    "headers without an end": (b"GET /health HTTP/1.1\r\n", b"x-many: 1\r\n" * 4096),
    "a path without an end": (b"GET /", b"x" * 65536),
    "no HTTP": (b"", b"\x16\x03\x01" * 20_000),
}


@pytest.mark.parametrize("flood", FLOODS)
def test_endless_heads(siege: Siege, flood: str) -> None:
    first, more = FLOODS[flood]
    with siege.under_attack():
        ends = time.monotonic() + SECONDS / 2
        while time.monotonic() < ends:
            with closing(opened(siege)) as line, suppress(OSError):
                line.sendall(first)
                for _ in range(3000):  # 200 MB, unless it is cut off
                    line.sendall(more)


def posted(one: dict[str, object]) -> tuple[str, str, dict[str, str], bytes]:
    return "POST", "/stories", JSON, json.dumps(one).encode()


HUGE: dict[str, tuple[str, str, dict[str, str], bytes]] = {
    "a question of brackets": ("POST", "/similar", JSON, b"[" + b"[]," * (5 * MEGABYTES) + b"[]]"),
    "a small one of them": ("POST", "/similar", JSON, b"[" + b"[]," * (MEGABYTES // 3 - 2) + b"[]]"),
    "a change of brackets": ("PATCH", "/stories/page-1", JSON, b"[" * MEGABYTES),
    "a story of brackets": (
        "POST",
        "/stories",
        JSON,
        b'{"id": "x", "y": [' + b"[]," * (5 * MEGABYTES) + b"0]}",
    ),
    "a story of commas": ("POST", "/stories", JSON, b'{"id": "x", "y": [' + b"1," * (7 * MEGABYTES) + b"0]}"),
    "a story of quotes": ("POST", "/stories", JSON, b'{"id": "x", "y": "' + b'\\"' * (7 * MEGABYTES) + b'"}'),
    "a deep story": ("POST", "/stories", JSON, b'{"id":' * 60_000 + b"1" + b"}" * 60_000),
    "a bomb": (
        "POST",
        "/stories",
        {**JSON, "content-encoding": "gzip"},
        gzip.compress(b"x" * 32 * MEGABYTES),
    ),
    "a word": posted(story("word", body="w" * 1_900_000)),
    "a body of quotes": posted(story("quotes", body='"' * 1_900_000)),
    "a body of full stops": posted(story("stops", body="A. " * 600_000)),
    "a body of lines": posted(story("lines", body="a\n\n" * 600_000)),
    "lines of nothing": ("POST", "/stories", LINES, b"{\n" * 19_000),
    "too many lines": ("POST", "/stories", LINES, b"\n" * (15 * MEGABYTES)),
    "one long line": ("POST", "/stories", LINES, b'{"id": "x", "y": [' + b"[]," * (5 * MEGABYTES) + b"0]}"),
}


@pytest.mark.parametrize("huge", HUGE)
def test_huge_bodies(siege: Siege, huge: str) -> None:
    method, path, headers, body = HUGE[huge]
    statuses: list[int] = []

    def send() -> None:
        mine = httpx.Client(base_url=siege.running.url, headers=siege.http.headers, timeout=60)
        with mine as http, suppress(httpx.TransportError):
            statuses.append(http.request(method, path, content=body, headers=headers).status_code)

    with siege.under_attack():
        threads = [threading.Thread(target=send) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not {status for status in statuses if status >= 500} - {503}


def test_a_bulk_load_beside_readers(siege: Siege) -> None:
    lines = b"\n".join(json.dumps(story(f"bulk-{n}", day=n % 28 + 1)).encode() for n in range(10_000))
    with siege.under_attack():
        ends = time.monotonic() + SECONDS
        with siege.http.stream("POST", "/stories", content=lines, headers=LINES) as answer:
            for _ in answer.iter_raw():
                siege.publish(story(f"beside-{time.monotonic_ns()}"))
                if time.monotonic() > ends:
                    break


class _Hostile(BaseHTTPRequestHandler):
    """A receiver that does something else each time, nothing of which is an answer."""

    turn = 0

    def do_POST(self) -> None:
        type(self).turn += 1
        with suppress(OSError):
            match self.turn % 5:
                case 0:
                    time.sleep(SECONDS)
                case 1:
                    self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
                    for _ in range(3000):
                        self.wfile.write(b"x" * 65536)
                case 2:
                    bomb = gzip.compress(b"x" * 256 * MEGABYTES)
                    self.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n" + bomb)
                case 3:
                    self.wfile.write(b"HTTP/1.1 302 Found\r\nlocation: /again\r\ncontent-length: 0\r\n\r\n")
                case 4:
                    self.wfile.write(b"\x00" * MEGABYTES)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def test_hostile_receivers(tmp_path: Path) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Hostile) as receiver:
        receiver.daemon_threads = True
        threading.Thread(target=receiver.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{receiver.server_port}/"
        settings = f'webhook_url = "{url}"\nwebhook_secret = "{new_secret()}"\n'
        if "webhook_private" in {field.name for field in fields(ServiceSettings)}:
            settings += "webhook_private = true\n"
        siege = Siege(tmp_path, settings)
        try:
            with siege.under_attack():
                ends, number = time.monotonic() + 4 * SECONDS, 0
                while time.monotonic() < ends:
                    siege.publish(story(f"told-{number}", day=number % 28 + 1))
                    number += 1
                    time.sleep(0.5)
            assert _Hostile.turn
        finally:
            siege.end()
            receiver.shutdown()


def test_a_full_disk(tmp_path: Path) -> None:
    siege = Siege(tmp_path)
    pid = siege.running.process.pid
    soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    try:
        with siege.under_attack():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, hard))  # no file may grow beyond it
            refused = [
                siege.http.post("/stories", json=story(f"full-{n}", body="ferry " * 2000)).status_code
                for n in range(20)
            ]
            siege.holds()
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard))
            siege.publish(story("after"))
        assert 503 in refused
        assert set(refused) <= {200, 201, 503}
        assert "after" in siege.published
    finally:
        siege.end()


def test_a_clock_that_jumps(tmp_path: Path) -> None:
    siege = Siege(tmp_path)
    try:
        until = datetime.now(UTC) + timedelta(days=10)
        siege.publish(story("later", status="embargoed", embargo_until=until.isoformat()))
        del siege.published["later"]  # it is not to be seen at all times
        with siege.under_attack():
            for days in (0, 11, 0, 3650, -3650, 9, 11, 0):
                siege.offset.write_text(str(days * 86_400), "ascii")
                status = siege.http.get("/stories/later/related").status_code
                assert status == (200 if days > 10 else 404), days
                assert siege.http.get("/stories/page-3/related").status_code == 410
            siege.publish(story("after"))
    finally:
        siege.end()
