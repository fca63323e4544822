"""News of agencies in ninjs 1 to 3: versions, embargoes, and what was withheld or canceled."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings

from recommender.ingest.ninjs import Ninjs
from recommender.story.story import NEVER, Status, visible_window

from .mutations import bears, found, mutated, read, refusals

ONE = {
    "uri": "urn:agency:1",
    "type": "text",
    "version": "2",
    "versioncreated": "2022-05-10T09:00:00Z",
    "firstcreated": "2022-05-09T09:00:00Z",
    "pubstatus": "usable",
    "language": "en",
    "byline": "A. Reporter",
    "headline": "Council & mayor",
    "description_text": "A vote.",
    "body_text": "Met.",
    "body_xhtml": "<p>Met.</p>",
    "subject": [{"name": "Budget"}],
    "associations": {
        "mainpic": {
            "type": "picture",
            "description_text": "Hall",
            "renditions": {"a": {"href": "https://a.example/1.jpg"}},
        },
        "more": {"type": "text", "uri": "urn:agency:0", "headline": "Before"},
    },
}
TWO = {
    "uri": "urn:agency:1",
    "type": "text",
    "versioncreated": "2022-05-10T09:00:00Z",
    "by": "A. Reporter",
    "headlines": [{"role": "short", "value": "Short"}, {"role": "main", "value": "Council & mayor"}],
    "descriptions": [{"role": "text", "value": "A vote."}],
    "subjects": [{"name": "Budget"}],
    "bodies": [
        {"contenttype": "text/plain", "value": "Met."},
        {"contenttype": "text/html", "value": "<p>Met.</p>"},
    ],
    "associations": [
        {
            "type": "picture",
            "descriptions": [{"value": "Hall"}],
            "renditions": [{"href": "https://a.example/1.jpg"}],
        }
    ],
}
THREE = {
    **{key: value for key, value in TWO.items() if key != "versioncreated"},
    "versionCreated": "2022-05-10T09:00:00Z",
    "bodies": [{"contentType": "text/html", "value": "<p>Met.</p>"}],
}


def one(**fields: object):
    (only,) = found(read(Ninjs(), json.dumps({**ONE, **fields}).encode()))
    return only


@pytest.mark.parametrize("news", [ONE, TWO, THREE])
def test_all_versions_say_the_same(news):
    raw = json.dumps(news).encode()
    assert Ninjs().recognises(raw, "x")
    (item,) = found(read(Ninjs(), raw))
    story = item.story
    assert (story.id, story.headline, story.deck) == ("urn:agency:1", "Council & mayor", "A vote.")
    assert "Met." in story.body
    assert (story.tags, story.authors) == (("Budget",), ("A. Reporter",))
    assert story.image
    assert (story.image.url, story.image.caption) == ("https://a.example/1.jpg", "Hall")


def test_it_keeps_the_first_time_the_version_and_what_is_associated():
    item = one()
    assert item.story.published.isoformat() == "2022-05-09T09:00:00+00:00"
    assert item.origin.revision == "2"
    assert [(link.target, link.anchor) for link in item.curated] == [("urn:agency:0", "Before")]


@pytest.mark.parametrize("status", ["withheld", "held", "draft"])
def test_what_is_not_usable_is_hidden(status):
    assert visible_window(one(pubstatus=status).story) == NEVER


@pytest.mark.parametrize("status", ["canceled", "cancelled"])
def test_what_is_canceled_is_taken_back(status):
    assert one(pubstatus=status).story.status is Status.RETRACTED


def test_an_embargo_holds_until_it_ends_and_one_that_cannot_be_read_for_ever():
    assert visible_window(one(embargoed="2999-01-01T00:00:00Z").story)[0] > 32_000_000_000
    assert visible_window(one(embargoed="after the speech").story) == NEVER


def test_two_versions_of_one_item_both_come_out_and_one_twice_does_not():
    raw = json.dumps([ONE, {**ONE, "version": "3"}, ONE]).encode()
    items = read(Ninjs(), raw)
    assert "twice" in refusals(items)[0]
    assert [item.origin.revision for item in items if hasattr(item, "origin")] == ["2", "3"]


@pytest.mark.parametrize("type_", ["picture", "video", "event"])
def test_what_is_no_text_is_named(type_):
    assert type_ in refusals(read(Ninjs(), json.dumps({**ONE, "type": type_}).encode()))[0]


@settings(max_examples=100, deadline=None)
@given(mutated(json.dumps(ONE).encode()) | mutated(json.dumps(THREE).encode()))
def test_any_broken_item_is_borne(raw):
    bears(Ninjs(), raw)
