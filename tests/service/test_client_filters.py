"""The client asks for the same stories as the library: what is filtered here is what is filtered there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from recommender.client import Client
from recommender.engine.requested_filters import AnswerFilter, FilterFields
from recommender.errors import QuestionError
from recommender.service import request_parsing
from recommender.service.request_schemas import BlockQuery, Narrowed, Question, UrlQuery
from tests.service.cases import story
from tests.service.conftest import Shared

WORDS = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=20).filter(str.strip)
NAMES = WORDS | st.lists(WORDS, max_size=3) | st.sets(WORDS, max_size=3)
ZONES = [UTC, ZoneInfo("Asia/Dhaka"), timezone(timedelta(hours=-3, minutes=-30))]
TIMES = st.datetimes(datetime(1900, 1, 1), datetime(2099, 1, 1), timezones=st.none() | st.sampled_from(ZONES))
MOMENTS = (
    st.dates(date(1900, 1, 1), date(2099, 1, 1))
    | TIMES
    | st.sampled_from(["2024-05-01", "2024-05-01T09:00Z"])
)
FILTERS = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("section", "tag", "kind", "without"), NAMES),
        "language": st.sampled_from(["en", "bn"]) | st.just(["en", "fr"]),
        **dict.fromkeys(("since", "until"), MOMENTS),
        "least_score": st.floats(0, 1),
    },
)
MADE = {
    "model": "",
    "weights": "",
    "generation": 0,
    "ranker": "",
    "settings": "",
    "time": "2026-01-01T00:00:00Z",
}
EMPTY = {"id": None, "headline": "", "slots": [], "provenance": MADE}
CALLS: dict[type[Narrowed], Callable[..., Any]] = {
    BlockQuery: lambda client, **filters: client.related("a", **filters),
    UrlQuery: lambda client, **filters: client.related_by_url("https://a.example", **filters),
    Question: lambda client, **filters: client.similar("ferry", **filters),
}


def test_who_asks_for_everything_has_no_filter_to_be_read_and_a_least_score_of_none_is_one() -> None:
    assert not BlockQuery().filters()
    assert BlockQuery(least_score=0.0).filters() == {"least_score": 0.0}
    assert BlockQuery(picture=True).filters() == {"picture": True}


@given(FILTERS, st.sampled_from(list(CALLS)), st.sampled_from(ZONES))
def test_the_service_reads_what_the_caller_meant(
    filters: FilterFields, kind: type[Narrowed], zone: tzinfo
) -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json=EMPTY)

    with Client("http://x", transport=httpx.MockTransport(answer)) as client:
        CALLS[kind](client, **filters)
    (request,) = sent
    if kind is Question:
        read = msgspec.json.decode(request.content, type=kind)
    else:
        scope = {"type": "http", "query_string": request.url.query, "headers": []}
        read = request_parsing.query(Request(scope), kind)
    assert AnswerFilter.of(read.filters(), zone) == AnswerFilter.of(filters, zone)


@pytest.mark.parametrize(
    "filters", [{"colour": "red"}, {"section": 5}, {"since": "yesterday"}, {"least_score": 7}]
)
def test_what_is_no_filter_is_refused_before_it_is_sent(filters: dict[str, Any]) -> None:
    transport = httpx.MockTransport(lambda _: pytest.fail("it was sent"))
    with Client("http://x", transport=transport) as client, pytest.raises(QuestionError):
        client.related("a", **filters)


def test_a_block_holds_what_was_asked_for(client: Client, shared: Shared) -> None:
    client.publish_many(
        story(f"filtered-{n}", day=n + 1, section=("World", "Sport")[n % 2], tags=[f"t{n}"]) for n in range(6)
    )
    answers = {
        "World": client.related("filtered-0", 50, section="World", until=date(2025, 1, 31), least_score=0),
        "t3": client.related_by_url("https://news.example/filtered-0", 50, tag=["t3", "t4"], least_score=0),
        "near": client.similar("ferry river rescue", 50, section="Sport", without=["filtered-1"]),
    }
    found = {name: {slot.story.id for slot in block.slots} for name, block in answers.items()}
    assert found["World"] <= {"filtered-2", "filtered-4"}
    assert found["t3"] <= {"filtered-3", "filtered-4"}
    assert found["near"] == {"filtered-3", "filtered-5"}
    assert "filtered-2" not in client.related_html("filtered-0", 50, section="Sport", least_score=0)
    assert found["World"]
    assert found["t3"]
