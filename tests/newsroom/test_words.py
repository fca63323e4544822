"""What is said in a slot is of the words that both stories have now, none of a hidden or an old one."""

from __future__ import annotations

import logging
import re
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from recommender import Block, Settings, Status, Story
from recommender.newsroom import Newsroom
from tests.newsroom.world import Clock, a_story, another, at, corrected, drain, fill, ids, make

PLACES = ["Bhola", "Sylhet", "Khulna", "Rangpur", "Barisal", "Comilla", "Jashore", "Tangail"]
NAMED = re.compile("|".join(PLACES))
NAMES = [f"s{n}" for n in range(6)]
TIGHT = Settings(slots=3, diff_blocks=1, diff_seconds=60.0)


def about(name: str, *places: str, **more: object) -> Story:
    """Return a story that names places where a reason would take them from."""
    said = " ".join(f"The river rose in {place}, officials in {place} said." for place in places)
    story = a_story(name, headline=f"Flood {name} in {' and '.join(places)}", **more)
    return replace(story, body=f"{said} {story.body}")


def said_in(block: Block) -> set[str]:
    """Return all places that any form of a block names."""
    return set(NAMED.findall(block.to_json() + block.to_html() + block.to_text()))


def reasons_of(block: Block, id: str) -> tuple[str, ...]:
    """Return what is said of a story in a block."""
    return next(slot.reasons for slot in block.slots if slot.story.id == id)


@pytest.fixture
def linked(newsroom: Newsroom) -> Newsroom:
    """Stories on the flood, two of which name one place, which is the reason of their link."""
    fill(newsroom, 9)
    newsroom.publish(about("withdrawn", "Bhola", hours=-30))
    newsroom.publish(about("apology", "Khulna", hours=-20))
    newsroom.publish(about("source", "Bhola", hours=-10))
    drain(newsroom)
    assert any("Bhola" in reason for reason in reasons_of(newsroom.block("source"), "withdrawn"))
    return newsroom


def test_a_withdrawn_storys_words_do_not_pass_to_its_successor(linked: Newsroom) -> None:
    linked.withdraw("withdrawn", successor="apology")
    acts = (
        lambda: None,
        lambda: drain(linked),
        lambda: linked.archive.rebuild(),
        lambda: all_anew(linked),
        lambda: linked.publish(corrected(about("source", "Bhola", hours=-10), deck="More.")),
        lambda: linked.pin("source", "withdrawn", 1, "ann"),
        lambda: linked.freeze("source", "ann"),
        lambda: linked.undo(linked.history("source")[-1].num, "ann"),
    )
    for act in acts:
        act()
        block = linked.block("source")
        assert "apology" in ids(block)
        slot = next(slot for slot in block.slots if slot.story.id == "apology")
        assert not [reason for reason in slot.reasons if NAMED.search(reason)]
        assert not slot.timeline
    with another(linked) as reader:
        assert "Bhola" not in str(reasons_of(reader.block("source"), "apology"))


def all_anew(newsroom: Newsroom) -> None:
    with newsroom.archive_pass() as work:
        work.run()


def test_a_corrected_storys_old_name_is_gone_before_the_worker_comes(linked: Newsroom) -> None:
    linked.archive.add([corrected(about("withdrawn", "Khulna", hours=-30))])
    assert "Bhola" not in str(reasons_of(linked.block("source"), "withdrawn"))
    drain(linked)
    linked.archive.add([corrected(about("source", "Khulna", hours=-10))])
    assert "Bhola" not in said_in(linked.block("source"))
    drain(linked)
    assert "Khulna" in str(reasons_of(linked.block("source"), "withdrawn")), "made anew of what they say now"


def test_a_change_of_standing_leaves_what_is_said(linked: Newsroom) -> None:
    before = reasons_of(linked.block("source"), "withdrawn")
    linked.archive.catalog.amend("withdrawn", lambda story: story, 0.0, ["status"])
    linked.amend("withdrawn", expires=at(500))
    assert reasons_of(linked.block("source"), "withdrawn") == before


