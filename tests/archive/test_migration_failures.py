"""A move that is refused or fails changes nothing at its target, and never lets two archives take writes."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event

from recommender import Recommender
from recommender.archive.migration import CLAIM, give_up, migrate
from recommender.catalog.standstill import moves_to, stand_still
from recommender.errors import ArchiveBusyError, ArchiveDiskError, ArchiveError
from tests.archive.test_migration import Ways, filled, opened, write
from tests.arrays import story

STANDS = r"archive .*news/catalog\.sqlite takes no writes: run the same command again.*related migrate SOURCE"


@pytest.fixture
def ways(tmp_path: Path) -> Ways:
    return filled(Ways(tmp_path / "news", tmp_path / "again"))


@pytest.fixture
def target(ways: Ways) -> Path:
    return Path(ways.target)


@pytest.fixture
def commits_fail(target: Path) -> Iterator[None]:
    """Let the disk of the target be full at the commit, and not before."""

    def refuse(connection: Connection) -> None:
        file = connection.exec_driver_sql("PRAGMA database_list").all()[0][2]
        if file == str(target / "catalog.sqlite") and "story" in connection.dialect.get_table_names(
            connection
        ):
            raise sqlite3.OperationalError("database or disk is full")

    event.listen(Engine, "commit", refuse)
    yield
    event.remove(Engine, "commit", refuse)


def tree(directory: Path) -> dict[str, str]:
    files = (path for path in directory.rglob("*") if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def takes_writes(place: Path | str) -> bool:
    with opened(place) as recommender:
        try:
            return recommender.add([story(60)]).added == 1
        except ArchiveDiskError:
            return False


def test_a_target_that_holds_an_archive_is_left_as_it_is(ways: Ways, target: Path) -> None:
    with opened(target, Recommender.create) as recommender:
        recommender.add([story(n, url=f"https://other.example/{n}") for n in range(100, 130)])
        recommender.archive.save()
    write(target / "pushes" / "news.json", '{"other": 1}')
    write(Path(ways.source) / "templates.json", "{}")
    before = tree(target)
    with pytest.raises(ArchiveError, match="exists already; move to another place"):
        migrate(ways.source, target)
    assert tree(target) == before
    assert takes_writes(ways.source)


def test_a_target_of_another_program_is_left_as_it_is(ways: Ways, target: Path) -> None:
    target.mkdir()
    with sqlite3.connect(target / "catalog.sqlite") as other:
        other.execute("CREATE TABLE story (title TEXT)")
    before = tree(target)
    with pytest.raises(ArchiveError, match="is the database of another program; name another place"):
        migrate(ways.source, target)
    assert tree(target) == before
    assert takes_writes(ways.source)


def test_run_again_it_leaves_what_was_moved_and_written_since(ways: Ways, target: Path) -> None:
    migrate(ways.source, target)
    assert takes_writes(target)
    write(target / "pushes" / "news.json", '{"a day": 1}')
    before = tree(target)
    assert migrate(ways.source, target).tables == {}
    assert tree(target) == before
    assert not takes_writes(ways.source)


def test_run_again_where_the_target_cannot_be_read_the_old_one_takes_no_writes(
    ways: Ways, target: Path
) -> None:
    migrate(ways.source, target)
    catalog = (target / "catalog.sqlite").read_bytes()
    (target / "catalog.sqlite").write_bytes(b"not a database" * 1000)
    write(target / "pushes" / "news.json", '{"a day": 1}')
    with pytest.raises(ArchiveError, match=STANDS):
        migrate(ways.source, target)
    assert (target / "pushes" / "news.json").read_text() == '{"a day": 1}'
    assert not takes_writes(ways.source)
    (target / "catalog.sqlite").write_bytes(catalog)
    assert migrate(ways.source, target).tables == {}


def test_a_later_try_that_fails_lets_the_old_one_take_no_writes(ways: Ways, target: Path) -> None:
    with opened(ways.source) as recommender:
        stand_still(recommender.archive.catalog, str(target / "catalog.sqlite"))  # and killed then
    target.write_text("no directory")
    with pytest.raises(ArchiveError, match=STANDS):
        migrate(ways.source, target)
    assert not takes_writes(ways.source)
    target.unlink()
    assert migrate(ways.source, target).stories


def test_a_first_try_that_fails_lets_it_take_writes(ways: Ways, target: Path) -> None:
    target.write_text("no directory")
    with pytest.raises(ArchiveError, match=r"name a directory that can be written$"):
        migrate(ways.source, target)
    assert takes_writes(ways.source)


@pytest.mark.usefixtures("commits_fail")
def test_a_commit_that_fails_says_that_the_old_one_takes_no_writes(ways: Ways, target: Path) -> None:
    with pytest.raises(ArchiveError, match=f"disk is full.*{STANDS}"):
        migrate(ways.source, target)
    assert not takes_writes(ways.source)
    assert give_up(ways.source) == str(target / "catalog.sqlite")
    assert takes_writes(ways.source)


@pytest.mark.parametrize("is_killed", [False, True])
def test_it_does_not_move_onto_itself_by_another_name(
    ways: Ways, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_killed: bool
) -> None:
    (tmp_path / "link").symlink_to(ways.source)
    monkeypatch.chdir(tmp_path)
    if is_killed:
        with opened(ways.source) as recommender:
            stand_still(recommender.archive.catalog, str(tmp_path / "link" / "catalog.sqlite"))
    before = tree(Path(ways.source))
    for name in (tmp_path / "link", Path("news"), Path("again/../news")):
        with pytest.raises(ArchiveError, match="is both; name another place"):
            migrate(ways.source, name)
    assert tree(Path(ways.source)) == before


@pytest.mark.parametrize("is_killed", [False, True])
def test_nor_where_the_same_archive_answers_at_the_target(ways: Ways, target: Path, is_killed: bool) -> None:
    """As one server does by two names: of files, a copy does."""
    if is_killed:
        with opened(ways.source) as recommender:
            stand_still(recommender.archive.catalog, str(target / "catalog.sqlite"))
    shutil.copytree(ways.source, target)
    before = tree(target)
    with pytest.raises(ArchiveError, match=r"is this archive: by another name.*name another place"):
        migrate(ways.source, target)
    assert tree(target) == before
    assert takes_writes(ways.source) != is_killed


def test_it_is_not_given_up_where_the_new_one_was_written(ways: Ways, target: Path) -> None:
    migrate(ways.source, target)
    assert takes_writes(target)
    with pytest.raises(ArchiveError, match=r"was written there since: go on with that one; .* take it away"):
        give_up(ways.source)
    assert not takes_writes(ways.source)
    target.rename(target.with_name("away"))
    assert give_up(ways.source) == str(target / "catalog.sqlite")
    assert takes_writes(ways.source)


def test_it_is_not_given_up_under_whom_moves_it(ways: Ways, target: Path) -> None:
    with opened(ways.source) as recommender:
        catalog = recommender.archive.catalog
        stand_still(catalog, str(target / "catalog.sqlite"))
        claim = catalog.claim(CLAIM)
        assert claim.take()
        with pytest.raises(ArchiveBusyError, match="another process moves it"):
            give_up(ways.source)
        claim.give_back()
        assert moves_to(catalog)
