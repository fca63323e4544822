"""The law of the newsroom: whatever happened, no answer holds a story that readers may not see just then.

Several newsrooms over one archive, each with a memory of its own as processes have, and the bare library
beside them; the expected state is kept by hand, in plain Python.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from recommender import Block, Settings, Status, Story
from recommender.catalog import Outcome
from recommender.errors import HiddenError, NotFoundError
from recommender.newsroom import Published
from tests.newsroom.world import MAY, SUBJECTS, Clock, a_story, another, drain, ids, make

NAMES = [f"s{n}" for n in range(5)]
NAME = st.sampled_from(NAMES)
HOURS = st.integers(-3, 3)
TIMES = st.none() | HOURS
ROOM = st.integers(0, 1)
TIGHT = Settings(slots=3, diff_blocks=2, diff_seconds=60.0)  # most of the diff is left to the worker


def seen(story: Story | None, now: float) -> bool:
    """Say whether readers may see a story, in the words of the specification."""
    if story is None or story.status in (Status.DRAFT, Status.RETRACTED, Status.EXPIRED):
        return False
    if story.status is Status.EMBARGOED and story.embargo_until is None:
        return False
    begins = [story.published, *filter(None, [story.embargo_until])]
    moment = datetime.fromtimestamp(now, UTC)
    return max(begins) <= moment and (story.expires is None or moment < story.expires)


class Law(RuleBasedStateMachine):
    """Random days of a newsroom."""

    @initialize(names=st.lists(NAME, min_size=3, unique=True))
    def begin(self, names: list[str]) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.clock = Clock()
        first = make(Path(self.folder.name) / "archive", self.clock, TIGHT)
        self.rooms = [first, another(first, TIGHT)]
        self.held: dict[str, Story] = {}
        self.excluded: set[tuple[str, str]] = set()
        self.deleted: set[str] = set()
        self.updates = 0
        for name in names:
            self.publish(name, 0, 0, 0, None, None, Status.PUBLISHED)

    def teardown(self) -> None:
        for room in getattr(self, "rooms", ()):
            room.close()
        if hasattr(self, "folder"):
            self.folder.cleanup()

    def keep(self, published: Published, story: Story) -> None:
        if published.outcome in (Outcome.ADDED, Outcome.UPDATED):
            self.held[story.id] = story
        self.check(published.block, preview=True)

    @rule(
        name=NAME,
        room=ROOM,
        subject=st.integers(0, 2),
        published=HOURS,
        embargo=TIMES,
        expires=TIMES,
        status=st.sampled_from(Status),
    )
    def publish(
        self,
        name: str,
        room: int,
        subject: int,
        published: int,
        embargo: int | None,
        expires: int | None,
        status: Status,
    ) -> None:
        if status is Status.EMBARGOED and embargo is None:
            embargo = 1
        self.updates += 1
        story = a_story(
            name,
            SUBJECTS[subject],
            hours=published,
            updated=MAY + timedelta(hours=4, seconds=self.clock.now - MAY.timestamp() + self.updates),
            status=status,
            embargo_until=None if embargo is None else MAY + timedelta(hours=embargo),
            expires=None if expires is None else MAY + timedelta(hours=expires),
        )
        self.keep(self.rooms[room].publish(story), story)

    def change(self, published: Published, **fields: object) -> None:
        if published.outcome is Outcome.UPDATED:
            self.held[published.id] = replace(self.held[published.id], **fields)  # type: ignore[arg-type]
        self.check(published.block, preview=True)

    @precondition(lambda self: self.held)
    @rule(room=ROOM, data=st.data())
    def withdraw(self, room: int, data: st.DataObject) -> None:
        name, heir = self.pick(data), data.draw(st.none() | st.sampled_from(sorted(self.held)))
        heir = None if heir == name else heir
        self.change(self.rooms[room].withdraw(name, heir), status=Status.RETRACTED)

    @precondition(lambda self: self.held)
    @rule(room=ROOM, data=st.data())
    def restore(self, room: int, data: st.DataObject) -> None:
        name = self.pick(data)
        story = self.held[name]
        over = story.expires is not None and story.expires.timestamp() <= self.clock.now
        expires = None if over else story.expires
        self.change(self.rooms[room].restore(name), status=Status.PUBLISHED, expires=expires)

    @precondition(lambda self: self.held)
    @rule(room=ROOM, hours=TIMES, data=st.data())
    def expire(self, room: int, hours: int | None, data: st.DataObject) -> None:
        expires = None if hours is None else MAY + timedelta(hours=hours)
        self.change(self.rooms[room].amend(self.pick(data), expires=expires), expires=expires)

    @precondition(lambda self: len(self.held) > 2)
    @rule(room=ROOM, data=st.data())
    def delete(self, room: int, data: st.DataObject) -> None:
        name = self.pick(data)
        self.rooms[room].delete(name)
        del self.held[name]
        self.deleted.add(name)

    @precondition(lambda self: len(self.held) > 1)
    @rule(room=ROOM, position=st.integers(1, 3), data=st.data())
    def pin(self, room: int, position: int, data: st.DataObject) -> None:
        source, target = self.pair(data)
        self.check(self.rooms[room].pin(source, target, position, "ann").block, preview=True)
        self.excluded.discard((source, target))

    @precondition(lambda self: len(self.held) > 1)
    @rule(room=ROOM, data=st.data())
    def exclude(self, room: int, data: st.DataObject) -> None:
        source, target = self.pair(data)
        self.excluded.add((source, target))
        self.rooms[room].exclude(source, target, "ann")

    @precondition(lambda self: self.held)
    @rule(room=ROOM, data=st.data(), thaw=st.booleans())
    def freeze(self, room: int, data: st.DataObject, thaw: bool) -> None:
        name = self.pick(data)
        act = self.rooms[room].unfreeze if thaw else self.rooms[room].freeze
        try:
            self.check(act(name, "ann").block, preview=True)
        except HiddenError:
            assert self.held[name].status in (Status.RETRACTED, Status.EXPIRED) or self.is_over(name)

    @rule(minutes=st.integers(1, 100))
    def time_passes(self, minutes: int) -> None:
        self.clock.now += minutes * 60

    @rule(room=ROOM)
    def work(self, room: int) -> None:
        self.rooms[room].run_due()
        self.rooms[room].refresh(3, 60.0)

    @rule(room=ROOM, words=st.sampled_from(SUBJECTS))
    def ask_by_text(self, room: int, words: str) -> None:
        self.check(self.rooms[room].similar(words))

    @rule(room=ROOM)
    def rebuild(self, room: int) -> None:
        self.rooms[room].archive.rebuild()

    def pick(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(sorted(self.held)))

    def pair(self, data: st.DataObject) -> tuple[str, str]:
        source, target = data.draw(
            st.lists(st.sampled_from(sorted(self.held)), min_size=2, max_size=2, unique=True)
        )
        return source, target

    def is_over(self, name: str) -> bool:
        expires = self.held[name].expires
        return expires is not None and expires.timestamp() <= self.clock.now

    def check(self, block: Block, *, preview: bool = False) -> None:
        assert block.id is None or preview or seen(self.held.get(block.id), self.clock.now)
        shown = [story for slot in block.slots for story in (slot.story, *slot.timeline)]
        for story in shown:
            assert seen(self.held.get(story.id), self.clock.now), (block.id, story.id)
            assert story == self.held[story.id] or story.status is not Status.RETRACTED
            assert story.id != block.id
        assert len({story.id for story in shown}) == len(shown)

    @invariant()
    def no_answer_holds_what_readers_may_not_see(self) -> None:
        for room in getattr(self, "rooms", ()):
            for name in NAMES:
                if not seen(self.held.get(name), self.clock.now):
                    with pytest.raises((HiddenError, NotFoundError)):
                        room.block(name)
                    continue
                block = room.block(name)
                self.check(block)
                assert not {(name, id) for id in ids(block)} & self.excluded
        for name in getattr(self, "held", ()):
            library = self.rooms[0].recommender.related(name)
            self.check(library, preview=True)
            assert seen(self.held[name], self.clock.now) or not library.slots

    @invariant()
    def processes_agree(self) -> None:
        one, other = getattr(self, "rooms", (None, None))
        for name in NAMES:
            if one and other and seen(self.held.get(name), self.clock.now):
                assert ids(one.block(name)) == ids(other.block(name))

    @rule(room=ROOM)
    def the_outbox_replays_to_what_readers_see(self, room: int) -> None:
        drain(self.rooms[room])
        told: dict[str, tuple[str, ...]] = {}
        for purge in self.rooms[room].purges(limit=100_000):
            change = purge.change
            if change.source not in self.deleted:
                assert told.get(change.source, change.before) == change.before
            told[change.source] = change.after
        for name in told.keys() & self.held.keys():
            if seen(self.held[name], self.clock.now):
                assert list(told[name]) == ids(self.rooms[room].block(name)), name


LawTest = Law.TestCase
LawTest.settings = settings(
    max_examples=20, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
