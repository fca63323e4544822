"""Nodes of Drupal's JSON:API, with the terms, users and files that it includes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings

from recommender.ingest.drupal import Drupal
from recommender.story.story import NEVER, visible_window

from .mutations import bears, found, mutated, read, refusals

NODE = {
    "type": "node--article",
    "id": "0fa3e4ab",
    "links": {"self": {"href": "https://town.example/jsonapi/node/article/0fa3e4ab"}},
    "attributes": {
        "drupal_internal__nid": 12,
        "drupal_internal__vid": 34,
        "langcode": "en",
        "status": True,
        "title": "Council & mayor",
        "created": "2022-05-09T09:00:00+00:00",
        "changed": "2022-05-10T09:00:00+00:00",
        "path": {"alias": "/council"},
        "body": {"value": "<p>raw</p>", "processed": "<p>Met.</p>", "summary": "A vote."},
    },
    "relationships": {
        "field_section": {"data": {"type": "taxonomy_term--sections", "id": "s"}},
        "field_tags": {"data": [{"type": "taxonomy_term--tags", "id": "t"}]},
        "field_media_image": {"data": {"type": "media--image", "id": "m"}},
        "uid": {"data": {"type": "user--user", "id": "u"}},
    },
}
INCLUDED = [
    {"type": "taxonomy_term--sections", "id": "s", "attributes": {"name": "News"}},
    {"type": "taxonomy_term--tags", "id": "t", "attributes": {"name": "Budget"}},
    {"type": "user--user", "id": "u", "attributes": {"display_name": "A. Reporter"}},
    {
        "type": "media--image",
        "id": "m",
        "relationships": {"field_media_image": {"data": {"type": "file--file", "id": "f"}}},
    },
    {"type": "file--file", "id": "f", "attributes": {"uri": {"url": "/files/1.jpg"}}},
]
RAW = json.dumps({"jsonapi": {"version": "1.0"}, "data": [NODE], "included": INCLUDED}).encode()


def one(**attributes: object):
    node = {**NODE, "attributes": {**NODE["attributes"], **attributes}}
    (only,) = found(read(Drupal(), json.dumps({"data": node}).encode()))
    return only


def test_a_node_becomes_a_story_with_what_is_included():
    assert Drupal().recognises(RAW, "x")
    (item,) = found(read(Drupal(), RAW))
    story = item.story
    assert (story.id, story.url) == ("0fa3e4ab", "https://town.example/council")
    assert (story.headline, story.deck) == ("Council & mayor", "A vote.")
    assert "Met." in story.body
    assert (story.section, story.tags, story.authors) == ("News", ("Budget",), ("A. Reporter",))
    assert story.image
    assert story.image.url == "https://town.example/files/1.jpg"
    assert (item.origin.id, item.origin.type, item.origin.revision) == ("12", "article", "34")


@pytest.mark.parametrize(
    "fields",
    [
        {"status": False},
        {"status": None},
        {"status": "1"},
        {"moderation_state": "draft"},
        {"moderation_state": "archived"},
    ],
)
def test_what_is_not_published_is_hidden(fields):
    assert visible_window(one(**fields).story) == NEVER


def test_a_node_ends_where_it_is_to_be_taken_down():
    expires = one(unpublish_on="2999-01-01T00:00:00+00:00").story.expires
    assert expires
    assert expires.year == 2999


def test_what_is_no_story_is_named():
    raw = json.dumps({"data": [{**NODE, "type": "node--page"}, {"type": "file--file", "id": "f"}]}).encode()
    (refusal,) = refusals(read(Drupal(), raw))
    assert "node--page" in refusal
    assert "file--file" in refusal


@settings(max_examples=100, deadline=None)
@given(mutated(RAW))
def test_any_broken_answer_is_borne(raw):
    bears(Drupal(), raw)


def test_paragraphs_are_the_text_of_a_node_without_a_body():
    values = {"field_text": {"value": "<p>x</p>", "processed": "<p>Met.</p>"}, "field_style": "wide"}
    inner = {"field_quote": "It was < long."}
    node = {**NODE, "attributes": {**NODE["attributes"], "body": None}}
    node["relationships"] = {"field_parts": {"data": [{"type": "paragraph--text", "id": "p"}]}}
    parts = [
        {
            "type": "paragraph--text",
            "id": "p",
            "attributes": values,
            "relationships": {"field_more": {"data": {"type": "paragraph--quote", "id": "q"}}},
        },
        {"type": "paragraph--quote", "id": "q", "attributes": inner},
    ]
    raw = json.dumps({"jsonapi": {}, "data": node, "included": parts}).encode()
    assert found(read(Drupal(), raw))[0].story.body == "Met.\n\nIt was < long."


def test_paragraphs_that_hold_themselves_end():
    data = {"data": {"type": "paragraph--text", "id": "p"}}
    node = {
        **NODE,
        "attributes": {**NODE["attributes"], "body": None},
        "relationships": {"field_parts": data},
    }
    part = {
        **data["data"],
        "attributes": {"field_text": {"value": "Met."}},
        "relationships": {"field_more": data},
    }
    raw = json.dumps({"jsonapi": {}, "data": node, "included": [part]}).encode()
    assert found(read(Drupal(), raw))[0].story.body.startswith("Met.")


def in_language(tag: str, *, is_original: bool, prefix: str = ""):
    """Return the story of the node as the API below a prefix gives it in a language."""
    here = {"langcode": tag, "default_langcode": is_original, "content_translation_source": "und"}
    node = {**NODE, "attributes": {**NODE["attributes"], **here}}
    node["links"] = {"self": {"href": f"https://town.example{prefix}/jsonapi/node/article/0fa3e4ab"}}
    (only,) = found(read(Drupal(), json.dumps({"data": node}).encode()))
    return only.story


def test_translations_of_one_node_are_stories_that_have_a_key_in_common():
    english, bangla = (
        in_language("en", is_original=True),
        in_language("bn", is_original=False, prefix="/bn"),
    )
    assert (english.id, bangla.id) == ("0fa3e4ab", "0fa3e4ab-bn")
    assert (english.url, bangla.url) == ("https://town.example/council", "https://town.example/bn/council")
    assert english.translation_key == bangla.translation_key == "0fa3e4ab"
    assert one().story.translation_key is None  # a site that translates nothing


def test_what_is_not_translated_is_the_same_story_below_any_language():
    assert in_language("en", is_original=True, prefix="/bn") == in_language("en", is_original=True)


def test_a_site_below_a_path_keeps_it():
    at = in_language("en", is_original=True, prefix="/city-news").url
    assert at == "https://town.example/city-news/council"
