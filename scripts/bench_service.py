"""How fast the service answers, beside a constant answer of the same framework and blocks made on request.

Everything runs on this machine, the load generator in a process of its own; the systems take turns in rounds,
so that a machine that is busy with something else is so for all of them. Works on a copy of the demo archive,
in which every story has its block.

Example: python scripts/bench_service.py --json bench/out/service.json
"""

from __future__ import annotations

import argparse
import itertools
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO
from urllib.parse import quote

import msgspec
import numpy as np
from benchlib import Figure, check_environment, compared, copied, machine, report
from load import Load, Result

from recommender.catalog import Catalog
from recommender.client import Client
from recommender.ingest.jsonl import read_stories
from recommender.service.keys import Keyring, Right
from recommender.story.story import Story

ROOT = Path(__file__).resolve().parent.parent
SEEDS = ROOT / "seeds" / "digitalgov" / "articles.jsonl"
WORDS = 600  # of a published story
PAGES = 300  # different stories whose blocks are asked for in turn
TARGET_RATE = 1500  # blocks a second that the service has to reach
BUSY_RATE = 500  # blocks a second while stories are published
READY_SECONDS = 300  # an archive without snapshot is indexed anew first
SERVE = "from recommender.cli import program; program()"
_LISTENING = re.compile(r"running on http://127\.0\.0\.1:(\d+)")
# More than any load here, so that it is the service that is measured and not its limits.
_NO_LIMITS = {"RELATED_SERVICE_READS_PER_SECOND": "1e9", "RELATED_SERVICE_WRITES_PER_SECOND": "1e9"}


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--archive", type=Path, default=ROOT / "demo" / "archive")
    parser.add_argument("--short", action="store_true", help="a minute instead of several")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    check_environment()
    if not (arguments.archive / "catalog.sqlite").is_file():
        parser.error(f"no archive in {arguments.archive}; make it with: make demo")
    rounds, seconds, publishes = (2, 2.0, 20) if arguments.short else (5, 4.0, 60)
    with tempfile.TemporaryDirectory() as scratch:
        figures = _measured(copied(arguments.archive, Path(scratch) / "archive"), rounds, seconds, publishes)
    facts = machine("uvicorn", "starlette", "openvino")
    report(f"Service on {arguments.archive}", facts, figures, arguments.json)


def _measured(archive: Path, rounds: int, seconds: float, publishes: int) -> list[Figure]:
    with Catalog.open(archive / "catalog.sqlite") as catalog:
        key = Keyring(catalog).add("bench", Right)
        ids = [row.story.id for row in itertools.islice(catalog.rows(), PAGES)]
        stories = catalog.count()
    paths = [f"/stories/{quote(id, safe='')}/related" for id in ids]
    every = [sys.executable, "-c", SERVE, "blocks", "--all", "--json", "--archive", str(archive)]
    subprocess.run(every, check=True, stdout=subprocess.DEVNULL)  # as in a newsroom on any day but the first
    with (
        server("-c", SERVE, "serve", "--archive", str(archive), "--port", "0") as port,
        server(str(Path(__file__).with_name("bench_baselines.py")), str(archive)) as other,
        Client(f"http://127.0.0.1:{port}", key) as client,
    ):
        wait_ready(client)
        run_load(Load(port, paths, key, connections=1, seconds=PAGES / 100))  # each page once, from the disk
        figures = _blocks(port, other, paths, key, rounds, seconds)
        made = [f"/made{path}" for path in paths]
        all_blocks = run_load(Load(other, made, connections=1)).p50 * stories
        fresh = new_stories()  # each once: what was published before has its vectors already
        figures += _publishing(client, itertools.islice(fresh, publishes), all_blocks)
        load = Load(port, paths, key, connections=32, seconds=2.0 * publishes, rate=BUSY_RATE)
        return figures + _both(client, load, fresh, figures[-1].value)


def _blocks(port: int, other: int, paths: list[str], key: str, rounds: int, seconds: float) -> list[Figure]:
    """Measure blocks served: at full speed in a closed loop, and at the target rate in an open one."""
    ours, constant, made, paced, even = [], [], [], [], []
    for _ in range(rounds):
        ours.append(run_load(Load(port, paths, key, seconds=seconds)))
        constant.append(run_load(Load(other, ["/constant"], seconds=seconds)))
        made.append(run_load(Load(other, [f"/made{path}" for path in paths], connections=2, seconds=seconds)))
        paced.append(run_load(Load(port, paths, key, connections=32, seconds=seconds, rate=TARGET_RATE)))
        even.append(run_load(Load(other, ["/constant"], connections=32, seconds=seconds, rate=TARGET_RATE)))
    return [
        *_beside("blocks served, constant answer beside", ours, constant),
        *_beside("blocks served, made on request beside", ours, made),
        *(
            compared(f"{part} at {TARGET_RATE}/s, open loop", _median(paced, part), "ms", _median(even, part))
            for part in ("p50", "p99")
        ),
        Figure(f"rate kept of {TARGET_RATE}/s, open loop", _median(paced, "per_second"), "/s"),
    ]


