"""Random histories: the catalog equals a dictionary, and so does a reader of its change log."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from recommender.catalog import Catalog, Op, Outcome, StoryEntry, Vectors
from recommender.story.hashes import content_hash, text_hash
from recommender.story.story import Link, Status, Story
from tests.catalog.catalog_cases import MODEL, NOW, a_story, some_vectors
from tests.strategies import STORIES

IDS = [f"s{n}" for n in range(6)]
ADDRESSED = IDS[
    ::2
]  # an address stays with its story: a link that found it keeps it, so the order would matter
TEXTS = ["", "one", "two"]


def vectors_for(story: Story) -> Vectors:
    """Return vectors that depend on the text alone, as an embedder's do."""
    seed = int(text_hash(story)[:8], 16)
    return some_vectors(seed, rows=1 + seed % 3)


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Few ids, texts, days and links, so that copies, late arrivals and loops are common."""
    story_id = draw(st.sampled_from(IDS))
    targets = draw(
        st.lists(st.sampled_from([*IDS, *(f"https://news.example/{i}/" for i in IDS)]), max_size=3)
    )
    return a_story(
        story_id,
        headline="Headline",
        updated=draw(st.none() | st.integers(0, 3)),
        body=draw(st.sampled_from(TEXTS)),
        status=draw(st.sampled_from([Status.PUBLISHED, Status.DRAFT])),
        url=f"http://news.example/{story_id}" if story_id in ADDRESSED else None,
        links=tuple(Link(target=target) for target in targets),
    )


class Histories(RuleBasedStateMachine):
    """One catalog, a dictionary beside it, and a follower that only reads the change log now and then."""

    def somewhere(self) -> str:
        """Return where there is no catalog yet."""
        return str(Path(tempfile.mkdtemp()) / "catalog.sqlite")

    @initialize()
    def begin(self) -> None:
        self.address = self.somewhere()
        self.catalog = Catalog.create(self.address)
        self.catalog.use_model(MODEL, NOW)
        self.held: dict[str, Story] = {}
        self.sent: dict[str, Story] = {}  # as it came
        self.ruled: dict[str, Status] = {}  # what a call has set
        self.spoken: set[str] = set()  # those of which a version said something else since
        self.nums: dict[str, int] = {}
        self.given: set[int] = set()
        self.clock = NOW
        self.followed: dict[int, Story] = {}
        self.followed_links: set[tuple[int, int]] = set()
        self.seq = 0

    @rule(batch=st.lists(stories(), max_size=5))
    def write(self, batch: list[Story]) -> None:
        expected = [self.write_plainly(story) for story in batch]
        outcomes = self.catalog.write([StoryEntry(story, vectors_for(story)) for story in batch], self.clock)
        assert [outcome.value for outcome in outcomes] == expected
        for story_id, num in self.catalog.nums_of(IDS).items():
            if story_id not in self.nums:
                assert num not in self.given
                self.given.add(num)
            assert self.nums.setdefault(story_id, num) == num

    def write_plainly(self, story: Story) -> str:
        """Do to the dictionary what the catalog should do: the last content, under what a call has set."""
        held, made = self.held.get(story.id), (story.updated or story.published).timestamp()
        if held is None:
            self.held[story.id] = self.sent[story.id] = story
            return "added"
        sent, was = self.sent[story.id], held
        if story == sent:
            return "unchanged" if held == sent else "older"
        if made < (sent.updated or sent.published).timestamp():
            return "older"
        if story.status is not sent.status and story.id in self.ruled:
            self.spoken.add(story.id)
        status = self.ruled.get(story.id, story.status)
        if story.id in self.spoken:
            status = max(status, story.status, key=[Status.PUBLISHED, Status.DRAFT, Status.RETRACTED].index)
        self.held[story.id], self.sent[story.id] = replace(story, status=status), story
        return "unchanged" if self.held[story.id] == was else "updated"

    @rule(ids=st.lists(st.sampled_from(IDS), max_size=3))
    def remove(self, ids: list[str]) -> None:
        expected = [story_id for story_id in dict.fromkeys(ids) if story_id in self.held]
        assert self.catalog.remove(ids, self.clock) == expected
        for story_id in expected:
            del self.held[story_id], self.sent[story_id], self.nums[story_id]
            self.ruled.pop(story_id, None)
            self.spoken.discard(story_id)

    @rule(story_id=st.sampled_from(IDS), status=st.sampled_from([Status.RETRACTED, Status.PUBLISHED]))
    def amend(self, story_id: str, status: Status) -> None:
        if story_id not in self.held:
            return
        self.held[story_id] = replace(self.held[story_id], status=status)
        self.ruled[story_id] = status
        self.spoken.discard(story_id)
        self.catalog.amend(story_id, lambda held: replace(held, status=status), self.clock, ["status"])

    @rule(hours=st.integers(1, 30))
    def wait(self, hours: int) -> None:
        self.clock += timedelta(hours=hours).total_seconds()

    @rule()
    def reopen(self) -> None:
        self.catalog.close()
        self.catalog = Catalog.open(self.address)

    @rule()
    def follow(self) -> None:
        changes = self.catalog.changes(self.seq)
        nums = [change.num for change in changes]
        assert len(set(nums)) == len(nums) == self.catalog.pending(self.seq)
        self.seq = max([self.seq, *(change.seq for change in changes)])
        for change in changes:
            if change.op is Op.REMOVE:
                self.followed.pop(change.num, None)  # it may have come and gone between two looks
        put = [change.num for change in changes if change.op is Op.PUT]
        fresh = {row.num: row.story for row in self.catalog.rows_of(put)}
        self.followed |= fresh
        found = self.catalog.links(nums)
        self.followed_links = {pair for pair in self.followed_links if not set(pair) & set(nums)}
        self.followed_links |= set(zip(found.sources.tolist(), found.targets.tolist(), strict=True))
        assert self.followed == {row.num: row.story for row in self.catalog.rows()}
        assert self.followed_links == self.pairs()
        assert self.seq == self.catalog.last_seq()

    def pairs(self) -> set[tuple[int, int]]:
        found = self.catalog.links()
        return set(zip(found.sources.tolist(), found.targets.tolist(), strict=True))

    @invariant()
    def rows_are_the_dictionary(self) -> None:
        rows = list(self.catalog.rows(batch=2))
        assert {row.story.id: row.story for row in rows} == self.held
        assert {row.story.id: row.num for row in rows} == self.nums
        for row in rows:
            np.testing.assert_array_equal(row.vectors, vectors_for(row.story))

    @invariant()
    def links_lead_where_the_texts_say(self) -> None:
        by_name = {story_id: story_id for story_id in self.held} | {
            f"https://news.example/{story_id}/": story_id for story_id in self.held if story_id in ADDRESSED
        }
        expected = {
            (self.nums[story_id], self.nums[by_name[link.target]])
            for story_id, story in self.held.items()
            for link in story.links
            if by_name.get(link.target, story_id) != story_id
        }
        assert self.pairs() == expected

    def teardown(self) -> None:
        assert self.catalog.problems() == []
        self.catalog.close()
        shutil.rmtree(Path(self.address).parent, ignore_errors=True)


Histories.TestCase.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
TestHistories = Histories.TestCase


@pytest.fixture(scope="module")
def shared(shared_address: str) -> Iterator[Catalog]:
    """A catalog that the examples of one law share: making one costs more than the law."""
    with Catalog.create(shared_address) as made:
        yield made


@given(story=STORIES)
@settings(max_examples=100, deadline=None)
def test_any_story_that_can_be_read_comes_back_equal(shared: Catalog, story: Story) -> None:
    shared.remove([story.id], NOW)
    assert shared.write([StoryEntry(story)], NOW) == [Outcome.ADDED]
    held = shared.get(story.id)
    assert held is not None
    assert held[1] == story
    assert content_hash(held[1]) == content_hash(story)
    assert shared.write([StoryEntry(held[1])], NOW) == [Outcome.UNCHANGED]
