"""What systems post when a story changes: the story as of their exports, and what is gone by its name."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.errors import SourceError
from recommender.ingest.base import Found, Options, Refused
from recommender.ingest.cms_messages import SENDERS, Hidden, Notice, notices
from recommender.service.examples import MESSAGES
from recommender.story.story import Status

OPTIONS = Options()
GHOST = MESSAGES["ghost"]["post"]["current"]  # type: ignore[index]
ROW = {
    "ID": 17, "post_title": "Ferry sinks", "post_content": "One.\n\nTwo.", "post_status": "publish",
    "post_type": "post", "guid": "https://news.example/?p=17", "post_date_gmt": "2026-03-03 03:12:00",
    "post_modified_gmt": "2026-03-03 03:20:00",
}  # fmt: skip


def read(sender: str, message: object) -> list[Notice]:
    return list(notices(sender, json.dumps(message).encode(), OPTIONS))


@pytest.mark.parametrize("sender", SENDERS)
def test_a_published_story_is_read(sender: str) -> None:
    (item,) = read(sender, MESSAGES[sender])
    assert isinstance(item, Found)
    assert (item.story.status, item.story.body) == (Status.PUBLISHED, "A ferry sank on Tuesday.")


def test_a_post_of_ghost_that_is_no_longer_public_is_hidden() -> None:
    (item,) = read("ghost", {"post": {"current": {**GHOST, "status": "draft"}, "previous": {}}})
    assert isinstance(item, Found)
    assert item.story.status is Status.DRAFT
    (item,) = read("ghost", {"post": {"current": {**GHOST, "status": "draft", "published_at": None}}})
    assert item == Hidden(GHOST["id"], Status.DRAFT)


def test_a_post_of_ghost_that_was_deleted_is_named() -> None:
    (item,) = read("ghost", {"post": {"current": {}, "previous": {"id": GHOST["id"], "title": "x"}}})
    assert item == Hidden(GHOST["id"], Status.RETRACTED, ("ghost", GHOST["id"], "post"))
    assert read("ghost", {"page": {"current": GHOST}}) == []


@pytest.mark.parametrize(
    "message", [ROW, {"post_id": 17, "post": ROW, "post_permalink": "https://news.example/ferry"}]
)
def test_a_post_of_wordpress_may_come_as_its_row(message: object) -> None:
    (item,) = read("wordpress", message)
    assert isinstance(item, Found)
    assert (item.story.id, item.story.body) == ("https://news.example?p=17", "One.\n\nTwo.")
    assert item.story.published.isoformat() == "2026-03-03T03:12:00+00:00"


def test_a_form_is_read_as_its_fields() -> None:
    (item,) = notices("wordpress", urlencode(ROW).encode(), OPTIONS, form=True)
    assert isinstance(item, Found)
    assert item.story.headline == "Ferry sinks"


@pytest.mark.parametrize("status", ["draft", "private", "trash", "future", "pending", "inherit", ""])
def test_a_post_of_wordpress_that_is_hidden_stays_so(status: str) -> None:
    for message in ({**ROW, "post_status": status}, {**MESSAGES["wordpress"], "status": status}):
        (item,) = read("wordpress", message)
        assert isinstance(item, Found)
        assert item.story.status is (Status.RETRACTED if status == "trash" else Status.DRAFT)


@pytest.mark.parametrize("word", ["delete_post", "deleted_post", "trashed_post", "post.deleted"])
def test_a_post_of_wordpress_that_is_gone_is_taken_back(word: str) -> None:
    (item,) = read("wordpress", {"event": word, **ROW})
    assert isinstance(item, Found)
    assert item.story.status is Status.RETRACTED
    assert read("wordpress", {"hook": word, "post_id": 17}) == [
        Hidden("", Status.RETRACTED, ("wordpress", "17", "post"))
    ]


@pytest.mark.parametrize("status", ["canceled", "withheld"])
def test_an_item_of_superdesk_that_was_killed_is_hidden_even_without_a_headline(status: str) -> None:
    message = {**MESSAGES["superdesk"], "pubstatus": status}
    (item,) = read("superdesk", message)
    assert isinstance(item, Found)
    assert item.story.status in (Status.RETRACTED, Status.DRAFT)
    del message["headline"]
    (item,) = read("superdesk", message)
    assert isinstance(item, Hidden)
    assert item.id == message["guid"]


def test_what_is_no_text_is_passed_over_by_name() -> None:
    (item,) = read("superdesk", {**MESSAGES["superdesk"], "type": "picture"})
    assert isinstance(item, Refused)
    assert "picture" in str(item.error)


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b'"x"', b"\xff"])
@pytest.mark.parametrize("sender", SENDERS)
def test_what_is_no_message_is_named(sender: str, raw: bytes) -> None:
    with pytest.raises(SourceError, match="send it as it is"):
        list(notices(sender, raw, OPTIONS))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=9,
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(list(SENDERS)), st.data())
def test_no_message_breaks_the_reader_nor_becomes_public_by_itself(sender: str, data: st.DataObject) -> None:
    message = json.loads(json.dumps(MESSAGES[sender]))
    inner = message["post"]["current"] if sender == "ghost" else message
    for name in data.draw(st.lists(st.sampled_from(list(inner)), max_size=3)):
        inner[name] = data.draw(VALUES)
    states = [inner.get(name) for name in ("status", "pubstatus") if name in inner]
    for item in read(sender, message):
        if isinstance(item, Found) and item.story.status is Status.PUBLISHED:
            assert states[0] in ("publish", "published", "usable")
