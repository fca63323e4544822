"""A draft is read as a story of now; what is proposed for it is its block and its links, and is not kept."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from recommender.errors import QuestionError
from recommender.newsroom import Newsroom
from recommender.newsroom.drafts import read_draft
from recommender.settings import Settings
from recommender.story.story import Story
from tests.fakes import HashEmbedder
from tests.service.cases import story

NOW = 1_740_000_000.0
TITLE = "New licence rules for river ferries"
TEXT = f"An official spoke of the {TITLE.lower()} on Monday, and of little else that day."


@pytest.fixture(scope="module")
def newsroom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    path = tmp_path_factory.mktemp("drafts") / "archive"
    with Newsroom.create(path, embedder=HashEmbedder(), clock=lambda: NOW) as newsroom:
        told = [story(f"ferry-{n}", day=n) for n in range(1, 6)]
        told.append(story("ferry-rules", day=3, headline=TITLE, body=f"{TITLE}. {TITLE} again, in full."))
        newsroom.archive.add([Story.from_json(each) for each in told])
        yield newsroom


def test_both_are_what_each_is_alone(newsroom: Newsroom) -> None:
    draft = {"headline": "Ferry owners hear of licences", "body": TEXT}
    before, found = newsroom.archive.catalog.last_seq(), newsroom.propose(draft)
    assert found.links == newsroom.suggest(draft)
    assert [link.story.id for link in found.links] == ["ferry-rules"]
    assert found.block.slots == newsroom.block_of(found.story).slots
    assert len(found.block.slots) > 0
    assert newsroom.archive.catalog.last_seq() == before


def test_a_headline_is_enough_where_the_text_is_not_begun(newsroom: Newsroom) -> None:
    for draft in ({"headline": TITLE}, {"deck": TITLE, "body": ""}):
        found = newsroom.propose(draft)
        assert found.block.slots
        assert not found.links
        with pytest.raises(QuestionError):
            newsroom.suggest(draft)
    with pytest.raises(QuestionError):
        newsroom.propose({"headline": "...", "body": ""})


def test_a_draft_is_read_as_a_story_of_now() -> None:
    read = read_draft("<h2>Rules</h2><p>Ferry rules.</p>", Settings(), NOW)
    assert read.story.published.timestamp() == NOW
    assert read.story.headline == "Rules"
    assert read.headings == ("Rules",)
    assert read_draft({"body": "a <b> c", "content_type": "text"}, Settings(), NOW).story.body == "a <b> c"
