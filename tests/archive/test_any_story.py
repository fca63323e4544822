"""The law of what is kept: any text in any field, in any order, mixed with edits, damage and restarts.

The archive opens and answers, and every story that it took is in use or named as set aside.
"""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing, suppress
from pathlib import Path
from unittest import mock

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from recommender.analysis import words
from recommender.archive.private_files import CATALOG_FILE, DERIVED
from recommender.archive.status import status_of
from recommender.catalog import Outcome
from recommender.errors import ArchiveError, HiddenError, QuestionError, StoryError
from recommender.newsroom import Newsroom, Published
from recommender.story.story import Status, Story
from tests.fakes import HashEmbedder
from tests.strategies import ANY_OBJECTS, NOW, UNICODE

IDS = ["a", "\u0131", "b/\u0130", "\u200fc", "https://a.example/1?x=1&y=2"]
ID = st.sampled_from(IDS)
_OF_ID = "WHERE text_hash = (SELECT text_hash FROM story WHERE id = ?)"
DAMAGE = (
    "UPDATE story SET document = '{' WHERE id = ?",
    f"UPDATE vector SET data = zeroblob(7) {_OF_ID}",
    f"UPDATE vector SET data = CAST(x'ff7f' || substr(data, 3) AS BLOB) {_OF_ID}",  # a NaN comes first
)
series_of = words.series_of


class AnyStory(RuleBasedStateMachine):
    """Random stories in the hands of one newsroom after another, some of which have a fault."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "archive"
        self.held: set[str] = set()
        self.foul = "nowhere"  # what a function of ours fails on
        self.fault = mock.patch.object(words, "series_of", self.series_of)
        self.fault.start()
        self.newsroom = Newsroom.create(self.path, embedder=HashEmbedder(16))

    def series_of(self, headline: str) -> tuple[str, int]:
        if self.foul in headline:
            raise LookupError(headline)
        return series_of(headline)

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.fault.stop()
            self.newsroom.close()
            self.folder.cleanup()

    def took(self, published: Published) -> None:
        if published.outcome is Outcome.REMOVED:
            self.held.discard(published.id)
        elif not published.dry_run:
            self.held.add(published.id)

    @rule(values=ANY_OBJECTS, id=ID, dry_run=st.booleans())
    def publish(self, values: dict[str, object], id: str, dry_run: bool) -> None:
        with suppress(StoryError, ArchiveError):  # refused by name; a trial of what replaces a damaged row
            story = Story.from_json({**values, "id": id}, now=NOW)
            self.took(self.newsroom.publish(story, dry_run=dry_run))

    @rule(some=st.lists(st.tuples(ANY_OBJECTS, ID), max_size=4))
    def publish_many(self, some: list[tuple[dict[str, object], str]]) -> None:
        stories = []
        for values, id in some:
            with suppress(StoryError):
                stories.append(Story.from_json({**values, "id": id}, now=NOW))
        for published in self.newsroom.publish_many(stories):
            self.took(published)

    @rule(id=ID, status=st.sampled_from([Status.PUBLISHED, Status.DRAFT, Status.RETRACTED]))
    def amend(self, id: str, status: Status) -> None:
        if id in self.usable():
            self.newsroom.amend(id, status=status)

    @rule(id=ID, by=st.text(st.sampled_from("ab"), min_size=1), other=ID)
    def pin(self, id: str, by: str, other: str) -> None:
        if id != other and {id, other} <= self.usable():
            self.newsroom.pin(id, other, 1, by)

    @rule(id=ID)
    def delete(self, id: str) -> None:
        if id in self.held:
            self.took(self.newsroom.delete(id))

    @rule(foul=st.sampled_from(["x", "1", "a", "nowhere", "nowhere"]))
    def get_another_version(self, foul: str) -> None:
        self.foul = foul
        self.restart(forget=True)

    @rule(forget=st.booleans())
    def restart(self, forget: bool) -> None:
        self.newsroom.close()
        if forget and (self.path / DERIVED).exists():
            (self.path / DERIVED).rename(Path(tempfile.mkdtemp(dir=self.folder.name)) / DERIVED)
        self.newsroom = Newsroom.open(self.path, embedder=HashEmbedder(16))

    @rule(id=ID, statement=st.sampled_from(DAMAGE))
    def damage(self, id: str, statement: str) -> None:
        with closing(sqlite3.connect(self.path / CATALOG_FILE)) as connection, connection:
            connection.execute(statement, [id])
        self.restart(forget=True)

    @rule()
    def rebuild(self) -> None:
        self.newsroom.archive.rebuild()
        if self.foul == "nowhere":
            assert all("row" in reason for reason in self.aside().values())

    @rule(text=UNICODE)
    def ask(self, text: str) -> None:
        with suppress(QuestionError):
            answer = self.newsroom.similar(text)
            assert not {slot.story.id for slot in answer.slots} & self.aside().keys()

    def aside(self) -> dict[str, str]:
        return dict(status_of(self.newsroom.archive, self.newsroom.engine.model).set_aside)

    def usable(self) -> set[str]:
        return {id for id in self.held if "row" not in self.aside().get(id, "")}

    @invariant()
    def every_story_is_in_use_or_named(self) -> None:
        if not hasattr(self, "newsroom"):
            return
        aside, catalog = self.aside(), self.newsroom.archive.catalog
        nums = catalog.nums_of(IDS)
        assert nums.keys() == self.held
        store = self.newsroom.archive.catch_up().store
        assert {id for id, num in nums.items() if num in store} == self.held - aside.keys()
        for id in self.usable():
            with suppress(HiddenError):
                block = self.newsroom.block(id, preview=True)
                for written in (block.to_html(), block.to_text(), block.to_json()):
                    assert written.encode() or not block.slots
                assert not {slot.story.id for slot in block.slots} & aside.keys()


TestAnyStory = AnyStory.TestCase
TestAnyStory.settings = settings(
    max_examples=25, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
)
