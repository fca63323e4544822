"""Fields that are not a story's own: what another system hides, no spelling makes public."""

from datetime import UTC, datetime

import pytest

from recommender.errors import StoryError
from recommender.story.story import NEVER, Status, Story, visible_window

PLAIN = {"id": "a", "headline": "A", "published": "2024-01-01T00:00:00Z"}
LATER = datetime(2033, 1, 1, tzinfo=UTC)


def read(notes=None, **fields):
    return Story.from_json({**PLAIN, **fields}, notes=notes)


@pytest.mark.parametrize(
    "fields",
    [
        {"draft": True}, {"visibility": "private"}, {"Status": "draft"}, {"password": "geheim"},
        {"isPublished": False}, {"meta": {"draft": "true"}}, {"status": "published", "draft": True},
        {"status": "corrected", "post_status": "trash"}, {"deleted_at": "2020-01-01T00:00:00Z"},
    ],
)  # fmt: skip
def test_what_another_system_hides_is_hidden_and_said(fields):
    notes = []
    story = read(notes, **fields)
    assert visible_window(story) == NEVER
    assert [note for note in notes if note.startswith("hidden: its ")]
    assert Story.from_json(story.to_json()) == story


def test_what_is_decided_later_counts():
    story = Story.from_json({**read(draft=True).to_json(), "status": "published"})
    assert story.status is Status.PUBLISHED


@pytest.mark.parametrize("name", ["embargo", "embargoUntil", "Embargo-Until", "publish_at", "publishDate"])
def test_the_latest_time_to_wait_for_counts(name):
    assert read(**{name: "2033-01-01T00:00:00Z"}).embargo_until == LATER
    both = read(**{name: "2033-01-01T00:00:00Z", "embargo_until": "2032-01-01T00:00:00Z"})
    assert both.embargo_until == LATER
    passed = read(**{name: "2023-01-01T00:00:00Z"})
    assert (passed.embargo_until, passed.extra) == (None, {name: "2023-01-01T00:00:00Z"})


def test_an_embargoed_story_may_name_its_end_otherwise():
    assert read(status="embargoed", embargo="2033-01-01T00:00:00Z").embargo_until == LATER


def test_the_first_end_counts():
    story = read(unpublish_at="2033-01-01T00:00:00Z", expires="2034-01-01T00:00:00Z")
    assert story.expires == LATER
    assert read(expiry="2034-01-01T00:00:00Z", expires="2033-01-01T00:00:00Z").expires == LATER


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"visibility": "wibble"}, "visibility"), ({"embargo": "soon"}, "embargo"),
        ({"embargo": "2033-01-01"}, "embargo"), ({"meta": {"expiry": "later"}}, "meta.expiry"),
        ({"Sensitive": True}, "Sensitive"), ({"neverLinkTo": "yes"}, "neverLinkTo"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused_by_its_name(fields, field):
    with pytest.raises(StoryError) as caught:
        read(**fields)
    assert caught.value.field == field


def test_what_hides_nothing_is_kept():
    fields = {"draft": False, "visibility": "public", "neverLinkTo": False, "desk": "Sport"}
    story = read(**fields)
    assert (story.status, story.extra) == (Status.PUBLISHED, fields)
