"""An upgrade does what the next opening would; rehearsed, it tells the same and changes nothing."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from recommender.archive.archive import Archive
from recommender.archive.upgrade import rehearse, upgrade
from recommender.catalog import migrations
from recommender.errors import NotFoundError
from recommender.features import feature_store
from tests.arrays import story
from tests.fakes import HashEmbedder


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An archive of the version before: an older schema, and an older form of what is derived."""
    path = tmp_path / "news"
    monkeypatch.setattr(feature_store, "FORMAT", feature_store.FORMAT - 1)
    with Archive.create(path, embedder=HashEmbedder()) as archive:
        archive.add([story(n) for n in range(12)])
        archive.save()
    monkeypatch.undo()
    with sqlite3.connect(path / "catalog.sqlite") as connection:
        connection.execute("UPDATE schema_version SET version = ?", (migrations.VERSION - 1,))
    connection.close()
    return path


def held(path: Path) -> dict[str, bytes]:
    beside = ("-wal", "-shm")  # which any reader makes
    return {str(p): p.read_bytes() for p in path.rglob("*") if p.is_file() and not p.name.endswith(beside)}


def test_a_rehearsal_tells_what_the_upgrade_does_and_changes_nothing(old: Path) -> None:
    before = held(old)
    told = rehearse(old)
    assert held(old) == before
    assert (told.before, told.after, told.stories) == (migrations.VERSION - 1, migrations.VERSION, 12)
    assert "older store format" in told.derived_anew
    done = upgrade(old)
    assert (done.before, done.after, done.derived_anew) == (told.before, told.after, told.derived_anew)
    assert not upgrade(old).is_needed
    assert not rehearse(old).is_needed


def test_a_rehearsal_asks_no_server_for_vectors(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RELATED_INDEX_ENGINE", "milvus")
    monkeypatch.setenv("RELATED_INDEX_URL", "http://127.0.0.1:1")  # nobody listens there
    assert rehearse(old).stories == 12


def test_where_there_is_none_the_way_out_is_named(tmp_path: Path) -> None:
    for ask in (rehearse, upgrade):
        with pytest.raises(NotFoundError, match="related init"):
            ask(tmp_path)
