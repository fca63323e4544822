"""Whatever a site answers, reading it ends with stories, refusals or an error in words."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.errors import SourceError
from recommender.ingest.live.base import Reader
from recommender.ingest.live.reading import SITES, read_address
from recommender.web.client import WebClient
from recommender.web.settings import WebSettings

SITE = "https://news.example"
WEB = WebSettings(pause_seconds=0.0, credentials="https://desk:pw@news.example")
WORDS = (
    "id posts data links next href meta pagination types post rest_base type modified_gmt updated_at "
    "attributes changed relationships title rendered content node--article status guid"
)
NAMES = st.sampled_from(WORDS.split())
TEXTS = st.sampled_from(["", "post", "posts", "node--article", "2026-03-01T09:00:00", "publish", f"{SITE}/x"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 10**20) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
ANSWERS = st.lists(st.tuples(st.sampled_from([200, 200, 200, 400, 404, 500]), VALUES), min_size=1, max_size=8)
PAGES = st.sampled_from(["", "1", "3", "x", "-1"])
MOST = 20  # requests: a site that always has a next page is left by then in this test, and by nothing else


class _EnoughError(Exception):
    """The site goes on for ever."""


@pytest.mark.parametrize("kind", SITES)
@settings(max_examples=60, deadline=None)
@given(
    answers=ANSWERS, pages=st.sampled_from(["", "1", "3", "x", "-1"]), since=st.dictionaries(NAMES, VALUES)
)
def test_any_answer_is_borne(
    kind: str, answers: list[tuple[int, object]], pages: str, since: dict[str, object]
) -> None:
    asked = 0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        if asked > MOST:
            raise _EnoughError
        status, value = answers[asked % len(answers)]
        assert urlsplit(str(request.url)).hostname == "news.example"
        headers = {"x-wp-totalpages": pages, "x-wp-total": pages}
        body = httpx.ByteStream(json.dumps(value).encode())
        return httpx.Response(status, stream=body, headers=headers)

    web = WebClient(WEB, sleep=lambda _: None, transport=httpx.MockTransport(answer))
    try:
        for _ in read_address(SITE, Reader(web=web, since=since), kind):
            pass
    except (SourceError, _EnoughError):
        return
