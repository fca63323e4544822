"""Measures one process with many archives: reads of stored blocks, what opening costs, memory, cross answers.

One synthetic archive is made with all of its blocks, and copied for each publisher: the ids of stories are
the same everywhere, and every headline says whose it is, by which an answer of another publisher would be
seen. The copies are files of their own; that they hold the same texts spares nothing, since nothing is shared
by what it says. One more archive is larger. `related serve --publishers` serves them in a process of its own,
as an operator starts it, and `--connections` ask at random, each as soon as it was answered: more than
one wait for each other.

With `--door`, so many more reads are asked of the application itself, in this process, without connections:
each time of a few publishers, one of whom makes way for another after some reads, so that archives are opened
and closed all along where `--open` is below their number. Every headline of every answer is looked at. Each
way of asking is told here once, hence the length.

`--keep DIR` keeps the archives there; the next run with the same numbers begins with them.

Example: python scripts/bench_publishers.py --publishers 1000 --large 300000 --open 300 --door 1000000
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import os
import random
import re
import shutil
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchlib import check_environment, machine
from make_archive import ARCHIVES, synthetic_archive

from recommender.catalog.blocks import Blocks
from recommender.desk.app import routes
from recommender.newsroom import Newsroom
from recommender.service.publisher import Shared
from recommender.service.publisher_files import within_files
from recommender.service.publishers import Publishers
from recommender.service.publishers_settings import load_common, load_publishers_settings
from recommender.service.shared_models import SharedModels
from recommender.service.work import Pools

STORIES = 100
ASKED_OF_LARGE = 500  # of whose stories the blocks are made beforehand
CONNECTIONS = 4
START_SECONDS = 120.0
LARGE = "large"
WORKING, TURNOVER = (
    50,
    400,
)  # at the door: publishers at a time, and reads until another takes the place of one
BUSY, BUSY_SECONDS = 503, 0.2
_SCOPE: dict[str, Any] = {
    **{"query_string": b"", "headers": [(b"host", b"localhost")], "http_version": "1.1", "scheme": "http"},
    **{"server": ("localhost", 80), "client": ("127.0.0.1", 1), "root_path": "", "asgi": {"version": "3.0"}},
}
_MARK = (
    "UPDATE story SET document = json_set(document, '$.headline', json_extract(document, '$.headline') || ?)"
)
_SAID = re.compile(rb"\[of ([a-z0-9]+)\]")


@dataclass
class Reads:
    """What came of many reads."""

    seconds: list[float] = field(default_factory=list)
    crossed: int = 0
    slots: int = 0
    failed: int = 0
    busy: int = 0

    def look(self, name: str, id: str, status: int, body: bytes) -> None:
        """Look whose an answer is: every headline in it, and the story."""
        said = _SAID.findall(body)
        own = name.encode()
        self.failed += status != 200 or not body.startswith(b'{"id":' + json.dumps(id).encode())
        self.crossed += any(each != own for each in said)
        self.slots += len(said)


def main() -> None:
    """Make the archives, serve them, ask, and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--publishers", type=int, default=1000)
    parser.add_argument("--large", type=int, default=20_000, help="stories of one more archive; 0: none")
    parser.add_argument("--reads", type=int, default=20_000, help="after each publisher was asked once")
    parser.add_argument("--open", type=int, default=0, help="the setting; by default all fit")
    parser.add_argument("--door", type=int, default=0, help="reads of the application itself")
    parser.add_argument("--connections", type=int, default=CONNECTIONS, help="that ask at once")
    parser.add_argument("--keep", type=Path, help="where archives are kept for the next run")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    check_environment()
    rng = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as scratch:
        directory = (arguments.keep or Path(scratch)) / "publishers"
        asked = prepared(directory, arguments.publishers, arguments.large)
        most = arguments.open or arguments.publishers + 1
        (directory / "related.toml").write_text(
            f"[publishers]\nopen = {most}\n[service]\nreads_per_second = 1000000\n"
        )
        print(machine("starlette", "sqlalchemy"), flush=True)
        with Serving(directory, arguments.connections) as serving:
            tell(serving, "at the start", None)
            once = [(name, rng.choice(ids)) for name, ids in asked.items()]
            rng.shuffle(once)
            tell(serving, f"each of {len(once):,} publishers once", serving.ask(once))
            names = list(asked)
            many = []
            for _ in range(arguments.reads):
                name = rng.choice(names)
                many.append((name, rng.choice(asked[name])))
            tell(serving, f"{len(many):,} reads at random, open = {most:,}", serving.ask(many))
            if arguments.large:
                alone = [(LARGE, rng.choice(asked[LARGE])) for _ in range(2000)]
                tell(serving, "2,000 reads of the large one", serving.ask(alone))
        if arguments.door:
            asyncio.run(at_the_door(directory, asked, arguments.door, rng))


