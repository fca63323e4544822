"""What one would use instead of this package, each behind one small face, for the benchmarks.

TF-IDF compares the whole story with all others; SQLite FTS5 and MariaDB are asked as "more like this" plugins
ask them, by the story's rarest words or by its headline; txtai searches the same dense vectors.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from recommender import Recommender, Story
from recommender.catalog import Catalog

SLOTS = 5
TERMS = 25  # words of a "more like this" query: the default of Lucene's and Elasticsearch's
BATCH = 1000
_COMMAND = "from recommender.cli import program; program()"
_WORD = re.compile(r"[a-z][a-z0-9]+")


class System(Protocol):
    """What is measured: it takes in an archive's stories and answers for one of them."""

    def build(self, archive: Path) -> None:
        """Take in all stories."""

    def related(self, story: Story) -> Sequence[str]:
        """Return the ids of related earlier stories."""

    def close(self) -> None:
        """Close everything."""


class Ours:
    """The library: retrieve, rank, pass the gate, and return a block."""

    def build(self, archive: Path) -> None:
        """Derive everything anew from the catalog, in a process whose memory does not count; open it."""
        command = [sys.executable, "-c", _COMMAND, "rebuild", "--archive", str(archive)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._recommender = Recommender.open(archive)

    def related(self, story: Story) -> Sequence[str]:
        """Return the block's ids."""
        return [slot.story.id for slot in self._recommender.engine.related(story.id, SLOTS).slots]

    def close(self) -> None:
        """Close."""
        self._recommender.close()


class Tfidf:
    """scikit-learn's TF-IDF, one sparse product over all stories."""

    def build(self, archive: Path) -> None:
        """Fit."""
        from sklearn.feature_extraction.text import TfidfVectorizer

        self._ids, texts, published = [], [], []
        for story in stories_of(archive):
            self._ids.append(story.id)
            texts.append(f"{story.headline}\n{story.text}")
            published.append(story.published.timestamp())
        self._published = np.array(published)
        self._rows = TfidfVectorizer(sublinear_tf=True, stop_words="english", dtype=np.float32).fit_transform(
            texts
        )
        self._row_of = {id: row for row, id in enumerate(self._ids)}

    def related(self, story: Story) -> Sequence[str]:
        """Return the nearest earlier ones."""
        row = self._row_of[story.id]
        scores = np.asarray((self._rows @ self._rows[row].T).todense()).ravel()
        scores[(self._published > self._published[row]) | (np.arange(len(scores)) == row)] = -1
        best = np.argpartition(-scores, SLOTS)[:SLOTS]
        return [self._ids[i] for i in best[np.argsort(-scores[best])]]

    def close(self) -> None:
        """Nothing is held open."""


class SqliteFts:
    """SQLite FTS5 with BM25, asked for the story's rarest words."""

    def build(self, archive: Path) -> None:
        """Index headline and text."""
        self._directory = tempfile.TemporaryDirectory()
        self._db = sqlite3.connect(Path(self._directory.name) / "fts.sqlite")
        self._db.execute("CREATE VIRTUAL TABLE story USING fts5(headline, body, tokenize='porter')")
        self._db.execute("CREATE TABLE meta (id TEXT, published REAL)")
        self._rarity = Rarity()
        for story in stories_of(archive):
            self._rarity.count(story)
            self._db.execute("INSERT INTO story VALUES (?, ?)", (story.headline, story.text))
            self._db.execute("INSERT INTO meta VALUES (?, ?)", (story.id, story.published.timestamp()))
        self._db.commit()

    def related(self, story: Story) -> Sequence[str]:
        """Return the best matches of the rarest words, headline counted double."""
        query = " OR ".join(f'"{word}"' for word in self._rarity.rarest(story))
        rows = self._db.execute(
            "SELECT meta.id FROM story JOIN meta ON meta.rowid = story.rowid WHERE story MATCH ? "
            "AND meta.published <= ? AND meta.id <> ? ORDER BY bm25(story, 2.0, 1.0) LIMIT ?",
            (query, story.published.timestamp(), story.id, SLOTS),
        )
        return [row[0] for row in rows]

    def close(self) -> None:
        """Close and delete."""
        self._db.close()
        self._directory.cleanup()


class MariaDb:
    """MariaDB FULLTEXT in natural language mode: what related-post plugins of WordPress ask.

    A server of its own, in a temporary directory, with a socket and no port.
    """

    def build(self, archive: Path) -> None:
        """Start the server, load the stories, then index them."""
        import pymysql

        self._directory = tempfile.TemporaryDirectory(prefix="maria")
        home = Path(self._directory.name)
        self._server = start_mariadb(home)
        self._db: Any = connected(lambda: pymysql.connect(unix_socket=str(home / "socket"), user="root"))
        with self._db.cursor() as cursor:
            cursor.execute("CREATE DATABASE news CHARACTER SET utf8mb4")
            cursor.execute("USE news")
            cursor.execute(
                "CREATE TABLE story (num INT AUTO_INCREMENT PRIMARY KEY, id VARCHAR(99), headline TEXT, "
                "body MEDIUMTEXT, published DATETIME, KEY (published)) ENGINE=InnoDB"
            )
            insert = "INSERT INTO story (id, headline, body, published) VALUES (%s, %s, %s, %s)"
            rows: list[tuple[object, ...]] = []
            for story in stories_of(archive):
                rows.append((story.id, story.headline, story.text, story.published.replace(tzinfo=None)))
                if len(rows) == BATCH:
                    cursor.executemany(insert, rows)
                    rows.clear()
            cursor.executemany(insert, rows)
            self._db.commit()
            cursor.execute("ALTER TABLE story ADD FULLTEXT related (headline, body)")

    def related(self, story: Story) -> Sequence[str]:
        """Return the best matches of the headline."""
        with self._db.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM story WHERE MATCH (headline, body) AGAINST (%s) AND published <= %s "
                "AND id <> %s ORDER BY MATCH (headline, body) AGAINST (%s) DESC LIMIT %s",
                (story.headline, story.published.replace(tzinfo=None), story.id, story.headline, SLOTS),
            )
            return [row[0] for row in cursor.fetchall()]

    def close(self) -> None:
        """Stop the server and delete its files."""
        self._db.close()
        self._server.terminate()
        self._server.wait()
        self._directory.cleanup()


