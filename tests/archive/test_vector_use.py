"""Vectors on a server that nobody uses are deleted; a copy says what it uses, and mends what it lacks."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import Mock

import pytest

from index import IndexUnavailable
from recommender.archive import vector_use
from recommender.archive.archive import Archive
from recommender.archive.vector_use import VectorUse, delete_unused
from recommender.catalog import Catalog
from recommender.catalog.vector_uses import DEAD, LAPSED, Said, VectorUses
from recommender.errors import ArchiveError, VectorsAwayError
from tests.archive.test_shared_index import check, path, server_of, servers, shared
from tests.fakes import HashEmbedder

__all__ = ["path", "servers"]
NOW = 1_700_000_000.0
DAY = 86_400.0


class Shelf:
    """A server that knows names, as PostgreSQL does."""

    def __init__(self, **held: int) -> None:
        self.held, self.is_away = dict(held), False

    def publishers(self, prefix: str) -> list[str]:
        return [name for name in self.held if name.startswith(prefix)]

    def rows(self, publisher: str) -> int:
        return self.held.get(publisher, 0)

    def forget(self, publisher: str) -> None:
        if self.is_away:
            raise IndexUnavailable("the server does not answer")
        self.held.pop(publisher, None)


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return Catalog.create(tmp_path / "catalog.sqlite")


def deleted(catalog: Catalog, shelf: Shelf, days: float, *, dry_run: bool = False) -> list[str]:
    found = delete_unused(catalog, shelf, "news ", NOW, days * DAY, dry_run=dry_run)
    return [each.name for each in found if each.is_deleted]


def test_what_was_not_used_for_so_long_goes_and_nothing_else(catalog: Catalog) -> None:
    shelf = Shelf(**{"news now": 5, "news old": 6, "news older": 7, "news never": 8, "other": 9})
    uses = VectorUses(catalog)
    for name, days in (("now", 0.5), ("old", 3), ("older", 9)):
        assert uses.say(f"news {name}", NOW - days * DAY, is_first=True) is Said.KEPT
    assert deleted(catalog, shelf, 7, dry_run=True) == ["news older", "news never"]
    assert len(shelf.held) == 5
    assert deleted(catalog, shelf, 7) == ["news older", "news never"]
    assert deleted(catalog, shelf, 0) == ["news old"], "a day at least"
    assert shelf.held == {"news now": 5, "other": 9}
    assert list(uses.all()) == ["news now"]


def test_one_that_comes_back_in_that_moment_keeps_them_or_compares_them_afterwards(catalog: Catalog) -> None:
    uses = VectorUses(catalog)
    uses.say("news old", NOW - 9 * DAY, is_first=True)
    assert not uses.begin_deletion("news old", NOW - 10 * DAY, NOW), "it was used since"
    assert uses.begin_deletion("news old", NOW - 9 * DAY, NOW)
    assert uses.say("news old", NOW, is_first=True) is Said.REFUSED
    uses.end_deletion("news old", is_done=True)
    assert uses.say("news old", NOW, is_first=False) is Said.LATE
    assert uses.say("news old", NOW + DAY / 2, is_first=False) is Said.KEPT
    assert uses.say("news old", NOW + 2 * DAY, is_first=False) is Said.LATE
    assert uses.begin_deletion("news old", NOW + 2 * DAY, NOW + 2 * DAY), "and whoever did that was killed"
    assert uses.say("news old", NOW + 2 * DAY + DEAD + 1, is_first=True) is Said.LATE


def test_where_the_server_is_away_it_is_tried_by_the_next_run(catalog: Catalog) -> None:
    shelf = Shelf(**{"news old": 6})
    VectorUses(catalog).say("news old", NOW - 9 * DAY, is_first=True)
    shelf.is_away = True
    with pytest.raises(VectorsAwayError, match="does not answer"):
        deleted(catalog, shelf, 7)
    shelf.is_away = False
    assert deleted(catalog, shelf, 7) == ["news old"]


def test_a_copy_says_what_it_uses_and_has_again_what_was_deleted_while_it_stood_still(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Archive.open(path, embedder=HashEmbedder()) as archive:
        check(archive)
        use = shared(archive)._use
        assert isinstance(use, VectorUse)
        use._job.wait()
        (name,) = VectorUses(archive.catalog).all()
        assert name == use._name
        check(archive)
        server = server_of(archive)
        server._rows.clear()
        monkeypatch.setattr(vector_use, "LAPSED", -1.0)
        assert use.note(), "it stood still for too long"
        monkeypatch.setattr(vector_use, "LAPSED", LAPSED)
        shared(archive)._times_away += 1
        check(archive)
        readings = server.readings
        check(archive)
        assert server.readings == readings + 1, "it is compared once"


@pytest.mark.parametrize("is_busy", [False, True])
def test_one_that_comes_while_they_are_deleted_compares_them_once_more_afterwards(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch, is_busy: bool
) -> None:
    uses, use = VectorUses(catalog), VectorUse(catalog, "news old", lambda: NOW)
    assert uses.begin_deletion("news old", None, NOW)
    if is_busy:  # and it does not learn of that
        monkeypatch.setattr(VectorUses, "say", Mock(side_effect=ArchiveError("the catalog is busy")))
    use.note()
    use._job.wait()
    monkeypatch.undo()
    assert use.note() is not is_busy, "compared while they are deleted"
    uses.end_deletion("news old", is_done=True)
    use._due = 0.0
    use.note()
    use._job.wait()
    assert use.note(), "and what was sent before that is gone"
    use.close()


def test_a_catalog_that_cannot_be_written_is_told_nothing(path: Path) -> None:
    with Catalog.open(path / "catalog.sqlite", read_only=True) as catalog:
        use = VectorUse(catalog, "news now")
        assert not use.note()
        use.close()
        assert "news now" not in VectorUses(catalog).all()
