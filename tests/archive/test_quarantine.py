"""A story that something fails on is kept, named and shown to nobody; the archive goes on without it."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recommender.analysis import words
from recommender.archive.private_files import CATALOG_FILE, DERIVED
from recommender.archive.status import status_of
from recommender.catalog import Outcome
from recommender.errors import NotFoundError
from recommender.newsroom import Newsroom
from recommender.story.story import Status, Story
from tests.arrays import story
from tests.fakes import HashEmbedder

FOUL = "Zyzzyva"  # the word that code of ours is made to fail on
Open = Callable[[], Newsroom]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with Newsroom.create(tmp_path / "archive", embedder=HashEmbedder()) as newsroom:
        newsroom.archive.add(story(n) for n in range(12))
    return tmp_path / "archive"


@pytest.fixture
def opened(path: Path) -> Iterator[Open]:
    """Return a function that opens the archive, as each new process does."""
    open_now: list[Newsroom] = []

    def open_it() -> Newsroom:
        open_now.append(Newsroom.open(path, embedder=HashEmbedder()))
        return open_now[-1]

    yield open_it
    for newsroom in open_now:
        newsroom.close()


class Fault:
    """Lets a function that reads headlines fail on one word, or not."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.there, works = True, words.series_of

        def series_of(headline: str) -> tuple[str, int]:
            if self.there and FOUL in headline:
                raise KeyError(headline)
            return works(headline)

        monkeypatch.setattr(words, "series_of", series_of)


@pytest.fixture
def fault(monkeypatch: pytest.MonkeyPatch) -> Fault:
    return Fault(monkeypatch)


def foul(n: int, **fields: object) -> Story:
    return replace(story(n), headline=f"{FOUL} {story(n).headline}", **fields)


def write_in(path: Path, statement: str, *values: object) -> None:
    """Change the catalog as a failing disk would, behind everybody's back."""
    with closing(sqlite3.connect(path / CATALOG_FILE)) as connection, connection:
        connection.execute(statement, values)


def vectors_of(path: Path, num: int, rows: np.ndarray) -> None:
    wanted = "text_hash = (SELECT text_hash FROM story WHERE num = ?)"
    write_in(path, f"UPDATE vector SET data = ? WHERE {wanted}", rows.astype("<f2").tobytes(), num)


def forget_derived(path: Path) -> None:
    (path / DERIVED).rename(path / "forgotten")


def shown_anywhere(newsroom: Newsroom) -> set[str]:
    """Return the ids of all stories that some block or answer shows."""
    blocks = [*newsroom.blocks(), newsroom.similar(story(0).text, 50)]
    return {one.id for block in blocks for slot in block.slots for one in (slot.story, *slot.timeline)}


def named(newsroom: Newsroom) -> dict[str, str]:
    found = status_of(newsroom.archive, newsroom.engine.model)
    assert all(any(id in problem for problem in found.problems) for id in found.set_aside)
    return dict(found.set_aside)


