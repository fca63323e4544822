"""When a site wants to be asked again, and what an error status means."""

from __future__ import annotations

import io

import httpx
import pytest

from recommender.web.answers import Answer, checked, retry_after
from recommender.web.errors import WebError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("5", 5.0), ("", 0.0), ("soon", 0.0), ("-5", 0.0), ("Sun, 01 Mar 2020 00:00:00 GMT", 0.0)],
)
def test_when_a_site_wants_to_be_asked_again(text: str, seconds: float) -> None:
    assert retry_after(text) == seconds


@pytest.mark.parametrize(
    ("status", "again"), [(429, True), (503, True), (404, False), (301, False), (100, False)]
)
def test_an_error_says_whether_to_come_again(status: int, again: bool) -> None:
    with pytest.raises(WebError, match=str(status)) as caught:
        checked(Answer("https://news.example/", status, httpx.Headers(), io.BytesIO()))
    assert caught.value.again is again
