"""Posts of WordPress's REST API: the same stories as of its export, and as little public."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings

from recommender.ingest.wprest import WordPressJson
from recommender.story.story import NEVER, Status, visible_window

from .mutations import bears, found, mutated, read, refusals

POST = {
    "id": 12,
    "date": "2022-05-09T11:53:00",
    "date_gmt": "2022-05-09T09:53:00",
    "modified_gmt": "2022-05-10T09:53:00",
    "guid": {"rendered": "http://town.example/?p=12"},
    "link": "https://town.example/council/",
    "status": "publish",
    "type": "post",
    "title": {"rendered": "Council &#038; mayor"},
    "excerpt": {"rendered": "<p>A vote.</p>"},
    "content": {"rendered": "<p>Met.</p>", "protected": False},
    "_embedded": {
        "author": [{"name": "A. Reporter"}],
        "wp:featuredmedia": [
            {"source_url": "https://town.example/1.jpg", "caption": {"rendered": "<p>Hall</p>"}}
        ],
        "wp:term": [[{"taxonomy": "category", "name": "News"}], [{"taxonomy": "post_tag", "name": "Budget"}]],
    },
}
RAW = json.dumps([POST, {**POST, "id": 13, "guid": {"rendered": "x"}, "status": "draft"}]).encode()


def one(**fields: object):
    (only,) = found(read(WordPressJson(), json.dumps({**POST, **fields}).encode()))
    return only


def test_a_post_becomes_the_story_that_its_export_makes():
    item = one()
    story = item.story
    assert (story.id, story.url) == ("https://town.example?p=12", "https://town.example/council/")
    assert (story.headline, story.deck) == ("Council & mayor", "A vote.")
    assert (story.section, story.tags, story.authors) == ("News", ("Budget",), ("A. Reporter",))
    assert story.image
    assert (story.image.url, story.image.caption) == ("https://town.example/1.jpg", "Hall")
    assert story.published.isoformat() == "2022-05-09T09:53:00+00:00"
    assert (item.origin.kind, item.origin.id, item.origin.type) == ("wordpress", "12", "post")


@pytest.mark.parametrize(
    "fields",
    [
        *(
            {"status": status}
            for status in ("draft", "private", "future", "pending", "inherit", "", None, "odd")
        ),
        {"content": {"rendered": "<p>Met.</p>", "protected": True}},
        {"password": "sesame"},
    ],
)
def test_what_is_hidden_never_becomes_public(fields):
    assert visible_window(one(**fields).story) == NEVER


def test_a_trashed_post_is_taken_back():
    assert one(status="trash").story.status is Status.RETRACTED


def test_a_zero_date_is_refused():
    raw = json.dumps({**POST, "date_gmt": "0000-00-00T00:00:00", "date": "0000-00-00T00:00:00"}).encode()
    assert "published" in refusals(read(WordPressJson(), raw))[0]


def test_pages_and_users_are_no_stories_and_are_named():
    assert "1 x page" in refusals(read(WordPressJson(), json.dumps({**POST, "type": "page"}).encode()))[0]
    assert "without a content" in refusals(read(WordPressJson(), b'{"avatar_urls": {}, "slug": "x"}'))[0]


def test_it_is_told_by_wordpress_own_words():
    assert WordPressJson().recognises(RAW, "x")
    assert not WordPressJson().recognises(b'{"title": "x", "content": "y"}', "posts.json")


@settings(max_examples=100, deadline=None)
@given(mutated(RAW))
def test_any_broken_answer_is_borne(raw):
    bears(WordPressJson(), raw)


@pytest.mark.parametrize(("index", "unlisted"), [("noindex", True), ("index", False)])
def test_no_block_leads_to_a_post_that_robots_are_told_not_to_list(index, unlisted):
    assert one(yoast_head_json={"robots": {"index": index}}).story.never_link_to == unlisted
