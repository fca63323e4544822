"""What is no catalog, damaged, busy, full, newer or older is told apart, and nothing acknowledged is lost."""

from __future__ import annotations

import json
import random
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from recommender.catalog import Catalog, StoryEntry, migrations
from recommender.catalog.backends import sqlite
from recommender.catalog.backends.sqlite_file import SqliteFile
from recommender.catalog.refusals import Refusals
from recommender.errors import (
    ArchiveBusyError,
    ArchiveError,
    ArchiveVersionError,
    NotFoundError,
    StoryError,
)
from recommender.story.languages import find_language
from recommender.story.story import Link, Status
from tests.catalog.catalog_cases import FULL, MODEL, NOW, a_story, add, some_vectors

SCHEMA_1 = Path(__file__).with_name("schema_1.sql")
PAGE = 4096
BODY = "A sentence of some length that fills the pages. " * 20


def filled(address: str | Path, stories: int = 40) -> None:
    """Make a catalog with enough in it to damage."""
    with Catalog.create(address) as catalog:
        catalog.use_model(MODEL, NOW)
        entries = [
            StoryEntry(a_story(str(n), body=BODY, links=(Link(target=str(n + 1)),)), some_vectors(n))
            for n in range(stories)
        ]
        catalog.write(entries, NOW)


def read_all(path: Path) -> None:
    """Read everything that there is."""
    with Catalog.open(path) as catalog:
        for row in catalog.rows():
            catalog.get(row.story.id)
        catalog.links()
        catalog.changes(0)
        catalog.settings()
        catalog.statistics()


def test_what_a_call_set_before_calls_and_content_were_told_apart_stays(tmp_path: Path) -> None:
    old = tmp_path / "old.sqlite"
    with closing(sqlite3.connect(old)) as connection:
        connection.executescript(SCHEMA_1.read_text())
        document = json.loads(
            connection.execute("SELECT document FROM story WHERE id = 'other'").fetchone()[0]
        )
        withdrawn = json.dumps({**document, "status": "retracted"})
        later = (
            "UPDATE story SET status = 'retracted', revised = revised + 5, document = ? WHERE id = 'other'"
        )
        connection.execute(later, (withdrawn,))
        connection.commit()
    with Catalog.open(old) as catalog:
        for version in (a_story("other"), a_story("other", body="corrected"), a_story("other", updated=300)):
            add(catalog, version)
            held = catalog.get("other")
            assert held is not None
            assert held[1] == replace(version, status=Status.RETRACTED)


def test_a_second_create_refuses(address: str) -> None:
    filled(address)
    with pytest.raises(ArchiveError, match="exists already; open it"):
        Catalog.create(address)
    with Catalog.open(address) as catalog:
        assert catalog.count() == 40


def test_create_where_nothing_can_be_written(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="choose a directory that can be written"):
        Catalog.create(tmp_path / "missing" / "catalog.sqlite")


def test_open_of_nothing(address: str) -> None:
    with pytest.raises(NotFoundError, match="related init"):
        Catalog.open(address)


def test_a_create_that_was_cut_off_is_told_and_can_be_repeated(path: Path) -> None:
    path.touch()
    with pytest.raises(ArchiveError, match="is empty; make an archive"):
        Catalog.open(path)
    Catalog.create(path).close()
    with Catalog.open(path) as catalog:
        assert catalog.count() == 0