class Txtai:
    """txtai with its defaults over the same dense vectors, content stored so that dates can be filtered."""

    def build(self, archive: Path) -> None:
        """Index one vector a story."""
        from txtai import Embeddings

        self._vectors: dict[str, NDArray[np.float32]] = {}
        rows: list[tuple[str, dict[str, object], None]] = []
        with Catalog.open(archive / "catalog.sqlite", read_only=True) as catalog:
            for row in catalog.rows():
                if row.vectors is not None:
                    mean = row.vectors.astype(np.float32).mean(0)
                    self._vectors[row.story.id] = mean / np.linalg.norm(mean)
                    published = row.story.published.timestamp()
                    # The text is a name for the vector, so that nothing is embedded here.
                    rows.append((row.story.id, {"text": row.story.id, "published": published}, None))
        self._index = Embeddings(
            method="external", transform=lambda texts: self._looked_up(texts), content=True
        )
        self._index.index(rows)

    def _looked_up(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.stack([self._vectors[text] for text in texts])

    def related(self, story: Story) -> Sequence[str]:
        """Return the nearest earlier ones."""
        found = self._index.search(
            "SELECT id FROM txtai WHERE similar(:text) AND published <= :published AND id <> :text",
            limit=SLOTS,
            parameters={"text": story.id, "published": story.published.timestamp()},
        )
        return [row["id"] for row in found]

    def close(self) -> None:
        """Close."""
        self._index.close()


class Rarity:
    """In how many stories each word stands, to ask for the rarest words of one."""

    def __init__(self) -> None:
        self._stories: Counter[str] = Counter()

    def count(self, story: Story) -> None:
        """Count one more story."""
        self._stories.update(_words(story))

    def rarest(self, story: Story) -> list[str]:
        """Return the `TERMS` rarest words of a story that another one holds as well."""
        shared = [word for word in _words(story) if self._stories[word] > 1]
        return sorted(shared, key=lambda word: (self._stories[word], word))[:TERMS]


def _words(story: Story) -> set[str]:
    return set(_WORD.findall(f"{story.headline} {story.text}".lower()))


def stories_of(archive: Path) -> Iterator[Story]:
    """Yield the stories of an archive."""
    with Catalog.open(archive / "catalog.sqlite", read_only=True) as catalog:
        for row in catalog.rows():
            yield row.story


def mariadbd() -> tuple[str, Path | None]:
    """Return the server's program, "" without one, and where it was unpacked if it is not installed.

    The environment variable MARIADB_HOME may name a directory into which its packages were unpacked.
    """
    home = os.environ.get("MARIADB_HOME")
    if home and (Path(home) / "usr" / "sbin" / "mariadbd").exists():
        return str(Path(home) / "usr" / "sbin" / "mariadbd"), Path(home)
    return shutil.which("mariadbd") or shutil.which("mysqld") or "", None


def start_mariadb(data: Path) -> subprocess.Popen[bytes]:
    """Start a server that keeps its files in ``data`` and listens on the socket there only."""
    program, home = mariadbd()
    environment = dict(os.environ)
    unpacked = []
    if home is not None:
        libraries = [str(home / part / "x86_64-linux-gnu") for part in ("usr/lib", "lib")]
        environment["LD_LIBRARY_PATH"] = os.pathsep.join(libraries)
        unpacked = [f"--basedir={home / 'usr'}", f"--lc-messages-dir={home / 'usr' / 'share' / 'mysql'}"]
    own = [f"--datadir={data}", f"--socket={data / 'socket'}", f"--pid-file={data / 'pid'}"]
    options = ["--skip-networking", "--skip-grant-tables", "--user=root", "--innodb-buffer-pool-size=1G"]
    return subprocess.Popen(
        [program, "--no-defaults", *unpacked, *own, *options],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def connected(connect: Callable[[], Any], patience: float = 60.0) -> Any:  # noqa: ANN401 (a driver's connection)
    """Return a connection as soon as the server takes one."""
    from pymysql import OperationalError

    ends = time.monotonic() + patience
    while True:
        try:
            return connect()
        except OperationalError:
            if time.monotonic() > ends:
                raise
            time.sleep(0.2)
