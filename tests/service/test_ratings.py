"""Ratings over HTTP: sent as a whole or not at all, told to editors, refused to readers."""

from __future__ import annotations

import httpx
import pytest

from recommender.client import Client
from tests.service.cases import story
from tests.service.conftest import Shared


@pytest.fixture
def rated(http: httpx.Client) -> list[str]:
    for n in range(3):
        url = f"https://news.example/rated-{n}"
        http.post("/stories", json=story(f"rated-{n}", url=url)).raise_for_status()
    return [f"rated-{n}" for n in range(3)]


def of(http: httpx.Client, source: str) -> list[tuple[str, int, str]]:
    found = http.get("/ratings").raise_for_status().json()["ratings"]
    return [(one["target"], one["grade"], one["by"]) for one in found if one["source"] == source]


def test_ratings_are_kept_and_told(http: httpx.Client, rated: list[str]) -> None:
    first, second, third = rated
    ratings = [
        {"source": "https://news.example/rated-0", "target": second, "grade": 2},
        {"source": first, "target": third, "grade": 0},
    ]
    made = http.post("/ratings", json={"ratings": ratings, "by": "sports-desk"})
    assert (made.status_code, made.json()["kept"]) == (201, 2)
    by = made.json()["by"]
    assert by.startswith("sports-desk (")
    assert of(http, first) == [(second, 2, by), (third, 0, by)]
    with Client(str(http.base_url), http.headers["authorization"].removeprefix("Bearer ")) as client:
        assert client.rate(second, {third: 1}, "sports-desk") == 1
        assert (third, 1) in [(one.target, one.grade) for one in client.ratings() if one.source == second]


def test_one_that_makes_no_sense_lets_none_be_kept(http: httpx.Client, rated: list[str]) -> None:
    first, second, third = rated
    for status, wrong in (
        (422, {"source": third, "target": third, "grade": 1}),
        (422, {"source": third, "target": second, "grade": 3}),
        (404, {"source": third, "target": "nowhere", "grade": 1}),
    ):
        ratings = [{"source": third, "target": first, "grade": 1}, wrong]
        assert http.post("/ratings", json={"ratings": ratings}).status_code == status
    assert of(http, third) == []


def test_who_may_only_read_rates_nothing(shared: Shared) -> None:
    with shared.http(shared.reader) as reader:
        assert reader.get("/ratings").status_code == 403
        assert reader.post("/ratings", json={"ratings": []}).status_code == 403
