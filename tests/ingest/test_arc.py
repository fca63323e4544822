"""Stories of Arc XP: bodies of elements, links between them apart, only published revisions public."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings

from recommender.ingest.arc import Arc
from recommender.story.story import NEVER, visible_window

from .mutations import bears, found, mutated, read, refusals

STORY = {
    "_id": "ABC",
    "type": "story",
    "version": "0.10.7",
    "status": "published",
    "canonical_url": "/news/council/",
    "headlines": {"basic": "Council & mayor"},
    "subheadlines": {"basic": "A vote."},
    "language": "en",
    "first_publish_date": "2022-05-09T09:00:00Z",
    "last_updated_date": "2022-05-10T09:00:00.5Z",
    "credits": {"by": [{"name": "A. Reporter"}]},
    "taxonomy": {"primary_section": {"name": "News"}, "tags": [{"text": "Budget", "slug": "budget"}]},
    "promo_items": {"basic": {"type": "image", "url": "https://town.example/1.jpg", "caption": "Hall"}},
    "content_elements": [
        {"type": "text", "content": "The council <b>met</b>."},
        {"type": "header", "content": "After"},
        {"type": "list", "items": [{"type": "text", "content": "First item."}]},
        {"type": "quote", "content_elements": [{"type": "text", "content": "Quoted."}]},
        {"type": "table", "header": [{"content": "Head"}], "rows": [[{"content": "Cell"}]]},
        {"type": "interstitial_link", "url": "https://town.example/before/", "content": "Read: before"},
        {"type": "image", "url": "https://town.example/2.jpg"},
    ],
    "related_content": {"basic": [{"type": "reference", "referent": {"type": "story", "id": "XYZ"}}]},
}
RAW = json.dumps(STORY).encode()


def one(**fields: object):
    (only,) = found(read(Arc(), json.dumps({**STORY, **fields}).encode(), url="https://town.example"))
    return only


def test_a_story_is_read_with_all_its_elements():
    item = one()
    story = item.story
    assert (story.id, story.url) == ("ABC", "https://town.example/news/council/")
    assert (story.headline, story.deck, story.section) == ("Council & mayor", "A vote.", "News")
    assert all(words in story.body for words in ("met", "After", "First item.", "Quoted.", "Head", "Cell"))
    assert (story.tags, story.authors) == (("Budget",), ("A. Reporter",))


def test_links_to_other_stories_are_curated_and_not_text():
    item = one()
    assert "Read: before" not in item.story.body
    assert {link.target for link in item.curated} == {"XYZ", "https://town.example/before/"}


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "draft"},
        {"status": None},
        {"revision": {"published": False}},
        {"content_restrictions": {"embargo": {"active": True}}},
        {"content_restrictions": {"embargo": {"active": True, "end_time": False}}},
        {"content_restrictions": {"embargo": {"active": True, "end_time": "after the speech"}}},
    ],
)
def test_what_is_not_surely_public_is_hidden(fields):
    assert visible_window(one(**fields).story) == NEVER


def test_an_embargo_holds_until_its_end_and_not_once_it_is_off():
    embargo = {"active": True, "end_time": "2999-01-01T00:00:00Z"}
    assert visible_window(one(content_restrictions={"embargo": embargo}).story)[0] > 32_000_000_000
    off = one(content_restrictions={"embargo": {**embargo, "active": False}})
    assert visible_window(off.story)[0] < 32_000_000_000


def test_a_story_ends_where_it_is_to_be_taken_down():
    operations = {"unpublish_edition": [{"date": "2999-01-01T00:00:00Z"}]}
    story = one(publishing={"scheduled_operations": operations}).story
    assert story.expires
    assert story.expires.year == 2999


def test_an_answer_of_the_api_and_a_list_are_read():
    for raw in ({"type": "results", "content_elements": [STORY, {"type": "video"}]}, [STORY]):
        assert len(found(read(Arc(), json.dumps(raw).encode()))) == 1
    assert "video" in refusals(read(Arc(), json.dumps({**STORY, "type": "video"}).encode()))[0]


def test_it_is_told_by_its_types():
    assert Arc().recognises(RAW, "x")
    assert not Arc().recognises(b'{"type": "article", "headline": "x"}', "story.json")


@settings(max_examples=100, deadline=None)
@given(mutated(RAW))
def test_any_broken_story_is_borne(raw):
    bears(Arc(), raw)
