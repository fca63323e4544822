"""Translations over HTTP: those that readers may see, under the rules of any answer."""

from __future__ import annotations

import httpx
import pytest

from recommender.client import Client
from tests.service.cases import story
from tests.service.conftest import Shared

EVENT = {
    "headline": "Zelensky meets Macron in Kyiv",
    "body": "Zelensky met Macron on Friday. France sends 45 tanks and 1,200 soldiers. Talks took 3.5 hours.",
    "published": "2025-01-25T06:00:00Z",
}
BANGLA = {
    "headline": "কিয়েভে জেলেনস্কি ও মাক্রনের বৈঠক",
    "body": "শুক্রবার জেলেনস্কির সঙ্গে মাক্রন বৈঠক করেন। ফ্রান্স ৪৫ ট্যাংক ও ১,২০০ সেনা পাঠাবে। আলোচনা ৩.৫ ঘণ্টা চলে।",
    "published": "2025-01-25T09:00:00Z",
    "language": "bn",
}


@pytest.fixture
def told(http: httpx.Client) -> tuple[str, str]:
    for n in range(20):
        http.post("/stories", json=story(f"other-{n}", "cricket")).raise_for_status()
    http.post("/stories", json=story("kyiv") | EVENT).raise_for_status()
    http.post("/stories", json=story("kyiv-bn") | BANGLA).raise_for_status()
    return "kyiv", "kyiv-bn"


def test_a_story_names_its_translations_and_they_name_it(http: httpx.Client, told: tuple[str, str]) -> None:
    source, other = told
    answer = http.get(f"/stories/{source}/translations").raise_for_status()
    (card,) = answer.json()["translations"]
    assert (card["id"], card["language"], card["headline"]) == (other, "bn", BANGLA["headline"])
    assert answer.headers["cache-control"] == "no-store"
    back = http.get(f"/stories/{other}/translations").raise_for_status().json()["translations"]
    assert [each["id"] for each in back] == [source]
    assert http.get("/stories/other-1/translations").raise_for_status().json() == {"translations": []}


def test_what_readers_may_not_see_is_no_translation_and_has_none(
    http: httpx.Client, shared: Shared, told: tuple[str, str]
) -> None:
    source, other = told
    http.patch(f"/stories/{other}", json={"status": "draft"}).raise_for_status()
    try:
        assert http.get(f"/stories/{source}/translations").json() == {"translations": []}
        with shared.http(shared.reader) as reader:
            hidden, never = (reader.get(f"/stories/{id}/translations") for id in (other, "nobody"))
        assert never.status_code == 404
        assert hidden.status_code in (404, 410)
        assert "translations" not in hidden.json()
    finally:
        http.patch(f"/stories/{other}", json={"status": "published"}).raise_for_status()


def test_the_client_reads_translations(shared: Shared, told: tuple[str, str]) -> None:
    with Client(shared.running.url, shared.reader) as client:
        assert [each.id for each in client.translations(told[0])] == [told[1]]


def test_a_block_names_them_as_long_as_readers_may_see_them(
    http: httpx.Client, shared: Shared, told: tuple[str, str]
) -> None:
    source, other = told
    named = {"id": other, "url": story(other)["url"], "headline": BANGLA["headline"], "language": "bn"}
    with Client(shared.running.url, shared.all) as client:
        assert client.publish(story(source) | EVENT | {"deck": "On Friday"}).block.translations
        (found,) = client.related(source).translations
        assert {name: getattr(found, name) for name in named} == named
    assert http.get(f"/stories/{source}/related").json()["translations"] == [named]
    assert http.get("/stories/other-1/related").json()["translations"] == []
    http.patch(f"/stories/{other}", json={"status": "draft"}).raise_for_status()
    try:
        assert http.get(f"/stories/{source}/related").json()["translations"] == []
    finally:
        http.patch(f"/stories/{other}", json={"status": "published"}).raise_for_status()


def test_a_key_is_needed(shared: Shared) -> None:
    with shared.http() as nobody:
        assert nobody.get("/stories/kyiv/translations").status_code == 401
