"""Services and workers on machines of their own over one catalog on a server, behind a round robin."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from recommender.client import Client
from tests.service.running import WORKING, Running, add_key, free_port, make_archive, make_directory
from tests.service.test_processes import LINE

LIMITS = "[service]\nwrites_per_second = 1e6\nreads_per_second = 1e6\n"
SERVICES, WORKERS = 3, 2


class RoundRobin(httpx.BaseTransport):
    """A balancer: each request goes to the next of some services; one that nobody reaches is passed over."""

    def __init__(self, services: Sequence[Running]) -> None:
        self._services, self._turn = services, itertools.count()
        self._network = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        for last in (*[False] * (len(self._services) - 1), True):
            url = httpx.URL(self._services[next(self._turn) % len(self._services)].url)
            request.url = request.url.copy_with(host=url.host, port=url.port)
            try:
                return self._network.handle_request(request)
            except httpx.ConnectError:
                if last:
                    raise
        raise ValueError("there is no service")

    def close(self) -> None:
        self._network.close()


@dataclass
class Copies:
    """All copies of an archive.

    Attributes
    ----------
    services, workers : list of Running
        The former answer, the latter do what is due.
    key : str
        With all rights.
    directory : Path
        Of another machine, where commands are typed.
    """

    services: list[Running]
    workers: list[Running]
    key: str
    directory: Path

    def end(self) -> None:
        """End those that run."""
        for one in (*self.services, *self.workers):
            if one.process.poll() is None:
                one.kill()

    def client(self, tries: int = 3) -> Client:
        """Return a client of all services."""
        return Client(
            "http://balancer", self.key, tries=tries, timeout=120, transport=RoundRobin(self.services)
        )

    def http(self) -> httpx.Client:
        """Return a plain client of all services."""
        headers = {"authorization": f"Bearer {self.key}"}
        balancer = RoundRobin(self.services)
        return httpx.Client(base_url="http://balancer", headers=headers, timeout=120, transport=balancer)


def line(*words: str | Path) -> list[str]:
    """Return a command line of `related`, with the hash embedder."""
    return [*LINE, *map(str, words)]


def serving(directory: Path) -> Running:
    """Start a service as an operator does, but for the embedder."""
    words = line("serve", "--archive", directory, "--port", str(free_port()))
    return Running(directory, command=words)


def working(directory: Path) -> Running:
    """Start a worker as an operator does, but for the embedder."""
    return Running(directory, command=line("work", "--archive", directory), says=WORKING)


@contextmanager
def copies(folder: Path, settings: str = "", above: str = "") -> Iterator[Copies]:
    """Start the copies of a new archive at the address in `RELATED_CATALOG_URL`; no log may hold a fault.

    Parameters
    ----------
    folder : Path
        Where their directories are made.
    settings : str
        More of the table `[service]`.
    above : str
        Settings of no table.
    """
    directory = make_archive(folder / "operator", above + LIMITS + settings)
    serve = [folder / f"service{n}" for n in range(SERVICES)]
    work = [folder / f"worker{n}" for n in range(WORKERS)]
    for each in (*serve, *work):
        make_directory(each, above + LIMITS + settings + ("works = false\n" if each in serve else ""))
    with ThreadPoolExecutor() as threads, ExitStack() as stack:
        started = [
            threads.submit(start, each)
            for start, all_ in ((serving, serve), (working, work))
            for each in all_
        ]
        running = [stack.enter_context(one.result()) for one in started]
        made = Copies(running[:SERVICES], running[SERVICES:], add_key(directory, "cms"), directory)
        stack.callback(made.end)  # also those that took another's place
        yield made
        for one in (*made.services, *made.workers):
            assert not [line for line in one.lines if "Traceback" in line]
