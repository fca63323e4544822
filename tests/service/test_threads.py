"""Running stories over HTTP: all of them, the one of a story, and nothing of what readers may not see."""

from __future__ import annotations

import httpx
import pytest

from recommender.client import Client
from tests.service.cases import story
from tests.service.conftest import Shared

WRECK = "Wreck of the Delta Queen found off Bhola; divers search the hull for the captain's log"


@pytest.fixture
def running(http: httpx.Client) -> list[str]:
    ids = [f"wreck-{n}" for n in range(4)]
    for n, id in enumerate(ids):
        body = f"{WRECK}. {WRECK}. Day {n}: divers found item{n} and piece{n} in cabin{n}."
        given = story(id, day=20 + n, headline=f"Delta Queen wreck, day {n} off Bhola", body=body)
        http.post("/stories", json=given).raise_for_status()
    return ids


def test_threads_are_told_and_any_story_names_one(http: httpx.Client, running: list[str]) -> None:
    told = http.get("/threads", params={"least": 2, "at": "2025-01-31"}).raise_for_status()
    assert told.headers["cache-control"] == "no-store"
    (thread,) = [each for each in told.json()["threads"] if each["id"] == running[0]]
    assert (thread["reports"], thread["latest"]["id"]) == (4, running[-1])
    assert thread["title"] == "Delta Queen wreck, day 3 off Bhola"
    one = http.get(f"/threads/{running[2]}").raise_for_status().json()
    assert [each["story"]["id"] for each in one["timeline"]] == running


def test_what_is_withdrawn_is_told_no_more(http: httpx.Client, running: list[str]) -> None:
    http.patch(f"/stories/{running[1]}", json={"status": "retracted"}).raise_for_status()
    try:
        assert running[1] not in http.get("/threads", params={"least": 1}).text
        assert running[1] not in http.get(f"/threads/{running[0]}").text
        gone, never = http.get(f"/threads/{running[1]}"), http.get("/threads/nobody")
        assert (gone.status_code, never.status_code) == (404, 404)
        assert gone.json()["detail"].replace(running[1], "nobody") == never.json()["detail"]
    finally:
        http.patch(f"/stories/{running[1]}", json={"status": "published"}).raise_for_status()


@pytest.mark.parametrize("query", ["at=soon", "least=0", "least=x", "days=3"])
def test_a_query_that_makes_no_sense_is_refused(http: httpx.Client, query: str) -> None:
    assert http.get(f"/threads?{query}").status_code == 422


def test_the_client_reads_threads(shared: Shared, running: list[str]) -> None:
    with Client(shared.running.url, shared.reader) as client:
        assert running[0] in [each.id for each in client.threads(least=2)]
        assert [each.story.id for each in client.thread(running[0], at="2025-01-21").timeline] == running[:2]


def test_a_key_is_needed(shared: Shared) -> None:
    with shared.http() as nobody:
        assert {nobody.get(path).status_code for path in ("/threads", "/threads/nobody")} == {401}
