"""Acts on many blocks: no block stops the others, none is frozen as empty, and what came since stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from recommender.concurrency import retries
from recommender.errors import ArchiveBusyError, ArchiveError, EditError
from recommender.newsroom import Newsroom, Worker, bulk
from recommender.newsroom.bulk import BulkKind
from tests.newsroom.test_worker import PATIENCE, wait_for
from tests.newsroom.world import a_story, drain, ids

BY = "night-desk"


@pytest.fixture
def newsroom(full: Newsroom) -> Newsroom:
    return full


def finish(newsroom: Newsroom) -> None:
    while newsroom.bulk.work(10):
        pass


def done(newsroom: Newsroom, kind: BulkKind, *sources: str) -> int:
    num = newsroom.bulk.begin(newsroom.bulk.planned(kind, "a day", sources), BY)
    finish(newsroom)
    return num


def undone(newsroom: Newsroom, num: int) -> dict[str, str]:
    """Take an act back; return what is noted of each block."""
    back = newsroom.bulk.begin(newsroom.bulk.undoing(num), BY)
    finish(newsroom)
    return {row.source: row.note for row in newsroom.bulk.blocks(back)}


def failing(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Let freezing one block fail."""
    freeze: Callable[..., Any] = newsroom._editing.freeze

    def fails(source: str, by: str) -> Any:
        if source == "vote1":
            raise error
        return freeze(source, by)

    monkeypatch.setattr(newsroom._editing, "freeze", fails)


@pytest.mark.parametrize("error", [ValueError("a word of a story"), ArchiveError("a damaged row")])
def test_a_block_that_fails_is_noted_and_stops_no_other(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    failing(newsroom, monkeypatch, error)
    num, later = (
        done(newsroom, BulkKind.APPROVE, "vote1", "goal2"),
        done(newsroom, BulkKind.APPROVE, "flood0"),
    )
    first, second = newsroom.bulk.blocks(num)
    assert first.note
    assert "a word" not in first.note
    assert second.event
    assert newsroom.bulk.act(later).done == 1


def test_an_act_that_the_archive_cannot_keep_now_waits_and_stops_no_other_work(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retries, "FIRST_PAUSE", 0.01)
    failing(newsroom, monkeypatch, ArchiveBusyError("another writes"))
    num = newsroom.bulk.begin(newsroom.bulk.planned(BulkKind.APPROVE, "a day", ["vote1"]), BY)
    worker = Worker(newsroom)
    worker.start()
    try:
        wait_for(lambda: worker.bulk.failures > 1)
        assert (worker.trouble, newsroom.bulk.act(num).done) == (None, 0)
        monkeypatch.undo()
        wait_for(lambda: newsroom.bulk.act(num).done == 1)
    finally:
        worker.stop(PATIENCE)
    assert newsroom.decisions("vote1").frozen


def test_a_block_that_was_empty_is_not_frozen_so(newsroom: Newsroom) -> None:
    while more := ids(newsroom.block("flood0")):
        newsroom.exclude("flood0", more[0], "sports-desk")
    newsroom.publish(a_story("flood-new", hours=-0.5))
    drain(newsroom)
    assert ids(newsroom.block("flood0")) == ["flood-new"]
    purge = next(each for each in newsroom.latest_purges(50) if each.change.source == "flood0")
    num = newsroom.bulk.begin(newsroom.bulk.putting_back(purge.num), BY)
    finish(newsroom)
    notes = {row.source: row.note for row in newsroom.bulk.blocks(num)}
    assert notes["flood0"] == "it was empty"
    assert newsroom.decisions("flood0").frozen is None


def test_what_was_not_made_anew_is_not_taken_back(newsroom: Newsroom) -> None:
    num = newsroom.bulk.begin(newsroom.bulk.planned(BulkKind.REDO, "a day", ["flood0", "vote1"]), BY)
    newsroom.archive.remove(["flood0"])
    finish(newsroom)
    assert newsroom.bulk.blocks(num)[0].note
    newsroom.publish(a_story("flood0"))
    drain(newsroom)
    assert list(newsroom.bulk.undoing(num).blocks) == ["vote1"]
    assert undone(newsroom, num) == {"vote1": "it shows the same"}


def remade(newsroom: Newsroom) -> tuple[int, list[str], list[str]]:
    """Make a block anew that then shows something else; return the act, and what it showed and shows."""
    newsroom.archive.add([a_story(f"flood-new{n}", hours=-0.1 * n) for n in range(1, 5)])
    before = ids(newsroom.block("flood0"))
    num = done(newsroom, BulkKind.REDO, "flood0")
    return num, before, ids(newsroom.block("flood0"))


def test_a_block_made_anew_is_put_back_only_where_nothing_came_since(newsroom: Newsroom) -> None:
    num, before, after = remade(newsroom)
    assert before != after
    assert undone(newsroom, num) == {"flood0": ""}
    assert ids(newsroom.block("flood0")) == before


def test_what_an_editor_did_since_stands(newsroom: Newsroom) -> None:
    num, _, after = remade(newsroom)
    newsroom.freeze("vote1", "sports-desk")
    loose = done(newsroom, BulkKind.REDO, "vote1")
    newsroom.pin("flood0", "vote4", 1, "sports-desk")
    newsroom.pin("vote1", "flood6", 1, "sports-desk")
    shown = ids(newsroom.block("flood0"))
    assert undone(newsroom, num) == {"flood0": "an editor has changed it since"}
    assert undone(newsroom, loose) == {"vote1": "an editor has changed it since"}
    assert ids(newsroom.block("flood0")) == shown != after
    assert newsroom.decisions("flood0").frozen is newsroom.decisions("vote1").frozen is None


def test_what_a_publish_did_since_stands(newsroom: Newsroom) -> None:
    num, before, after = remade(newsroom)
    newsroom.withdraw(after[0])
    drain(newsroom)
    assert ids(newsroom.block("flood0")) not in (before, after)
    assert undone(newsroom, num) == {"flood0": "it has changed since"}
    assert newsroom.decisions("flood0").frozen is None


def test_more_changes_than_are_looked_through_are_refused(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    purge = newsroom.latest_purges(1)[0]
    monkeypatch.setattr(bulk, "MOST_CHANGES", 0)
    with pytest.raises(EditError, match="more than 0 changes"):
        newsroom.bulk.putting_back(purge.num)
