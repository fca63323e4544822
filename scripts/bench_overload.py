"""How the service does with twice what it can: p99 of what is served, share turned away, memory, the stop.

Half of the requests are for blocks that are stored, half for ones of so many slots that they have to be made.
First of all a service that has just become ready is asked for stored blocks, a story a second beside it.
What the service sustains is found in a closed loop then. Then twice as many a second come in an open one,
while a story a second is published and a bulk load runs. Memory is what the process has to itself; mapped
files, which can be released at any time, are not counted. Works on a copy of the demo archive.

Example: python scripts/bench_overload.py --json bench/out/overload.json
"""

from __future__ import annotations

import argparse
import itertools
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import httpx
import msgspec
import numpy as np
from bench_service import PAGES, ROOT, SERVE, new_stories, process_of, run_load, wait_ready
from benchlib import Figure, anonymous_megabytes, check_environment, copied, machine, report
from load import Load, Result

from recommender.catalog import Catalog
from recommender.client import Client, ServiceError
from recommender.service.keys import Keyring, Right
from recommender.service.settings import ServiceSettings

MADE_SLOTS = 20  # more than are kept of a block, so that each answer is made
CONNECTIONS = 64
COLD_RATE = (
    200  # requests a second for stored blocks, from the moment at which the service says that it is ready
)
BULK_LINES = 3000  # some 11 MB, more than are published in the time: the stop has something to stop
SETTLE_SECONDS = 5.0  # after which memory is looked at again


@dataclass
class Beside:
    """What went on beside the load: seconds that each call took, and how many were refused."""

    seconds: list[float] = field(default_factory=list)
    refused: int = 0

    def repeat(self, call: Callable[[], object], pause: float, stop: threading.Event) -> threading.Thread:
        """Call again and again, in a thread."""

        def run() -> None:
            while not stop.wait(pause):
                begin = time.perf_counter()
                try:
                    call()
                except (ServiceError, httpx.HTTPError):
                    self.refused += 1
                else:
                    self.seconds.append(time.perf_counter() - begin)

        thread = threading.Thread(target=run)
        thread.start()
        return thread


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--archive", type=Path, default=ROOT / "demo" / "archive")
    parser.add_argument("--seconds", type=float, default=60.0, help="of twice the load")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    check_environment()
    if not (arguments.archive / "catalog.sqlite").is_file():
        parser.error(f"no archive in {arguments.archive}; make it with: make demo")
    with tempfile.TemporaryDirectory() as scratch:
        figures = _measured(copied(arguments.archive, Path(scratch) / "archive"), arguments.seconds)
    report(f"Overload on {arguments.archive}", machine("uvicorn", "starlette"), figures, arguments.json)