def _beside(name: str, ours: list[Result], base: list[Result]) -> list[Figure]:
    fast, slow = _median(ours, "per_second"), _median(base, "per_second")
    late, later = _median(ours, "p99"), _median(base, "p99")
    return [
        Figure(name, fast, "/s", slow, fast / slow),
        Figure(f"{name}, p99", late, "ms", later, later / late),
    ]


def _median(results: list[Result], name: str) -> float:
    if failed := sum(result.failed for result in results):
        raise RuntimeError(f"{failed} answers were no block")
    return statistics.median(getattr(result, name) for result in results)


def _publishing(client: Client, stories: Iterable[Story], all_blocks: float) -> list[Figure]:
    """Measure publishing; beside it, what it takes to make all blocks anew, as who has no diff must (ms)."""
    name = f"publish a {WORDS}-word story"
    times = [_timed(client, story) for story in stories]
    p50, p90, p99 = np.percentile(times, (50, 90, 99)).tolist()
    return [
        Figure(f"{name}, p50; all blocks anew beside", p50, "ms", all_blocks, all_blocks / p50),
        Figure(f"{name}, p90", p90, "ms"),
        Figure(f"{name}, p99", p99, "ms"),
    ]


def _both(client: Client, load: Load, stories: Iterator[Story], alone: float) -> list[Figure]:
    """Measure blocks served while one story a second is published, and the publishes, p99 `alone` beside."""
    stop = threading.Event()
    times: list[float] = []

    def publish_on() -> None:
        while not stop.wait(1.0):
            times.append(_timed(client, next(stories)))

    thread = threading.Thread(target=publish_on)
    thread.start()
    try:
        found = run_load(load)
    finally:
        stop.set()
        thread.join()
    name = f"at {BUSY_RATE}/s while a story a second is published"
    publish = f"publish a {WORDS}-word story beside {BUSY_RATE} blocks/s"
    p50, p99 = np.percentile(times, (50, 99)).tolist()
    return [
        Figure(f"p50 {name}", found.p50, "ms"),
        Figure(f"p99 {name}", found.p99, "ms"),
        Figure(f"{publish}, p50", p50, "ms"),
        compared(f"{publish}, p99", p99, "ms", alone),
    ]


def _timed(client: Client, story: Story) -> float:
    """Publish and return the milliseconds."""
    begin = time.perf_counter()
    client.publish(story)
    return (time.perf_counter() - begin) * 1000


def new_stories() -> Iterator[Story]:
    """Yield stories that the archive does not hold, each of `WORDS` words from two that it does."""
    seeds = [
        item
        for item in read_stories(SEEDS)
        if isinstance(item, Story) and len(item.body.split()) > WORDS // 2
    ]
    for one, other in zip(seeds[::-1], seeds[-7::-1], strict=False):
        words = (one.body.split()[: WORDS // 2] + other.body.split())[:WORDS]
        text = " ".join(words)
        now = datetime.now(UTC).replace(microsecond=0)  # as most systems tell it
        yield Story(
            id=f"bench-{uuid.uuid4().hex}", headline=one.headline, body=text, published=now, language="en"
        )


def run_load(load: Load) -> Result:
    """Run the generator in a process of its own."""
    command = [sys.executable, str(Path(__file__).with_name("load.py"))]
    answer = subprocess.run(command, input=msgspec.json.encode(load), capture_output=True, check=True)
    return msgspec.json.decode(answer.stdout, type=Result)


@contextmanager
def server(*arguments: str) -> Iterator[int]:
    """Run a server of ours on a free port, which it logs, and yield the port."""
    with process_of(*arguments) as (_, port):
        yield port


@contextmanager
def process_of(*arguments: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Run a server of ours, and yield its process and port."""
    command = [sys.executable, *arguments]
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(command, stderr=log, env={**os.environ, **_NO_LIMITS})
        try:
            yield process, _port(process, log)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def _port(process: subprocess.Popen[bytes], log: IO[str]) -> int:
    ends = time.monotonic() + READY_SECONDS
    while time.monotonic() < ends and process.poll() is None:
        log.seek(0)
        if found := _LISTENING.search(log.read()):
            return int(found[1])
        time.sleep(0.1)
    log.seek(0)
    raise RuntimeError(f"the server did not start: {log.read()[-2000:]}")


def wait_ready(client: Client) -> None:
    """Return when a service is ready."""
    ends = time.monotonic() + READY_SECONDS
    while not client.is_ready():
        if time.monotonic() > ends:
            raise RuntimeError("the service did not become ready")
        time.sleep(0.2)


if __name__ == "__main__":
    main()
