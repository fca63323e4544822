"""Measures one process with many archives: reads of stored blocks, what opening costs, memory, cross answers.

One synthetic archive is made with all of its blocks, and copied for each publisher: the ids of stories are
the same everywhere, and every headline says whose it is, by which an answer of another publisher would be
seen. The copies are files of their own; that they hold the same texts spares nothing, since nothing is shared
by what it says. One more archive is larger. `related serve --publishers` serves them in a process of its own,
as an operator starts it, and four connections ask at random.

Example: python scripts/bench_publishers.py --publishers 1000 --large 20000
"""

from __future__ import annotations

import argparse
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

from benchlib import check_environment, machine
from make_archive import ARCHIVES, synthetic_archive

from recommender.catalog.blocks import Blocks
from recommender.newsroom import Newsroom

STORIES = 100
ASKED_OF_LARGE = 500  # of whose stories the blocks are made beforehand
CONNECTIONS = 4
START_SECONDS = 120.0
LARGE = "large"
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


def main() -> None:
    """Make the archives, serve them, ask, and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--publishers", type=int, default=1000)
    parser.add_argument("--large", type=int, default=20_000, help="stories of one more archive; 0: none")
    parser.add_argument("--reads", type=int, default=20_000, help="after each publisher was asked once")
    parser.add_argument("--open", type=int, default=0, help="the setting; by default all fit")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    check_environment()
    rng = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch) / "publishers"
        ids = make(directory, arguments.publishers)
        asked = {name: ids for name in sorted(os.listdir(directory))}
        most = arguments.open or arguments.publishers + 1
        (directory / "related.toml").write_text(
            f"[publishers]\nopen = {most}\n[service]\nreads_per_second = 1000000\n"
        )
        if arguments.large:
            asked[LARGE] = make_large(directory / LARGE, arguments.large)
        print(machine("starlette", "sqlalchemy"), flush=True)
        with Serving(directory) as serving:
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

    def __init__(self, directory: Path) -> None:
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
        parts = [wanted[each::CONNECTIONS] for each in range(CONNECTIONS)]
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
                said = _SAID.findall(body)
                into.failed += answer.status != 200 or json.loads(body)["id"] != id
                into.crossed += any(each != name.encode() for each in said)
                into.slots += len(said)

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
