"""The law of the newsroom: whatever happened, no answer holds a story that readers may not see just then.

Several newsrooms over one archive, each with a memory of its own as processes have, and the bare library
beside them; the expected state is kept by hand, in plain Python.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, overload

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
# From now, and dense: in the next hours there shall be something to end or to begin.
HOURS = st.sampled_from([-3, -2, -1, 1])
EMBARGOES = st.none() | st.integers(-1, 2)
EXPIRIES = st.none() | st.integers(0, 2)
# Most stories are to be seen for a while, or there is little that could be shown by mistake.
STATUSES = st.sampled_from([*[Status.PUBLISHED] * len(Status), *Status])
ROOM = st.integers(0, 1)
HIDING = [
    Status.PUBLISHED,
    Status.CORRECTED,
    Status.EMBARGOED,
    Status.DRAFT,
    Status.EXPIRED,
    Status.RETRACTED,
]
STRICTER: dict[str, Callable[[tuple[Any, Any]], Any]] = {
    "status": lambda both: max(both, key=HIDING.index),
    "expires": lambda both: min((time for time in both if time), default=None),
}
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
        self.sent: dict[str, Story] = {}
        self.ruled: dict[str, dict[str, object]] = {}  # what calls of their own have set
        self.spoken: set[tuple[str, str]] = set()  # of that, what a version said something else of since
        self.excluded: set[tuple[str, str]] = set()
        self.deleted: dict[str, int] = {}  # and what was told last before
        self.updates = 0
        for name in names:
            self.publish(name, 0, 0, -1, None, None, Status.PUBLISHED)

    def teardown(self) -> None:
        for room in getattr(self, "rooms", ()):
            room.close()
        if hasattr(self, "folder"):
            self.folder.cleanup()

    def keep(self, published: Published, story: Story) -> None:
        assert published.taken
        if published.outcome is Outcome.ADDED:
            self.forget(story.id)
        stays: dict[str, object] = {}
        for name, value in self.ruled.get(story.id, {}).items():
            says = getattr(story, name)
            if says != getattr(self.sent[story.id], name):
                self.spoken.add((story.id, name))
            both = (says, value)
            stays[name] = value if (story.id, name) not in self.spoken else STRICTER[name](both)
        self.sent[story.id], self.held[story.id] = story, replace(story, **stays)  # type: ignore[arg-type]
        self.check(published.block, preview=True)

    def forget(self, name: str) -> None:
        self.ruled.pop(name, None)
        self.spoken = {pair for pair in self.spoken if pair[0] != name}

    @rule(
        name=NAME,
        room=ROOM,
        subject=st.integers(0, 2),
        published=HOURS,
        embargo=EMBARGOES,
        expires=EXPIRIES,
        status=STATUSES,
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
            published=self.hence(published),
            updated=MAY + timedelta(seconds=self.clock.now - MAY.timestamp() + self.updates),
            status=status,
            embargo_until=self.hence(embargo),
            expires=self.hence(expires),
        )
        self.keep(self.rooms[room].publish(story), story)

    def change(self, published: Published, **fields: object) -> None:
        name = published.id
        self.held[name] = replace(self.held[name], **fields)  # type: ignore[arg-type]
        self.ruled.setdefault(name, {}).update(fields)
        self.spoken -= {(name, field) for field in fields}
        self.check(published.block, preview=True)

    @precondition(lambda self: len(self.held) > 2)
    @rule(room=ROOM, what=st.sampled_from(["withdraw", "restore", "expire", "delete"]), data=st.data())
    def a_story_changes(self, room: int, what: str, data: st.DataObject) -> None:
        newsroom, name = self.rooms[room], data.draw(st.sampled_from(sorted(self.held)))
        if what == "withdraw":
            heir = data.draw(st.none() | st.sampled_from(sorted(self.held.keys() - {name})))
            self.change(newsroom.withdraw(name, heir), status=Status.RETRACTED)
        elif what == "restore":
            expires = None if self.is_over(name) else self.held[name].expires
            over: dict[str, object] = {"expires": None} if expires != self.held[name].expires else {}
            self.change(newsroom.restore(name), status=Status.PUBLISHED, **over)
        elif what == "expire":
            expires = self.hence(data.draw(EXPIRIES))
            self.change(newsroom.amend(name, expires=expires), expires=expires)
        else:
            newsroom.delete(name)
            del self.held[name]
            assert newsroom.publish(self.sent[name], undelete=False).outcome is Outcome.DELETED
            self.deleted[name] = max((purge.num for purge in newsroom.purges(limit=100_000)), default=0)

    @precondition(lambda self: len(self.held) > 1)
    @rule(room=ROOM, what=st.sampled_from(["pin", "exclude", "freeze", "unfreeze"]), data=st.data())
    def an_editor_acts(self, room: int, what: str, data: st.DataObject) -> None:
        newsroom, held = self.rooms[room], st.sampled_from(sorted(self.held))
        source, target = data.draw(st.lists(held, min_size=2, max_size=2, unique=True))
        if what == "pin":
            edited = newsroom.pin(source, target, data.draw(st.integers(1, 3)), "ann")
            self.excluded.discard((source, target))
        elif what == "exclude":
            edited = newsroom.exclude(source, target, "ann")
            self.excluded.add((source, target))
        elif what == "unfreeze":
            edited = newsroom.unfreeze(source, "ann")
        elif self.is_gone(source):
            with pytest.raises(HiddenError):
                newsroom.freeze(source, "ann")
            return
        else:
            edited = newsroom.freeze(source, "ann")
        self.check(edited.block, preview=True)

    @rule()
    def the_next_hour_strikes(self) -> None:
        self.clock.now += 3600 - self.clock.now % 3600

    @rule(minutes=st.integers(1, 100))
    def time_passes(self, minutes: int) -> None:
        self.clock.now += minutes * 60

    @rule(room=ROOM, what=st.sampled_from(["work", "rebuild", "ask"]), words=st.sampled_from(SUBJECTS))
    def something_else_happens(self, room: int, what: str, words: str) -> None:
        if what == "work":
            self.rooms[room].run_due()
            self.rooms[room].refresh(3, 60.0)
        elif what == "rebuild":
            self.rooms[room].archive.rebuild()
        else:
            self.check(self.rooms[room].similar(words))

    @overload
    def hence(self, hours: int) -> datetime: ...

    @overload
    def hence(self, hours: int | None) -> datetime | None: ...

    def hence(self, hours: int | None) -> datetime | None:
        """Return the whole hour so many hours from now."""
        if hours is None:
            return None
        return datetime.fromtimestamp(self.clock.now // 3600 * 3600, UTC) + timedelta(hours=hours)

    def is_over(self, name: str) -> bool:
        expires = self.held[name].expires
        return expires is not None and expires.timestamp() <= self.clock.now

    def is_gone(self, name: str) -> bool:
        status = self.held[name].status
        if status is Status.DRAFT:  # is never over: its editors go on with it
            return False
        return status in (Status.RETRACTED, Status.EXPIRED) or self.is_over(name)

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
            if seen(self.held[name], self.clock.now):
                self.check(self.rooms[0].engine.related(name), preview=True)
            else:
                with pytest.raises(HiddenError):
                    self.rooms[0].engine.related(name)

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
            if purge.num > self.deleted.get(change.source, 0):  # a page that came again is a new one
                assert told.get(change.source, change.before) == change.before
                told[change.source] = change.after
        for name in told.keys() & self.held.keys():
            if seen(self.held[name], self.clock.now):
                assert list(told[name]) == ids(self.rooms[room].block(name)), name


LawTest = Law.TestCase
LawTest.settings = settings(
    max_examples=30, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
