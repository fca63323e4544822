"""A reader cannot tell a story that was never shown from one that is not there, by id and by address."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.service.cases import story
from tests.service.conftest import Shared

LATER = "2999-01-01T00:00:00Z"
NEVER_SHOWN: dict[str, list[dict[str, object]]] = {
    "draft": [{"status": "draft"}],
    "embargoed": [{"status": "embargoed", "embargo_until": LATER}],
    "early": [{"status": "published", "embargo_until": LATER}],
    "draft-withdrawn": [{"status": "draft"}, {"status": "retracted"}],
    "embargo-withdrawn": [{"status": "embargoed", "embargo_until": LATER}, {"status": "retracted"}],
    "retracted": [{"status": "retracted"}],
    "expired": [{"status": "expired"}],
    "in-other-words": [{"visibility": "private"}],
    "in-other-letters": [{"Status": "Draft"}],
    "early-in-other-words": [{"embargo": LATER}],
}


@pytest.fixture
def reader(shared: Shared) -> Iterator[httpx.Client]:
    with shared.http(shared.reader) as client:
        yield client


def asked(client: httpx.Client, id: str) -> list[tuple[object, ...]]:
    """Return all that answers to questions about a story say, its own name left out."""
    ways: list[tuple[str, dict[str, str]]] = [
        (f"/stories/{id}/related", {}),
        (f"/stories/{id}/related", {"k": "3"}),
        ("/related", {"url": f"https://news.example/{id}"}),
    ]
    answers = [client.get(way, params=given) for way, given in ways]
    kept = ("content-type", "cache-control", "vary", "etag", "retry-after")
    return [
        (answer.status_code, answer.text.replace(id, "ID"), *(answer.headers.get(name) for name in kept))
        for answer in answers
    ]


@pytest.mark.parametrize("kind", NEVER_SHOWN)
def test_what_was_never_shown_is_answered_as_what_is_not_there(
    http: httpx.Client, reader: httpx.Client, kind: str
) -> None:
    sent, *calls = NEVER_SHOWN[kind]
    assert http.post("/stories", json=story(kind, **sent)).status_code == 201
    for call in calls:
        assert http.patch(f"/stories/{kind}", json=call).status_code == 200
    assert asked(reader, kind) == asked(reader, "nobody")
    desk = http.get(f"/stories/{kind}/related")
    assert desk.status_code in (404, 410)
    assert "readers may not see it" in desk.json()["detail"]


def test_what_was_shown_is_gone_and_names_no_id_that_was_not_asked_for(
    http: httpx.Client, reader: httpx.Client
) -> None:
    url = "https://news.example/shown"
    http.post("/stories", json=story("shown-first", url=url))
    http.patch("/stories/shown-first", json={"status": "retracted"})
    for path, given in (("/stories/shown-first/related", {}), ("/related", {"url": url})):
        answer = reader.get(path, params=given)
        assert answer.status_code == 410
    assert "shown-first" not in answer.text
    http.post("/stories", json=story("shown-second", url=url, status="draft"))
    assert reader.get("/related", params={"url": url}).text == answer.text, "a draft there says nothing"


@pytest.mark.parametrize("status", ["draft", "retracted", "embargoed"])
def test_a_hidden_story_does_not_shadow_the_page_at_its_address(
    http: httpx.Client, reader: httpx.Client, status: str
) -> None:
    url = f"https://news.example/both-{status}"
    hidden = story(f"hidden-{status}", url=url, status=status, embargo_until=LATER, day=9)
    for one in (hidden, story(f"old-{status}", url=url, day=1), story(f"new-{status}", url=url, day=2)):
        http.post("/stories", json=one)
    assert reader.get("/related", params={"url": url}).json()["id"] == f"new-{status}"
