"""What clicks taught is kept by versions, in all processes, and can be taken back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from recommender.archive.archive import Archive
from recommender.archive.click_appeals import (
    KEPT,
    MOST_STORIES,
    ClickAppeals,
    ClickAttempt,
    LiveAppeal,
    in_words,
    told,
)
from recommender.catalog import Catalog
from recommender.errors import RankerError
from tests.fakes import HashEmbedder

WON = ClickAttempt("2026-03-03T12:00:00Z", 500, won=True, strength=0.5, gain=0.02)
LOST = ClickAttempt("2026-03-10T12:00:00Z", 400)
FEW = ClickAttempt("2026-03-10T12:00:00Z", 4, problem="4 clicks are too few")
TODAY = date(2026, 3, 3)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with Archive.create(tmp_path / "archive", embedder=HashEmbedder()) as archive:
        yield archive.catalog


def test_what_wins_is_in_use_at_once_by_its_strength_and_an_undo_takes_it_back(catalog: Catalog) -> None:
    appeals, live = ClickAppeals(catalog), LiveAppeal(catalog)
    assert live.current() is None
    appeals.take(WON, {1: 1.0, 2: -0.5}, TODAY)
    first = live.current()
    assert first is not None
    assert first.of(np.array([1, 2, 3])).tolist() == [0.5, -0.25, 0]
    catalog.change_setting("another", lambda _: 1)
    assert live.current() is first  # who compares it need not look into it
    appeals.take(WON, {3: 1.0}, TODAY)
    second = live.current()
    assert second is not None
    assert second.digest != first.digest
    back = appeals.go_back(TODAY, "by hand")
    assert (back.current, back.left, back.next_day) == (1, "by hand", "2026-03-31")
    held = live.current()
    assert held is not None
    assert held.digest == first.digest
    assert appeals.go_back(TODAY, "by hand").current == 0
    assert live.current() is None
    with pytest.raises(RankerError, match="nothing to undo"):
        appeals.go_back(TODAY, "by hand")
    assert appeals.take(WON, {3: 1.0}, TODAY).current == 3  # no number is given twice


def test_what_does_not_win_again_is_not_in_use(catalog: Catalog) -> None:
    appeals = ClickAppeals(catalog)
    assert appeals.lost(LOST, TODAY).left == ""
    appeals.take(WON, {1: 1.0}, TODAY)
    lost = appeals.lost(LOST, TODAY)
    assert (lost.current, lost.left, lost.next_day) == (0, "it did not win again", "2026-03-10")
    appeals.take(WON, {1: 1.0}, TODAY)
    few = appeals.lost(FEW, TODAY)
    assert (few.current, few.left, few.next_day) == (0, FEW.problem, "2026-03-04")


def test_the_newest_versions_and_the_strongest_stories_are_kept(catalog: Catalog) -> None:
    appeals = ClickAppeals(catalog)
    for _ in range(KEPT + 2):
        journal = appeals.take(WON, {num: num / 10_000 for num in range(MOST_STORIES + 5)}, TODAY)
    assert [each.number for each in journal.versions] == [3, 4, 5]
    assert journal.in_use is not None
    assert set(map(int, journal.in_use.appeal)) == set(range(5, MOST_STORIES + 5))


def test_it_is_told_in_a_line(catalog: Catalog) -> None:
    appeals = ClickAppeals(catalog)
    assert in_words(told(appeals.journal())) == "clicks do not count yet"
    words = in_words(told(appeals.take(WON, {1: 1.0, 2: 1.0}, TODAY)))
    assert words.startswith(
        "clicks count: version 1 of 2026-03-03T12:00:00Z, 2 stories are moved, strength 0.5;"
    )
    assert "on 500 clicks: won, +0.0200 a click; tried next on 2026-03-10" in words
    words = in_words(told(appeals.lost(FEW, TODAY)))
    assert words.startswith("clicks do not count yet; ")
    assert words.endswith("went back: 4 clicks are too few")