def _measured(archive: Path, seconds: float) -> list[Figure]:
    with Catalog.open(archive / "catalog.sqlite") as catalog:
        key = Keyring(catalog).add("bench", Right)
        ids = [row.story.id for row in itertools.islice(catalog.rows(), PAGES)]
    every = [sys.executable, "-c", SERVE, "blocks", "--all", "--json", "--archive", str(archive)]
    subprocess.run(every, check=True, stdout=subprocess.DEVNULL)
    with process_of("-c", SERVE, "serve", "--archive", str(archive), "--port", "0") as (process, port):
        stored = [f"/stories/{quote(id, safe='')}/related" for id in ids]
        paths = [path for one in stored for path in (one, f"{one}?k={MADE_SLOTS}")]
        with Client(f"http://127.0.0.1:{port}", key) as client:
            wait_ready(client)
            first, early = _from_the_first(
                client, Load(port, stored, key, CONNECTIONS, seconds / 6, COLD_RATE)
            )
            before = anonymous_megabytes(process.pid)
            sustained = run_load(Load(port, paths, key, connections=4, seconds=seconds / 3))
            rate = 2 * sustained.per_second
            load = Load(port, paths, key, connections=CONNECTIONS, seconds=seconds, rate=rate)
            twice, publishing, health, most = _overloaded(client, load, process.pid, key)
            time.sleep(SETTLE_SECONDS)
            after = anonymous_megabytes(process.pid)
        stopped = _stopped(process, port, key)
    return [
        Figure(f"stored blocks from /ready on, {COLD_RATE}/s, p50", first.p50, "ms"),
        Figure(f"stored blocks from /ready on, {COLD_RATE}/s, p99", first.p99, "ms"),
        Figure("publish beside that, longest", max(early.seconds, default=0.0) * 1000, "ms"),
        Figure("sustained, half of it made anew", sustained.per_second, "/s"),
        Figure("sustained, p99", sustained.p99, "ms"),
        Figure("served at twice that", twice.per_second, "/s"),
        Figure("p50 of served at twice that", twice.p50, "ms"),
        Figure("p99 of served at twice that", twice.p99, "ms"),
        Figure("share turned away", twice.shed / (twice.shed + twice.per_second * seconds), ""),
        Figure("failed otherwise", twice.failed, ""),
        Figure("publish beside it, p50", statistics.median(publishing.seconds) * 1000, "ms"),
        Figure("publishes refused", publishing.refused, ""),
        Figure("/health beside it, p99", float(np.percentile(health.seconds, 99)) * 1000, "ms"),
        Figure("/health beside it, longest", max(health.seconds) * 1000, "ms"),
        Figure("resident before", before, "MB"),
        Figure("resident, most", most, "MB"),
        Figure("resident after", after, "MB"),
        Figure(f"stop in a bulk load, of {ServiceSettings().stop_seconds} s", stopped, "s"),
    ]


def _from_the_first(client: Client, load: Load) -> tuple[Result, Beside]:
    """Ask a service that has only just become ready, while a story a second is published."""
    stop, publishing, stories = threading.Event(), Beside(), new_stories()
    thread = publishing.repeat(lambda: client.publish(next(stories)), 1.0, stop)
    try:
        return run_load(load), publishing
    finally:
        stop.set()
        thread.join()


def _overloaded(client: Client, load: Load, pid: int, key: str) -> tuple[Result, Beside, Beside, float]:
    """Ask for twice what can be done, beside a bulk load and a story a second."""
    stop, publishing, health, memory = threading.Event(), Beside(), Beside(), Beside()
    most = [0.0]
    stories = new_stories()
    machine_client = httpx.Client(base_url=f"http://127.0.0.1:{load.port}", timeout=60)
    threads = [
        publishing.repeat(lambda: client.publish(next(stories)), 1.0, stop),
        health.repeat(lambda: machine_client.get("/health"), 0.05, stop),
        memory.repeat(lambda: most.append(max(most.pop(), anonymous_megabytes(pid))), 0.2, stop),
        threading.Thread(target=_bulk, args=(load.port, key, stop)),
    ]
    threads[-1].start()
    try:
        return run_load(load), publishing, health, most[0]
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        machine_client.close()


def _bulk(port: int, key: str, stop: threading.Event | None = None) -> None:
    """Send a bulk load, and read its answer until it ends or `stop` is set."""
    lines = b"\n".join(msgspec.json.encode(story.to_json()) for story in _many(BULK_LINES))
    headers = {"authorization": f"Bearer {key}", "content-type": "application/x-ndjson"}
    with (
        suppress(httpx.TransportError),
        httpx.stream(
            "POST", f"http://127.0.0.1:{port}/stories", content=lines, headers=headers, timeout=60
        ) as answer,
    ):
        for _ in answer.iter_raw():
            if stop is not None and stop.is_set():
                return


def _many(count: int) -> itertools.islice:  # type: ignore[type-arg]
    return itertools.islice(itertools.chain.from_iterable(new_stories() for _ in itertools.count()), count)


def _stopped(process: subprocess.Popen[bytes], port: int, key: str) -> float:
    """Stop the service while it works on a bulk load; return the seconds until it has ended."""
    thread = threading.Thread(target=_bulk, args=(port, key))
    thread.start()
    time.sleep(SETTLE_SECONDS)
    begin = time.perf_counter()
    process.send_signal(signal.SIGTERM)
    process.wait()
    seconds = time.perf_counter() - begin
    thread.join()
    return seconds


if __name__ == "__main__":
    main()
