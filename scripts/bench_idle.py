"""Measures what idling costs, in processor time, with all blocks fresh: a worker's look, and a whole service.

For the looks, catalogs are made of rows that only they read: no story is embedded. With --service, synthetic
archives are served by `related serve` as an operator starts it, and nobody asks anything.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from urllib.error import URLError

from make_archive import ARCHIVES, synthetic_archive

from recommender.catalog import Catalog
from recommender.catalog.blocks import Blocks
from recommender.newsroom import Newsroom

SIZES = (10_000, 100_000, 300_000)
SERVED = (10_000, 100_000)
LOOKS = 50
NOW = 10**9
START_SECONDS, SETTLE_SECONDS = 600, 10  # until it is ready, and until what begins beside that is over

_STORIES = """
WITH RECURSIVE k(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k WHERE i < ?)
INSERT INTO story (num, id, published, visible_from, visible_until, status, kind, revised, content_hash,
    text_hash, document)
SELECT i, 's' || i, i, i, 9223372036854775807, 'published', 'news', i, 'c' || i, 't' || i, '{}' FROM k
"""
_BLOCKS = """
INSERT INTO block (source, made, recipe, provenance, shown, version)
SELECT num, 1, 'r', '{}', '[]', num FROM story
"""
_COPIES = """
INSERT OR IGNORE INTO block (source, made, recipe, provenance, shown, version)
SELECT story.num, made, recipe, provenance, '[]', version
FROM story, (SELECT made, recipe, provenance, version FROM block LIMIT 1)
"""


def main() -> None:
    """Print milliseconds of processor time a look, or a second of a service."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--service", action="store_true", help="serve whole archives instead")
    parser.add_argument("--seconds", type=int, default=60, help="how long each service is watched")
    parser.add_argument("--archives", type=Path, default=ARCHIVES, help="where they are, or will be made")
    arguments = parser.parse_args()
    if arguments.service:
        for size in SERVED:
            each = served(synthetic_archive(size, arguments.archives), arguments.seconds)
            print(f"{size:>9,} stories: {each:.2f} ms a second", flush=True)
        return
    for size in SIZES:
        with tempfile.TemporaryDirectory() as scratch, Catalog.create(Path(scratch) / "c.sqlite") as catalog:
            with catalog.transaction() as connection:
                connection.exec_driver_sql(_STORIES, (size,))
                connection.exec_driver_sql(_BLOCKS)
            print(f"{size:>9,} stories: {_look(catalog):.2f} ms")


def _look(catalog: Catalog) -> float:
    blocks = Blocks(catalog)
    begin = time.process_time()
    for _ in range(LOOKS):
        blocks.waiting(NOW, None, 100)
        blocks.cursor()
        catalog.last_seq()
        blocks.waiting(NOW, "r", 2)
        blocks.missing(NOW, 2)
        blocks.next_due()
    return (time.process_time() - begin) / LOOKS * 1000


def served(archive: Path, seconds: int) -> float:
    """Return the milliseconds of processor time a second of an idle service over a copy of an archive."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(shutil.copytree(archive, Path(scratch) / "archive"))
        _freshen(copy)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        words = [sys.executable, "-m", "recommender", "serve", "--archive", str(copy), "--port", str(port)]
        with subprocess.Popen(words, stderr=subprocess.DEVNULL) as process:
            try:
                _wait(f"http://127.0.0.1:{port}/ready", process)
                time.sleep(SETTLE_SECONDS)
                before = _spent(process.pid)
                time.sleep(seconds)
                return (_spent(process.pid) - before) / seconds * 1000
            finally:
                process.terminate()


def _spent(pid: int) -> float:
    """Return the seconds of processor time that all threads of a process have taken; proc(5)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _freshen(archive: Path) -> None:
    """Say of every story that its block is made, by what made one of them now, and that no change waits."""
    with Newsroom.open(archive) as newsroom:
        archive, catalog = newsroom.archive, newsroom.archive.catalog
        ((_, latest),) = catalog.by_nums(catalog.nums()[-1:]).items()
        newsroom.block(latest.id)
        last = catalog.last_seq()
        with catalog.transaction() as connection:
            connection.exec_driver_sql(_COPIES)
            connection.exec_driver_sql("UPDATE story SET unmade = NULL")
        catalog.set_setting("block_cursor", last)
        archive.save()


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + START_SECONDS
    while time.monotonic() < ends and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except (URLError, TimeoutError, ConnectionError):
            time.sleep(0.5)
        else:
            return
    raise SystemExit(f"the service was not ready after {START_SECONDS} s")


if __name__ == "__main__":
    main()
