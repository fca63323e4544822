"""Publish, update, withdraw, restore, merge, delete: what readers see after each, in every process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from recommender import Settings, Status, Story, StoryError
from recommender.catalog import Outcome
from recommender.errors import HiddenError, NotFoundError
from recommender.newsroom import Newsroom, Published
from recommender.newsroom.catalog_cache import CatalogCache
from tests.fakes import HashEmbedder
from tests.newsroom.world import (
    SLOTS,
    SUBJECTS,
    Clock,
    a_story,
    another,
    at,
    blocks_of,
    corrected,
    drain,
    exchanged,
    fill,
    ids,
    in_turn,
    members,
)


def test_a_new_story_reaches_older_pages_and_the_diff_names_exactly_those(full: Newsroom) -> None:
    stories = in_turn()
    before = blocks_of(full, stories)
    published = full.publish(a_story("fresh", SUBJECTS[0]))
    changes = [*published.changed, *drain(full)]
    after = blocks_of(full, stories)
    assert published.outcome is Outcome.ADDED
    assert ids(published.block) == ids(full.block("fresh"))
    assert {c.source for c in changes} == {id for id in before if before[id] != after[id]}
    assert {c.source: (list(c.before), list(c.after)) for c in changes} == {
        id: (before[id], after[id]) for id in before if before[id] != after[id]
    }
    assert any("fresh" in block for block in after.values())
    assert all(c.url == f"https://a.example/{c.source}" for c in changes)


def test_the_same_story_twice_does_nothing_twice(full: Newsroom) -> None:
    story = a_story("fresh")
    first = full.publish(story)
    drain(full)
    told = len(full.purges())
    again = full.publish(story)
    assert (again.outcome, again.stale, again.taken) == (Outcome.UNCHANGED, 0, False)
    assert again.changed == first.changed != (), "a caller that lost the answer hears what to purge"
    assert ids(again.block) == ids(first.block)
    assert drain(full) == []
    assert len(full.purges()) == told


def test_whoever_lost_an_answer_hears_what_to_purge(full: Newsroom) -> None:
    stories = in_turn()
    first = full.withdraw(stories[0].id)
    full.publish(corrected(stories[3], body=stories[1].body))
    again = full.withdraw(stories[0].id)
    assert first.changed
    assert again.outcome is Outcome.UNCHANGED
    assert [(c.source, c.before) for c in again.changed] == [(c.source, c.before) for c in first.changed]
    update = corrected(a_story("fresh"), headline="Flood fresh")
    full.publish(a_story("fresh"))
    full.amend("fresh", expires=at(100))
    once = full.publish(update)
    again = full.publish(update)
    assert (once.outcome, again.outcome) == (Outcome.UPDATED, Outcome.OLDER)
    assert again.changed == once.changed


def test_what_is_told_once_more_names_what_is_shown_now(full: Newsroom) -> None:
    stories = in_turn()
    first = full.withdraw(stories[0].id)
    gone = first.changed[0].after[0]
    full.withdraw(gone)
    again = {change.source: change.after for change in full.withdraw(stories[0].id).changed}
    assert again.keys() == {change.source for change in first.changed}
    assert not [source for source, after in again.items() if gone in after]
    public = again.keys() - {gone, stories[0].id}
    assert all(list(again[source]) == ids(full.block(source)) for source in public)


def test_an_older_version_that_arrives_late_does_not_overwrite_a_newer_one(full: Newsroom) -> None:
    first = a_story("fresh", headline="As it was sent first")
    full.publish(corrected(first, headline="As it was corrected"))
    late = full.publish(first)
    assert (late.outcome, late.changed) == (Outcome.OLDER, ())
    assert full.block("fresh").headline == "As it was corrected"


def test_a_late_webhook_does_not_bring_a_withdrawn_story_back(full: Newsroom) -> None:
    story = a_story("fresh")
    full.publish(story)
    full.withdraw("fresh")
    assert full.publish(story).outcome is Outcome.OLDER
    with pytest.raises(HiddenError):
        full.block("fresh")


def test_a_withdrawn_story_is_in_no_block_of_any_reader_when_the_call_returns(full: Newsroom) -> None:
    stories = in_turn()
    with another(full) as reader:
        before = blocks_of(reader, stories)
        gone = ids(full.block("flood0"))[0]
        holders = {id for id, block in before.items() if gone in block}
        withdrawn = full.withdraw(gone)
        for room in (full, reader):
            left = [story for story in stories if story.id != gone]
            assert all(gone not in block for block in blocks_of(room, left).values())
            assert gone not in ids(room.engine.related("flood0"))
            assert gone not in ids(room.similar("flood rain river"))
            with pytest.raises(HiddenError) as error:
                room.block(gone)
            assert error.value.gone
        assert {change.source for change in withdrawn.changed} == holders | {gone}
        assert all(gone not in change.after for change in withdrawn.changed)


def test_a_block_stays_full_when_a_story_leaves_it(newsroom: Newsroom) -> None:
    fill(newsroom, 30)
    first, *rest = ids(newsroom.block("flood0"))
    newsroom.withdraw(first)
    assert ids(newsroom.block("flood0"))[: SLOTS - 1] == rest
    assert len(ids(newsroom.block("flood0"))) == SLOTS


def test_a_successor_takes_the_place_of_a_retracted_story(full: Newsroom) -> None:
    full.publish(a_story("follow-up", SUBJECTS[1], hours=-30))
    first, *rest = ids(full.block("flood0"))
    full.withdraw(first, successor="follow-up")
    assert ids(full.block("flood0")) == ["follow-up", *rest]
    drain(full)
    assert ids(full.block("flood0")) == ["follow-up", *rest]
    with pytest.raises(HiddenError) as error:
        full.block(first)
    assert error.value.successor == "follow-up"


def test_a_successor_passes_the_gate_itself(full: Newsroom, clock: Clock) -> None:
    full.publish(a_story("later", SUBJECTS[1], embargo_until=at(2)))
    first = ids(full.block("flood0"))[0]
    full.withdraw(first, successor="later")
    assert "later" not in ids(full.block("flood0"))
    clock.now = at(2).timestamp()
    assert ids(full.block("flood0"))[0] == "later"


def test_chains_of_successors_are_followed_and_circles_lead_nowhere(full: Newsroom) -> None:
    for name in ("second", "third"):
        full.publish(a_story(name, SUBJECTS[1], hours=-30))
    first = ids(full.block("flood0"))[0]
    full.withdraw(first, successor="second")
    changed = full.withdraw("second", successor="third").changed
    assert ids(full.block("flood0"))[0] == "third"
    assert "flood0" in {change.source for change in changed}
    full.withdraw("third", successor=first)
    assert not {first, "second", "third"} & set(ids(full.block("flood0")))


def test_a_restored_story_is_shown_again(full: Newsroom) -> None:
    stories = in_turn()
    before = blocks_of(full, stories)
    gone = before["flood0"][0]
    full.withdraw(gone, successor="vote1")
    drain(full)
    restored = full.restore(gone)
    changes = [*restored.changed, *drain(full)]
    assert members(blocks_of(full, stories)) == members(before)
    assert "flood0" in {change.source for change in changes}


def test_an_expired_story_is_restored_without_its_expiry(full: Newsroom) -> None:
    full.publish(a_story("brief", hours=-5, expires=at(-1)))
    with pytest.raises(HiddenError):
        full.block("brief")
    full.restore("brief")
    assert full.block("brief").id == "brief"


def test_a_merged_story_hands_its_places_and_its_editors_acts_over(full: Newsroom) -> None:
    full.publish(a_story("new-home", SUBJECTS[0], hours=-30))
    full.pin("flood0", "goal2", 1, "ann")
    full.pin("vote1", "flood0", 2, "ann")
    drain(full)
    before = ids(full.block("new-home"))
    merged = full.merge("flood0", "new-home").changed
    assert len({change.source for change in merged}) == len(merged)  # a page is told of once
    assert {change.reason for change in merged} == {"flood0 was merged into new-home"}
    assert all(change.before != change.after for change in merged)
    told = [change for change in merged if change.source == "new-home"]
    assert ids(full.block("new-home"))[0] == "goal2"
    assert (list(told[0].before), list(told[-1].after)) == (before, ids(full.block("new-home")))
    assert ids(full.block("vote1"))[1] == "new-home"
    assert full.decisions("new-home").pins == {1: "goal2"}


@pytest.mark.parametrize("taken_back", ["pinned", "included"])
def test_what_is_excluded_from_a_block_stays_so_whatever_is_merged_into_its_story(
    full: Newsroom, taken_back: str
) -> None:
    full.exclude("flood3", "goal2", "bob")
    if taken_back == "pinned":
        full.pin("flood0", "goal2", 1, "ann")
    else:
        full.exclude("flood0", "goal2", "ann")
        full.include("flood0", "goal2", "ann")
    full.pin("flood0", "vote1", 2, "ann")
    full.merge("flood0", "flood3")
    assert "goal2" not in ids(full.block("flood3"))
    assert full.decisions("flood3").excluded == {"goal2"}
    assert full.decisions("flood3").pins == {2: "vote1"}


def test_a_correction_keeps_the_story_in_its_places(full: Newsroom) -> None:
    stories = in_turn()
    held = stories[3]
    updated = full.publish(corrected(held, status=Status.CORRECTED, body=held.body + " corrected"))
    drain(full)
    assert updated.outcome is Outcome.UPDATED
    assert any(held.id in block for block in blocks_of(full, stories).values())


def test_a_deleted_story_leaves_every_block_and_may_come_back(full: Newsroom) -> None:
    stories = in_turn()
    with another(full) as reader:
        before = blocks_of(reader, stories)
        gone = next(story for story in stories if story.id == before["flood0"][0])
        deleted = full.delete(gone.id)
        left = [story for story in stories if story.id != gone.id]
        assert deleted.outcome is Outcome.REMOVED
        assert all(gone.id not in block for block in blocks_of(reader, left).values())
        assert {change.source for change in deleted.changed} == {
            id for id, block in before.items() if gone.id in block and id != gone.id
        }
        with pytest.raises(NotFoundError):
            reader.block(gone.id)
        full.publish(gone)
        drain(full)
        assert members(blocks_of(reader, stories)) == members(before)


def test_an_embargo_ends_to_the_second_without_a_call(full: Newsroom, clock: Clock) -> None:
    stories = in_turn()
    ends = at(3)
    published = full.publish(
        a_story(
            "secret", SUBJECTS[0], hours=-35.5, status=Status.EMBARGOED, embargo_until=ends, expires=at(6)
        )
    )
    assert published.changed == ()
    assert published.block.slots, "the full sees what the block will be"
    drain(full)
    with another(full) as reader:
        clock.now = ends.timestamp() - 1
        assert all("secret" not in block for block in blocks_of(reader, stories).values())
        with pytest.raises(HiddenError) as error:
            reader.block("secret")
        assert not error.value.gone
        clock.now = ends.timestamp()
        assert any("secret" in block for block in blocks_of(reader, stories).values())
        assert reader.block("secret").slots
        clock.now = at(6).timestamp()
        assert all("secret" not in block for block in blocks_of(reader, stories).values())
        with pytest.raises(HiddenError):
            reader.block("secret")


def test_the_worker_tells_of_embargo_ends_and_expiries_in_their_second(full: Newsroom, clock: Clock) -> None:
    stories = in_turn()
    full.publish(a_story("secret", SUBJECTS[0], hours=-35.5, embargo_until=at(3), expires=at(6)))
    drain(full)
    for moment, comes in ((at(3), True), (at(6), False)):
        assert full.next_due() == moment.timestamp()
        clock.now = moment.timestamp() - 1
        assert full.run_due() == []
        clock.now = moment.timestamp()
        changes = full.run_due()
        told = {change.source for change in changes if ("secret" in change.after) is comes}
        seen = {id for id, block in blocks_of(full, stories).items() if "secret" in block}
        assert told - {"secret"}
        assert bool(seen) is comes
        assert seen <= told


def test_lifting_an_embargo_shows_the_story_at_once(full: Newsroom) -> None:
    stories = in_turn()
    full.publish(a_story("secret", SUBJECTS[0], hours=-35.5, status=Status.EMBARGOED, embargo_until=at(3)))
    changed = full.amend("secret", status=Status.PUBLISHED, embargo_until=None).changed
    seen = {id for id, block in blocks_of(full, stories).items() if "secret" in block}
    assert seen
    assert seen <= {change.source for change in changed}


ACTS: dict[str, Callable[[Newsroom, Sequence[Story], bool], Published]] = {
    "publish": lambda room, stories, dry: room.publish(stories[0], dry_run=dry),
    "rewrite": lambda room, stories, dry: room.publish(
        corrected(stories[1], updated=stories[-1].published, body=stories[9].body), dry_run=dry
    ),
    "withdraw": lambda room, stories, dry: room.withdraw(stories[2].id, stories[3].id, dry_run=dry),
    "restore": lambda room, stories, dry: room.restore(stories[2].id, dry_run=dry),
    "expire": lambda room, stories, dry: room.amend(stories[4].id, expires=at(-1), dry_run=dry),
    "delete": lambda room, stories, dry: room.delete(stories[5].id, dry_run=dry),
}


def test_a_dry_run_says_what_then_happens_and_changes_nothing(
    own_18f: Path, stories_18f: tuple[Story, ...]
) -> None:
    settings = Settings(diff_blocks=20, diff_seconds=60.0)
    with Newsroom.open(own_18f, settings, HashEmbedder()) as room:
        room.delete(stories_18f[0].id)
        for name, act in ACTS.items():
            catalog = room.archive.catalog
            before = (catalog.last_seq(), catalog.version(), len(room.archive.view.store), room.purges())
            tried = act(room, stories_18f, True)
            after = (catalog.last_seq(), catalog.version(), len(room.archive.view.store), room.purges())
            assert tried.dry_run
            assert before == after, name
            done = act(room, stories_18f, False)
            assert (tried.outcome, ids(tried.block)) == (done.outcome, ids(done.block)), name
            assert exchanged(tried.changed) == exchanged(done.changed), name


def test_a_story_made_by_hand_is_checked_before_it_is_kept(newsroom: Newsroom) -> None:
    with pytest.raises(StoryError):
        newsroom.publish(replace(a_story("x"), headline=" "))
    newsroom.publish(a_story("flood0"))
    with pytest.raises(StoryError):
        newsroom.amend("flood0", status=Status.EMBARGOED)


def test_stories_that_are_not_held_are_named(newsroom: Newsroom) -> None:
    for call in (newsroom.block, newsroom.withdraw, newsroom.restore, newsroom.delete):
        with pytest.raises(NotFoundError, match="'nobody'"):
            call("nobody")
    with pytest.raises(NotFoundError, match="nobody"):
        newsroom.block_by_url("https://a.example/nobody")
    fill(newsroom, 3)
    with pytest.raises(NotFoundError, match="'nobody'"):
        newsroom.withdraw("flood0", successor="nobody")


def test_a_block_is_found_by_its_address_however_spelt(newsroom: Newsroom) -> None:
    fill(newsroom, 6)
    assert newsroom.block_by_url("http://A.example/flood0/?utm_source=x") is newsroom.block("flood0")


def test_many_at_once_end_as_one_by_one(newsroom: Newsroom, clock: Clock) -> None:
    stories = [a_story(f"s{n}", SUBJECTS[n % 3], hours=-n - 1) for n in range(20)]
    outcomes = [published.outcome for published in newsroom.publish_many([*stories, stories[0]])]
    assert outcomes == [Outcome.ADDED] * 20 + [Outcome.UNCHANGED]
    drain(newsroom)
    clock.now += timedelta(seconds=1).total_seconds()
    many = blocks_of(newsroom, stories)
    newsroom.archive.rebuild()
    newsroom.refresh(1000, 60.0)
    assert blocks_of(newsroom, stories) == many


def test_a_look_that_a_change_overtakes_leaves_nothing_of_the_past_behind(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *_ = fill(newsroom)
    assert ids(newsroom.block(first.id))
    look_up = CatalogCache.at_hand

    def overtaken(self: CatalogCache, id: str) -> object:
        """Return what a thread has found that is stopped just then, while another marks the story."""
        found = look_up(self, id)
        monkeypatch.undo()
        newsroom.publish(corrected(first, never_link_from=True))
        return found

    monkeypatch.setattr(CatalogCache, "at_hand", overtaken)
    newsroom.peek(first.id)
    assert ids(newsroom.block(first.id)) == []
