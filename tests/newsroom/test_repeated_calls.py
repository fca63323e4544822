"""Who sends a call again because its answer was lost hears what to purge, and nothing is done twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender import Status
from recommender.catalog import Outcome
from recommender.errors import NotFoundError
from recommender.newsroom import BlockChange, Newsroom
from tests.newsroom.world import (
    START,
    SUBJECTS,
    Clock,
    a_story,
    another,
    at,
    corrected,
    drain,
    fill,
    ids,
    in_turn,
    make,
)

Call = Callable[[Newsroom], Any]
STORY = a_story("fresh", SUBJECTS[0])
CALLS: dict[str, Call] = {
    "publish": lambda room: room.publish(STORY),
    "correct": lambda room: room.publish(corrected(STORY, body=f"{STORY.body} at last")),
    "embargo": lambda room: room.amend("flood3", status=Status.EMBARGOED, embargo_until=at(5)),
    "withdraw": lambda room: room.withdraw("flood0"),
    "succeed": lambda room: room.withdraw("flood0", "flood6"),
    "restore": lambda room: room.restore("flood0"),
    "merge": lambda room: room.merge("flood9", "flood6"),
    "delete": lambda room: room.delete("vote1"),
    "pin": lambda room: room.pin("flood9", "goal2", 1, "ann"),
    "move": lambda room: room.pin("flood9", "goal2", 2, "ann"),
    "unpin": lambda room: room.unpin("flood9", "goal2", "ann"),
    "exclude": lambda room: room.exclude("flood6", "flood3", "ann"),
    "include": lambda room: room.include("flood6", "flood3", "ann"),
    "freeze": lambda room: room.freeze("goal5", "ann"),
    "unfreeze": lambda room: room.unfreeze("goal5", "ann"),
    "import": lambda room: room.import_curated("goal8", ["vote4", "flood3"], "ann"),
}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    """One archive for all examples: each begins where the last one ended."""
    with make(tmp_path_factory.mktemp("repeated_calls") / "archive", Clock(START)) as room:
        fill(room)
        yield room


def pages(changes: tuple[BlockChange, ...]) -> set[str]:
    return {change.source for change in changes}


def state(room: Newsroom) -> object:
    acts = [room.history(name) for name in ("flood6", "flood9", "goal5", "goal8")]
    return acts, room.archive.catalog.last_seq(), len(room.purges(limit=10**6))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(CALLS)), st.none() | st.integers(0, 9))
def test_a_call_that_comes_again_does_nothing_and_tells_the_same_pages(
    filled: Newsroom, name: str, meanwhile: int | None
) -> None:
    first = CALLS[name](filled)
    drain(filled)
    if meanwhile is not None:  # somebody else's story comes before the call is sent again
        filled.publish(a_story(f"other{meanwhile}", SUBJECTS[meanwhile % 3]))
        drain(filled)
    before = state(filled)
    again = CALLS[name](filled)
    drain(filled)
    assert state(filled) == before
    assert pages(first.changed) <= pages(again.changed)
    for change in again.changed:
        known = filled.archive.catalog.get(change.source)
        if known is not None and known[1].status is Status.PUBLISHED:
            assert list(change.after) == ids(filled.block(change.source)), change.source


def test_a_deletion_that_comes_again_is_told_as_one_that_was(full: Newsroom, clock: Clock) -> None:
    stories = in_turn()
    first = full.delete("flood0")
    again = full.delete("flood0")
    assert first.changed
    assert (again.outcome, again.taken, again.changed) == (Outcome.DELETED, False, first.changed)
    assert "deleted already" in again.note
    assert full.delete("flood0", dry_run=True).changed == ()
    with pytest.raises(NotFoundError):
        full.delete("nobody")
    full.publish(stories[0])
    full.exclude("flood3", "flood0", "ann")
    clock.now += 60
    second = full.delete("flood0")
    assert second.outcome is Outcome.REMOVED
    assert pages(full.delete("flood0").changed) >= pages(second.changed)


def test_a_lost_answer_is_heard_although_others_changed_the_story_meanwhile(full: Newsroom) -> None:
    stories = in_turn()
    first = full.withdraw("flood0")
    full.publish(corrected(stories[0], headline="Flood report, corrected"))
    assert pages(full.withdraw("flood0").changed) == pages(first.changed) != set()
    published = full.publish(STORY)
    full.amend(STORY.id, expires=at(100))
    assert pages(full.publish(STORY).changed) == pages(published.changed) != set()


def test_a_merge_that_comes_again_hands_no_act_over_twice(full: Newsroom) -> None:
    for _ in range(2):
        full.pin("flood0", "goal2", 1, "ann")
        full.unpin("flood0", "goal2", "ann")
    full.pin("flood0", "goal2", 1, "ann")
    full.merge("flood0", "flood3")
    acts = full.history("flood3")
    full.merge("flood0", "flood3")
    assert full.history("flood3") == acts
    assert full.decisions("flood3").pins == {1: "goal2"}
    full.restore("flood0")
    full.exclude("flood0", "vote1", "bo")
    full.merge("flood0", "flood3")
    assert [event.act for event in full.history("flood3")] == [*(e.act for e in acts), "exclude"]


def test_an_act_is_told_for_its_own_position(full: Newsroom) -> None:
    first = full.pin("flood0", "goal2", 1, "ann")
    full.pin("flood0", "goal2", 2, "ann")
    again = full.pin("flood0", "goal2", 2, "bo")
    assert (again.event, pages(again.changed)) == (0, pages(first.changed))
    assert list(again.changed[0].after) == ids(full.block("flood0"))
    assert replace(again.changed[0], before=()).source == "flood0"


@pytest.mark.parametrize(
    ("what", "owner"),
    [("withdraw", "catalog.amend"), ("correct", "archive.write"), ("delete", "archive.remove")],
)
def test_a_worker_that_is_faster_takes_no_page_out_of_the_answer(
    full: Newsroom, what: str, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process follows what was written before the call that wrote it does."""
    calls: dict[str, Call] = {
        "withdraw": lambda room: room.withdraw("flood0"),
        "correct": lambda room: room.publish(corrected(in_turn()[0], status=Status.DRAFT)),
        "delete": lambda room: room.delete("flood0"),
    }
    before = {id: ids(full.block(id)) for id in (story.id for story in in_turn()) if id != "flood0"}
    where, name = owner.split(".")
    one = getattr(full, where, full.archive.catalog)
    write = getattr(one, name)
    with another(full) as worker:

        def written(*arguments: Any, **more: Any) -> Any:
            done = write(*arguments, **more)
            assert drain(worker)
            return done

        monkeypatch.setattr(one, name, written)
        first = calls[what](full)
        monkeypatch.undo()
        told = {change.source: change for change in first.changed}
        assert {id for id, shown in before.items() if "flood0" in shown} <= told.keys() - {"flood0"}
        for id, change in told.items():
            if id in before:
                assert (list(change.before), list(change.after)) == (before[id], ids(full.block(id)))
        assert pages(calls[what](full).changed) >= told.keys()
