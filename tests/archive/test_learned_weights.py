"""Of an archive's own weights every version is kept and can be gone back to; the file says which counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from recommender.archive.archive import Archive
from recommender.archive.backup import back_up, restore
from recommender.archive.learned_weights import KEPT, LearnedWeights
from recommender.archive.weights_journal import Attempt, Guard, Journal, in_words, later, told
from recommender.errors import RankerError
from recommender.ranking.weights import ARCHIVE_FILE, Ranker, load, shipped
from tests.fakes import HashEmbedder

LINKS = 50
ATTEMPT = Attempt("2026-01-01T00:00:00Z", LINKS, won=True, figures={"difference": 0.1})


def named(version: str) -> Ranker:
    ranker = shipped()
    return replace(ranker, model=replace(ranker.model, version=version))


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with Archive.create(tmp_path / "archive", embedder=HashEmbedder()) as made:
        yield made


@pytest.fixture
def learned(archive: Archive) -> LearnedWeights:
    return LearnedWeights(archive)


def take(learned: LearnedWeights, version: str, begun: Journal | None = None) -> bool:
    return learned.take(named(version), ATTEMPT, 0, begun or learned.journal())


def in_use(archive: Archive) -> str | None:
    file = archive.path / ARCHIVE_FILE
    return load(file).model.version if file.exists() else None


def test_each_undo_goes_back_one_to_the_shipped_weights(archive: Archive, learned: LearnedWeights) -> None:
    for version in ("one", "two", "three"):
        assert take(learned, version)
        assert in_use(archive) == version
    for version in ("two", "one", None):
        journal = learned.go_back(LINKS, "by hand")
        assert in_use(archive) == version
        assert journal.learned_at == later(LINKS)
    with pytest.raises(RankerError, match="nothing to undo"):
        learned.go_back(LINKS, "by hand")
    assert [each.number for each in learned.journal().versions] == [1, 2, 3]


def test_what_was_learned_beside_an_undo_does_not_overrule_it(
    archive: Archive, learned: LearnedWeights
) -> None:
    take(learned, "one")
    begun = learned.journal()
    learned.go_back(LINKS, "by hand")
    assert not learned.take(named("two"), ATTEMPT, 0, begun)
    assert in_use(archive) is None
    assert learned.journal().learned_at == later(LINKS)


def test_the_file_counts_whoever_wrote_it(archive: Archive, learned: LearnedWeights) -> None:
    file = archive.path / ARCHIVE_FILE
    file.write_text(named("by hand").to_json())
    found = learned.journal().in_use
    assert found is not None
    assert (found.number, found.before, found.links) == (1, 0, 0)
    take(learned, "two")
    learned.go_back(LINKS, "by hand")
    assert in_use(archive) == "by hand"
    file.unlink()
    assert learned.journal().in_use is None
    file.write_text("no weights")
    assert learned.journal().current


def test_few_versions_are_kept_and_the_oldest_goes_back_to_the_shipped(
    archive: Archive, learned: LearnedWeights
) -> None:
    for number in range(KEPT + 3):
        take(learned, f"v{number}")
    assert len(learned.journal().versions) == KEPT
    for _ in range(KEPT):
        learned.go_back(LINKS, "by hand")
    assert in_use(archive) is None


def test_what_newer_stories_say_is_of_the_version_in_use(learned: LearnedWeights) -> None:
    take(learned, "one")
    guard = Guard((0.1,), questions=4, gained=0.2, newest=9)
    assert learned.guarded(guard, 1).guard == guard
    assert learned.guarded(Guard((0.3,)), 2).guard == guard
    journal = learned.journal()
    words = in_words(told(journal, LINKS + 7))
    assert (
        "version 1 of 2026-01-01T00:00:00Z, from 50 links; 7 links since; +0.050 nDCG@5 on 4 newer" in words
    )
    assert f"tried next from {later(LINKS)} links on" in words
    assert learned.go_back(LINKS, "they do worse").guard.bets == ()
    assert "the shipped weights" in in_words(told(learned.journal(), LINKS))
    assert "went back: they do worse" in in_words(told(learned.journal(), LINKS))


def test_a_backup_has_all_versions(archive: Archive, learned: LearnedWeights, tmp_path: Path) -> None:
    take(learned, "one")
    take(learned, "two")
    back_up(archive.path, tmp_path / "backup")
    restore(tmp_path / "backup", tmp_path / "again")
    with Archive.open(tmp_path / "again", embedder=HashEmbedder()) as again:
        restored = LearnedWeights(again)
        assert restored.journal() == learned.journal()
        restored.go_back(LINKS, "by hand")
        assert in_use(again) == "one"


def test_weights_that_cannot_be_written_change_nothing(archive: Archive, learned: LearnedWeights) -> None:
    take(learned, "one")
    before = learned.journal()
    (archive.path / ARCHIVE_FILE).with_suffix(".new").mkdir()  # where they are written first
    with pytest.raises(RankerError, match=ARCHIVE_FILE):
        take(learned, "two")
    assert learned.journal() == before
    assert in_use(archive) == "one"