def test_one_that_fails_stops_no_other_of_its_batch(
    opened: Open, fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    newsroom = opened()
    with caplog.at_level(logging.WARNING):
        report = newsroom.archive.add([story(20), foul(21), story(22)])
    assert (report.added, list(report.set_aside)) == (3, ["s21"])
    (num,) = newsroom.archive.catalog.nums_of(["s21"]).values()
    assert f"story number {num} is set aside" in caplog.text
    assert "s21" not in caplog.text
    assert "KeyError in test_quarantine.py" in report.set_aside["s21"]
    assert FOUL not in caplog.text + str(report.set_aside)  # a log holds no text of a story
    for process in (newsroom, opened()):
        assert list(named(process)) == ["s21"]
        assert "s21" not in shown_anywhere(process)
        assert process.archive.catalog.get("s21") is not None
        assert process.publish(story(30 + process.archive.catalog.count())).set_aside == ""


def test_the_answer_of_each_call_names_it(opened: Open, fault: Fault) -> None:
    newsroom = opened()
    dry = newsroom.publish(foul(21), dry_run=True)
    assert (dry.outcome, dry.block.slots, newsroom.archive.catalog.get("s21")) == (Outcome.ADDED, (), None)
    told = [dry, newsroom.publish(foul(21)), *newsroom.publish_many([foul(22)])]
    told += [newsroom.publish(foul(21)), newsroom.amend("s21", status=Status.CORRECTED)]
    assert all("its text cannot be read" in published.set_aside for published in told)
    with pytest.raises(NotFoundError, match=r"set aside: its text cannot be read .*; send a new version"):
        newsroom.engine.related("s21")
    assert newsroom.block("s21").slots == ()
    assert newsroom.set_aside("s21") == told[1].set_aside
    assert newsroom.set_aside("s1") == ""


def test_a_new_version_or_its_removal_ends_it(opened: Open, fault: Fault) -> None:
    newsroom = opened()
    newsroom.archive.add([foul(21), foul(22)])
    assert newsroom.publish(story(21)).outcome is Outcome.UPDATED
    assert list(named(newsroom)) == ["s22"]
    newsroom.delete("s22")
    assert named(newsroom) == named(opened()) == {}
    assert "s21" in shown_anywhere(newsroom)


def test_it_leaves_the_blocks_that_show_it(opened: Open, fault: Fault) -> None:
    newsroom, other = opened(), opened()
    victim = newsroom.block("s11").slots[0].story.id
    newsroom.pin("s10", victim, 1, "ann")
    assert victim in shown_anywhere(other)
    published = newsroom.publish(foul(int(victim[1:])))
    assert published.set_aside
    assert any(victim in change.before and victim not in change.after for change in published.changed)
    for process in (newsroom, other, opened()):
        assert victim not in shown_anywhere(process)


def test_a_rebuild_tries_again(opened: Open, fault: Fault) -> None:
    newsroom = opened()
    newsroom.archive.add([foul(21)])
    newsroom.archive.rebuild()
    assert list(named(newsroom)) == ["s21"]
    fault.there = False
    newsroom.archive.rebuild()
    assert named(newsroom) == {}
    assert "s21" in shown_anywhere(newsroom)


def test_what_an_archive_holds_already_is_set_aside_when_it_is_met(
    path: Path, opened: Open, fault: Fault
) -> None:
    fault.there = False
    opened().archive.add([foul(21), story(22)])
    fault.there = True
    forget_derived(path)
    newsroom = opened()
    assert list(named(newsroom)) == ["s21"]
    assert len(newsroom.archive.view.store) == 13
    assert newsroom.publish(story(23)).block.slots


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        (np.full((2, 64), np.nan), "not finite"),
        (np.full((2, 64), np.inf), "not finite"),
        (np.zeros((2, 32)), "shape"),
        (np.zeros(7), "rows"),
    ],
)
def test_damaged_vectors_are_named_and_embedded_anew(
    path: Path, opened: Open, rows: np.ndarray, problem: str
) -> None:
    vectors_of(path, 3, rows)
    forget_derived(path)
    newsroom = opened()
    assert problem in named(newsroom)["s2"]
    assert "s2" not in shown_anywhere(newsroom)
    newsroom.archive.rebuild()
    assert named(newsroom) == {}
    assert "s2" in shown_anywhere(newsroom)


def test_a_damaged_row_can_be_replaced_or_removed(path: Path, opened: Open) -> None:
    newsroom = opened()
    newsroom.withdraw("s4")
    for id in ("s2", "s3", "s4"):
        write_in(path, "UPDATE story SET document = substr(document, 1, 20) WHERE id = ?", id)
    forget_derived(path)
    newsroom = opened()
    assert list(named(newsroom)) == ["s2", "s3", "s4"]
    assert newsroom.publish(story(30)).block.slots
    assert newsroom.publish(story(2)).outcome is Outcome.UPDATED
    assert newsroom.delete("s3").outcome is Outcome.REMOVED
    assert list(named(newsroom)) == ["s4"]
    newsroom.archive.rebuild()
    assert list(named(newsroom)) == ["s4"]
    assert "s2" in shown_anywhere(newsroom)


def test_an_embedder_that_fails_on_one_text_fails_on_no_other(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    encode = HashEmbedder.encode

    def failing(self: HashEmbedder, texts: list[str], on_done: None = None) -> object:
        if any(FOUL in text for text in texts):
            raise TypeError("no text")
        rows = encode(self, texts, on_done)
        rows[["Nought" in text for text in texts]] = np.nan
        return rows

    monkeypatch.setattr(HashEmbedder, "encode", failing)
    newsroom = opened()
    stories = [story(20), foul(21), story(22), replace(story(23), headline="Nought"), story(24)]
    report = newsroom.archive.add(stories)
    assert (report.added, sorted(report.set_aside)) == (5, ["s21", "s23"])
    assert len(newsroom.archive.view.store) == 15


@pytest.mark.parametrize("damage", ["block SET provenance", "block SET shown", "block_slot SET reasons"])
def test_a_damaged_block_is_made_anew(path: Path, opened: Open, damage: str) -> None:
    before = {one: [slot.story.id for slot in opened().block(one).slots] for one in ("s1", "s5")}
    write_in(path, f"UPDATE {damage} = '{{'")
    newsroom = opened()
    assert {one: [slot.story.id for slot in newsroom.block(one).slots] for one in before} == before
    assert newsroom.publish(story(30)).block.slots
    newsroom.refresh(100, 60.0)
