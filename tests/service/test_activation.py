"""A socket that a service manager holds is served; no request is lost while the service is started anew."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from recommender.errors import ListenError
from recommender.service import activation
from recommender.service.activation import given_sockets
from tests.service.cases import story
from tests.service.running import Running, add_key, make_archive

CLIENTS = 4
PAGE = "/stories/ferry-1/related"
# What a service manager does: the socket at its place, the variables, then the service in this very process.
HAND_OVER = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
os.execv(sys.executable, [sys.executable, "-m", "tests.service.server", sys.argv[2], "1"])
"""


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0), backlog=128) as held:
        held.set_inheritable(True)
        yield held


def served(archive: Path, listening: socket.socket) -> Running:
    number = listening.fileno()
    command = [sys.executable, "-c", HAND_OVER, str(number), str(archive)]
    return Running(archive, command=command, pass_fds=[number])


class Reader(threading.Thread):
    """Asks again and again, on a connection that is kept, or on a new one each time."""

    def __init__(self, url: str, keeps: bool) -> None:
        super().__init__()
        self.done = threading.Event()
        self.answers: list[int | str] = []
        self._url, self._keeps = url, keeps

    def run(self) -> None:
        """Ask until told to stop; what was answered is kept, and how an answer failed."""
        client = httpx.Client(base_url=self._url, timeout=60)
        while not self.done.wait(0.01):
            try:
                try:
                    self.answers.append(client.get(PAGE).status_code)
                except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
                    if not self._keeps:
                        raise
                    self.answers.append(client.get(PAGE).status_code)  # closed between two requests
            except httpx.TransportError as error:
                self.answers.append(repr(error))
            if not self._keeps:
                client.close()
                client = httpx.Client(base_url=self._url, timeout=60)
        client.close()


def test_no_request_is_lost_while_the_service_is_started_anew(
    tmp_path: Path, listening: socket.socket
) -> None:
    limits = "[service]\nopen_reads = true\nreads_per_second = 1e6\n"
    archive = make_archive(tmp_path / "archive", limits)
    key = add_key(archive, "cms")
    running = served(archive, listening)
    assert running.url.endswith(f":{listening.getsockname()[1]}")
    with running.client(key) as client:
        client.publish_many([story(f"ferry-{n}", day=n + 1) for n in range(3)])
    readers = [Reader(running.url, keeps=n % 2 == 0) for n in range(CLIENTS)]
    for reader in readers:
        reader.start()
    try:
        threading.Event().wait(0.3)
        assert running.stop() == 0, "\n".join(running.lines[-60:])
        running = served(archive, listening)
    finally:
        before = [len(reader.answers) for reader in readers]
        threading.Event().wait(0.5)
        for reader in readers:
            reader.done.set()
        for reader in readers:
            reader.join(60)
        running.kill()
    assert {answer for reader in readers for answer in reader.answers} == {200}
    assert all(len(reader.answers) > count for reader, count in zip(readers, before, strict=True))


def test_a_connection_whose_first_request_is_on_its_way_is_answered(
    tmp_path: Path, listening: socket.socket
) -> None:
    with served(make_archive(tmp_path / "archive"), listening) as running:
        with socket.create_connection(listening.getsockname()) as one:
            httpx.get(f"{running.url}/health")  # the service has let both in
            ending = threading.Thread(target=running.stop)
            ending.start()
            while not any("Shutting down" in line for line in running.lines):
                threading.Event().wait(0.01)
            one.sendall(b"GET /health HTTP/1.1\r\nhost: a\r\n\r\n")
            answer = b"".join(iter(lambda: one.recv(65536), b""))
        ending.join()
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"\r\nconnection: close\r\n" in answer.lower()


def test_what_is_meant_for_another_process_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for pid, count in (("1", "1"), ("", ""), (str(2**40), "x")):
        monkeypatch.setenv("LISTEN_PID", pid)
        monkeypatch.setenv("LISTEN_FDS", count)
        assert given_sockets() == []


def test_a_socket_that_does_not_listen_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as idle:
        monkeypatch.setattr(activation, "FIRST", idle.fileno())
        monkeypatch.setenv("LISTEN_PID", str(activation.os.getpid()))
        monkeypatch.setenv("LISTEN_FDS", "1")
        with pytest.raises(ListenError, match="is no socket to serve on: it does not listen"):
            given_sockets()
        assert idle.fileno() >= 0
