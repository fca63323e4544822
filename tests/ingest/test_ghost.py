"""Posts of Ghost: export and API say the same, and what is not published stays hidden."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings

from recommender.ingest.ghost import Ghost
from recommender.story.story import NEVER, visible_window

from .mutations import bears, found, mutated, read, refusals

POST = {
    "id": "5c7ece47da174000c0c5c6d7",
    "title": "Council & mayor",
    "slug": "council",
    "type": "post",
    "status": "published",
    "visibility": "public",
    "html": '<p>Met at <a href="__GHOST_URL__/hall/">the hall</a>.</p>',
    "custom_excerpt": "A vote.",
    "published_at": "2022-05-09T09:00:00.000Z",
    "updated_at": "2022-05-10 09:00:00",
    "feature_image": "__GHOST_URL__/1.jpg",
}
EXPORT = {
    "db": [
        {
            "meta": {"exported_on": 1},
            "data": {
                "posts": [POST],
                "tags": [
                    {"id": "t", "name": "News"},
                    {"id": "h", "name": "#internal"},
                    {"id": "u", "name": "Budget"},
                ],
                "users": [{"id": "a", "name": "A. Reporter"}],
                "posts_authors": [{"post_id": POST["id"], "author_id": "a"}],
                "posts_tags": [
                    {"post_id": POST["id"], "tag_id": tag, "sort_order": place}
                    for place, tag in enumerate("htu")
                ],
            },
        }
    ]
}
API = {
    "posts": [
        {
            **POST,
            "url": "https://town.example/council/",
            "html": "<p>Met.</p>",
            "feature_image": "https://town.example/1.jpg",
            "authors": [{"name": "A. Reporter"}],
            "tags": [{"name": "News"}, {"name": "#internal", "visibility": "internal"}, {"name": "Budget"}],
        }
    ]
}
RAW = json.dumps(EXPORT).encode()


def one(**fields: object):
    (only,) = found(read(Ghost(), json.dumps({"posts": [{**POST, **fields}]}).encode()))
    return only


@pytest.mark.parametrize("document", [EXPORT, API])
def test_export_and_api_make_the_same_story(document):
    raw = json.dumps(document).encode()
    assert Ghost().recognises(raw, "x")
    (item,) = found(read(Ghost(), raw, url="https://town.example"))
    story = item.story
    assert (story.id, story.url) == (POST["id"], "https://town.example/council/")
    assert (story.headline, story.deck, story.section) == ("Council & mayor", "A vote.", "News")
    assert (story.tags, story.authors) == (("Budget",), ("A. Reporter",))
    assert story.image
    assert story.image.url == "https://town.example/1.jpg"
    assert story.updated
    assert story.updated.hour == 9


@pytest.mark.parametrize(
    "fields",
    [{"status": status} for status in ("draft", "scheduled", "sent", "", "odd")] + [{"visibility": "none"}],
)
def test_what_is_not_published_is_hidden(fields):
    assert visible_window(one(**fields).story) == NEVER


def test_a_body_in_the_editors_own_format_is_read():
    link = {
        "type": "link",
        "url": "https://town.example/hall/",
        "children": [{"type": "text", "text": "the hall"}],
    }
    root = {
        "root": {
            "children": [{"type": "paragraph", "children": [{"type": "text", "text": "Met & at "}, link]}]
        }
    }
    body = one(html=None, lexical=json.dumps(root)).story.body
    assert "the hall" in body
    assert one(html=None, lexical="{").story.body == ""


def test_what_tools_wrap_is_unwrapped():
    wrapped = {"posts": [{"url": "https://town.example/x/", "data": {**POST, "id": None}}]}
    (item,) = found(read(Ghost(), json.dumps(wrapped).encode()))
    assert item.story.id == "https://town.example/x"


def test_numbers_of_older_versions_are_no_ids():
    assert one(id=7, url="https://town.example/x/").story.id == "https://town.example/x"


def test_pages_are_no_stories_and_are_named():
    assert "page" in refusals(read(Ghost(), json.dumps({"posts": [{**POST, "type": "page"}]}).encode()))[0]


@settings(max_examples=100, deadline=None)
@given(mutated(RAW))
def test_any_broken_export_is_borne(raw):
    bears(Ghost(), raw)


def test_a_body_of_cards_or_of_an_older_editor_is_read():
    nodes = [
        {"type": "heading", "children": [{"type": "extended-heading-text", "text": "Vote"}]},
        {"type": "markdown", "markdown": "The *mayor*."},
        {"type": "callout", "calloutText": "<p>Note.</p>"},
        {"type": "image", "src": "a.jpg"},
    ]
    older = {"sections": [[1, "p", [[0, [], 0, "Met."]]]], "markups": [], "cards": []}
    for fields, said in (
        ({"lexical": json.dumps({"root": {"children": nodes}})}, "Vote\n\nThe mayor.\n\nNote."),
        ({"mobiledoc": json.dumps(older)}, "Met."),
    ):
        raw = json.dumps({"posts": [{**API["posts"][0], "html": None, **fields}]}).encode()
        assert found(read(Ghost(), raw))[0].story.body == said
