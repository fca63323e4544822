"""An archive that moves to a PostgreSQL server, or from one, moves as from file to file: the same tests."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import pytest

from recommender.archive import migration
from recommender.archive.migration import migrate
from recommender.catalog.backends import postgres
from recommender.catalog.backends.postgres_address import PostgresAddress
from recommender.catalog.standstill import stand_still
from recommender.errors import ArchiveError
from tests.archive.test_migration import *  # noqa: F403
from tests.archive.test_migration import Ways, check_killed, filled, opened
from tests.arrays import story


@pytest.fixture
def places(postgres_url: str, tmp_path: Path) -> Ways:
    return Ways(tmp_path / "news", postgres_url + "?schema=news")


@pytest.fixture(params=["sums", "end"])
def point(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_killed_on_its_way_from_a_server(postgres_url: str, tmp_path: Path) -> None:
    check_killed(filled(Ways(postgres_url, tmp_path / "news")), "rows")


@pytest.mark.parametrize(
    ("table", "change", "named"),
    [
        ("story", "UPDATE story SET language = 'e' || char(0) || 'n' WHERE id = 's7'", "num 7, id 's7'"),
        ("story", "UPDATE story SET published = 'soon' WHERE id = 's7'", "num 7, id 's7'"),
        ("block", "UPDATE block SET source = 4711 WHERE source = 9", r"\(source\)=\(4711\)"),
    ],
)
def test_a_row_that_the_server_does_not_keep_is_named(
    places: Ways, table: str, change: str, named: str
) -> None:
    filled(places)
    with sqlite3.connect(Path(places.source) / "catalog.sqlite") as catalog:
        catalog.execute(change)
    with pytest.raises(
        ArchiveError, match=rf"table {table}: PostgreSQL does not keep .*{named}.*send the story"
    ):
        migrate(places.source, places.target)
    with opened(places.source) as recommender:
        assert recommender.add([story(60)]).added == 1


def test_a_server_by_two_names_is_one(postgres_url: str, tmp_path: Path) -> None:
    address = postgres_url + "?schema=news"
    other = address.replace("127.0.0.1", "localhost")
    filled(Ways(address, tmp_path / "news"))
    with pytest.raises(ArchiveError, match="is this archive: by another name"):
        migrate(address, other)
    with opened(address) as recommender:
        assert recommender.add([story(60)]).added == 1
        stand_still(recommender.archive.catalog, PostgresAddress.of(other).place)
    with pytest.raises(ArchiveError, match=r"is this archive: by another name, .* and it moves to"):
        migrate(address, other)


def test_files_may_take_longer_than_a_transaction_may_idle(
    places: Ways, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(places)
    monkeypatch.setattr(postgres, "_IDLE_SECONDS", 1)
    monkeypatch.setattr(migration, "carry", lambda *_: time.sleep(2))
    assert migrate(places.source, places.target).stories
