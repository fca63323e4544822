"""What is only tried leaves nothing, and hides nothing that comes meanwhile."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recommender.errors import EditError, NotFoundError
from recommender.newsroom import EditorAct, Newsroom, PlannedAct
from recommender.newsroom.dry_run import rehearsed
from recommender.story.link_policy import Reason
from recommender.story.story import Status
from tests.newsroom.world import (
    SLOTS,
    SUBJECTS,
    WIDE,
    Clock,
    a_story,
    another,
    at,
    blocks_of,
    drain,
    exchanged,
    fill,
    ids,
    in_turn,
    make,
    members,
)


def test_a_hundred_dry_runs_leave_the_store_as_it_was(full: Newsroom) -> None:
    stories = in_turn()
    store, blocks = full.archive.view.store, blocks_of(full, stories)
    size, held = store.size, len(store)
    for n in range(100):
        assert full.publish(a_story(f"try{n}", SUBJECTS[n % 3]), dry_run=True).dry_run
    assert full.archive.view.store is store
    assert (store.size, len(store)) == (size, held)
    assert blocks_of(full, stories) == blocks
    story = a_story("fresh", SUBJECTS[0])
    tried = full.publish(story, dry_run=True)
    done = full.publish(story)
    assert (tried.block.slots, store.size) == (done.block.slots, size + 1)
    with another(full) as fresh:
        fresh.archive.rebuild()
        drain(fresh)
        drain(full)
        every = [*stories, story]
        assert members(blocks_of(fresh, every)) == members(blocks_of(full, every))


def test_a_story_that_comes_while_another_is_tried_is_kept(full: Newsroom) -> None:
    with another(full) as other, rehearsed(full.archive, a_story("tried", SUBJECTS[1])) as known:
        assert known.num == full.archive.view.store.size - 1
        other.publish(a_story("fresh", SUBJECTS[0]))
        full.archive.catch_up()
    view = full.archive.catch_up()
    (num,) = full.archive.catalog.nums_of(["fresh"]).values()
    assert num in view.store
    assert full.block("fresh").slots


TARGETS = ("flood3", "flood6", "flood9", "vote1", "goal2")
PLANS = st.lists(
    st.one_of(
        st.builds(
            PlannedAct,
            act=st.just(EditorAct.PIN),
            target=st.sampled_from(TARGETS),
            position=st.integers(1, SLOTS),
        ),
        st.builds(
            PlannedAct,
            act=st.sampled_from([EditorAct.UNPIN, EditorAct.EXCLUDE, EditorAct.INCLUDE]),
            target=st.sampled_from(TARGETS),
        ),
        st.sampled_from([PlannedAct(act=EditorAct.FREEZE), PlannedAct(act=EditorAct.UNFREEZE)]),
    ),
    min_size=1,
    max_size=3,
)


def perform(newsroom: Newsroom, planned: PlannedAct) -> None:
    match planned.act:
        case EditorAct.PIN:
            newsroom.pin("flood0", planned.target, planned.position or 0, "ann")
        case EditorAct.UNPIN | EditorAct.EXCLUDE | EditorAct.INCLUDE:
            getattr(newsroom, planned.act.value)("flood0", planned.target, "ann")
        case _:
            getattr(newsroom, planned.act.value)("flood0", "ann")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=PLANS)
def test_what_is_rehearsed_is_what_comes(newsroom: Newsroom, plan: list[PlannedAct]) -> None:
    if newsroom.archive.catalog.get("flood0") is None:
        fill(newsroom)
    for event in newsroom.history("flood0"):
        if event.undone_at is None:
            newsroom.undo(event.num, "ann")
    before, acts = newsroom.block("flood0"), newsroom.history("flood0")
    for planned in plan:  # one after the other: a freeze keeps what is shown when it is done
        foretold = newsroom.rehearse("flood0", [planned]).block
        assert (newsroom.block("flood0"), newsroom.history("flood0")) == (before, acts)
        perform(newsroom, planned)
        before, acts = newsroom.block("flood0"), newsroom.history("flood0")
        assert foretold.slots == before.slots


def test_several_acts_are_rehearsed_together_and_undoing_too(full: Newsroom) -> None:
    plain = ids(full.block("flood0"))
    swap = [
        PlannedAct(act=EditorAct.EXCLUDE, target=plain[0]),
        PlannedAct(act=EditorAct.PIN, target="vote1", position=1),
    ]
    foretold = ids(full.rehearse("flood0", swap).block)
    assert foretold[0] == "vote1"
    assert plain[0] not in foretold
    for planned in swap:
        perform(full, planned)
    assert ids(full.block("flood0")) == foretold
    done = [event.num for event in full.history("flood0")]
    assert ids(full.rehearse("flood0", [], done).block) == plain


def test_what_cannot_be_done_cannot_be_rehearsed(full: Newsroom) -> None:
    with pytest.raises(EditError, match="position 9 is none"):
        full.rehearse("flood0", [PlannedAct(act=EditorAct.PIN, target="vote1", position=9)])
    with pytest.raises(EditError, match="own block"):
        full.rehearse("flood0", [PlannedAct(act=EditorAct.PIN, target="flood0", position=1)])
    with pytest.raises(NotFoundError, match="'nobody'"):
        full.rehearse("flood0", [PlannedAct(act=EditorAct.EXCLUDE, target="nobody")])
    with pytest.raises(NotFoundError, match="no act 7"):
        full.rehearse("flood0", [], [7])
    full.publish(a_story("secret", SUBJECTS[1], status=Status.EMBARGOED, embargo_until=at(2)))
    pin = PlannedAct(act=EditorAct.PIN, target="secret", position=1)
    refusal = full.rehearse("flood0", [pin]).refusal
    assert refusal is not None
    assert refusal.reason is Reason.NOT_YET_PUBLIC


def test_a_story_of_another_language_is_foretold_where_it_may_enter(tmp_path: Path) -> None:
    with make(tmp_path / "a", Clock(), replace(WIDE, languages="any")) as room:
        for n in range(2):
            room.publish(a_story(f"en{n}", SUBJECTS[0], hours=n - 12, language="en"))
        drain(room)
        story = a_story("fr", SUBJECTS[0], hours=-0.5, language="fr")
        tried, done = room.publish(story, dry_run=True), room.publish(story)
        assert {"en0", "en1"} <= exchanged(done.changed).keys()
        assert exchanged(tried.changed) == exchanged(done.changed)
