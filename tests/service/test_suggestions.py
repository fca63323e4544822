"""Links to set in a draft, over HTTP and by the client."""

from __future__ import annotations

import httpx
import pytest

from recommender.client import Client
from tests.service.cases import story
from tests.service.conftest import Shared

TITLE = "New licence rules for river ferries"
TEXT = f"An official spoke of the {TITLE.lower()} on Monday, and of little else that day."
EVERY = {"least_score": 0}


@pytest.fixture
def ferry(http: httpx.Client) -> str:
    given = story("ferry-rules", day=3, headline=TITLE, body=f"{TITLE}. {TITLE} again, in full.")
    http.post("/stories", json=given).raise_for_status()
    return "ferry-rules"


def test_a_draft_is_answered_with_phrases_and_stories(http: httpx.Client, client: Client, ferry: str) -> None:
    asked = {"draft": {"body": f"<p>{TEXT}</p>"}, "k": 3, **EVERY}
    answer = http.post("/suggestions", json=asked).raise_for_status()
    assert answer.headers["cache-control"] == "no-store"
    told = answer.json()
    (link,) = [each for each in told["suggestions"] if each["story"]["id"] == ferry]
    assert told["text"] == TEXT
    assert TEXT[link["start"] : link["end"]] == link["phrase"]
    assert client.suggest(f"<p>{TEXT}</p>", 3, least_score=0.0).suggestions[0].phrase
    assert client.suggest({"body": TEXT}, 3, least_score=0.0, without=[ferry]).text == TEXT


def test_a_withdrawn_story_is_proposed_no_more(http: httpx.Client, ferry: str) -> None:
    asked = {"draft": {"body": TEXT}, "k": 10, **EVERY}
    http.patch(f"/stories/{ferry}", json={"status": "retracted"}).raise_for_status()
    assert ferry not in http.post("/suggestions", json=asked).text
    http.patch(f"/stories/{ferry}", json={"status": "published"}).raise_for_status()
    assert ferry in http.post("/suggestions", json=asked).text


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"draft": {}},
        {"draft": {"body": ""}},
        {"draft": {"body": "..."}},
        {"draft": {"body": TEXT}, "k": 0},
        {"draft": {"body": TEXT, "published": "soon"}},
        {"draft": {"body": TEXT, "kind": "no kind!"}},
        {"draft": {"body": TEXT, "image": {"url": "nowhere"}}},
        {"draft": {"body": TEXT, "image": {"caption": "a"}, "image_caption": "b"}},
        {"draft": {"body": TEXT}, "colour": "red"},
    ],
)
def test_what_is_no_draft_is_refused(http: httpx.Client, asked: dict[str, object]) -> None:
    answer = http.post("/suggestions", json=asked)
    assert answer.status_code == 422
    assert answer.json()["detail"]


def test_a_key_is_needed(shared: Shared) -> None:
    with shared.http() as nobody, shared.http(shared.reader) as reader:
        assert nobody.post("/suggestions", json={"draft": {"body": TEXT}}).status_code == 401
        assert reader.post("/suggestions", json={"draft": {"body": TEXT}}).status_code == 200
