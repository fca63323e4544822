"""A backup of an archive in use answers as the archive did; a damaged one is refused untouched."""

from __future__ import annotations

import json
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from recommender.archive.archive import Archive
from recommender.archive.backup import MANIFEST, back_up, check, restore
from recommender.catalog.api_keys import SEAL
from recommender.errors import (
    ArchiveBusyError,
    ArchiveError,
    ArchiveVersionError,
    NotFoundError,
    SourceError,
)
from recommender.newsroom import Newsroom
from recommender.service.keys import Keyring
from tests.arrays import story
from tests.fakes import HashEmbedder

STORIES = [story(n) for n in range(30)]


def opened(path: Path) -> Newsroom:
    return Newsroom.open(path, embedder=HashEmbedder(), clock=lambda: 1.9e9)


def answers(newsroom: Newsroom) -> list[list[tuple[str, float, tuple[str, ...]]]]:
    """Return what readers are shown, without what tells when and from which files it was made."""
    blocks = [newsroom.block(one.id) for one in STORIES]
    return [[(slot.story.id, slot.score, slot.reasons) for slot in block.slots] for block in blocks]


def tree(path: Path) -> dict[str, bytes]:
    return {str(p.relative_to(path)): p.read_bytes() for p in path.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an archive with blocks and acts, to be copied."""
    path = tmp_path_factory.mktemp("made") / "news"
    path.mkdir()
    (path / "related.toml").write_text("slots = 4\n")
    Archive.create(path, embedder=HashEmbedder()).close()
    with opened(path) as newsroom:
        list(newsroom.publish_many(STORIES))
        newsroom.pin(STORIES[5].id, STORIES[1].id, 1, "desk")
        newsroom.withdraw(STORIES[9].id)
        newsroom.restore(STORIES[9].id)
    return path


@pytest.fixture
def news(made: Path, tmp_path: Path) -> Iterator[Newsroom]:
    with opened(Path(shutil.copytree(made, tmp_path / "news"))) as newsroom:
        yield newsroom


def test_a_restored_archive_answers_as_the_archive_did(news: Newsroom, tmp_path: Path) -> None:
    made = back_up(news.archive.path, tmp_path / "backup")
    assert made.stories == len(STORIES)
    expected = answers(news)
    news.withdraw(STORIES[1].id)  # after the backup
    restored, aside = restore(tmp_path / "backup", tmp_path / "again")
    assert (restored, aside) == (made, None)
    with opened(tmp_path / "again") as again:
        assert again.settings.slots == 4
        assert again.decisions(STORIES[5].id).pins == {1: STORIES[1].id}
        assert answers(again) == expected
        assert again.archive.catalog.problems() == []


def test_a_backup_does_not_tell_what_seals(news: Newsroom, tmp_path: Path) -> None:
    keyring = Keyring(news.archive.catalog)
    keyring.make_secret()
    secret = news.archive.catalog.setting(SEAL)
    keyring.make_secret()
    assert news.archive.catalog.setting(SEAL) == secret, "it is made once"
    back_up(news.archive.path, tmp_path / "backup")
    assert not [name for name, data in tree(tmp_path / "backup").items() if secret.encode() in data]
    restore(tmp_path / "backup", tmp_path / "again")
    with opened(tmp_path / "again") as again:
        Keyring(again.archive.catalog).make_secret()
        assert again.archive.catalog.setting(SEAL) not in (None, secret)


def test_a_backup_is_of_one_moment_while_others_write(news: Newsroom, tmp_path: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        number = 100
        while not stop.is_set():
            list(news.publish_many([story(number), story(number + 1)]))  # two in one transaction
            number += 2

    writer = threading.Thread(target=write)
    writer.start()
    try:
        made = [back_up(news.archive.path, tmp_path / f"backup{n}") for n in range(5)]
    finally:
        stop.set()
        writer.join()
    assert all(one.stories % 2 == 0 for one in made)
    assert all(check(tmp_path / f"backup{n}") == one for n, one in enumerate(made))


def test_nothing_is_written_over(news: Newsroom, tmp_path: Path) -> None:
    back_up(news.archive.path, tmp_path / "backup")
    before = tree(tmp_path / "backup")
    with pytest.raises(ArchiveError, match="exists; name a directory that does not"):
        back_up(news.archive.path, tmp_path / "backup")
    with pytest.raises(ArchiveError, match="is not empty; restore into another directory, or --force"):
        restore(tmp_path / "backup", news.archive.path)
    with pytest.raises(ArchiveBusyError, match="is in use; stop what serves it"):
        restore(tmp_path / "backup", news.archive.path, force=True)
    assert tree(tmp_path / "backup") == before


def test_a_forced_restore_keeps_the_old_archive_aside(news: Newsroom, tmp_path: Path) -> None:
    back_up(news.archive.path, tmp_path / "backup")
    expected = answers(news)
    news.delete(STORIES[0].id)
    news.close()
    _, aside = restore(tmp_path / "backup", news.archive.path, force=True)
    assert aside is not None
    with opened(news.archive.path) as again:
        assert answers(again) == expected
    with opened(aside) as old, pytest.raises(NotFoundError):
        old.block(STORIES[0].id)
    assert not list(news.archive.path.glob(".*"))


def test_what_is_private_stays_private(news: Newsroom, tmp_path: Path) -> None:
    back_up(news.archive.path, tmp_path / "backup")
    restore(tmp_path / "backup", tmp_path / "again")
    files = [path for name in ("backup", "again") for path in (tmp_path / name).iterdir()]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}


def test_a_catalog_alone_is_enough_and_tables_of_another_tool_are_of_no_account(
    news: Newsroom, tmp_path: Path
) -> None:
    expected = answers(news)
    again = tmp_path / "again"
    again.mkdir()
    with (
        closing(sqlite3.connect(news.archive.path / "catalog.sqlite")) as source,
        closing(sqlite3.connect(again / "catalog.sqlite")) as target,
    ):
        source.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")  # as a tool may leave it that writes pages
        for name in ("_litestream_seq", "_litestream_lock"):
            target.execute(f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, seq INTEGER)")
        target.execute("INSERT INTO _litestream_seq VALUES (1, 1)")
        target.commit()
    shutil.copy(news.archive.path / "related.toml", again)
    with opened(again) as restored:
        restored.archive.rebuild()
        assert answers(restored) == expected
        assert restored.archive.catalog.problems() == []
        restored.withdraw(STORIES[1].id)
        back_up(again, tmp_path / "backup")
    with closing(sqlite3.connect(again / "catalog.sqlite")) as held:
        assert held.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    restore(tmp_path / "backup", tmp_path / "third")


def torn(path: Path) -> None:
    raw = bytearray((path / "catalog.sqlite").read_bytes())
    raw[len(raw) // 2] ^= 1
    (path / "catalog.sqlite").write_bytes(raw)


def emptied(path: Path) -> None:
    with closing(sqlite3.connect(path / "catalog.sqlite")) as connection, connection:
        connection.execute("DELETE FROM change")


def renamed(path: Path, **values: object) -> None:
    manifest = json.loads((path / MANIFEST).read_bytes())
    (path / MANIFEST).write_text(json.dumps(manifest | values))


@pytest.mark.parametrize(
    ("damage", "error", "told"),
    [
        (torn, ArchiveError, "catalog.sqlite is not what was written"),
        (emptied, ArchiveError, "catalog.sqlite is not what was written"),
        (lambda path: (path / "related.toml").unlink(), ArchiveError, "related.toml is not what was written"),
        (lambda path: (path / MANIFEST).unlink(), SourceError, "is no backup: it has no backup.json"),
        (lambda path: (path / MANIFEST).write_text("{"), ArchiveError, "backup.json is damaged"),
        (lambda path: renamed(path, format=2, more=1), ArchiveVersionError, "is of a newer version"),
        (lambda path: renamed(path, rows={}), ArchiveError, "has other rows than it had"),
        (lambda path: renamed(path, files={"../x": "0"}), ArchiveError, "names other files"),
    ],
)
def test_a_damaged_backup_is_refused_and_nothing_is_touched(
    news: Newsroom, tmp_path: Path, damage: object, error: type[Exception], told: str
) -> None:
    back_up(news.archive.path, tmp_path / "backup")
    damage(tmp_path / "backup")  # type: ignore[operator]
    target = tmp_path / "target"
    target.mkdir()
    (target / "kept").write_text("x")
    with pytest.raises(error, match=told):
        restore(tmp_path / "backup", target, force=True)
    assert tree(target) == {"kept": b"x"}


def test_what_is_no_archive_cannot_be_backed_up(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no archive in"):
        back_up(tmp_path, tmp_path / "backup")
    (tmp_path / "catalog.sqlite").write_bytes(b"not a database" * 100)
    with pytest.raises(ArchiveError, match="damaged or not a catalog"):
        back_up(tmp_path, tmp_path / "backup")
    assert not list(tmp_path.glob("*backup*"))
