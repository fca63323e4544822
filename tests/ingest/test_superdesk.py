"""Items of Superdesk: only what it published is public."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings

from recommender.ingest.superdesk import Superdesk
from recommender.story.story import NEVER, Status, visible_window

from .mutations import bears, found, mutated, read, refusals

NEWS = {
    "_id": "urn:desk:1",
    "guid": "urn:desk:1",
    "type": "text",
    "state": "published",
    "pubstatus": "usable",
    "_current_version": 3,
    "headline": "Council & mayor",
    "abstract": "<p>A vote.</p>",
    "body_html": "<p>Met.</p>",
    "firstcreated": "2022-05-09T09:00:00+0000",
    "versioncreated": "2022-05-10T09:00:00+0000",
    "byline": "A. Reporter",
    "anpa_category": [{"name": "Domestic"}],
    "subject": [{"name": "Budget"}],
    "keywords": ["tax"],
    "language": "en",
    "associations": {
        "featuremedia": {
            "description_text": "Hall",
            "renditions": {
                "original": {"href": "https://desk.example/o.jpg"},
                "viewImage": {"href": "https://desk.example/v.jpg"},
            },
        }
    },
}
RAW = json.dumps({"_items": [NEWS]}).encode()


def one(**fields: object):
    (only,) = found(read(Superdesk(), json.dumps({"_items": [{**NEWS, **fields}]}).encode()))
    return only


def test_an_item_becomes_a_story():
    item = one()
    story = item.story
    assert (story.id, story.headline, story.deck) == ("urn:desk:1", "Council & mayor", "A vote.")
    assert (story.section, story.tags, story.authors) == ("Domestic", ("Budget", "tax"), ("A. Reporter",))
    assert story.image
    assert story.image.url == "https://desk.example/v.jpg"
    assert (item.origin.id, item.origin.revision) == ("urn:desk:1", "3")


@pytest.mark.parametrize(
    "fields",
    [
        *(
            {"state": state}
            for state in ("draft", "in_progress", "submitted", "scheduled", "being_corrected", "odd")
        ),
        {"pubstatus": "withheld"},
        {"state": None, "pubstatus": None},
        {"flags": {"marked_for_not_publication": True}},
        {"embargo": "when the speech is over"},
    ],
)
def test_what_is_not_published_is_hidden(fields):
    assert visible_window(one(**fields).story) == NEVER


@pytest.mark.parametrize(
    "fields", [{"state": "killed"}, {"state": "recalled"}, {"state": "spiked"}, {"pubstatus": "canceled"}]
)
def test_what_was_taken_back_is_taken_back(fields):
    assert one(**fields).story.status is Status.RETRACTED


def test_an_embargo_holds():
    assert visible_window(one(embargo="2999-01-01T00:00:00+0000").story)[0] > 32_000_000_000


def test_one_item_alone_is_read_and_recognised_too():
    alone = json.dumps(NEWS).encode()
    assert Superdesk().recognises(alone, "x")
    assert Superdesk().recognises(RAW, "x")
    assert len(found(read(Superdesk(), alone))) == 1
    assert "picture" in refusals(read(Superdesk(), json.dumps({**NEWS, "type": "picture"}).encode()))[0]


@settings(max_examples=100, deadline=None)
@given(mutated(RAW))
def test_any_broken_item_is_borne(raw):
    bears(Superdesk(), raw)