def test_another_programs_database_is_left_alone(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE theirs (x)")
    before = path.read_bytes()
    with pytest.raises(ArchiveError, match="database of another program"):
        Catalog.open(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "content", [b"not a database, but long enough to be taken for one" * 40, b"\0" * 5000]
)
def test_what_is_no_database(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(ArchiveError, match="damaged or not a catalog"):
        Catalog.open(path)
    assert path.read_bytes() == content


@pytest.mark.parametrize("keep", [100, PAGE, 3 * PAGE, 10 * PAGE + 77])
def test_a_file_that_was_cut_off(path: Path, keep: int) -> None:
    filled(path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ArchiveError, match="damaged or not a catalog"):
        read_all(path)


@pytest.mark.parametrize("seed", range(30))
def test_damage_never_comes_out_as_another_error(path: Path, seed: int) -> None:
    filled(path)
    noise = random.Random(seed)
    content = bytearray(path.read_bytes())
    begin = noise.randrange(0, len(content) - 600)
    content[begin : begin + 512] = noise.randbytes(512)
    path.write_bytes(content)
    with suppress(ArchiveError):  # the noise may also have hit a page that nothing uses
        read_all(path)


def test_a_newer_catalog_is_refused_and_left_alone(path: Path) -> None:
    filled(path)
    with closing(sqlite3.connect(path)) as newer:
        newer.execute("UPDATE schema_version SET version = 99")
        newer.commit()
    with pytest.raises(ArchiveVersionError, match=r"schema version 99 .* install a newer version"):
        Catalog.open(path)
    with pytest.raises(ArchiveVersionError, match="schema version 99"):
        Catalog.open(path, read_only=True)


def schema(path: Path) -> set[tuple[str, str]]:
    """Return what a file's tables and indexes are, whatever the spacing."""
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return {(name, " ".join(sql.split())) for name, sql in found}


def test_the_first_catalog_ever_shipped_becomes_a_present_one(tmp_path: Path) -> None:
    old, fresh = tmp_path / "old.sqlite", tmp_path / "fresh.sqlite"
    with closing(sqlite3.connect(old)) as connection:
        connection.executescript(SCHEMA_1.read_text())
    Catalog.create(fresh).close()
    with Catalog.open(old) as catalog:
        assert catalog.statistics().schema_version == migrations.VERSION
        row, other = catalog.rows()
        assert (row.story, other.story) == (FULL, a_story("other"))
        assert (row.story.spoken, other.story.spoken) == (
            find_language(FULL),
            find_language(a_story("other")),
        )
        np.testing.assert_array_equal(row.vectors, some_vectors(1))
        assert (catalog.links().sources.tolist(), catalog.links().targets.tolist()) == ([1], [2])
        assert (catalog.model(), catalog.setting("zone")) == (MODEL, "Asia/Dhaka")
        assert add(catalog, FULL, a_story("later")) == ["unchanged", "added"]
        assert catalog.links().targets.tolist() == [2, 3]
        assert catalog.problems() == []
    assert schema(old) == schema(fresh)


def test_refusals_of_an_older_catalog_are_told_until_a_later_change(path: Path) -> None:
    refused = [
        StoryError(id, "published", "soon", "is no time", "send RFC 3339") for id in ("before", "after")
    ]
    with Catalog.create(path) as catalog:
        Refusals(catalog).add("POST /stories", refused, NOW)
        add(catalog, a_story("before"), now=NOW - 1)
        add(catalog, a_story("after"), now=NOW)
    with closing(sqlite3.connect(path)) as connection:  # as version 20 had it
        for table, column in (("refused", "seq"), ("bulk_block", "after"), ("bulk_block", "last")):
            connection.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
        connection.execute("UPDATE schema_version SET version = 20")
        connection.commit()
    with Catalog.open(path) as catalog:
        assert [row.story for row in Refusals(catalog).latest(9, NOW)[1]] == ["before"]


def test_an_older_catalog_learns_the_present_keys_of_addresses(tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite"
    with Catalog.create(path) as catalog:
        add(
            catalog,
            a_story("target", url="https://www.news.example/hilsa/amp?fbclid=1"),
            a_story("twice", links=(Link(target="https://news.example/hilsa"),)),
            a_story("waits", links=(Link(target="https://m.news.example/hilsa"),)),
        )
    with closing(sqlite3.connect(path)) as connection:  # as the rules before had them
        connection.execute("UPDATE story SET url = 'https://www.news.example/hilsa' WHERE num = 1")
        connection.execute(
            "INSERT INTO link (source, reference, kind, set_at) "
            "VALUES (2, 'https://www.news.example/hilsa', 'text', 0)"
        )
        connection.execute(
            "UPDATE link SET target = NULL, reference = 'https://m.news.example/hilsa' WHERE source = 3"
        )
        connection.execute("UPDATE schema_version SET version = 4")
        connection.commit()
    with Catalog.open(path) as catalog:
        found = catalog.by_url("http://news.example/hilsa/")
        assert found is not None
        assert found[1].id == "target"
        links = catalog.links()
        assert sorted(zip(links.sources.tolist(), links.targets.tolist(), strict=True)) == [(2, 1), (3, 1)]
        assert catalog.problems() == []


def a_later_step(connection: Connection) -> None:
    connection.execute(
        text("CREATE TABLE later (num INTEGER PRIMARY KEY REFERENCES story (num) ON DELETE CASCADE)")
    )
    connection.execute(text("INSERT INTO later SELECT num FROM story"))


def a_step_that_fails(connection: Connection) -> None:
    a_later_step(connection)
    connection.execute(text("INSERT INTO nowhere VALUES (1)"))


def test_an_older_catalog_is_led_up_step_by_step_once(path: Path) -> None:
    filled(path)
    engine = sqlite.open_engine(path, busy_seconds=1, read_only=False)
    newer = migrations.VERSION + 1
    for _ in range(2):  # the second time there is nothing left to do
        migrations.migrate(engine, SqliteFile(path), {newer: a_later_step}, newer)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM later")).scalar() == 40
        assert migrations.version_of(connection, SqliteFile(path), newer) == newer
    engine.dispose()
    with pytest.raises(ArchiveVersionError):
        Catalog.open(path)


def test_a_step_that_fails_leaves_the_old_version_whole(path: Path) -> None:
    filled(path)
    before = schema(path)
    engine = sqlite.open_engine(path, busy_seconds=1, read_only=False)
    newer = migrations.VERSION + 1
    with pytest.raises(ArchiveError), sqlite.explained(path):
        migrations.migrate(engine, SqliteFile(path), {newer: a_step_that_fails}, newer)
    engine.dispose()
    assert schema(path) == before
    with Catalog.open(path) as catalog:
        assert catalog.count() == 40


def test_a_reader_may_not_write_and_sees_what_others_write(catalog: Catalog, address: str) -> None:
    with Catalog.open(address, read_only=True) as reader:
        assert reader.count() == 0
        with pytest.raises(ArchiveError, match="opened for reading"):
            add(reader, a_story("a"))
        add(catalog, a_story("a"))
        assert reader.get("a") == (1, a_story("a"))


def test_a_read_only_medium_can_be_read(tmp_path: Path) -> None:
    """Mounts are private to the child process, so nothing has to be undone."""
    filled(tmp_path / "catalog.sqlite")
    script = f"""
        mount --bind {tmp_path} {tmp_path} && mount -o remount,ro,bind {tmp_path} || exit 77
        ! touch {tmp_path}/x 2>/dev/null || exit 78
        {sys.executable} -c 'if True:
            from recommender.catalog import Catalog
            with Catalog.open("{tmp_path}/catalog.sqlite", read_only=True) as catalog:
                print(catalog.count())'
    """
    try:
        done = subprocess.run(
            ["unshare", "-rm", "sh", "-c", script], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        pytest.skip("no unshare here")
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip(f"no private mounts here: {done.stderr}")
    assert (done.stdout.strip(), done.stderr) == ("40", "")


def test_a_second_writer_is_told_and_readers_go_on(catalog: Catalog, path: Path) -> None:
    add(catalog, a_story("a"))
    with Catalog.open(path, busy_seconds=0.1) as waiting, closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(ArchiveBusyError, match=r"another writer holds it .* try again"):
            add(waiting, a_story("b"))
        assert waiting.count() == 1
        other.rollback()
        assert add(waiting, a_story("b")) == ["added"]


@contextmanager
def disk_of(pages: int) -> Iterator[None]:
    """Let no catalog that is opened meanwhile grow above so many pages: SQLite answers as on a full disk."""

    def limit(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        connection.cursor().execute(f"PRAGMA max_page_count={pages}")

    event.listen(Engine, "connect", limit)
    try:
        yield
    finally:
        event.remove(Engine, "connect", limit)


def write_until_it_fails(catalog: Catalog, acknowledged: set[str]) -> None:
    """Write batch after batch, and note the ids of those that were acknowledged."""
    for batch in range(100):
        ids = [f"{batch}/{n}" for n in range(10)]
        add(catalog, *(a_story(story_id, body=BODY) for story_id in ids))
        acknowledged |= set(ids)


def test_a_full_disk_loses_nothing_that_was_acknowledged(path: Path) -> None:
    filled(path)
    acknowledged = {str(n) for n in range(40)}
    with disk_of(path.stat().st_size // PAGE + 40), Catalog.open(path) as catalog:
        with pytest.raises(
            ArchiveError, match=r"full.* nothing that was acknowledged is lost: free some space"
        ):
            write_until_it_fails(catalog, acknowledged)
        assert {row.story.id for row in catalog.rows()} == acknowledged
    with Catalog.open(path) as catalog:
        assert catalog.problems() == []
        assert add(catalog, a_story("after")) == ["added"]
        assert {row.story.id for row in catalog.rows()} == acknowledged | {"after"}
