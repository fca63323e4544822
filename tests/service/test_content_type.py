"""Whether a body is HTML or text: told by its tags, or by who sends it; how it was read is said."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from recommender.client import Client
from recommender.story.markup import ContentType
from tests.service.cases import story

HTML = "<p>The bridge is shut.</p><p>It opens <b>in May</b>.</p>"
AS_TEXT = "The bridge is shut.\n\nIt opens in May."


def sent(id: str, body: str) -> dict[str, Any]:
    return {**story(id), "body": body}


def is_held(client: Client, id: str, body: str) -> bool:
    """Return whether that very text is a story's body: to send it once more changes nothing."""
    return client.publish({**sent(id, body), "content_type": "text"}).outcome == "unchanged"


def test_a_body_of_html_is_read_as_such_and_that_is_said(http: httpx.Client, client: Client) -> None:
    answer = http.post("/stories", json=sent("told", HTML)).json()
    assert any("HTML" in note for note in answer["notes"])
    assert is_held(client, "told", AS_TEXT)
    assert client.publish(sent("plain", AS_TEXT)).notes == []


@pytest.mark.parametrize(
    ("kind", "body", "held"),
    [(ContentType.TEXT, HTML, HTML), (ContentType.HTML, "Fish &amp;amp; chips", "Fish &amp; chips")],
)
def test_who_sends_a_story_may_say_what_its_body_is(
    http: httpx.Client, client: Client, kind: ContentType, body: str, held: str
) -> None:
    client.publish(sent(f"one-{kind}", body), content_type=kind)
    client.publish_many([sent(f"many-{kind}", body)], content_type=kind)
    http.post("/stories", params={"content_type": kind}, json=sent(f"http-{kind}", body)).raise_for_status()
    assert all(is_held(client, f"{door}-{kind}", held) for door in ("one", "many", "http"))


def test_each_line_says_how_it_was_read(client: Client) -> None:
    answer = client.publish_many([sent("line-1", AS_TEXT), sent("line-2", HTML)])
    assert [bool(one.notes) for one in answer.stories] == [False, True]
