"""What is peculiar to a catalog on PostgreSQL: the order of changes, a server that goes, passwords."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from queue import Queue
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from hypothesis import settings
from sqlalchemy import Connection

from recommender.catalog import Catalog, StoryEntry, migrations, writing
from recommender.catalog.backends import backend_at, postgres, postgres_connection
from recommender.catalog.backends.postgres_address import PostgresAddress
from recommender.errors import (
    ArchiveBusyError,
    ArchiveDiskError,
    ArchiveError,
    ArchiveUnreachableError,
    ArchiveVersionError,
    NotFoundError,
    RelatedError,
    SettingsError,
)
from recommender.story.story import Status, Story
from tests.catalog.catalog_cases import MODEL, NOW, a_story, add
from tests.catalog.test_catalog_laws import Histories
from tests.scale.postgres_server import PostgresServer


@pytest.fixture
def catalog(postgres_url: str) -> Iterator[Catalog]:
    with Catalog.create(postgres_url) as made:
        made.use_model(MODEL, NOW)
        yield made


def add_within(connection: Connection, story: Story) -> None:
    writing.write(connection, [StoryEntry(story)], MODEL.hash, int(NOW))


class HistoriesOnPostgres(Histories):
    server: PostgresServer

    def somewhere(self) -> str:
        return self.server.fresh()


@pytest.fixture(autouse=True, scope="module")
def _server_of_histories(postgres_server: PostgresServer) -> None:
    HistoriesOnPostgres.server = postgres_server


HistoriesOnPostgres.TestCase.settings = settings(max_examples=8, stateful_step_count=20, deadline=None)
TestHistoriesOnPostgres = HistoriesOnPostgres.TestCase


def test_who_follows_the_numbers_of_changes_misses_none_however_transactions_meet(catalog: Catalog) -> None:
    """Some writers take back what they wrote; a follower looks all along."""
    done = threading.Event()

    def write(writer: int) -> None:
        for n in range(20):
            entered = a_story(f"{writer}/{n}")
            try:
                with catalog.transaction() as connection:
                    add_within(connection, entered)
                    if n % 4 == 3:
                        raise KeyError(n)
            except KeyError:
                pass

    def follow() -> list[int]:
        followed: list[int] = []
        seq = 0
        while True:
            last_look = done.is_set()
            for change in catalog.changes(seq):
                followed.append(change.num)
                seq = max(seq, change.seq)
            if last_look:
                return followed

    with ThreadPoolExecutor(7) as pool:
        following = pool.submit(follow)
        writers = [pool.submit(write, writer) for writer in range(6)]
        for each in writers:
            each.result()
        done.set()
        assert sorted(following.result()) == catalog.nums()
    assert len(catalog.nums()) == 6 * 15


def test_a_second_transaction_waits_for_the_first_and_comes_after_it(
    catalog: Catalog, postgres_url: str
) -> None:
    order: list[str] = []
    with Catalog.open(postgres_url) as other, ThreadPoolExecutor(1) as pool:
        with catalog.transaction() as connection:
            add_within(connection, a_story("first"))
            waiting = pool.submit(lambda: (add(other, a_story("second")), order.append("second")))
            assert other.changes(0) == []  # nobody sees what is not committed, nor waits for it
            order.append("first")
        waiting.result()
        changes = catalog.changes(0)
    assert order == ["first", "second"]
    assert [change.num for change in changes] == [
        catalog.nums_of(["first", "second"])[n] for n in ("first", "second")
    ]


def test_what_was_withdrawn_is_withdrawn_for_all_who_look_from_then_on(
    catalog: Catalog, postgres_url: str
) -> None:
    add(catalog, a_story("a"))
    with Catalog.open(postgres_url) as other:
        for _ in range(50):
            before = other.version()
            assert other.version() == before
            catalog.amend("a", lambda held: replace(held, status=Status.RETRACTED), NOW)
            assert other.version() != before
            held = other.get("a")
            assert held is not None
            assert held[1].status is Status.RETRACTED
            catalog.amend("a", lambda held: replace(held, status=Status.PUBLISHED), NOW)


def test_a_writer_that_hangs_is_told_of_and_nothing_is_written(catalog: Catalog, postgres_url: str) -> None:
    with Catalog.open(postgres_url, busy_seconds=0.2) as other:
        with catalog.transaction() as connection:
            add_within(connection, a_story("a"))
            with pytest.raises(ArchiveBusyError, match="raise busy_seconds"):
                add(other, a_story("b"))
        assert add(other, a_story("b")) == ["added"]


def test_a_server_that_was_killed_is_found_again_with_all_that_was_acknowledged(
    postgres_server: PostgresServer,
) -> None:
    with Catalog.create(postgres_server.fresh()) as catalog:
        kept: list[str] = []
        for turn in range(3):
            kept += [f"{turn}/{n}" for n in range(5)]
            for id in kept[-5:]:
                add(catalog, a_story(id))
            before = catalog.version()
            postgres_server.kill()
            with pytest.raises(ArchiveUnreachableError, match="nothing that was acknowledged is lost"):
                catalog.count()
            with pytest.raises(ArchiveUnreachableError):
                add(catalog, a_story("lost"))
            postgres_server.start()
            assert catalog.count() == len(kept)
            assert catalog.version() != before
            assert set(catalog.nums_of([*kept, "lost"])) == set(kept)


def test_a_server_that_stands_still_keeps_nobody_waiting_for_ever(
    postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "_CONNECT_SECONDS", 2)  # the least that libpq waits
    with Catalog.create(postgres_server.fresh()) as catalog, ThreadPoolExecutor(6) as pool:
        catalog.use_model(MODEL, NOW)
        add(catalog, a_story("kept"))
        claim = catalog.claim("worker.lock")
        assert claim.take()
        catalog.version()
        asked = [*[catalog.version] * 4, catalog.count, claim.take]
        with (
            postgres_server.paused(),
            monkeypatch.context() as impatient,
        ):  # who answers late later on is only slow
            impatient.setattr(postgres_connection, "ANSWER_SECONDS", 0.5)
            waiting = [pool.submit(each) for each in asked]
            for each in waiting:
                with pytest.raises(ArchiveUnreachableError, match="does not answer"):
                    each.result(timeout=120)
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            try:
                assert catalog.version()
                break
            except ArchiveUnreachableError:
                time.sleep(0.1)
        assert catalog.get("kept") is not None
        assert claim.take()


def test_the_server_finds_soon_that_a_machine_is_gone_which_claimed_work(postgres_url: str) -> None:
    with postgres.PostgresDatabase(PostgresAddress.of(postgres_url)).connect() as connection:
        names = ("idle", "interval", "count")
        said = [connection.execute(f"SHOW tcp_keepalives_{name}").fetchone() for name in names]
        assert said == [("10",), ("5",), ("2",)]
        assert connection.execute("SHOW tcp_user_timeout").fetchone() == ("20000",)


def test_threads_that_read_keep_their_connections(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    made = 0
    connect = postgres_connection.LimitedConnection.connect

    def counted(**told: Any) -> Any:
        nonlocal made
        made += 1
        return connect(**told)

    monkeypatch.setattr(postgres_connection.LimitedConnection, "connect", counted)
    together = threading.Barrier(20)

    def read(_: int) -> None:
        for _ in range(5):
            together.wait()
            with catalog.snapshot() as connection:
                connection.exec_driver_sql("SELECT 1")

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(read, range(20)))
    assert made <= 20


def test_a_connection_that_was_cut_is_made_anew_and_half_a_write_is_none(
    catalog: Catalog, postgres_url: str, postgres_server: PostgresServer
) -> None:
    add(catalog, a_story("a"))
    catalog.version()
    cut_all = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    with psycopg.connect(postgres_url, autocommit=True) as server:
        server.execute(cut_all)
        assert catalog.get("a") is not None
        assert catalog.version() == catalog.version()

        def write_and_be_cut() -> None:
            with catalog.transaction() as connection:
                add_within(connection, a_story("b"))
                server.execute(cut_all)
                add_within(connection, a_story("c"))

        with pytest.raises(ArchiveUnreachableError):
            write_and_be_cut()
    assert catalog.get("b") is None
    assert add(catalog, a_story("b")) == ["added"]


def test_a_commit_of_another_process_is_told_and_one_of_our_own_is_not(
    catalog: Catalog, postgres_url: str
) -> None:
    told, stopping = Queue[str](), threading.Event()
    catalog.listen(lambda: told.put("told"), stopping)
    try:
        assert told.get(timeout=60)  # that it listens from here on
        add(catalog, a_story("own"))
        script = (
            "import sys; from tests.catalog.catalog_cases import *; from recommender.catalog import Catalog\n"
            "with Catalog.open(sys.argv[1]) as catalog: add(catalog, a_story('other'))"
        )
        subprocess.run([sys.executable, "-c", script, postgres_url], check=True, env=dict(os.environ))
        assert told.get(timeout=60)
        assert told.empty()
        assert catalog.get("other") is not None
    finally:
        stopping.set()


def test_a_role_that_may_only_read_reads_and_is_told_why_it_may_not_write(
    catalog: Catalog, postgres_url: str
) -> None:
    add(catalog, a_story("a"))
    with psycopg.connect(postgres_url, autocommit=True) as server:
        server.execute("DROP ROLE IF EXISTS reader")
        server.execute("CREATE ROLE reader LOGIN PASSWORD 'open'")
        server.execute(
            "GRANT USAGE ON SCHEMA related TO reader; GRANT SELECT ON ALL TABLES IN SCHEMA related TO reader"
        )
    at = PostgresAddress.of(postgres_url)
    reader = at.url.set(username="reader", password="open").render_as_string(hide_password=False)
    with Catalog.open(reader) as opened:
        assert opened.get("a") is not None
        with pytest.raises(ArchiveDiskError, match="GRANT it"):
            add(opened, a_story("b"))


def test_texts_are_told_apart_and_sorted_by_their_bytes_whatever_the_database_was_made_with(
    catalog: Catalog, postgres_url: str
) -> None:
    texts = (
        "SELECT table_name, column_name FROM information_schema.columns "
        "WHERE table_schema = 'related' AND data_type = 'text' AND collation_name IS "
    )
    with psycopg.connect(postgres_url) as connection:
        assert connection.execute(texts + "DISTINCT FROM 'C'").fetchall() == []
        assert connection.execute(texts + "NOT DISTINCT FROM 'C'").fetchall()


def test_an_upgrade_is_whole_or_not_there(catalog: Catalog, postgres_url: str) -> None:
    backend, newer = backend_at(postgres_url), migrations.VERSION + 1
    engine = backend.open_engine(busy_seconds=5, read_only=False)

    def works(connection: Connection) -> None:
        connection.exec_driver_sql("CREATE TABLE later (x int)")

    def fails(connection: Connection) -> None:
        works(connection)
        raise ArchiveError("cut off")

    with pytest.raises(ArchiveError, match="cut off"):
        migrations.migrate(engine, backend, {newer: fails}, newer)
    with engine.begin() as connection:
        assert "later" not in backend.tables(connection)
    assert add(catalog, a_story("a")) == ["added"]
    migrations.migrate(engine, backend, {newer: works}, newer)
    with engine.begin() as connection:
        assert "later" in backend.tables(connection)
        assert migrations.version_of(connection, backend, newer) == newer
    engine.dispose()
    with pytest.raises(ArchiveVersionError, match="install a newer version"):
        Catalog.open(postgres_url)


def test_two_schemas_of_a_database_are_two_archives(postgres_url: str) -> None:
    with (
        Catalog.create(f"{postgres_url}?schema=sports") as sports,
        Catalog.create(f"{postgres_url}?schema=city") as city,
    ):
        before = city.version()
        add(sports, a_story("a"))
        assert city.get("a") is None
        assert city.version() == before
        with sports.transaction():  # and neither waits for the other
            add(city, a_story("b"))
        assert (sports.count(), city.count()) == (1, 1)


def test_the_database_of_another_program_is_left_alone(postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as server:
        server.execute("CREATE SCHEMA related; CREATE TABLE related.mine (x int)")
        with pytest.raises(ArchiveError, match="exists already"):
            Catalog.create(postgres_url)
        assert server.execute("SELECT count(*) FROM related.mine").fetchone() == (0,)
    with pytest.raises(ArchiveError, match="another program"):
        Catalog.open(postgres_url)


def test_no_message_holds_the_password(
    catalog: Catalog, postgres_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = PostgresAddress.of(postgres_url).url.password
    assert secret is not None
    wrong = postgres_url.replace(secret, "Wr0ng-Secret")
    told = [repr(catalog), str(vars(catalog)["place"])]
    for address in (
        wrong,
        wrong.replace("/fresh", "/none"),
        wrong.replace("127.0.0.1", "nowhere.invalid"),
        f"{wrong}?schema=Bad-Name",
        "postgresql://u:Wr0ng-Secret@h:99999999/x",
        "postgresql://u:Wr0ng-Secret@h",
    ):
        with pytest.raises(RelatedError) as caught:
            Catalog.open(address)
        told.append(str(caught.value))
    assert not [words for words in [*told, caplog.text] if secret in words or "Wr0ng-Secret" in words]


def test_why_a_server_lets_nobody_in_is_told(postgres_server: PostgresServer) -> None:
    with pytest.raises(NotFoundError, match="createdb"):
        Catalog.open(postgres_server.url("nowhere"))
    url = postgres_server.fresh()
    with pytest.raises(ArchiveError, match="RELATED_CATALOG_PASSWORD_FILE"):
        Catalog.open(url.replace(postgres_server.password, "other"))
    with pytest.raises(ArchiveUnreachableError, match="does not answer"):
        Catalog.open(url.replace(f":{postgres_server.port}/", ":1/"))


@pytest.mark.parametrize("schema", ["Upper", "a-b", "a b", 'x"; DROP SCHEMA public; --', "pg_mine", "x" * 64])
def test_a_schema_that_is_no_plain_name_is_refused(schema: str) -> None:
    with pytest.raises(SettingsError, match="schema"):
        PostgresAddress.of(f"postgresql://h/d?schema={quote(schema)}")
