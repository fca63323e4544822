"""The editors' hand through the newsroom: shown, told, kept with who and when, and taken back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from recommender import Status
from recommender.errors import EditError, NotFoundError
from recommender.newsroom import EditorAct, Newsroom
from recommender.story.link_policy import Reason
from tests.newsroom.world import (
    SLOTS,
    START,
    SUBJECTS,
    Clock,
    a_story,
    another,
    at,
    drain,
    fill,
    ids,
    in_turn,
)


def test_a_pin_is_shown_where_it_was_put_in_every_process_and_told(full: Newsroom) -> None:
    with another(full) as reader:
        before = ids(reader.block("flood0"))
        edited = full.pin("flood0", "vote1", 2, "ann")
        after = [before[0], "vote1", *before[1 : SLOTS - 1]]
        assert ids(edited.block) == ids(reader.block("flood0")) == after
        assert [slot.pinned for slot in edited.block.slots] == [False, True, *[False] * (SLOTS - 2)]
        assert [(c.source, list(c.before), list(c.after)) for c in edited.changed] == [
            ("flood0", before, after)
        ]
        assert edited.refusal is None
        (event,) = reader.history("flood0")
        assert (event.act, event.targets, event.position, event.by) == (EditorAct.PIN, ("vote1",), 2, "ann")
        assert event.at == datetime.fromtimestamp(START, UTC)
        assert ids(full.undo(edited.event, "bo").block) == before
        assert reader.history("flood0")[0].undone_by == "bo"
        with pytest.raises(NotFoundError):
            full.undo(edited.event, "bo")


def test_pins_pass_the_gate_too(full: Newsroom, clock: Clock) -> None:
    full.publish(a_story("secret", SUBJECTS[1], status=Status.EMBARGOED, embargo_until=at(2)))
    edited = full.pin("flood0", "secret", 1, "ann")
    assert edited.refusal is not None
    assert edited.refusal.reason is Reason.NOT_YET_PUBLIC
    assert "secret" not in ids(edited.block)
    assert full.next_due() == at(2).timestamp()
    clock.now = at(2).timestamp()
    assert ids(full.block("flood0"))[0] == "secret"
    full.withdraw("secret")
    assert "secret" not in ids(full.block("flood0"))


def test_a_retracted_pin_goes_to_its_successor(full: Newsroom) -> None:
    full.pin("flood0", "vote1", 1, "ann")
    changed = full.withdraw("vote1", successor="goal2").changed
    assert ids(full.block("flood0"))[0] == "goal2"
    assert "flood0" in {change.source for change in changed}


def test_an_excluded_story_stays_out_until_it_is_included(full: Newsroom) -> None:
    first = ids(full.block("flood0"))[0]
    full.exclude("flood0", first, "ann")
    drain(full)
    assert first not in ids(full.block("flood0"))
    assert len(ids(full.block("flood0"))) == SLOTS
    assert full.exclude("flood0", first, "ann").event == 0
    full.include("flood0", first, "ann")
    assert ids(full.block("flood0"))[0] == first


def test_a_frozen_block_does_not_follow_the_news_but_the_gate(full: Newsroom) -> None:
    before = ids(full.block("flood0"))
    full.freeze("flood0", "ann")
    changed = full.publish(a_story("fresh", SUBJECTS[0])).changed
    full.pin("flood0", "vote1", 1, "ann")
    assert "flood0" not in {change.source for change in [*changed, *drain(full)]}
    assert ids(full.block("flood0")) == before
    full.withdraw(before[0])
    assert ids(full.block("flood0")) == before[1:]
    full.unfreeze("flood0", "ann")
    assert ids(full.block("flood0"))[0] == "vote1"


def test_an_imported_block_stays_and_the_engine_fills_it_up(full: Newsroom) -> None:
    edited = full.import_curated("flood0", ["goal2", "vote1"], "the old CMS")
    assert ids(edited.block)[:2] == ["goal2", "vote1"]
    full.publish(a_story("fresh", SUBJECTS[0]))
    drain(full)
    assert ids(full.block("flood0"))[:2] == ["goal2", "vote1"]
    assert len(ids(full.block("flood0"))) == SLOTS


def test_an_act_that_changes_nothing_is_not_kept(newsroom: Newsroom) -> None:
    fill(newsroom, 6)
    for act in (newsroom.unpin, newsroom.include):
        assert act("flood0", "vote1", "ann").event == 0
    assert newsroom.unfreeze("flood0", "ann").event == 0
    assert newsroom.history("flood0") == []
    for kept in (lambda: newsroom.pin("flood0", "vote1", 2, "ann"), lambda: newsroom.freeze("flood0", "ann")):
        first = kept()
        again = kept()
        assert first.event
        assert (again.event, again.block, again.changed) == (0, first.block, first.changed)
    assert len(newsroom.history("flood0")) == 2


def test_acts_that_make_no_sense_are_refused_with_the_way_out(newsroom: Newsroom) -> None:
    fill(newsroom, 6)
    with pytest.raises(EditError, match="own block; name another"):
        newsroom.pin("flood0", "flood0", 1, "ann")
    with pytest.raises(EditError, match=f"from 1 to {SLOTS}"):
        newsroom.pin("flood0", "vote1", SLOTS + 1, "ann")
    with pytest.raises(EditError, match="say who"):
        newsroom.pin("flood0", "vote1", 1, " ")
    with pytest.raises(EditError, match="once"):
        newsroom.import_curated("flood0", ["vote1", "vote1"], "ann")
    for call in (
        lambda: newsroom.pin("flood0", "nobody", 1, "ann"),
        lambda: newsroom.exclude("nobody", "flood0", "ann"),
        lambda: newsroom.freeze("nobody", "ann"),
        lambda: newsroom.import_curated("flood0", ["nobody"], "ann"),
    ):
        with pytest.raises(NotFoundError, match="'nobody'"):
            call()


def test_who_did_what_outlives_the_story(full: Newsroom) -> None:
    stories = in_turn()
    full.pin("flood0", "vote1", 1, "ann")
    full.delete("flood0")
    assert [event.by for event in full.history("flood0")] == ["ann"]
    full.publish(stories[0])
    assert ids(full.block("flood0"))[0] == "vote1"