def test_a_successor_that_the_engine_chose_too_is_shown_with_what_is_said_of_it(newsroom: Newsroom) -> None:
    fill(newsroom, 9)
    newsroom.publish(about("withdrawn", "Bhola", hours=-30))
    newsroom.publish(about("apology", "Sylhet", hours=-20))
    newsroom.publish(about("source", "Bhola", "Sylhet", hours=-10))
    newsroom.withdraw("withdrawn", successor="apology")
    drain(newsroom)
    said = str(reasons_of(newsroom.block("source"), "apology"))
    assert ("Sylhet" in said, "Bhola" in said) == (True, False)


class Words(RuleBasedStateMachine):
    """Random days; each version of each story names places of its own."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.clock = Clock()
        self.room = make(Path(self.folder.name) / "archive", self.clock, TIGHT)
        self.places: dict[str, tuple[str, ...]] = {}
        self.versions = 0
        self.records: list[str] = []
        self.handler = logging.Handler()
        self.handler.emit = lambda record: self.records.append(record.getMessage())  # type: ignore[method-assign]
        logging.getLogger("recommender").addHandler(self.handler)
        for n, name in enumerate(NAMES):
            self.publish(name, [PLACES[n // 2], PLACES[n // 2 + 1]], Status.PUBLISHED)

    def teardown(self) -> None:
        if hasattr(self, "room"):
            logging.getLogger("recommender").removeHandler(self.handler)
            self.room.close()
            self.folder.cleanup()

    @rule(
        name=st.sampled_from(NAMES),
        places=st.lists(st.sampled_from(PLACES), min_size=1, max_size=2, unique=True),
        status=st.sampled_from([Status.PUBLISHED] * 3 + [Status.DRAFT]),
    )
    def publish(self, name: str, places: list[str], status: Status) -> None:
        self.versions += 1
        version = at(0).replace(microsecond=self.versions)
        story = about(name, *places, hours=-10 - int(name[1:]), updated=version, status=status)
        if self.room.publish(story).taken:
            self.places[name] = tuple(places)

    @rule(name=st.sampled_from(NAMES), heir=st.none() | st.sampled_from(NAMES))
    def withdraw(self, name: str, heir: str | None) -> None:
        if name in self.places and heir in (None, *self.places) and heir != name:
            self.room.withdraw(name, heir)

    @rule(name=st.sampled_from(NAMES), what=st.sampled_from(["restore", "delete", "freeze", "hide"]))
    def change(self, name: str, what: str) -> None:
        if name not in self.places:
            return
        if what == "restore":
            self.room.restore(name)
        elif what == "delete":
            self.room.delete(name)
            del self.places[name]
        elif what == "hide":
            self.room.amend(name, status=Status.EMBARGOED, embargo_until=at(900))
        elif name in self.shown():
            self.room.freeze(name, "ann")

    @rule(source=st.sampled_from(NAMES), pinned=st.sampled_from(NAMES))
    def pin(self, source: str, pinned: str) -> None:
        if source != pinned and {source, pinned} <= self.places.keys():
            self.room.pin(source, pinned, 1, "ann")

    @rule(what=st.sampled_from(["worker", "rebuild", "all"]))
    def work(self, what: str) -> None:
        {"worker": drain, "rebuild": lambda room: room.archive.rebuild(), "all": all_anew}[what](self.room)

    def shown(self) -> Iterator[str]:
        now = self.clock.now
        for name in self.places:
            known = self.room.archive.catalog.get(name)
            assert known is not None
            one = known[1]
            hidden = one.status in (Status.DRAFT, Status.RETRACTED) or (
                one.embargo_until is not None and one.embargo_until.timestamp() > now
            )
            if not hidden:
                yield name

    @invariant()
    def every_word_stands_in_what_is_shown_now(self) -> None:
        if not hasattr(self, "room"):
            return
        shown = list(self.shown())
        public = {place for name in shown for place in self.places[name]}
        for name in shown:
            block = self.room.block(name)
            assert said_in(block) <= public
            for slot in block.slots:
                both = {*self.places[name]} & {*self.places[slot.story.id]}
                assert set(NAMED.findall(str(slot.reasons))) <= both
        assert said_in(self.room.similar("flood river")) <= public
        told = " ".join(f"{purge.change.reason} {purge.change.url}" for purge in self.room.purges())
        assert not NAMED.findall(told + " ".join(self.records))


WordsTest = Words.TestCase
WordsTest.settings = settings(
    max_examples=12, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
)