def prepared(directory: Path, publishers: int, large: int) -> dict[str, list[str]]:
    """Make the archives, unless they were kept; return the stories to ask for, by publisher."""
    told = directory.with_suffix(".json")
    if told.is_file():
        kept = json.loads(told.read_bytes())
        if kept["made"] == [publishers, large, STORIES]:
            return {name: kept["large" if name == LARGE else "small"] for name in kept["names"]}
        raise SystemExit(f"{directory} holds {kept['made']}; name another directory, or remove it")
    ids = make(directory, publishers)
    names = sorted(os.listdir(directory))
    asked = {name: ids for name in names}
    if large:
        asked[LARGE] = make_large(directory / LARGE, large)
    made = {"made": [publishers, large, STORIES], "names": list(asked), "small": ids}
    told.write_text(json.dumps(made | {"large": asked.get(LARGE, [])}))
    return asked


async def at_the_door(directory: Path, asked: dict[str, list[str]], reads: int, rng: random.Random) -> None:
    """Ask the application itself, a few at once, and print what came of it."""
    common = load_common(directory)
    settings = within_files(load_publishers_settings(directory), common)
    shared = Shared(settings=common, pages=routes, models=SharedModels(), pools=Pools())
    app, found = Publishers(directory, settings, shared), Reads()
    rounds = asyncio.create_task(app.rounds.run())
    names = rng.sample(sorted(asked), min(WORKING, max(settings.open // 2, 1), len(asked)))
    left, spent = reads, time.process_time()

    async def ask() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            if left % TURNOVER == 0:
                names[rng.randrange(len(names))] = rng.choice(sorted(asked))
            name = rng.choice(names)
            id, begin = rng.choice(asked[name]), time.perf_counter()
            path = f"/p/{name}/stories/{id}/related"
            status, body = await answered(app, path)
            while status == BUSY:  # as it asks its clients to: a moment later
                found.busy += 1
                await asyncio.sleep(BUSY_SECONDS)
                status, body = await answered(app, path)
            found.seconds.append(time.perf_counter() - begin)
            found.look(name, id, status, body)

    try:
        await asyncio.gather(*(ask() for _ in range(CONNECTIONS)))
        cuts, each = statistics.quantiles(found.seconds, n=100), (time.process_time() - spent) / reads * 1e3
        print(f"{reads:,} reads at the door, of {len(names)} publishers at a time:")
        print(f"  p50 {cuts[49] * 1e3:.2f} ms, p99 {cuts[98] * 1e3:.1f} ms; processor {each:.2f} ms a read")
        opened = int(app.held.metrics.opened._value.get())
        print(
            f"  {opened:,} opened; {found.slots:,} headlines looked at, cross answers {found.crossed}, "
            f"failed {found.failed}, asked again {found.busy}"
        )
        own = int(Path("/proc/self/status").read_text().split("RssAnon:")[1].split()[0]) / 1024
        print(f"  memory {own:,.0f} MB of its own; open {len(app.held.all_open):,}", flush=True)
    finally:
        rounds.cancel()
        await asyncio.gather(rounds, return_exceptions=True)
        await app.guests.close()
        await app.held.close_all()


async def answered(app: Publishers, path: str) -> tuple[int, bytes]:
    """Return what the application answers to a GET."""
    told: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:  # noqa: ANN401 (as ASGI has it)
        told.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode(), **_SCOPE}
    await app(scope, receive, send)
    return told[0]["status"], b"".join(each.get("body", b"") for each in told[1:])


def make(directory: Path, publishers: int) -> list[str]:
    """Make the small archives, and return the ids of stories that readers may see, the same in all."""
    model = synthetic_archive(STORIES, ARCHIVES)
    first = directory / "p0"
    shutil.copytree(model, first)
    with Newsroom.open(first) as newsroom:
        with newsroom.archive_pass() as blocks:
            blocks.run()
        while newsroom.refresh():
            pass
        newsroom.archive.save()
        ids = Blocks(newsroom.archive.catalog).public(int(time.time()))
    for num in range(publishers):
        name = f"p{num}"
        if num:
            shutil.copytree(directory / "p0.plain", directory / name)
        else:
            shutil.copytree(first, directory / "p0.plain")
        mark(directory / name, name)
    shutil.rmtree(directory / "p0.plain")
    return ids


def make_large(path: Path, stories: int) -> list[str]:
    """Make the large archive with some blocks; return whose they are."""
    shutil.copytree(synthetic_archive(stories, ARCHIVES), path)
    with Newsroom.open(path) as newsroom:
        ids = Blocks(newsroom.archive.catalog).public(int(time.time()))[-ASKED_OF_LARGE:]
        with newsroom.archive_pass(ids) as blocks:
            blocks.run()
        newsroom.archive.catalog.set_setting("block_cursor", newsroom.archive.catalog.last_seq())
        newsroom.archive.save()
    mark(path, LARGE)
    return ids


def mark(archive: Path, name: str) -> None:
    """Let every headline of an archive say whose it is."""
    with closing(sqlite3.connect(archive / "catalog.sqlite")) as connection:
        connection.execute(_MARK, (f" [of {name}]",))
        connection.commit()


class Serving:
    """`related serve --publishers` in a process of its own."""

    def __init__(self, directory: Path, connections: int) -> None:
        self.connections = connections
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        words = [sys.executable, "-m", "recommender", "serve", "--publishers", str(directory)]
        self.process = subprocess.Popen(
            [*words, "--port", str(self.port)],
            stderr=subprocess.DEVNULL,
            env={**os.environ, "RELATED_LOG": "WARNING"},
        )

    def __enter__(self) -> Serving:
        ends = time.monotonic() + START_SECONDS
        while time.monotonic() < ends and self.process.poll() is None:
            try:
                self.get("/ready")
            except OSError:
                time.sleep(0.1)
            else:
                return self
        self.process.kill()
        raise SystemExit("the service did not start")

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(60)

    def get(self, path: str) -> bytes:
        """Return an answer."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            connection.request("GET", path)
            return connection.getresponse().read()

    def ask(self, wanted: list[tuple[str, str]]) -> Reads:
        """Read blocks over a few connections at once."""
        parts = [wanted[each :: self.connections] for each in range(self.connections)]
        found = [Reads() for _ in parts]
        threads = [
            threading.Thread(target=self._ask, args=(part, into))
            for part, into in zip(parts, found, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        whole = Reads()
        for each in found:
            whole.seconds += each.seconds
            whole.crossed += each.crossed
            whole.slots += each.slots
            whole.failed += each.failed
        return whole

    def _ask(self, wanted: list[tuple[str, str]], into: Reads) -> None:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            for name, id in wanted:
                begin = time.perf_counter()
                connection.request("GET", f"/p/{name}/stories/{id}/related")
                answer = connection.getresponse()
                body = answer.read()
                into.seconds.append(time.perf_counter() - begin)
                into.look(name, id, answer.status, body)

    def spent(self) -> float:
        """Return the seconds of processor time so far; proc(5)."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def held(self, kind: str) -> float:
        """Return memory, MB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split(f"{kind}:")[1].split()[0]) / 1024

    def figure(self, name: str) -> float:
        """Return a metric of the process."""
        lines = self.get("/metrics").decode().splitlines()
        return float(next(line.split()[1] for line in lines if line.startswith(f"{name} ")))


_BEFORE = {"spent": 0.0, "opened": 0.0}


def tell(serving: Serving, what: str, reads: Reads | None) -> None:
    """Print a line about what was just done."""
    spent, opened = serving.spent(), serving.figure("related_publishers_opened_total")
    print(f"{what}:")
    if reads is not None:
        count = len(reads.seconds)
        cuts = statistics.quantiles(reads.seconds, n=100)
        each = (spent - _BEFORE["spent"]) / count
        p50, p99, mean = (f"{seconds * 1e3:.1f} ms" for seconds in (cuts[49], cuts[98], each))
        print(f"  p50 {p50}, p99 {p99}; processor {mean} a read")
        print(
            f"  {opened - _BEFORE['opened']:,.0f} opened; {reads.slots:,} headlines looked at, cross answers "
            f"{reads.crossed}, failed {reads.failed}"
        )
    held, own = serving.held("VmRSS"), serving.held("RssAnon")
    is_open, loaded = (serving.figure(f"related_publishers_{each}") for each in ("open", "loaded"))
    print(
        f"  memory {held:,.0f} MB, its own {own:,.0f}; open {is_open:,.0f}, loaded {loaded:,.0f}", flush=True
    )
    _BEFORE.update(spent=spent, opened=opened)


if __name__ == "__main__":
    main()
